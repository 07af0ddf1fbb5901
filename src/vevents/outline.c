/*
 * Which lines the rules still need.
 *
 * Of looks that say the same, one after another, the rules need the first and
 * the last of each kind and site: what is between begins nothing, ends nothing,
 * and bounds no interval, as long as every complete sweep in that time saw the
 * listing and no account was gone.  Of sweeps they need those that something
 * changed from or to, or that a listing's history speaks of; of counters those
 * at which a number changed, and those around what changed.
 *
 * The outline of an outline and of later lines is the outline of all lines:
 * each condition is one on lines that stay.
 */
#include "outline.h"

#include <stddef.h>
#include <stdlib.h>

#include "decimal.h"
#include "banned.h"

#define DAY_US INT64_C(86400000000)
/* What is so new stays: a run may go on, and counters come late. */
#define KEEP_US (3 * DAY_US)
#define KEEP_SWEEPS 10

struct outlining {
	const struct context *c;
	const struct owner *o;
	struct outline *to;
	/* by text: of a run, when its first and last line are; does another
	 * look at one of its listings fall between? */
	int64_t *from, *end;
	bool *mixed;
	bool *stays; /* by text: a look of the run does */
};

/* ---- runs ---- */

static void
extend(struct outlining *g, text_id run, int64_t from, int64_t end)
{
	if (from < g->from[run])
		g->from[run] = from;
	if (end > g->end[run])
		g->end[run] = end;
}

/* Was the look taken while the run of another at its listing went on, or at the
 * same time? */
static void
find_mixed(struct outlining *g)
{
	const struct sight *s = g->o->sights;
	uint32_t k;

	for (k = 0; k + 1 < g->o->nsights; k++) {
		if (s[k].listing != s[k + 1].listing)
			continue;
		if (g->end[s[k].by.run] >= s[k + 1].by.at)
			g->mixed[s[k].by.run] = true;
		if (g->from[s[k + 1].by.run] <= s[k].by.at)
			g->mixed[s[k + 1].by.run] = true;
	}
}

static void
find_runs(struct outlining *g)
{
	const struct owner *o = g->o;
	uint32_t k, n = o->texts.n;

	g->from = xmalloc((n + 1) * sizeof *g->from);
	g->end = xmalloc((n + 1) * sizeof *g->end);
	g->mixed = xcalloc(n + 1, sizeof *g->mixed);
	g->stays = xcalloc(n + 1, sizeof *g->stays);
	for (k = 0; k < n; k++) {
		g->from[k] = INT64_MAX;
		g->end[k] = INT64_MIN;
	}
	for (k = 0; k < o->nsights; k++)
		extend(g, o->sights[k].by.run, o->sights[k].by.at,
		    o->sights[k].by.at);
	for (k = 0; k < o->nsweeps; k++)
		extend(g, o->sweeps[k].run, o->sweeps[k].first_at,
		    o->sweeps[k].last_at);
	find_mixed(g);
}

/* ---- looks ---- */

/* Looks at a listing of which none says anything new. */
struct same {
	struct {
		uint32_t first, last; /* of its kind, site and currency */
	} v[8];
	uint32_t n;
	uint32_t end; /* the last of all */
};

static bool
may_be_left(const struct outlining *g, const struct sight *s)
{
	return (s->state == STATE_NONE || (STATE_BIT(s->state) & SIGHTED)) &&
	    s->state_rule == 0 && !g->mixed[s->by.run];
}

static bool
is_alike(const struct sight *a, const struct sight *b)
{
	return a->state == b->state && a->seller == b->seller &&
	    a->evidence == b->evidence && a->price == b->price &&
	    a->seller_price == b->seller_price &&
	    a->seller_currency == b->seller_currency &&
	    a->total_price == b->total_price && a->home == b->home &&
	    a->photo == b->photo && a->title == b->title &&
	    (a->promoted == TRI_UNKNOWN) == (b->promoted == TRI_UNKNOWN) &&
	    (a->favourites == 0) == (b->favourites == 0) &&
	    (a->rate == 0) == (b->rate == 0) &&
	    (a->rate_err == 0) == (b->rate_err == 0);
}

