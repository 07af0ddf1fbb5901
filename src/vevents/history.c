#include "history.h"

#include <inttypes.h>
#include <stdlib.h>

#include "banned.h"

/* ---- R12: an account that is gone ---- */

#define AGAIN_US INT64_C(86400000000) /* a day: no passing fault */

struct gone { /* 404s, since the last other answer */
	bool user, wardrobe;
	int64_t user_at, wardrobe_at; /* the first */
	int64_t from;                 /* of either */
	text_id site;                 /* the least */
	bool told;
};

static void
add_absence(struct absence **v, size_t *n, size_t *cap, struct absence one)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 8;
		*v = xrealloc(*v, *cap * sizeof **v);
	}
	(*v)[(*n)++] = one;
}

static void
note_404(const struct owner *o, struct gone *g, const struct account *a)
{
	bool *is = a->of_user ? &g->user : &g->wardrobe;
	int64_t *at = a->of_user ? &g->user_at : &g->wardrobe_at;

	if (!g->user && !g->wardrobe)
		g->from = a->by.at;
	if (!*is)
		*at = a->by.at;
	*is = true;
	if (a->site != 0 && (g->site == 0 || text_cmp(o, a->site, g->site) < 0))
		g->site = a->site;
}

/*
 * It is gone when its seller and its wardrobe are both a 404, with no other
 * answer of either between the two, and one of them again a day later.  It was
 * by the later of the two.
 */
static void
find_fled(struct history *h)
{
	const struct owner *o = h->o;
	struct gone g = { 0 };
	const struct account *a;
	size_t cap = 0;
	uint32_t k;

	for (k = 0; k < o->naccounts; k++) {
		a = &o->accounts[k];
		if (!a->gone) {
			g = (struct gone){ 0 };
			continue;
		}
		note_404(o, &g, a);
		if (!g.user || !g.wardrobe || a->by.at - g.from < AGAIN_US)
			continue;
		if (!g.told)
			add_absence(&h->fled, &h->nfled, &cap,
			    (struct absence){ .whole = NONE });
		g.told = true;
		h->fled[h->nfled - 1].at =
		    g.user_at > g.wardrobe_at ? g.user_at : g.wardrobe_at;
		h->fled[h->nfled - 1].site = g.site;
	}
}

/* ---- R11: absences ---- */

/* Is the sight behind this one by that run?  Mostly it is. */
static bool
is_next(const struct history *h, const struct sight *s, text_id run)
{
	const struct listing *l = &h->o->listings[h->listing];

	return s + 1 < h->o->sights + l->from + l->n && s[1].by.run == run &&
	    s[1].kind == h->c->wardrobe;
}

static void
note_sight(struct history *h, const struct sight *s)
{
	const struct context *c = h->c;
	const struct sweep *w;
	uint32_t sweep, next;
	int64_t after = s->by.at;
	size_t k;

	if (s->kind == c->wardrobe) {
		sweep = c->sweep_of_run[s->by.run];
		if (sweep == NONE)
			return;
		after = h->o->sweeps[sweep].last_at;
	}
	next = next_whole(c, after);
	if (next == c->nwhole)
		return;
	w = &h->o->sweeps[c->whole[next]];
	if (is_next(h, s, w->run) || was_in(c, w->run, h->listing))
		return;
	for (k = h->n; k > 0; k--) {
		if (h->absences[k - 1].whole == next) {
			if (s->by.at > h->absences[k - 1].seen_at)
				h->absences[k - 1].seen_at = s->by.at;
			return;
		}
	}
	add_absence(&h->absences, &h->n, &h->cap,
	    (struct absence){ next, w->last_at, s->by.at, w->run, w->site });
}

/*
 * A sight, and the next complete sweep after it: where that lacks the listing,
 * and nothing else saw it until its end, it was not there.
 */
