/* R4 and R5: what prices, and promotion, say. */
#include <math.h>
#include <stdlib.h>

#include "decimal.h"
#include "judge.h"
#include "banned.h"

#define HALF_CENT 0.005		/* the site shows prices to the cent */
#define ROOM 1e-9
#define TELLING 0.01		/* above it the intervals tell nothing */

/* ---- R4: two prices at one site, in one currency ---- */

struct change {
	const char *cause, *evidence, *rule, *reason;
	enum confidence confidence;
};

static bool
same_seller_currency(const struct place *p, const struct look *l)
{
	return p->seller_price.known && look_has(l, F_SELLER_PRICE) &&
	    p->seller_currency.known && look_has(l, F_SELLER_CURRENCY) &&
	    kept_is(&p->seller_currency, l->f[F_SELLER_CURRENCY]);
}

static bool
is_home(const struct place *p, const struct look *l)
{
	if (p->home && look_tri(l, F_HOME) == TRI_YES)
		return true;
	return p->currency.known &&
	    kept_is(&p->seller_currency, kept_slice(&p->currency)) &&
	    kept_is(&p->seller_currency, l->f[F_SELLER_CURRENCY]);
}

/* The seller cut this price, or many of hers alike. */
static const char *
her_cause(const struct look *l)
{
	if (look_has(l, F_ALIKE) && look_has(l, F_ALIKE_N) &&
	    strtod(l->f[F_ALIKE].p, NULL) >= 0.5 &&
	    strtod(l->f[F_ALIKE_N].p, NULL) >= 3)
		return "wardrobe";
	return "seller";
}

static struct change
unknown(const char *evidence, const char *reason)
{
	return (struct change){ "unknown", evidence, NULL, reason, UNKNOWN };
}

/*
 * The ratio of the two prices, as far as cents tell it, beside the rate's.
 * Outside: she did it.  Inside, and both are narrow: the rate did.
 */
static struct change
by_rate(const struct place *p, const struct look *l)
{
	struct change c = { NULL, "rate", "common-ratio", NULL, INFERRED };
	double p1 = strtod(p->price.b.data, NULL);
	double p2 = strtod(l->f[F_PRICE].p, NULL);
	double rate1 = strtod(p->rate.b.data, NULL);
	double rate2 = strtod(l->f[F_RATE].p, NULL);
	double r, e, lo, hi;

	if (!(rate1 > 0) || !(rate2 > 0))
		return unknown("price", "no-rate");
	if (!(p1 > HALF_CENT))
		return unknown("rate", "rounding");
	r = rate2 / rate1;
	e = fabs(strtod(l->f[F_RATE_ERR].p, NULL) -
	    strtod(p->rate_err.b.data, NULL)) + ROOM;
	lo = (p2 - HALF_CENT) / (p1 + HALF_CENT);
	hi = (p2 + HALF_CENT) / (p1 - HALF_CENT);
	if (hi < r * (1 - e) || lo > r * (1 + e))
		c.cause = her_cause(l);
	else if ((hi - lo) / r + 2 * e < TELLING)
		c.cause = "rate";
	else
		return unknown("rate", "rounding");
	return c;
}

static struct change
find_cause(const struct place *p, const struct look *l, bool seller_differs)
{
	struct change c = { .confidence = OBSERVED };

	if (same_seller_currency(p, l)) {
		c.cause = seller_differs ? her_cause(l) : "rate";
		c.evidence = "seller_price";
	} else if (is_home(p, l)) {
		c.cause = her_cause(l);
		c.evidence = "home";
	} else if (p->rate.known && p->rate_err.known && look_has(l, F_RATE) &&
	    look_has(l, F_RATE_ERR)) {
		c = by_rate(p, l);
	} else {
		c = unknown("price", "no-rate");
	}
	return c;
}

static bool
differs(const struct kept *k, struct slice s)
{
	return k->known && s.p != NULL && !decimal_equal(buf_slice(&k->b), s);
}