/* One price, whatever its digits; or both are not known. */
static bool
is_price(const struct owner *o, text_id a, text_id b)
{
	return a == b ||
	    (a != 0 && b != 0 &&
	        decimal_cmp(text_of(o, a), text_of(o, b)) == 0);
}

static bool
agrees(const struct owner *o, text_id a, text_id b)
{
	return a == 0 || b == 0 || is_price(o, a, b);
}

/* Of two kinds or sites: neither says what the other does not. */
static bool
goes_with(const struct owner *o, const struct sight *a, const struct sight *b)
{
	if (a->state != b->state && a->state != STATE_NONE &&
	    b->state != STATE_NONE)
		return false;
	return a->site != b->site || a->currency != b->currency ||
	    (is_price(o, a->price, b->price) &&
	        agrees(o, a->seller_price, b->seller_price) &&
	        agrees(o, a->total_price, b->total_price) &&
	        (a->seller_currency == 0 || b->seller_currency == 0 ||
	            a->seller_currency == b->seller_currency));
}

/* Every complete sweep between two looks saw the listing. */
static bool
was_there(const struct outlining *g, const struct sight *a,
    const struct sight *b)
{
	const struct context *c = g->c;
	const struct sweep *w;
	uint32_t k = next_whole(c, a->by.at);

	while (k > 0 && g->o->sweeps[c->whole[k - 1]].last_at > a->by.at)
		k--;
	for (; k < c->nwhole; k++) {
		w = &g->o->sweeps[c->whole[k]];
		if (w->first_at >= b->by.at)
			break;
		if (!was_in(c, w->run, a->listing))
			return false;
	}
	return true;
}

/* An account answered with a 404: it may be told later that it was gone. */
static bool
was_gone(const struct owner *o, int64_t from, int64_t to)
{
	uint32_t k = first_later(o->accounts, sizeof *o->accounts,
	    offsetof(struct account, by.at), o->naccounts, from - 1);

	for (; k < o->naccounts && o->accounts[k].by.at < to; k++)
		if (o->accounts[k].gone)
			return true;
	return false;
}

static bool
follows(const struct outlining *g, const struct sight *a, const struct sight *b)
{
	return may_be_left(g, b) && !was_gone(g->o, a->by.at, b->by.at) &&
	    was_there(g, a, b);
}

/* Takes a look that says nothing new; false: it does. */
static bool
take(const struct outlining *g, struct same *same, uint32_t at)
{
	const struct sight *s = &g->o->sights[at], *b;
	uint32_t k, own = NONE;

	for (k = 0; k < same->n; k++) {
		b = &g->o->sights[same->v[k].last];
		if (b->kind == s->kind && b->site == s->site &&
		    b->currency == s->currency) {
			if (!is_alike(b, s))
				return false;
			own = k;
		} else if (!goes_with(g->o, b, s) ||
		    (b->kind == g->c->wardrobe && s->kind == b->kind)) {
			return false;
		}
	}
	if (own == NONE) {
		if (same->n == sizeof same->v / sizeof *same->v)
			return false;
		own = same->n++;
		same->v[own].first = at;
	}
	same->v[own].last = at;
	same->end = at;
	return true;
}

static void
stay(struct outlining *g, uint32_t at, enum outlined as)
{
	g->to->sights[at] = (uint8_t)as;
	g->stays[g->o->sights[at].by.run] = true;
}

/* One between two of its kind that say the same: in a wardrobe, what it begins
 * goes on. */
static void
keep(struct outlining *g, uint32_t at)
{
	if (g->to->sights[at] == LEFT_OUT)
		stay(g, at,
		    g->o->sights[at].kind == g->c->wardrobe ? STAYS_THROUGH :
		                                              STAYS);
}

static void
end_same(struct outlining *g, struct same *same)
{
	uint32_t k;

	for (k = 0; k < same->n; k++) {
		stay(g, same->v[k].last, STAYS);
		stay(g, same->v[k].first,
		    same->v[k].first != same->v[k].last &&
		            g->o->sights[same->v[k].first].kind ==
		                g->c->wardrobe ?
		        STAYS_THROUGH :
		        STAYS);
	}
	same->n = 0;
}