static void
find_absences(struct history *h)
{
	const struct listing *l = &h->o->listings[h->listing];
	const struct sight *s;
	struct absence *a;
	size_t i, n = 0;
	uint32_t k;

	h->n = 0;
	if (h->c->nwhole > 0) {
		for (k = l->from; k < l->from + l->n; k++)
			if (STATE_BIT(h->o->sights[k].state) & SIGHTED)
				note_sight(h, &h->o->sights[k]);
	}
	for (i = 0; i < h->n; i++) {
		a = &h->absences[i];
		if (!was_said(h->o, h->listing, SIGHTED, a->seen_at + 1,
		        a->at + 1))
			h->absences[n++] = *a;
	}
	h->n = n;
	for (i = 0; i < h->nfled; i++) {
		s = last_word(h->o, h->listing, h->fled[i].at);
		if (s != NULL && (STATE_BIT(s->state) & SIGHTED))
			add_absence(&h->absences, &h->n, &h->cap, h->fled[i]);
	}
}

static int
by_time(const void *a, const void *b, void *arg)
{
	const struct absence *x = a, *y = b;
	const struct owner *o = arg;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if ((x->whole == NONE) != (y->whole == NONE))
		return x->whole == NONE ? 1 : -1;
	return text_cmp(o, x->run, y->run);
}

/* ---- lines, as the rules take them ---- */

static void
set_text(struct history *h, struct look *l, enum field f, text_id id)
{
	l->f[f] = text_of(h->o, id);
}

static void
set_bool(struct look *l, enum field f, bool yes)
{
	l->f[f] = yes ? SLICE("true") : SLICE("false");
}

static void
set_tri(struct look *l, enum field f, uint8_t tri)
{
	if (tri != TRI_UNKNOWN)
		set_bool(l, f, tri == TRI_YES);
}

static void
begin_line(const struct history *h, struct look *l, int64_t at)
{
	memset(l, 0, sizeof *l);
	l->item_days = -1;
	l->at = moment_of(at);
	l->f[F_ITEM_ID] = text_of(h->o, h->o->listings[h->listing].id);
}

static void
add_relist_to(struct history *h, struct look *l)
{
	uint32_t to = h->o->listings[h->listing].relist_to;

	if (to != NONE)
		set_text(h, l, F_RELIST_TO, h->o->listings[to].id);
}

static const struct interval *
interval_of(const struct history *h, uint32_t whole)
{
	return whole == NONE ? NULL : &h->c->intervals[whole];
}

/* When the counters were told that judge an interval: of its episode. */
static int64_t
counted_at(const struct context *c, const struct interval *i)
{
	const struct episode *e = &c->episodes[i->episode];
	uint32_t b = c->intervals[e->last].b;

	return c->o->counters[b == NONE ? i->b : b].by.at;
}

static void
judge_absence(struct history *h, const struct absence *a)
{
	const struct interval *i = interval_of(h, a->whole);
	const struct episode *e;
	const struct owner *o = h->o;
	struct look l;
	const char *why;

	begin_line(h, &l, a->at);
	l.state = STATE_ABSENT;
	set_text(h, &l, F_SITE, a->site);
	add_relist_to(h, &l);
	if (i == NULL) {
		set_bool(&l, F_SELLER_GONE, true);
	} else {
		l.absent_from = moment_of(o->sweeps[i->sweep].first_at);
		set_bool(&l, F_BASELINE,
		    i->baseline && i->prev != NONE &&
		        was_in(h->c, o->sweeps[i->prev].run, h->listing));
		set_bool(&l, F_RIPE, i->ripe);
		set_bool(&l, F_FELL, i->fell);
		set_bool(&l, F_ON_HOLIDAY, i->holiday);
		set_bool(&l, F_BANNED, i->banned);
		l.g_most = i->g_most;
	}
	if (i != NULL && i->episode != NONE && i->ripe)
		l.counted_at = moment_of(counted_at(h->c, i));
	if (i != NULL && i->episode != NONE) {
		e = &h->c->episodes[i->episode];
		l.item_days = (double)e->item_millidays / 1000;
		if (e->telling) {
			l.g = e->g;
			l.t = e->t;
			l.v = (struct count_of){ true, e->v };
			l.n = (struct count_of){ true, e->n };
			l.returns = (struct count_of){ true, e->returns };
			set_bool(&l, F_UNSEEN, e->unseen);
		}
		l.cleared = e->cleared;
		l.kept = e->kept;
		l.pending = e->pending;
	}
	judge_line(h->judge, &l, &why); /* absent after a sight: taken */
}

/* ---- R13: a 404 while the seller is not there ---- */

