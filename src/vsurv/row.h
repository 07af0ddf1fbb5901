/*
 * row: one line of input, what is known of some listings alike.
 *
 * Ages are days since a listing was put up, as decimal numbers, not rounded.
 * The time of sale lies in (left, right], or is left itself where the two are
 * equal; of a listing that is there, or was withdrawn, it is known to be later
 * than left.  A listing first seen at the age `entry` says nothing of younger
 * ones (left truncation): it would not have been seen, had it been sold before.
 */
#ifndef ROW_H
#define ROW_H

#include "scan.h"

#define ROW_AGE_MAX 100000.0 /* days */
#define ROW_N_MAX 1e12

enum row_exit { ROW_LIVE, ROW_SOLD, ROW_OTHER, ROW_UNKNOWN, ROW_EXITS };

struct row {
	double entry; /* negative: seen from its first day on */
	double left;  /* at least entry */
	double right; /* INFINITY: none */
	double n;     /* how many */
	enum row_exit exit;
};

struct row_fault {
	const char *property; /* NULL: of the line as a whole */
	const char *reason;
	struct val value; /* what is wrong; SCAN_NONE: the line */
};

/* False, and what is wrong, when the object is no row. */
bool row_read(struct val object, struct row *row, struct row_fault *fault);
/* Ages to the nearest multiple of `step` days.  Of a sale with an interval or
 * an entry before it at least one step of it is left. */
void row_round(struct row *row, double step);
/* Sorts and adds up equal ones, so that neither the order of lines nor their
 * number counts; those of weight 0 go.  Returns how many are left. */
size_t row_merge(struct row *rows, size_t n);

#endif
