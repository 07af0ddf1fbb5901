/* What the runs saw of a wardrobe, and which of its sweeps are complete. */
#include <stddef.h>
#include <stdlib.h>

#include "context.h"
#include "decimal.h"
#include "banned.h"

int64_t
millionths(struct slice s)
{
	struct decimal d;
	const char *p;
	int64_t n = 0;
	int i;

	if (s.p == NULL)
		return -1;
	d = decimal_read(s);
	if (d.negative || d.point > 12 || d.n - d.point > 6)
		return -1;
	p = d.first;
	for (i = 0; i < d.point + 6; i++)
		n = n * 10 + (d.n > 0 ? decimal_digit(&d, &p) : 0);
	return n;
}

static int
by_run(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return x->listing < y->listing ? -1 : x->listing > y->listing;
}

static int
by_run_of_all(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int c = by_run(a, b);

	return c != 0 ? c : (int)y->hers - (int)x->hers;
}

static void
take_seen(struct seen *to, const struct owner *o, const struct sight *s)
{
	text_id price = s->seller_price ? s->seller_price : s->price;
	text_id currency =
	    s->seller_currency ? s->seller_currency : s->currency;

	*to = (struct seen){ .run = s->by.run,
		.listing = s->listing,
		.hers = o->user != 0 && s->seller == o->user,
		.price = millionths(text_of(o, price)),
		.currency = currency };
}

/* Two of one run and listing: those that are hers come first. */
static void
fold(struct seen *into, const struct seen *s, const struct owner *o)
{
	if (!s->hers)
		return;
	if (s->price >= 0 && (into->price < 0 || s->price < into->price))
		into->price = s->price;
	if (s->currency != 0 &&
	    (into->currency == 0 ||
	        text_cmp(o, s->currency, into->currency) < 0))
		into->currency = s->currency;
}

/* When its listing was next seen in a wardrobe; NO_TIME: it was not. */
static int64_t
next_in_wardrobe(const struct context *c, const struct sight *s)
{
	const struct sight *end = c->o->sights + c->o->nsights;
	uint32_t listing = s->listing;

	for (s++; s < end && s->listing == listing; s++)
		if (s->kind == c->wardrobe)
			return s->by.at;
	return NO_TIME;
}

/* What an outline left out: complete sweeps between two looks that saw what
 * both did.  Takes them where `to` has room; how many. */
static uint32_t
take_through(const struct context *c, const struct sight *s, struct seen *to)
{
	int64_t until = next_in_wardrobe(c, s);
	const struct sweep *w;
	uint32_t i, n = 0;

	i = first_later(c->o->sweeps, sizeof *w,
	    offsetof(struct sweep, first_at), c->o->nsweeps, s->by.at);
	for (; i < c->o->nsweeps; i++) {
		w = &c->o->sweeps[i];
		if (w->first_at >= until)
			break;
		if (w->told != TRI_YES || w->last_at >= until)
			continue;
		if (to != NULL) {
			take_seen(&to[n], c->o, s);
			to[n].run = w->run;
		}
		n++;
	}
	return n;
}

static void
find_seen(struct context *c, struct owner *o)
{
	uint32_t i, n = 0;
	size_t room = 1;

	c->wardrobe = text_add(&o->texts, SLICE("wardrobe"));
	for (i = 0; i < o->nsights; i++)
		if (o->sights[i].kind == c->wardrobe)
			room += 1 +
			    (o->sights[i].through ?
			            take_through(c, &o->sights[i], NULL) :
			            0);
	c->seen = xmalloc(room * sizeof *c->seen);
	for (i = 0; i < o->nsights; i++) {
		if (o->sights[i].kind != c->wardrobe)
			continue;
		take_seen(&c->seen[n++], o, &o->sights[i]);
		if (o->sights[i].through)
			n += take_through(c, &o->sights[i], &c->seen[n]);
	}
	qsort(c->seen, n, sizeof *c->seen, by_run_of_all);
	for (i = 0; i < n; i++) {
		if (c->nseen > 0 &&
		    by_run(&c->seen[c->nseen - 1], &c->seen[i]) == 0)
			fold(&c->seen[c->nseen - 1], &c->seen[i], o);
		else
			c->seen[c->nseen++] = c->seen[i];
	}
}

