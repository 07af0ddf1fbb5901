/* R7.  Intervals between complete sweeps: what left and came, and the counters
 * around them. */
#include <stddef.h>
#include <stdlib.h>

#include "context.h"
#include "banned.h"

__extension__ typedef __int128 wide;

/* ---- counters ---- */

/* The first counters after a time: at the index, or behind all. */
static uint32_t
first_after(const struct owner *o, int64_t at)
{
	return first_later(o->counters, sizeof *o->counters,
	    offsetof(struct counters, by.at), o->ncounters, at);
}

uint32_t
counted_before(const struct owner *o, int64_t at)
{
	uint32_t k;

	for (k = first_after(o, at); k > 0; k--)
		if (o->counters[k - 1].counted)
			return k - 1;
	return NONE;
}

uint32_t
counted_after(const struct owner *o, int64_t at)
{
	uint32_t k;

	for (k = first_after(o, at - 1); k < o->ncounters; k++)
		if (o->counters[k].counted)
			return k;
	return NONE;
}

/* Was she away, or banned, between two times, or as the second came?  Answers
 * that do not say change nothing. */
static void
find_flags(const struct owner *o, struct interval *i, int64_t from, int64_t end,
    int64_t until)
{
	uint32_t k, behind = first_after(o, end), last = first_after(o, until);

	for (k = first_after(o, from - 1); k < last; k++) {
		i->holiday |= o->counters[k].holiday == TRI_YES;
		i->banned |= o->counters[k].banned == TRI_YES;
	}
	while (behind > 0 && !has_flags(&o->counters[behind - 1]))
		behind--;
	if (behind > 0) {
		i->holiday |= o->counters[behind - 1].holiday == TRI_YES;
		i->banned |= o->counters[behind - 1].banned == TRI_YES;
	}
}

void
find_most(const struct owner *o, struct interval *i)
{
	i->g_most = (struct count_of){ false, 0 };
	i->fell = false;
	if (i->a == NONE || i->b == NONE)
		return;
	i->g_most.known = o->counters[i->a].falls == o->counters[i->b].falls;
	if (i->g_most.known)
		i->g_most.n = o->counters[i->b].given - o->counters[i->a].given;
	i->fell = !i->g_most.known;
}

static void
find_counters(const struct context *c, struct interval *i)
{
	const struct owner *o = c->o;
	const struct sweep *s = &o->sweeps[i->sweep];
	int64_t from = s->first_at;

	i->a = NONE;
	if (i->prev != NONE) {
		from = o->sweeps[i->prev].first_at;
		i->a = counted_before(o, from);
	}
	i->b = counted_after(o, s->last_at + c->limits.lag_us);
	i->ripe = i->b != NONE;
	i->baseline = i->a != NONE;
	find_most(o, i);
	find_flags(o, i, from, s->last_at,
	    s->last_at + c->limits.lag_us + c->limits.lag_us / 2);
}

/* ---- what changed ---- */

struct ratio {
	int64_t to, from;
};

static int
by_ratio(const void *a, const void *b)
{
	const struct ratio *x = a, *y = b;
	wide l = (wide)x->to * y->from, r = (wide)y->to * x->from;

	return l < r ? -1 : l > r;
}

/* Cheaper by so much that neither rounding nor a rate did it. */
static bool
is_cut(int64_t to, int64_t from)
{
	return (wide)to * 1000 < (wide)from * 985;
}

/* to / from, within 3 % of the middle cut? */
static bool
is_near(const struct interval *i, int64_t to, int64_t from)
{
	wide x = (wide)to * i->cut_from, y = (wide)from * i->cut_to;
	wide d = x < y ? y - x : x - y;

	return d * 100 <= y * 3;
}

bool
is_the_cut(const struct interval *i, int64_t to, int64_t from)
{
	return i->cut_from > 0 && from > 0 && is_cut(to, from) &&
	    is_near(i, to, from);
}

static void
find_cut(struct interval *i, struct ratio *ratios, size_t n)
{
	size_t k;

	if (n < 3)
		return;
	qsort(ratios, n, sizeof *ratios, by_ratio);
	i->cut_to = ratios[(n - 1) / 2].to;
	i->cut_from = ratios[(n - 1) / 2].from;
	for (k = 0; k < n; k++)
		i->cut_n += is_near(i, ratios[k].to, ratios[k].from);
}

static void
compare_sweeps(const struct context *c, struct interval *i)
{
	const struct owner *o = c->o;
	int64_t start = o->sweeps[i->prev].first_at;
	uint32_t from, to, nb, nn, kb = 0, kn = 0;
	const struct seen *b, *n;
	struct ratio *ratios;
	size_t cuts = 0;

	nb = seen_by(c, o->sweeps[i->prev].run, &from);
	nn = seen_by(c, o->sweeps[i->sweep].run, &to);
	ratios = xmalloc((nb + 1) * sizeof *ratios);
	while (kb < nb || kn < nn) {
		b = kb < nb ? &c->seen[from + kb] : NULL;
		n = kn < nn ? &c->seen[to + kn] : NULL;
		if (b != NULL && !b->hers) {
			kb++;
		} else if (n != NULL && !n->hers) {
			kn++;
		} else if (n == NULL ||
		    (b != NULL && b->listing < n->listing)) {
			i->present++;
			i->v++;
			kb++;
		} else if (b == NULL || n->listing < b->listing) {
			if (o->listings[n->listing].first_sight >= start)
				i->n++;
			else
				i->returns++;
			kn++;
		} else {
			i->present++;
			i->cut_of++;
			if (b->currency == n->currency && b->currency != 0 &&
			    b->price > 0 && n->price >= 0 &&
			    is_cut(n->price, b->price))
				ratios[cuts++] =
				    (struct ratio){ n->price, b->price };
			kb++;
			kn++;
		}
	}
	find_cut(i, ratios, cuts);
	free(ratios);
}

void
make_interval(const struct context *c, struct interval *i, uint32_t sweep,
    uint32_t prev)
{
	*i = (struct interval){ .sweep = sweep, .prev = prev, .episode = NONE };
	find_counters(c, i);
	if (prev != NONE)
		compare_sweeps(c, i);
}

void
make_intervals(struct context *c)
{
	uint32_t k;

	c->intervals = xcalloc(c->nwhole + 1, sizeof *c->intervals);
	for (k = 0; k < c->nwhole; k++)
		make_interval(c, &c->intervals[k], c->whole[k],
		    k > 0 ? c->whole[k - 1] : NONE);
}
