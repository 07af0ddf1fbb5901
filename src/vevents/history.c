#include "history.h"

#include <inttypes.h>
#include <stdlib.h>

#include "banned.h"

/* ---- R11: absences ---- */

void
add_absence(struct absence **v, size_t *n, size_t *cap, struct absence one)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 8;
		*v = xrealloc(*v, *cap * sizeof **v);
	}
	(*v)[(*n)++] = one;
}

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
	need_whole(c, next);
	if (next > 0)
		need_whole(c, next - 1);
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

void
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
		set_bool(&l, F_DOUBTED, i->doubted);
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
			need_whole(c, k - 1);
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