static void
compare(struct judge *j, const struct place *p, const struct look *l)
{
	const struct kept *old = &p->price;
	enum field new = F_PRICE, currency = F_CURRENCY;
	bool hers = same_seller_currency(p, l);
	bool seller = hers && differs(&p->seller_price, l->f[F_SELLER_PRICE]);
	struct change c = { "fee", "total_price", NULL, NULL, OBSERVED };
	struct event *e;

	if (seller || differs(&p->price, l->f[F_PRICE])) {
		c = find_cause(p, l, seller);
		if (seller) {
			old = &p->seller_price;
			new = F_SELLER_PRICE;
			currency = F_SELLER_CURRENCY;
		}
	} else if (differs(&p->total, l->f[F_TOTAL_PRICE])) {
		old = &p->total;
		new = F_TOTAL_PRICE;
	} else {
		return;
	}
	e = judge_emit(j, EVENT_REPRICED, c.confidence, &p->at, &l->at);
	e->old = judge_put(j, kept_slice(old));
	e->new = judge_put(j, l->f[new]);
	e->currency = judge_put(j, l->f[currency]);
	e->cause = c.cause;
	e->reason = c.reason;
	e->rule = judge_put(j, slice_of(c.rule));
	e->evidence = judge_put(j, slice_of(c.evidence));
}

/* ---- places ---- */

static bool
is_place(const struct place *p, const struct look *l)
{
	return kept_is(&p->currency, l->f[F_CURRENCY]) &&
	    kept_is(&p->site, l->f[F_SITE]);
}

/* Its index; that of the next one when there is none yet. */
static size_t
find_place(const struct judge *j, const struct look *l)
{
	size_t i;

	if (j->place < j->nplaces && is_place(&j->places[j->place], l))
		return j->place;
	for (i = 0; i < j->nplaces; i++)
		if (is_place(&j->places[i], l))
			break;
	return i;
}

static void
remember(struct place *p, const struct look *l)
{
	kept_set(&p->price, l->f[F_PRICE]);
	kept_set(&p->seller_price, l->f[F_SELLER_PRICE]);
	kept_set(&p->seller_currency, l->f[F_SELLER_CURRENCY]);
	kept_set(&p->total, l->f[F_TOTAL_PRICE]);
	kept_set(&p->rate, l->f[F_RATE]);
	kept_set(&p->rate_err, l->f[F_RATE_ERR]);
	p->home = look_tri(l, F_HOME) == TRI_YES;
	p->at = l->at;
}

void
judge_prices(struct judge *j, const struct look *l)
{
	struct place *p;

	if (!look_has(l, F_PRICE))
		return;
	j->place = find_place(j, l);
	p = &j->places[j->place];
	if (j->place < j->nplaces) {
		compare(j, p, l);
	} else {
		j->nplaces++;
		kept_set(&p->site, l->f[F_SITE]);
		kept_set(&p->currency, l->f[F_CURRENCY]);
	}
	remember(p, l);
}

/* ---- R5 ---- */

static size_t
find_kind(const struct judge *j, const struct look *l)
{
	size_t i;

	for (i = 0; i < j->nkinds; i++)
		if (kept_is(&j->kinds[i].kind, l->f[F_KIND]))
			break;
	return i;
}

void
judge_promoted(struct judge *j, const struct look *l)
{
	struct promotion *p;
	struct event *e;
	bool now;

	if (!look_has(l, F_PROMOTED))
		return;
	now = look_tri(l, F_PROMOTED) == TRI_YES;
	p = &j->kinds[find_kind(j, l)];
	if (p == &j->kinds[j->nkinds]) {
		j->nkinds++;
		kept_set(&p->kind, l->f[F_KIND]);
	} else if (now && !p->promoted) {
		e = judge_emit(j, EVENT_PROMOTED, OBSERVED, &p->at, &l->at);
		e->evidence = judge_put(j, SLICE("promoted"));
	}
	p->promoted = now;
	p->at = l->at;
}

bool
judge_has_room(const struct judge *j, const struct look *l, const char **why)
{
	if (look_has(l, F_PRICE) && j->nplaces == JUDGE_PLACES &&
	    find_place(j, l) == JUDGE_PLACES) {
		*why = "'site' and 'currency' are one pair too many "
		    "for an item";
		return false;
	}
	if (look_has(l, F_PROMOTED) && j->nkinds == JUDGE_KINDS &&
	    find_kind(j, l) == JUDGE_KINDS) {
		*why = "'kind' is one too many for an item";
		return false;
	}
	return true;
}
