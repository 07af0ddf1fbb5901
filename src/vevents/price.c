/* R4 and R5: what prices, and promotion, say. */
#include <math.h>
#include <stdlib.h>

#include "decimal.h"
#include "judge.h"
#include "banned.h"

#define HALF_CENT 0.005 /* the site shows prices to the cent */
#define ROOM 1e-9
#define FEE "fee"
#define TELLING 0.01 /* above it the intervals tell nothing */

/* ---- R4: two prices at one site, in one currency ---- */

struct change {
	const char *cause, *evidence, *rule, *reason;
	enum confidence confidence;
};

/* What a line tells of the seller's own price; `amount` NULL: nothing. */
struct told {
	struct slice amount, currency;
	bool home; /* by the shown one, which is hers */
};

static struct told
told_by(const struct look *l)
{
	const struct slice *f = l->f;

	if (look_has(l, F_SELLER_PRICE) && look_has(l, F_SELLER_CURRENCY))
		return (struct told){ f[F_SELLER_PRICE], f[F_SELLER_CURRENCY],
			false };
	if (look_tri(l, F_HOME) == TRI_YES ||
	    (look_has(l, F_CURRENCY) && look_has(l, F_SELLER_CURRENCY) &&
	        slice_eq(f[F_CURRENCY], f[F_SELLER_CURRENCY])))
		return (struct told){ f[F_PRICE], f[F_CURRENCY], true };
	return (struct told){ { NULL, 0 }, { NULL, 0 }, false };
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
	        strtod(p->rate_err.b.data, NULL)) +
	    ROOM;
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

static bool
differs(const struct kept *k, struct slice s)
{
	return k->known && s.p != NULL && decimal_cmp(buf_slice(&k->b), s) != 0;
}

static void
reprice(struct judge *j, const struct look *l, const struct moment *since,
    const struct change *c, const struct kept *old, struct told new)
{
	struct event *e =
	    judge_emit(j, EVENT_REPRICED, c->confidence, since, &l->at);

	e->place = (uint16_t)j->place;
	e->old = judge_put(j, kept_slice(old));
	e->new = judge_put(j, new.amount);
	e->currency = judge_put(j, new.currency);
	e->cause = c->cause;
	e->reason = c->reason;
	e->rule = judge_put(j, slice_of(c->rule));
	e->evidence = judge_put(j, slice_of(c->evidence));
}

static struct told
shown(const struct look *l, enum field f)
{
	return (struct told){ l->f[f], l->f[F_CURRENCY], false };
}

/* What lines between two that tell her price seemed to say of it. */
static void
forget_between(struct judge *j, const struct own *o)
{
	struct event *e;
	size_t i;

	for (i = o->events; i < j->n; i++) {
		e = &j->events[i];
		if (e->type == EVENT_REPRICED && e->place == j->place &&
		    strcmp(e->cause, FEE) != 0)
			e->dropped = true;
	}
}

/* Both lines tell her price: nothing need be guessed.  True: it changed. */
static bool
compare_own(struct judge *j, const struct own *o, const struct look *l,
    struct told now)
{
	struct change c = { .confidence = OBSERVED };

	forget_between(j, o);
	c.evidence = now.home || o->home ? "home" : "seller_price";
	if (differs(&o->amount, now.amount)) {
		c.cause = her_cause(l);
		reprice(j, l, &o->at, &c, &o->amount, now);
	} else if (differs(&o->price, l->f[F_PRICE])) {
		c.cause = "rate";
		reprice(j, l, &o->at, &c, &o->price, shown(l, F_PRICE));
	} else {
		return false;
	}
	return true;
}

/* Her price is told by neither, by one, or by both in two currencies, which a
 * rate of one of them says nothing of. */
static void
compare_shown(struct judge *j, const struct place *p, const struct look *l,
    bool tells)
{
	bool rated = p->rate.known && p->rate_err.known &&
	    look_has(l, F_RATE) && look_has(l, F_RATE_ERR);
	struct change c;

	if (rated && !(tells && p->tells))
		c = by_rate(p, l);
	else
		c = unknown("price", tells || p->tells ? "unlike" : "no-rate");
	reprice(j, l, &p->at, &c, &p->price, shown(l, F_PRICE));
}

static void
compare(struct judge *j, const struct place *p, const struct look *l,
    struct told now)
{
	static const struct change fee = { FEE, "total_price", NULL, NULL,
		OBSERVED };
	bool tells = now.amount.p != NULL;

	if (tells && p->own.known && kept_is(&p->own.currency, now.currency)) {
		if (compare_own(j, &p->own, l, now))
			return;
	} else if (differs(&p->price, l->f[F_PRICE])) {
		compare_shown(j, p, l, tells);
		return;
	}
	if (!differs(&p->price, l->f[F_PRICE]) &&
	    differs(&p->total, l->f[F_TOTAL_PRICE]))
		reprice(j, l, &p->at, &fee, &p->total, shown(l, F_TOTAL_PRICE));
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
remember_own(struct own *o, const struct look *l, struct told now, size_t n)
{
	kept_set(&o->amount, now.amount);
	kept_set(&o->currency, now.currency);
	kept_set(&o->price, l->f[F_PRICE]);
	o->known = true;
	o->home = now.home;
	o->at = l->at;
	o->events = n;
}

static void
remember(struct place *p, const struct look *l)
{
	kept_set(&p->price, l->f[F_PRICE]);
	kept_set(&p->total, l->f[F_TOTAL_PRICE]);
	kept_set(&p->rate, l->f[F_RATE]);
	kept_set(&p->rate_err, l->f[F_RATE_ERR]);
	p->at = l->at;
}

void
judge_prices(struct judge *j, const struct look *l)
{
	struct told now = told_by(l);
	struct place *p;

	if (!look_has(l, F_PRICE))
		return;
	j->place = find_place(j, l);
	p = &j->places[j->place];
	if (j->place < j->nplaces) {
		compare(j, p, l, now);
	} else {
		j->nplaces++;
		p->own.known = false;
		kept_set(&p->site, l->f[F_SITE]);
		kept_set(&p->currency, l->f[F_CURRENCY]);
	}
	remember(p, l);
	p->tells = now.amount.p != NULL;
	if (p->tells)
		remember_own(&p->own, l, now, j->n);
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