/* Where a kind of look says of promotion another thing than before, both stay;
 * so do those of a kind too many. */
static void
keep_promotions(struct outlining *g, const struct listing *l)
{
	const struct sight *s = g->o->sights;
	uint32_t last[16], n = 0, k, i;

	for (k = l->from; k < l->from + l->n; k++) {
		if (s[k].promoted == TRI_UNKNOWN)
			continue;
		for (i = 0; i < n && s[last[i]].kind != s[k].kind; i++)
			;
		if (i == sizeof last / sizeof *last) {
			keep(g, k);
			continue;
		}
		if (i < n && s[last[i]].promoted != s[k].promoted) {
			keep(g, last[i]);
			keep(g, k);
		}
		last[i] = k;
		n += i == n;
	}
}

static void
outline_listing(struct outlining *g, const struct listing *l)
{
	const struct sight *s = g->o->sights;
	struct same same = { .n = 0 };
	uint32_t k;

	for (k = l->from; k < l->from + l->n; k++) {
		if (same.n > 0 && follows(g, &s[same.end], &s[k]) &&
		    take(g, &same, k))
			continue;
		end_same(g, &same);
		if (l->foreign || !may_be_left(g, &s[k]) || !take(g, &same, k))
			stay(g, k, STAYS);
	}
	end_same(g, &same);
	keep_promotions(g, l);
}

/* It is asked when the sweep before saw what vanished, or may vanish yet, even
 * if an incomplete one saw it later. */
static void
keep_vanished(struct outlining *g)
{
	const struct context *c = g->c;
	const struct owner *o = g->o;
	const struct sight *s;
	uint32_t k, m;

	for (k = 0; k < o->nsights; k++) {
		s = &o->sights[k];
		if (s->kind != c->wardrobe ||
		    c->whole_of_run[s->by.run] == NONE)
			continue;
		m = c->whole_of_run[s->by.run] + 1;
		if (m == c->nwhole ||
		    (c->intervals[m].v > 0 &&
		        !was_in(c, o->sweeps[c->whole[m]].run, s->listing)))
			keep(g, k);
	}
}

/* ---- sweeps ---- */

static bool
has_changed(const struct interval *i)
{
	return i->v + i->n + i->returns > 0;
}

/* The sweeps at both ends of an interval. */
static void
need_ends(const struct context *c, uint32_t k)
{
	need_whole(c, k);
	need_whole(c, k - 1);
}

/* What an interval's rules look at. */
static void
need_interval(const struct outlining *g, uint32_t k)
{
	const struct context *c = g->c;
	const struct interval *i = &c->intervals[k];

	need_ends(c, k);
	if (i->a != NONE)
		g->to->counters[i->a] = true;
	if (i->b != NONE)
		g->to->counters[i->b] = true;
	if (i->v > 0 && i->a != NONE)
		need_ends(c, first_reached(c, k, i->a));
	if (i->v > 0 && i->b != NONE)
		need_ends(c, last_reached(c, k, i->b));
}

/* What an interval that is still to come will be compared with: the last
 * complete sweep, the counters before it, and what these can tell of. */
static void
need_last(const struct outlining *g)
{
	const struct context *c = g->c;
	const struct owner *o = g->o;
	int64_t from = o->sweeps[c->whole[c->nwhole - 1]].first_at;
	uint32_t k, a = counted_before(o, from);

	if (a != NONE) {
		g->to->counters[a] = true;
		if (o->counters[a].by.at < from)
			from = o->counters[a].by.at;
	}
	from -= c->limits.lag_us;
	need_whole(c, 0);
	for (k = c->nwhole; k-- > 0;) {
		need_whole(c, k);
		if (o->sweeps[c->whole[k]].last_at < from)
			break;
	}
}

static void
outline_sweeps(struct outlining *g)
{
	const struct context *c = g->c;
	const struct owner *o = g->o;
	const struct sweep *s;
	uint32_t k;

	for (k = 1; k < c->nwhole; k++)
		if (has_changed(&c->intervals[k]))
			need_interval(g, k);
	if (c->nwhole > 0)
		need_last(g);
	for (k = 0; k < c->nwhole; k++)
		g->to->sweeps[c->whole[k]] = c->needed[k];
	for (k = 0; k < o->nsweeps; k++) {
		s = &o->sweeps[k];
		g->to->sweeps[k] |= k + KEEP_SWEEPS >= o->nsweeps ||
		    s->last_at >= g->to->until - KEEP_US || g->stays[s->run];
	}
}

