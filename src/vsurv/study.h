/*
 * study: what is asked of one cell, and the answers.
 *
 * The intervals hold the middle 95 % of a Poisson bootstrap: each resample
 * draws a new count for every row, splits the unknown exits by its own known
 * ones and fits again.  It depends on the rows and on the seed alone.
 */
#ifndef STUDY_H
#define STUDY_H

#include "row.h"

#define STUDY_DAYS_MAX 1000
#define STUDY_RESAMPLES_MAX 2000

struct question {
	const double *days; /* ndays of them; NULL: each `step` days */
	size_t ndays;
	double step;
	double within; /* negative: not asked */
	uint64_t seed;
	size_t resamples;
};

struct figure {
	double at, low, high; /* NAN: not known; INFINITY: not within window */
};

struct bound { /* all unknown exits taken alike */
	double window, median, p90, within;
};

struct answer {
	double count[ROW_EXITS];
	double borrowed; /* unknown exits split by the share of all ages */
	bool known;      /* else nothing is below, but none and all */
	bool settled;
	double window; /* days; NAN: no rows */
	struct figure median, p90;
	struct figure within; /* shares sold */
	struct bound none, all;
	size_t ndays;
	double *days;
	struct figure *curve; /* shares not sold */
};

/* Rows are sorted and merged in place.  Stopped by a signal it returns early,
 * and the answer is of no use; release it all the same. */
void study_run(const struct question *q, struct row *rows, size_t n,
    struct answer *a);
void study_release(struct answer *a);

#endif
