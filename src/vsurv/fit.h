/*
 * fit: the share not yet sold by age, from interval-censored, left-truncated,
 * weighted rows: the nonparametric maximum likelihood estimate.
 *
 * Turnbull, "The empirical distribution function with arbitrarily grouped,
 * censored and truncated data", J. R. Stat. Soc. B 38 (1976): mass can only lie
 * in the maximal intersections, the intervals from a left end to the right end
 * that follows it, with no other end between.  Frydman, "A note on
 * nonparametric estimation of the distribution function from interval-censored
 * and truncated observations", same journal, B 56 (1994): an entry counts as a
 * right end here, as mass just before it is in nobody's condition.
 *
 *	rows      (-----sold-----]           (---sold---]
 *	             (------sold-----]
 *	              entry|  (--------- there ------------>
 *	supports     (-----]  (--]           (----------]    and: later
 *
 * The unknowns are hazards, h[j] = P(sold in j | not sold before it), and not
 * masses.  An EM step sets each to expected sales over expected listings at
 * risk, of those that had entered.  It needs no imagined listings that were
 * never seen (Turnbull's "ghosts"), and a censored row counts at risk up to its
 * left end, as in Kaplan and Meier's estimate, which one step gives when all
 * ages at sale are known.  SQUAREM (Varadhan and Roland, Scand. J. Stat. 35,
 * 2008) goes far along the way that two steps point.
 *
 * It is the likeliest curve, and not always a good one: where one listing is at
 * risk, and may have been sold there, it was.  Entries of their own make many
 *such places; rows of rounded ages have few (row_round).
 *
 * With truncation the estimate need not be unique: where nothing tells, what
 * the first guess spread evenly over the supports of a row remains.
 *
 * Life cycle: fit_init builds the supports for weights; fit_run may be called
 * again with other weights of the same rows; fit_release.  Within a support the
 * mass is taken as spread evenly.
 */
#ifndef FIT_H
#define FIT_H

#include "row.h"

#define FIT_NOTHING 1e-7 /* of a share: as good as none */

struct weight {
	double sold;     /* of the row's n: sold in (left, right] */
	double censored; /* not sold at left, no more is known */
};

struct place {             /* of a row, in supports */
	uint32_t entry;    /* the first that it tells of */
	uint32_t censored; /* the first after its left end */
	uint32_t from, to; /* where it can have been sold; equal: nowhere */
	uint32_t pair;     /* which of the pairs (from, to) */
};

struct fit {
	size_t m, n;
	double *lo, *hi;     /* m supports; equal: a single age */
	struct place *place; /* n */
	size_t npairs;
	struct place *pairs; /* from and to of each */
	double last;         /* greatest left end */
	double *s;           /* m + 1: share not sold before support j */

	/* of the weights in force */
	double total;
	double *sold;    /* of a pair */
	double *at_risk; /* m: known to be, whenever they are sold */
	double *power;   /* m + 1: s[j] in the likelihood */
	double *room;    /* for steps */
};

void fit_init(struct fit *f, const struct row *rows, const struct weight *w,
    size_t n);
/* Sets s.  It ends when a step of EM moves no share by more than `close`.
 * False: none of its 10,000 steps did, and s is what the last one left. */
bool fit_run(struct fit *f, const struct weight *w, double close);
void fit_release(struct fit *f);

/* The age up to which s is known: nothing was seen later, or all are sold. */
double fit_window(const struct fit *f);
/* The share not sold at an age; behind the window, that of the window. */
double fit_at(const struct fit *f, double age);
/* The age at which the share q is sold; INFINITY: not within the window. */
double fit_quantile(const struct fit *f, double q);

#endif
