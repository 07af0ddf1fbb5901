/* R8, R9.  Episodes of intervals: what the seller's numbers say of them, and
 * what else may have been sold. */
#include <stdlib.h>

#include "context.h"
#include "banned.h"

#define DAY_US INT64_C(86400000000)
/* R9: so long what is out of sight may wait */
#define WAITING_US (14 * DAY_US)

__extension__ typedef __int128 wide;

static const struct counters *
counters_at(const struct context *c, uint32_t k)
{
	return k == NONE ? NULL : &c->o->counters[k];
}

int64_t
total_rises(const struct owner *o, uint32_t a, uint32_t b)
{
	const struct counters *was = &o->counters[a], *is;
	int64_t n = 0;
	uint32_t k;

	for (k = a + 1; k <= b; k++) {
		is = &o->counters[k];
		if (!is->counted)
			continue;
		if (is->total > was->total)
			n += is->total - was->total;
		was = is;
	}
	return n;
}

/* By later counters than the last before it began. */
static void
compare_from(const struct context *c, struct interval *i, uint32_t a)
{
	i->a = a;
	find_most(c->o, i);
}

/* An interval more; item-days are summed in microseconds. */
static void
join(const struct context *c, struct episode *e, uint32_t k)
{
	const struct interval *i = &c->intervals[k];
	const struct owner *o = c->o;

	e->last = k;
	e->v += i->v;
	e->n += i->n;
	e->returns += i->returns;
	e->item_us += (wide)i->present *
	    (o->sweeps[i->sweep].last_at - o->sweeps[i->prev].first_at);
}

static void
sum_up(const struct context *c, struct episode *e)
{
	const struct interval *first = &c->intervals[e->first];
	const struct interval *last = &c->intervals[e->last];
	const struct counters *a = counters_at(c, first->a);
	const struct counters *b = counters_at(c, last->b);
	wide limit = (wide)c->limits.item_days * 1000;
	wide days = (e->item_us + DAY_US / 2000) / (DAY_US / 1000);

	e->telling = days <= limit;
	e->item_millidays =
	    (int64_t)(days < limit + 1000 ? days : limit + 1000);
	e->g.known = e->t.known = false;
	if (e->telling && a != NULL && b != NULL && a->falls == b->falls) {
		e->g = (struct count_of){ true, b->given - a->given };
		e->t = (struct count_of){ true, b->total - a->total };
		e->unseen = total_rises(c->o, first->a, last->b) > e->n;
	}
}

/*
 * All that changed is accounted for: so many were sold, the others deleted, and
 * nothing came that no sweep saw.
 */
static bool
is_closed(const struct episode *e)
{
	return e->g.known && e->returns == 0 && !e->unseen && e->g.n >= 0 &&
	    e->g.n <= e->v && e->t.n == e->n - (e->v - e->g.n);
}

/*
 * Changed intervals whose counters overlap are one episode; but what one has
 * accounted for stays so, and the next, if it ends after its counters, is
 * compared with those.
 */
static void
find_episodes(struct context *c)
{
	const struct owner *o = c->o;
	const struct counters *before = NULL;
	struct episode *e = NULL;
	struct interval *i;
	uint32_t k, b = NONE;
	bool apart;

	c->episodes = xcalloc(c->nwhole + 1, sizeof *c->episodes);
	for (k = 1; k < c->nwhole; k++) {
		i = &c->intervals[k];
		if (i->v + i->n + i->returns == 0)
			continue;
		apart = e == NULL ||
		    (before != NULL &&
		        before->by.at <= o->sweeps[i->prev].first_at);
		if (!apart && before != NULL &&
		    before->by.at <= o->sweeps[i->sweep].last_at) {
			sum_up(c, e);
			apart = is_closed(e);
			if (apart)
				compare_from(c, i, b);
		}
		if (apart) {
			e = &c->episodes[c->nepisodes++];
			e->first = k;
		}
		i->episode = c->nepisodes - 1;
		join(c, e, k);
		b = i->b;
		before = counters_at(c, b);
	}
	for (k = 0; k < c->nepisodes; k++)
		sum_up(c, &c->episodes[k]);
}

static bool
same_falls(const struct context *c, const struct episode *e)
{
	const struct counters *a = counters_at(c, c->intervals[e->first].a);
	const struct counters *b = counters_at(c, c->intervals[e->last].b);

	return a == NULL || b == NULL || a->falls == b->falls;
}

/* ---- what pages say of what vanished ---- */

