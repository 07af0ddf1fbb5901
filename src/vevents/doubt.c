/* R13.  Where counters tell of more sales than can be, or of fewer deletions,
 * if all whose pages are gone were deleted: some of these were sold. */
#include <stdlib.h>

#include "context.h"
#include "banned.h"

static bool
is_gone(const struct context *c, const struct vanished *v)
{
	int64_t after = v->seen_at + 1;

	return was_said(c->o, v->listing, STATE_BIT(STATE_DELETED), after,
	           after + c->limits.sold_page_us) &&
	    !was_said(c->o, v->listing, STATE_BIT(STATE_SOLD), after, FOR_EVER);
}

/* A sale is counted up to the lag after it was made. */
uint32_t
first_reached(const struct context *c, uint32_t k, uint32_t a)
{
	int64_t from = c->o->counters[a].by.at - c->limits.lag_us;

	for (; k > 1; k--)
		if (c->o->sweeps[c->intervals[k - 1].sweep].last_at < from)
			break;
	return k;
}

uint32_t
last_reached(const struct context *c, uint32_t k, uint32_t b)
{
	int64_t to = c->o->counters[b].by.at;

	for (; k + 1 < c->nwhole; k++)
		if (c->o->sweeps[c->intervals[k + 1].prev].first_at >= to)
			break;
	return k;
}

struct left { /* of what vanished */
	int64_t n, gone;
};

static struct left
count_left(const struct context *c, uint32_t first, uint32_t last)
{
	struct vanished *all;
	struct left left = { 0, 0 };
	int64_t room = 1;
	uint32_t k;

	for (k = first; k <= last; k++)
		room += c->intervals[k].v;
	all = xmalloc((size_t)room * sizeof *all);
	left.n = find_vanished(c, first, last, all);
	for (k = 0; k < left.n; k++)
		left.gone += is_gone(c, &all[k]);
	free(all);
	return left;
}

/* A deletion is one less in all; a sale is not. */
static bool
too_many_gone(const struct context *c, const struct interval *i, uint32_t first,
    uint32_t last, int64_t gone)
{
	const struct owner *o = c->o;
	int64_t came = 0;
	uint32_t k;

	for (k = first; k <= last; k++)
		came += c->intervals[k].n + c->intervals[k].returns;
	return total_rises(o, i->a, i->b) <= came &&
	    gone > came - (o->counters[i->b].total - o->counters[i->a].total);
}

/* Sold, and the wardrobe shows it still: it did not leave. */
static bool
is_shown_sold(const struct context *c, const struct interval *i, uint32_t last,
    uint32_t listing)
{
	const struct owner *o = c->o;
	const struct sweep *s = &o->sweeps[c->intervals[last].sweep];

	return was_in(c, s->run, listing) &&
	    was_said(o, listing, STATE_BIT(STATE_SOLD),
	        o->counters[i->a].by.at - c->limits.lag_us, s->last_at + 1);
}

static bool
is_doubtful(const struct context *c, const struct interval *i)
{
	uint32_t first, last, k = (uint32_t)(i - c->intervals);
	int64_t gone = count_left(c, k, k).gone, may;
	struct left left;

	if (gone == 0)
		return false;
	first = first_reached(c, k, i->a);
	last = last_reached(c, k, i->b);
	if (too_many_gone(c, i, first, last, gone))
		return true;
	left = count_left(c, first, last);
	may = left.n - left.gone;
	for (k = 0; k < c->o->nlistings && may < i->g_most.n; k++)
		may += is_shown_sold(c, i, last, k) ||
		    may_wait(c, first, i->a, i->b, k);
	return may < i->g_most.n;
}

static bool
any_gone(const struct owner *o)
{
	uint32_t k;

	for (k = 0; k < o->nsights; k++)
		if (o->sights[k].state == STATE_DELETED)
			return true;
	return false;
}

void
make_doubts(struct context *c)
{
	struct interval *i;
	uint32_t k;

	if (!any_gone(c->o))
		return;
	for (k = 1; k < c->nwhole; k++) {
		i = &c->intervals[k];
		i->doubted = i->v > 0 && i->g_most.known && i->g_most.n > 0 &&
		    is_doubtful(c, i);
	}
}
