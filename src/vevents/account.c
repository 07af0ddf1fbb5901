/* What is known of the seller herself: is her account there (R12, R13), and
 * which of her sales were cancelled (R14). */
#include <stdlib.h>

#include "history.h"
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
void
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

/* ---- R13: a 404 while the seller is not there ---- */

static void
or_flags(const struct counters *c, bool *holiday, bool *banned)
{
	*holiday |= c->holiday == TRI_YES;
	*banned |= c->banned == TRI_YES;
}

/* As she was when she last answered before it, and first after it. */
void
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
