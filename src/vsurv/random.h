/*
 * random: numbers that look drawn, the same for the same seed (splitmix64).
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* the seed */
};

double random_unit(struct random *r); /* between 0 and 1, neither of them */
/* How many come when `mean` are expected; from 30 on by the normal
 * approximation. */
double random_poisson(struct random *r, double mean);

#endif