/* Where the sweep before is left out, nothing changed since the last one that
 * stays. */
static void
join_intervals(struct outlining *g)
{
	const struct context *c = g->c;
	struct interval *i;
	uint32_t k, prev = NONE;

	g->to->intervals = xmalloc((c->nwhole + 1) * sizeof *i);
	g->to->nintervals = 0;
	for (k = 0; k < c->nwhole; k++) {
		if (!g->to->sweeps[c->whole[k]])
			continue;
		i = &g->to->intervals[g->to->nintervals++];
		if (c->intervals[k].prev == prev)
			*i = c->intervals[k];
		else
			make_interval(c, i, c->whole[k], prev);
		prev = c->whole[k];
	}
}

/* ---- counters ---- */

static bool
is_counted(const struct counters *c)
{
	return c->counted;
}

static bool
count_the_same(const struct counters *a, const struct counters *b)
{
	return a->given == b->given && a->total == b->total &&
	    a->cancelled == b->cancelled && a->falls == b->falls;
}

static bool
flag_the_same(const struct counters *a, const struct counters *b)
{
	return a->holiday == b->holiday && a->banned == b->banned;
}

/* Of the answers that say something: the first, the last, and where it changed
 * those before and after. */
static void
keep_changes(struct outlining *g, bool tells(const struct counters *),
    bool say_the_same(const struct counters *, const struct counters *))
{
	const struct counters *v = g->o->counters;
	uint32_t k, last = NONE;

	for (k = 0; k < g->o->ncounters; k++) {
		if (!tells(&v[k]))
			continue;
		if (last == NONE || !say_the_same(&v[last], &v[k])) {
			g->to->counters[k] = true;
			if (last != NONE)
				g->to->counters[last] = true;
		}
		last = k;
	}
	if (last != NONE)
		g->to->counters[last] = true;
}

static void
outline_counters(struct outlining *g)
{
	uint32_t k;

	keep_changes(g, is_counted, count_the_same);
	keep_changes(g, has_flags, flag_the_same);
	for (k = 0; k < g->o->ncounters; k++)
		if (g->o->counters[k].by.at >= g->to->until - KEEP_US)
			g->to->counters[k] = true;
}

/* ---- all of it ---- */

static void
later(int64_t *until, int64_t at)
{
	if (at > *until)
		*until = at;
}

static void
find_until(struct outlining *g)
{
	const struct owner *o = g->o;
	uint32_t k;

	g->to->until = NO_TIME;
	for (k = 0; k < o->nsights; k++)
		later(&g->to->until, o->sights[k].by.at);
	for (k = 0; k < o->ncounters; k++)
		later(&g->to->until, o->counters[k].by.at);
	for (k = 0; k < o->naccounts; k++)
		later(&g->to->until, o->accounts[k].by.at);
	for (k = 0; k < o->nsweeps; k++)
		later(&g->to->until, o->sweeps[k].last_at);
}

void
outline_make(struct outline *to, const struct context *c)
{
	struct outlining g = { .c = c, .o = c->o, .to = to };
	uint32_t k;

	to->sights = xcalloc(c->o->nsights + 1, sizeof *to->sights);
	to->sweeps = xcalloc(c->o->nsweeps + 1, sizeof *to->sweeps);
	to->counters = xcalloc(c->o->ncounters + 1, sizeof *to->counters);
	find_until(&g);
	find_runs(&g);
	for (k = 0; k < c->o->nlistings; k++)
		outline_listing(&g, &c->o->listings[k]);
	keep_vanished(&g);
	outline_sweeps(&g);
	join_intervals(&g);
	outline_counters(&g);
	free(g.from);
	free(g.end);
	free(g.mixed);
	free(g.stays);
}

void
outline_release(struct outline *to)
{
	free(to->sights);
	free(to->sweeps);
	free(to->counters);
	free(to->intervals);
}