/* Does any page of hers name a rule and no state? */
static bool
is_claimed(const struct owner *o)
{
	const struct sight *s;
	uint32_t k;

	for (k = 0; k < o->nsights; k++) {
		s = &o->sights[k];
		if (s->state == STATE_NONE && s->state_rule != 0 &&
		    !o->listings[s->listing].foreign)
			return true;
	}
	return false;
}

static bool
ever_away(const struct owner *o)
{
	uint32_t k;

	for (k = 0; k < o->ncounters; k++)
		if (o->counters[k].holiday == TRI_YES ||
		    o->counters[k].banned == TRI_YES)
			return true;
	return false;
}

static int
by_vanished(const void *a, const void *b)
{
	const struct vanished *x = a, *y = b;

	if (x->listing != y->listing)
		return x->listing < y->listing ? -1 : 1;
	return x->seen_at > y->seen_at ? -1 : x->seen_at < y->seen_at;
}

/* When a sweep saw a listing last. */
static int64_t
seen_at(const struct context *c, text_id run, uint32_t listing)
{
	const struct owner *o = c->o;
	const struct listing *i = &o->listings[listing];
	int64_t at = NO_TIME;
	uint32_t k;

	for (k = i->from; k < i->from + i->n; k++)
		if (o->sights[k].by.run == run &&
		    o->sights[k].kind == c->wardrobe)
			at = o->sights[k].by.at;
	return at;
}

/* Of an interval, by a walk through both of its sweeps; how many are in `v`. */
static uint32_t
add_vanished(const struct context *c, const struct interval *i,
    struct vanished *v, uint32_t n)
{
	text_id run = c->o->sweeps[i->prev].run;
	uint32_t from, to, k, m = 0;
	uint32_t before = seen_by(c, run, &from);
	uint32_t after = seen_by(c, c->o->sweeps[i->sweep].run, &to);

	for (k = from; k < from + before; k++) {
		while (m < after &&
		    c->seen[to + m].listing < c->seen[k].listing)
			m++;
		if (c->seen[k].hers &&
		    (m == after ||
		        c->seen[to + m].listing != c->seen[k].listing))
			v[n++] = (struct vanished){ c->seen[k].listing,
				seen_at(c, run, c->seen[k].listing) };
	}
	return n;
}

uint32_t
find_vanished(const struct context *c, uint32_t first, uint32_t last,
    struct vanished *v)
{
	uint32_t k, all = 0, kept = 0;

	for (k = first; k <= last; k++)
		if (c->intervals[k].episode != NONE)
			all = add_vanished(c, &c->intervals[k], v, all);
	qsort(v, all, sizeof *v, by_vanished);
	for (k = 0; k < all; k++)
		if (kept == 0 || v[kept - 1].listing != v[k].listing)
			v[kept++] = v[k];
	return kept;
}

static void
tell_apart(const struct context *c, struct episode *e)
{
	const struct owner *o = c->o;
	const struct counters *b = counters_at(c, c->intervals[e->last].b);
	bool away = ever_away(o);
	struct vanished *all;
	uint32_t n, k, id;
	int64_t after;

	all = xmalloc((size_t)(e->v + 1) * sizeof *all);
	n = find_vanished(c, e->first, e->last, all);
	e->cleared.known = e->kept.known = n > 0;
	for (k = 0; k < n; k++) {
		id = all[k].listing;
		after = all[k].seen_at + 1;
		if (was_said(o, id, STATE_BIT(STATE_SOLD), after, FOR_EVER))
			continue;
		if ((!away &&
		        was_said(o, id, STATE_BIT(STATE_DELETED), after,
		            after + c->limits.sold_page_us)) ||
		    was_said(o, id, STATE_BIT(STATE_HIDDEN),
		        b->by.at < after ? after : b->by.at, FOR_EVER))
			e->cleared.n++;
		else if (was_said(o, id, SIGHTED, b->by.at, FOR_EVER))
			e->kept.n++;
	}
	free(all);
}

/* ---- what else may have been sold ---- */

static int64_t
left_open(const struct episode *e)
{
	return e->v - e->cleared.n - e->kept.n;
}

static bool
balances(const struct episode *e)
{
	return e->telling && e->g.known && e->g.n >= 1 &&
	    left_open(e) == e->g.n &&
	    (e->t.n == e->n - e->cleared.n ||
	        e->t.n == e->n - e->cleared.n - e->kept.n) &&
	    e->returns == 0 && !e->unseen;
}

/* More than the first sweep found, before she had been swept for a day. */
static int64_t
excess(const struct context *c, const struct episode *e)
{
	const struct interval *first = &c->intervals[e->first];
	const struct counters *a = counters_at(c, first->a);
	int64_t more = a->total - a->given - first->present;
	uint32_t k;

	for (k = 0; k < c->nwhole; k++)
		if (c->o->sweeps[c->whole[k]].last_at <=
		    a->by.at - c->limits.lag_us)
			return 0;
	return more > 0 ? more : 0;
}

