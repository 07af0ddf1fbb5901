#include "fit.h"

#include <math.h>
#include <stdlib.h>

#include "stop.h"
#include "support.h"
#include "banned.h"

#define STEPS_MAX 10000
#define ROOM 8 /* arrays of m + 1: two of a step, three of shares, h */
#define SURELY (1 - 1e-13) /* a hazard of 1 would leave nobody for later */
#define LEAST 1e-280
#define NOBODY 1e-9 /* as a share of all weights */

/* ---- the rows in supports ---- */

static int
compare_pairs(const void *x, const void *y)
{
	const struct place *a = *(struct place *const *)x;
	const struct place *b = *(struct place *const *)y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

/* Rows that differ in their entry only are one in the costly sums. */
static void
pair_up(struct fit *f)
{
	struct place **sorted = xcalloc(f->n + 1, sizeof *sorted);
	struct place *last;
	size_t i;

	for (i = 0; i < f->n; i++)
		sorted[i] = &f->place[i];
	qsort(sorted, f->n, sizeof *sorted, compare_pairs);
	f->pairs = xcalloc(f->n + 1, sizeof *f->pairs);
	for (i = 0; i < f->n; i++) {
		last = f->npairs > 0 ? &f->pairs[f->npairs - 1] : NULL;
		if (last == NULL || last->from != sorted[i]->from ||
		    last->to != sorted[i]->to)
			f->pairs[f->npairs++] = *sorted[i];
		sorted[i]->pair = (uint32_t)(f->npairs - 1);
	}
	free(sorted);
}

void
fit_init(struct fit *f, const struct row *rows, const struct weight *w,
    size_t n)
{
	size_t i;

	*f = (struct fit){ .n = n };
	support_build(f, rows, w);
	pair_up(f);
	for (i = 0; i < n; i++)
		if (rows[i].left > f->last)
			f->last = rows[i].left;
	f->s = xcalloc(f->m + 1, sizeof *f->s);
	f->sold = xcalloc(f->npairs + 1, sizeof *f->sold);
	f->at_risk = xcalloc(f->m + 1, sizeof *f->at_risk);
	f->power = xcalloc(f->m + 1, sizeof *f->power);
	f->room = xcalloc(ROOM * (f->m + 1), sizeof *f->room);
}

void
fit_release(struct fit *f)
{
	free(f->lo);
	free(f->hi);
	free(f->place);
	free(f->pairs);
	free(f->s);
	free(f->sold);
	free(f->at_risk);
	free(f->power);
	free(f->room);
	*f = (struct fit){ 0 };
}

static void
add_weight(struct fit *f, const struct place *p, double sold, double censored)
{
	if (p->from == p->to) {
		censored += sold;
		sold = 0;
	}
	f->total += sold + censored;
	f->sold[p->pair] += sold;
	f->power[p->entry] -= sold;
	f->at_risk[p->entry] += sold;
	f->at_risk[p->from] -= sold;
	if (p->censored > p->entry) {
		f->power[p->entry] -= censored;
		f->power[p->censored] += censored;
		f->at_risk[p->entry] += censored;
		f->at_risk[p->censored] -= censored;
	}
}

static void
set_weights(struct fit *f, const struct weight *w)
{
	size_t i, size = (f->m + 1) * sizeof(double);

	f->total = 0;
	memset(f->sold, 0, (f->npairs + 1) * sizeof(double));
	memset(f->at_risk, 0, size);
	memset(f->power, 0, size);
	for (i = 0; i < f->n; i++)
		add_weight(f, &f->place[i], w[i].sold, w[i].censored);
	for (i = 1; i < f->m; i++)
		f->at_risk[i] += f->at_risk[i - 1];
}

/* ---- steps; h has m hazards ---- */

static void
shares(const struct fit *f, const double *h, double *s)
{
	size_t j;

	s[0] = 1;
	for (j = 0; j < f->m; j++) {
		s[j + 1] = s[j] * (1 - h[j]);
		if (s[j + 1] < LEAST && j + 1 < f->m)
			s[j + 1] = LEAST;
	}
}

static double
hazard(const struct fit *f, size_t j, double sales, double at_risk)
{
	double h;

	/* what rounding leaves where nobody is */
	if (sales <= 0 || at_risk <= f->total * NOBODY)
		return 0;
	h = sales / at_risk;
	if (h > SURELY)
		h = j + 1 == f->m ? 1 : SURELY;
	return h;
}

/* As if each sale were spread evenly over the supports of its row. */
static void
guess(struct fit *f, double *h)
{
	double *each = f->room, *behind = each + f->m + 1, sum = 0, ends = 0, w;
	size_t i, j;

	memset(each, 0, 2 * (f->m + 1) * sizeof *each);
	for (i = 0; i < f->npairs; i++) {
		const struct place *p = &f->pairs[i];

		if (f->sold[i] == 0)
			continue;
		w = f->sold[i] / (p->to - p->from);
		each[p->from] += w;
		each[p->to] -= w;
		behind[p->from] += w * p->to;
		behind[p->to] -= w * p->to;
	}
	for (j = 0; j < f->m; j++) {
		sum += each[j];
		ends += behind[j];
		h[j] =
		    hazard(f, j, sum, f->at_risk[j] + ends - sum * (double)j);
	}
}

/* One step of EM; s becomes the shares of h. */
static void
step(const struct fit *f, const double *h, double *s, double *out)
{
	double *per = f->room, *rest = per + f->m + 1, g;
	double sum = 0, later = 0;
	size_t i, j;

	shares(f, h, s);
	memset(per, 0, 2 * (f->m + 1) * sizeof *per);
	for (i = 0; i < f->npairs; i++) {
		const struct place *p = &f->pairs[i];

		if (f->sold[i] == 0)
			continue;
		g = s[p->from] - s[p->to];
		g = f->sold[i] / (g > LEAST ? g : LEAST);
		per[p->from] += g;
		per[p->to] -= g;
		rest[p->from] += g * s[p->to];
		rest[p->to] -= g * s[p->to];
	}
	for (j = 0; j < f->m; j++) {
		sum += per[j];
		later += rest[j];
		out[j] = hazard(f, j, sum * (s[j] - s[j + 1]),
		    f->at_risk[j] + sum * s[j] - later);
	}
}

static double
likelihood(const struct fit *f, const double *h, double *s)
{
	double l = 0, p;
	size_t i;

	shares(f, h, s);
	for (i = 0; i < f->npairs; i++) {
		if (f->sold[i] == 0)
			continue;
		p = s[f->pairs[i].from] - s[f->pairs[i].to];
		l += f->sold[i] * log(p > LEAST ? p : LEAST);
	}
	for (i = 1; i <= f->m; i++)
		if (f->power[i] != 0)
			l += f->power[i] * log(s[i] > LEAST ? s[i] : LEAST);
	return l;
}

/* Far along the way that two steps point; false: no farther than they went. */
static bool
leap(size_t m, double *const h[3], double *out)
{
	double rr = 0, vv = 0, r, v, a;
	size_t j;

	for (j = 0; j < m; j++) {
		r = h[1][j] - h[0][j];
		v = h[2][j] - h[1][j] - r;
		rr += r * r;
		vv += v * v;
	}
	a = vv > 0 ? sqrt(rr / vv) : 1;
	if (!(a > 1))
		return false;
	for (j = 0; j < m; j++) {
		r = h[1][j] - h[0][j];
		v = h[2][j] - h[1][j] - r;
		out[j] = h[0][j] + 2 * a * r + a * a * v;
		if (out[j] <= 0)
			out[j] = h[2][j] / 8;
		else if (out[j] >= 1)
			out[j] = (1 + h[2][j]) / 2;
	}
	return true;
}

static double
farthest(const double *a, const double *b, size_t n)
{
	double most = 0, d;
	size_t i;

	for (i = 0; i < n; i++) {
		d = fabs(a[i] - b[i]);
		if (d > most)
			most = d;
	}
	return most;
}

bool
fit_run(struct fit *f, const struct weight *w, double close)
{
	size_t m = f->m + 1;
	double *s = f->room + 2 * m, *t = s + m, *x = t + m;
	double *const h[3] = { x + m, x + 2 * m, x + 3 * m };
	bool settled = false;
	int i;

	set_weights(f, w);
	guess(f, h[0]);
	for (i = 0; i < STEPS_MAX && !settled && !stopped; i += 3) {
		step(f, h[0], s, h[1]);
		step(f, h[1], t, h[2]);
		settled = farthest(s, t, m) <= close;
		if (settled || !leap(f->m, h, x) ||
		    likelihood(f, x, t) < likelihood(f, h[0], s))
			memcpy(x, h[2], f->m * sizeof *x);
		step(f, x, f->s, h[0]);
	}
	return settled;
}

/* ---- what it says ---- */

double
fit_window(const struct fit *f)
{
	double end = f->m > 0 ? f->hi[f->m - 1] : 0;

	if (f->m > 0 && f->s[f->m] < FIT_NOTHING)
		return end;
	return f->last > end ? f->last : end;
}

double
fit_at(const struct fit *f, double age)
{
	size_t low = support_beyond(f, age);
	double part;

	if (low == f->m || age <= f->lo[low])
		return f->s[low];
	part = (age - f->lo[low]) / (f->hi[low] - f->lo[low]);
	return f->s[low] - part * (f->s[low] - f->s[low + 1]);
}

double
fit_quantile(const struct fit *f, double q)
{
	double left = 1 - q, part;
	size_t low = 0, high = f->m, mid;

	while (low < high) { /* the first support after which so few are left */
		mid = (low + high) / 2;
		if (f->s[mid + 1] > left + FIT_NOTHING)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == f->m)
		return INFINITY;
	part = (f->s[low] - left) / (f->s[low] - f->s[low + 1]);
	return f->lo[low] + (part < 1 ? part : 1) * (f->hi[low] - f->lo[low]);
}
