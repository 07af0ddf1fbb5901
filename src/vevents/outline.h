/*
 * outline: which of an owner's lines the rules still need.  A history of these
 * and of later lines gives what the whole history gives, so that looks that say
 * nothing new cost nothing when the next comes (vevents(1), OUTLINES).
 *
 *	outline_make(&n, &context), when all listings were judged, which marks
 *	the sweeps that they speak of; read; outline_release.
 */
#ifndef OUTLINE_H
#define OUTLINE_H

#include "context.h"

enum outlined {
	LEFT_OUT,
	STAYS,
	STAYS_THROUGH /* and what follows, up to the next in a wardrobe, is as
	                 it */
};

struct outline {
	uint8_t *sights;            /* enum outlined, by sight */
	bool *sweeps;               /* which stay, by sweep */
	bool *counters;             /* by counters */
	struct interval *intervals; /* between the complete ones that stay */
	uint32_t nintervals;
	int64_t until; /* the last line's time; NO_TIME: there is none */
};

void outline_make(struct outline *, const struct context *);
void outline_release(struct outline *);

#endif