static void
or_flags(const struct counters *c, bool *holiday, bool *banned)
{
	*holiday |= c->holiday == TRI_YES;
	*banned |= c->banned == TRI_YES;
}

static bool
has_flags(const struct counters *c)
{
	return c->holiday != TRI_UNKNOWN || c->banned != TRI_UNKNOWN;
}

/* As she was when she last answered before it, and first after it. */
static void
add_parted(const struct history *h, struct look *l, int64_t at)
{
	const struct owner *o = h->o;
	bool holiday = false, banned = false, gone = false;
	const struct counters *c, *before = NULL, *after = NULL;
	const struct account *a, *was = NULL, *is = NULL;
	uint32_t k;

	for (k = 0; k < o->ncounters && after == NULL; k++) {
		c = &o->counters[k];
		if (!has_flags(c))
			continue;
		if (c->by.at <= at)
			before = c;
		else
			after = c;
	}
	for (k = 0; k < o->naccounts && is == NULL; k++) {
		a = &o->accounts[k];
		if (!a->of_user)
			continue;
		if (a->by.at <= at)
			was = a;
		else
			is = a;
	}
	if (before != NULL)
		or_flags(before, &holiday, &banned);
	if (after != NULL)
		or_flags(after, &holiday, &banned);
	gone = (was != NULL && was->gone) || (is != NULL && is->gone);
	if (holiday)
		set_bool(l, F_ON_HOLIDAY, true);
	if (banned)
		set_bool(l, F_BANNED, true);
	if (gone)
		set_bool(l, F_SELLER_GONE, true);
}

/* ---- R4: prices of a wardrobe that was cut as a whole ---- */

/* What tells her own price is compared with what tells it. */
static const struct sight *
price_before(const struct history *h, const struct sight *s)
{
	const struct sight *b;

	for (b = s; b > &h->o->sights[h->o->listings[h->listing].from];) {
		b--;
		if (b->by.at < s->by.at && b->site == s->site &&
		    b->currency == s->currency && b->currency != 0 &&
		    b->price != 0 &&
		    (s->seller_price == 0 || b->seller_price != 0 ||
		        b->home == TRI_YES ||
		        b->currency == b->seller_currency))
			return b;
	}
	return NULL;
}

static void
add_alike(struct history *h, struct look *l, const struct sight *s)
{
	const struct interval *i;
	const struct sight *b;
	bool own;
	uint32_t whole;

	if (s->kind != h->c->wardrobe)
		return;
	whole = h->c->whole_of_run[s->by.run];
	if (whole == NONE)
		return;
	i = &h->c->intervals[whole];
	if (i->cut_n < 3 || i->cut_n * 2 < i->cut_of)
		return;
	b = price_before(h, s);
	if (b == NULL || b->by.run != h->o->sweeps[i->prev].run)
		return;
	own = s->seller_price != 0 && b->seller_price != 0 &&
	    millionths(text_of(h->o, b->seller_price)) > 0;
	if (!is_the_cut(i,
	        millionths(text_of(h->o, own ? s->seller_price : s->price)),
	        millionths(text_of(h->o, own ? b->seller_price : b->price))))
		return;
	buf_addf(&h->text, "%.4f %" PRId64,
	    (double)i->cut_n / (double)i->cut_of, i->cut_n);
	l->f[F_ALIKE] = (struct slice){ h->text.data, 6 };
	l->f[F_ALIKE_N] = (struct slice){ h->text.data + 7, h->text.len - 7 };
}

/* ---- R1: the first sight ---- */

static void
add_beginning(const struct history *h, struct look *l)
{
	const struct context *c = h->c;
	const struct sweep *s;
	uint32_t k;

	for (k = c->nwhole; k > 0; k--) {
		s = &h->o->sweeps[c->whole[k - 1]];
		if (s->last_at < l->at.us) {
			l->unseen_at = moment_of(s->first_at);
			return;
		}
	}
}