uint32_t
seen_by(const struct context *c, text_id run, uint32_t *from)
{
	uint32_t lo = 0, hi = c->nseen, mid, n;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (c->seen[mid].run < run)
			lo = mid + 1;
		else
			hi = mid;
	}
	*from = lo;
	for (n = 0; lo + n < c->nseen && c->seen[lo + n].run == run; n++)
		;
	return n;
}

bool
was_in(const struct context *c, text_id run, uint32_t listing)
{
	struct seen key = { .run = run, .listing = listing };

	return c->nseen > 0 &&
	    bsearch(&key, c->seen, c->nseen, sizeof key, by_run) != NULL;
}

/* An index for each text: NONE. */
static uint32_t *
by_text(const struct owner *o)
{
	uint32_t *v = xmalloc(o->texts.n * sizeof *v);

	memset(v, 0xff, o->texts.n * sizeof *v);
	return v;
}

/*
 * R6.  A sweep is complete when it was walked to its end, as serving.sweep has
 * it, and all that it found is kept: a listing that was rejected is not absent.
 */
void
make_sweeps(struct context *c, struct owner *o)
{
	uint32_t i, k, n, from;
	struct sweep *s;

	find_seen(c, o);
	c->whole = xmalloc((o->nsweeps + 1) * sizeof *c->whole);
	c->needed = xcalloc(o->nsweeps + 1, sizeof *c->needed);
	c->sweep_of_run = by_text(o);
	c->whole_of_run = by_text(o);
	for (i = 0; i < o->nsweeps; i++) {
		s = &o->sweeps[i];
		c->sweep_of_run[s->run] = i;
		n = seen_by(c, s->run, &from);
		s->stored = 0;
		for (k = from; k < from + n; k++)
			s->stored += c->seen[k].hers;
		s->complete = s->told != TRI_UNKNOWN ?
		    s->told == TRI_YES :
		    s->walked && s->stored == s->found;
		if (!s->complete)
			continue;
		c->whole_of_run[s->run] = c->nwhole;
		c->whole[c->nwhole++] = i;
	}
}

uint32_t
next_whole(const struct context *c, int64_t after)
{
	uint32_t lo = 0, hi = c->nwhole, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (c->o->sweeps[c->whole[mid]].first_at <= after)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- sights ---- */

/* The first sight of a listing that is not before. */
static uint32_t
first_from(const struct owner *o, uint32_t listing, int64_t at)
{
	const struct listing *i = &o->listings[listing];

	return i->n == 0 ? i->from :
	                   i->from +
	        first_later(o->sights + i->from, sizeof *o->sights,
	            offsetof(struct sight, by.at), i->n, at - 1);
}

bool
was_said(const struct owner *o, uint32_t listing, unsigned states, int64_t from,
    int64_t to)
{
	const struct listing *i = &o->listings[listing];
	uint32_t k = first_from(o, listing, from);

	for (; k < i->from + i->n && o->sights[k].by.at < to; k++)
		if (states & STATE_BIT(o->sights[k].state))
			return true;
	return false;
}

const struct sight *
last_word(const struct owner *o, uint32_t listing, int64_t at)
{
	const struct listing *i = &o->listings[listing];
	uint32_t k = first_from(o, listing, at == FOR_EVER ? at : at + 1);

	for (; k > i->from; k--)
		if (o->sights[k - 1].state != STATE_NONE)
			return &o->sights[k - 1];
	return NULL;
}

/* ---- all of it ---- */

void
context_make(struct context *c, struct owner *o, const struct limits *limits)
{
	*c = (struct context){ .o = o, .limits = *limits };
	make_sweeps(c, o);
	make_intervals(c);
	make_episodes(c);
	make_doubts(c);
	make_relistings(o);
}

void
context_release(struct context *c)
{
	free(c->seen);
	free(c->whole);
	free(c->needed);
	free(c->intervals);
	free(c->episodes);
	free(c->sweep_of_run);
	free(c->whole_of_run);
}
