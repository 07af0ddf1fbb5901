/*
 * near: the name that a misspelt one may mean.
 *
 *	struct near n = near_to("budgett");
 *	for each name there is
 *		near_try(&n, name);
 *	n.name		NULL when none is near
 *
 * It is the first of the least Levenshtein distance (1966), a third of the
 * letters at most.  Names are borrowed, and have 63 bytes at most.
 */
#ifndef NEAR_H
#define NEAR_H

#include <stddef.h>

struct near {
	const char *meant, *name;
	size_t distance; /* of name; before, one more than may be */
};

struct near near_to(const char *meant);
void near_try(struct near *n, const char *name);

#endif
