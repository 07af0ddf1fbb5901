#include "study.h"

#include <math.h>
#include <stdlib.h>

#include "fit.h"
#include "random.h"
#include "share.h"
#include "stop.h"
#include "banned.h"

#define CLOSE 1e-9
#define CLOSE_RESAMPLED 1e-6 /* far within the spread that they show */
#define FIGURES 3            /* median, p90, within; then the curve */

struct study {
	const struct question *q;
	const struct row *rows;
	size_t n;
	double *count; /* of each row */
	struct weight *w;
	struct answer *a;
};

/* The share sold by the day that was asked; NAN where nobody was seen. */
static double
share_within(const struct fit *f, double days)
{
	if (days < 0 || (days > fit_window(f) && f->s[f->m] > FIT_NOTHING))
		return NAN;
	return 1 - fit_at(f, days);
}

static struct bound
bound_of(const struct study *s, const struct fit *f)
{
	return (struct bound){ .window = s->n > 0 ? fit_window(f) : NAN,
		.median = fit_quantile(f, 0.5),
		.p90 = fit_quantile(f, 0.9),
		.within = share_within(f, s->q->within) };
}

/* Weights are set; the caller releases. */
static void
fit(const struct study *s, struct fit *f)
{
	fit_init(f, s->rows, s->w, s->n);
	if (!fit_run(f, s->w, CLOSE))
		s->a->settled = false;
}

static struct bound
find_bound(const struct study *s, enum share_of how)
{
	struct bound b;
	struct fit f;

	share_split(s->rows, s->count, s->n, how, s->w);
	fit(s, &f);
	b = bound_of(s, &f);
	fit_release(&f);
	return b;
}

/* ---- the curve ---- */

static void
choose_days(const struct question *q, struct answer *a)
{
	size_t i;

	a->ndays = q->ndays;
	if (q->days == NULL)
		a->ndays = a->window / q->step < STUDY_DAYS_MAX - 1 ?
		    (size_t)(a->window / q->step) + 1 :
		    STUDY_DAYS_MAX;
	a->days = xcalloc(a->ndays + 1, sizeof *a->days);
	a->curve = xcalloc(a->ndays + 1, sizeof *a->curve);
	for (i = 0; i < a->ndays; i++)
		a->days[i] = q->days ? q->days[i] : (double)i * q->step;
}

static struct figure
alone(double at)
{
	return (struct figure){ at, NAN, NAN };
}

static void
find_figures(const struct study *s, const struct fit *f)
{
	struct bound b = bound_of(s, f);
	struct answer *a = s->a;
	size_t i;

	a->window = b.window;
	a->median = alone(b.median);
	a->p90 = alone(b.p90);
	a->within = alone(b.within);
	choose_days(s->q, a);
	for (i = 0; i < a->ndays; i++)
		a->curve[i] = alone(1 - share_within(f, a->days[i]));
	if (a->count[ROW_UNKNOWN] == 0)
		a->none = a->all = b;
}

/* ---- intervals ---- */

static void
resample(const struct study *s, struct random *random)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		s->count[i] = random_poisson(random, s->rows[i].n);
	share_split(s->rows, s->count, s->n, SHARE_BY_AGE, s->w);
}

/* Figure k of resample i is draws[k * resamples + i]. */
static void
keep_draws(const struct study *s, const struct fit *f, double *draws)
{
	size_t n = s->q->resamples, i;

	draws[0] = fit_quantile(f, 0.5);
	draws[n] = fit_quantile(f, 0.9);
	draws[2 * n] = 1 - fit_at(f, s->q->within);
	for (i = 0; i < s->a->ndays; i++)
		draws[(FIGURES + i) * n] = fit_at(f, s->a->days[i]);
}

static int
compare(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void
set_interval(struct figure *f, double *draws, size_t n)
{
	size_t outside = (n + 1) / 40; /* 2.5 % at either end */

	if (isnan(f->at))
		return;
	if (outside > 0)
		outside--;
	qsort(draws, n, sizeof *draws, compare);
	f->low = draws[outside];
	f->high = draws[n - 1 - outside];
}

static void
find_intervals(const struct study *s, struct fit *f)
{
	struct answer *a = s->a;
	size_t n = s->q->resamples, i;
	double *draws = xcalloc((FIGURES + a->ndays) * n, sizeof *draws);
	struct random random = { s->q->seed };

	for (i = 0; i < n && !stopped; i++) {
		resample(s, &random);
		fit_run(f, s->w, CLOSE_RESAMPLED);
		keep_draws(s, f, draws + i);
	}
	set_interval(&a->median, draws, n);
	set_interval(&a->p90, draws + n, n);
	set_interval(&a->within, draws + 2 * n, n);
	for (i = 0; i < a->ndays; i++)
		set_interval(&a->curve[i], draws + (FIGURES + i) * n, n);
	free(draws);
}

/* ---- a cell ---- */

static void
find_all(const struct study *s)
{
	struct answer *a = s->a;
	struct fit f;

	a->none = a->all = (struct bound){ NAN, NAN, NAN, NAN };
	if (a->count[ROW_UNKNOWN] > 0) {
		a->none = find_bound(s, SHARE_NONE);
		a->all = find_bound(s, SHARE_ALL);
	}
	a->borrowed = share_split(s->rows, s->count, s->n, SHARE_BY_AGE, s->w);
	a->known = s->n > 0 && !isnan(a->borrowed);
	if (!a->known)
		return;
	fit(s, &f);
	find_figures(s, &f);
	if (s->q->resamples > 0)
		find_intervals(s, &f);
	fit_release(&f);
}

void
study_run(const struct question *q, struct row *rows, size_t n,
    struct answer *a)
{
	struct study s = { .q = q, .rows = rows, .a = a };
	size_t i;

	*a = (struct answer){ .settled = true, .window = NAN };
	a->median = a->p90 = a->within = alone(NAN);
	s.n = row_merge(rows, n);
	s.count = xcalloc(s.n + 1, sizeof *s.count);
	s.w = xcalloc(s.n + 1, sizeof *s.w);
	for (i = 0; i < s.n; i++) {
		s.count[i] = rows[i].n;
		a->count[rows[i].exit] += rows[i].n;
	}
	find_all(&s);
	free(s.count);
	free(s.w);
}

void
study_release(struct answer *a)
{
	free(a->days);
	free(a->curve);
}
