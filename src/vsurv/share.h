/*
 * share: an exit that is not known to be a sale or not counts as both, by
 * weight.
 *
 * Its share of sold is that of the known exits (sold and other) of its age:
 * those whose age at the exit, the middle of left and right, lies in the same
 * of the bands 0, 1, 3, 7, 14, 30, 60, 90 days and more.  Where a band has no
 * known exit, it is that of all ages.  The rest of its weight is censored at
 * left.
 */
#ifndef SHARE_H
#define SHARE_H

#include "fit.h"

enum share_of { SHARE_BY_AGE, SHARE_NONE, SHARE_ALL };

/* n rows, each `count` strong (not row.n) in their weights.  Returns how many
 * unknown exits were split by the share of all ages; NAN when there are
 * unknown exits and no known ones: they are censored then. */
double share_split(const struct row *rows, const double *count, size_t n,
    enum share_of how, struct weight *w);

#endif
