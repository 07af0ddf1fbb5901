/* support: the part of fit that finds the maximal intersections; see fit.h. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "fit.h"

/* With n set: makes lo, hi, m and place. */
void support_build(struct fit *f, const struct row *rows,
    const struct weight *w);
/* The first support that ends later than at an age; m: none. */
uint32_t support_beyond(const struct fit *f, double age);

#endif