/* Was it there, then out of sight, and is nothing known of it since? */
bool
may_wait(const struct context *c, uint32_t interval, uint32_t from, uint32_t to,
    uint32_t listing)
{
	const struct owner *o = c->o;
	const struct listing *i = &o->listings[listing];
	const struct sweep *prev = &o->sweeps[c->intervals[interval].prev];
	const struct counters *a = counters_at(c, from);
	const struct counters *b = counters_at(c, to);
	int64_t start = prev->first_at, since = start - WAITING_US;
	const struct sight *s;

	if (i->foreign || i->first_sight == NO_TIME ||
	    i->first_sight >= start || i->last_sight < since ||
	    !was_said(o, listing, SIGHTED, since, start) ||
	    was_said(o, listing, SIGHTED | STATE_BIT(STATE_HIDDEN), b->by.at,
	        FOR_EVER) ||
	    was_in(c, prev->run, listing))
		return false;
	s = last_word(o, listing, b->by.at);
	if (s == NULL)
		return false;
	if (s->state == STATE_SOLD)
		return s->by.at > a->by.at - c->limits.lag_us;
	return (STATE_BIT(s->state) & SIGHTED) != 0;
}

/* The interval in which it went out of sight, if that can tell how; NONE. */
static uint32_t
left_in(const struct context *c, uint32_t listing, int64_t before)
{
	const struct owner *o = c->o;
	const struct listing *l = &o->listings[listing];
	const struct sight *s = NULL;
	const struct interval *i;
	uint32_t k;

	for (k = l->from; k < l->from + l->n; k++)
		if (o->sights[k].by.at < before &&
		    o->sights[k].kind == c->wardrobe)
			s = &o->sights[k];
	for (k = 1; s != NULL && k < c->nwhole; k++) {
		i = &c->intervals[k];
		if (o->sweeps[i->prev].run != s->by.run)
			continue;
		if (i->episode == NONE || !i->ripe || i->fell || !i->baseline ||
		    !c->episodes[i->episode].telling ||
		    c->episodes[i->episode].returns != 0 ||
		    !same_falls(c, &c->episodes[i->episode]) ||
		    was_said(o, listing, SIGHTED, o->sweeps[i->sweep].first_at,
		        FOR_EVER))
			return NONE;
		return k;
	}
	return NONE;
}

/*
 * R9.  So many of her listings may be what was sold, too: what waits, unless
 * the interval in which it left says how.  One that an earlier episode sold is
 * open only where that one is; so they come in order.
 */
static void
count_pending(struct context *c, struct episode *e)
{
	int64_t start = c->o->sweeps[c->intervals[e->first].prev].first_at;
	const struct episode *on;
	bool out, sale;
	uint32_t k, in;

	e->pending = (struct count_of){ true, excess(c, e) };
	for (k = 0; k < c->o->nlistings; k++) {
		if (!may_wait(c, e->first, c->intervals[e->first].a,
		        c->intervals[e->last].b, k))
			continue;
		in = left_in(c, k, start);
		on = in == NONE ? NULL : &c->episodes[c->intervals[in].episode];
		out = on != NULL && on->g.known && on->g.n == 0 &&
		    on->t.n == on->n - on->v;
		sale = on != NULL && c->intervals[in].g_most.known &&
		    c->intervals[in].g_most.n >= 1 && on->balances &&
		    on->is_all;
		if (!out && (!sale || on->pending.n > 0))
			e->pending.n++;
	}
}

/* R8 */
void
make_episodes(struct context *c)
{
	bool claimed = is_claimed(c->o);
	struct episode *e;
	struct interval *i;
	uint32_t k;

	find_episodes(c);
	for (k = 0; k < c->nepisodes; k++) {
		e = &c->episodes[k];
		if (claimed && e->g.known && e->g.n >= 1 && e->v > e->g.n &&
		    e->returns == 0)
			tell_apart(c, e);
		e->balances = balances(e);
		e->is_all = e->v == e->g.n;
	}
	for (k = 0; k < c->nepisodes; k++)
		if (c->episodes[k].balances)
			count_pending(c, &c->episodes[k]);
	for (k = 1; k < c->nwhole; k++) {
		i = &c->intervals[k];
		if (i->episode == NONE)
			continue;
		e = &c->episodes[i->episode];
		i->fell |= e->telling && !same_falls(c, e);
	}
}