static void
judge_sight(struct history *h, const struct sight *s)
{
	const struct listing *i = &h->o->listings[h->listing];
	struct look l;
	const char *why;

	buf_reset(&h->text);
	begin_line(h, &l, s->by.at);
	l.state = (enum state)s->state;
	set_text(h, &l, F_SITE, s->site);
	set_text(h, &l, F_KIND, s->kind);
	set_text(h, &l, F_EVIDENCE, s->evidence);
	set_text(h, &l, F_STATE_RULE, s->state_rule);
	set_text(h, &l, F_PRICE, s->price);
	set_text(h, &l, F_CURRENCY, s->currency);
	set_text(h, &l, F_SELLER_PRICE, s->seller_price);
	set_text(h, &l, F_SELLER_CURRENCY, s->seller_currency);
	set_text(h, &l, F_TOTAL_PRICE, s->total_price);
	set_text(h, &l, F_FAVOURITE_COUNT, s->favourites);
	set_tri(&l, F_PROMOTED, s->promoted);
	set_tri(&l, F_HOME, s->home);
	set_text(h, &l, F_RATE, s->rate);
	set_text(h, &l, F_RATE_ERR, s->rate_err);
	if (i->relist_of != NONE) {
		set_text(h, &l, F_RELIST_OF, h->o->listings[i->relist_of].id);
		l.f[F_RELIST_BY] = slice_of(i->relist_by);
	}
	add_relist_to(h, &l);
	if (s->by.at == i->first_sight)
		add_beginning(h, &l);
	if (s->state == STATE_DELETED)
		add_parted(h, &l, s->by.at);
	add_alike(h, &l, s);
	if (!judge_line(h->judge, &l, &why)) {
		h->refused++;
		h->why = why;
	}
}

void
history_judge(struct history *h, uint32_t listing)
{
	const struct listing *i = &h->o->listings[listing];
	const struct sight *s = &h->o->sights[i->from];
	const struct sight *end = s + i->n;
	size_t k = 0;

	h->listing = listing;
	find_absences(h);
	if (h->n > 0)
		qsort_r(h->absences, h->n, sizeof *h->absences, by_time,
		    (void *)h->o);
	/* at one time, looks come before absences */
	while (s < end || k < h->n) {
		if (s < end && (k == h->n || s->by.at <= h->absences[k].at))
			judge_sight(h, s++);
		else
			judge_absence(h, &h->absences[k++]);
	}
	judge_end(h->judge);
}

/* ---- R14: cancelled sales ---- */

#define CANCEL_US (14 * INT64_C(86400000000)) /* no later than that */

struct sale {
	uint32_t listing;
	int64_t earliest, latest;
};

static uint32_t
find_sales(struct history *h, struct sale *sales)
{
	const struct judge *j = h->judge;
	uint32_t k, n = 0;

	for (k = 0; k < h->o->nlistings; k++) {
		if (h->o->listings[k].foreign || h->o->listings[k].n == 0)
			continue;
		history_judge(h, k);
		if (j->item.state == STATE_SOLD)
			sales[n++] = (struct sale){ k,
				j->item.in.earliest.len != 0 ?
				    j->item.in.earliest.us :
				    j->item.in.latest.us,
				j->item.in.latest.us };
		judge_reset(h->judge);
	}
	return n;
}

static bool
may_be(const struct owner *o, const struct sale *s, int64_t at)
{
	return o->listings[s->listing].cancelled_at == NO_TIME &&
	    s->earliest < at && s->latest > at - CANCEL_US;
}

void
history_cancel(struct history *h, struct owner *o)
{
	struct sale *sales = NULL;
	uint32_t k, i, n = 0;
	int64_t at, candidates;

	for (k = 0; k < o->ncounters; k++) {
		if (o->counters[k].cancelled == 0)
			continue;
		if (sales == NULL) {
			sales = xmalloc((o->nlistings + 1) * sizeof *sales);
			n = find_sales(h, sales);
		}
		at = o->counters[k].by.at;
		candidates = 0;
		for (i = 0; i < n; i++)
			candidates += may_be(o, &sales[i], at);
		for (i = 0; candidates == o->counters[k].cancelled && i < n;
		     i++)
			if (may_be(o, &sales[i], at))
				o->listings[sales[i].listing].cancelled_at = at;
	}
	free(sales);
}

void
history_init(struct history *h, const struct context *c, struct judge *j)
{
	memset(h, 0, sizeof *h);
	h->c = c;
	h->o = c->o;
	h->judge = j;
	find_fled(h);
}

void
history_release(struct history *h)
{
	free(h->fled);
	free(h->absences);
	buf_release(&h->text);
}
