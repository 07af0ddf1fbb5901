/* R3: what an absence, or an account that is gone, shows when nothing else
 * does. */
#include "judge.h"
#include "banned.h"

#define EVIDENCE "absent from a complete sweep"

static struct text
gap_evidence(struct judge *j)
{
	if (!j->gap.weak)
		return judge_put(j, SLICE(EVIDENCE));
	if (j->gap.seller_gone == TRI_YES)
		return judge_put(j, SLICE("404 of the seller"));
	return j->gap.claim_evidence;
}

/*
 * What a gap shows: an event between the last sight and the sweep's end; a sale
 * may be later, until the counters that tell it, of what was reserved.
 */
void
judge_conclude(struct judge *j, enum event_type type, enum state s,
    const char *rule, const char *reason)
{
	struct event *e =
	    judge_emit(j, type, reason != NULL ? UNKNOWN : INFERRED,
	        judge_said_other(j, STATE_NONE), &j->gap.at);

	if (s == STATE_SOLD)
		e->latest = *moment_later(&j->gap.at, &j->gap.counted_at);
	e->site = j->gap.site;
	e->rule = judge_put(j, slice_of(rule));
	e->reason = reason;
	e->evidence = gap_evidence(j);
	if (type == EVENT_DELETED)
		e->other = judge_put(j, kept_slice(&j->relist_to));
	if (s == STATE_MISSING)
		j->before = e->earliest;
	judge_enter(j, s, e);
	if (s == STATE_SOLD)
		j->item.gone_since = j->gap.at;
}

void
judge_vanish(struct judge *j, const char *reason)
{
	judge_conclude(j, EVENT_VANISHED, STATE_MISSING, NULL, reason);
}

/* What vanished was as much as was sold: then it was what was sold... */
static bool
adds_up(const struct judge *j)
{
	const struct gap *g = &j->gap;

	/* the item itself is one of v: without it the counts are not hers */
	return g->unseen != TRI_YES && g->g_most.known && g->g_most.n > 0 &&
	    g->g.known && g->t.known && g->v.known && g->n.known &&
	    g->v.n > 0 && g->v.n == g->g.n && g->t.n == g->n.n &&
	    g->returns.known && g->returns.n == 0 && g->item_days >= 0 &&
	    g->item_days <= j->max_item_days && g->baseline == TRI_YES;
}

/* ...unless something of hers, out of sight before, may have been sold too. */
static bool
balanced(const struct judge *j)
{
	return adds_up(j) && j->gap.pending.known && j->gap.pending.n == 0;
}

bool
judge_contradicts(const struct judge *j)
{
	return j->gap.open && !j->gap.weak &&
	    (balanced(j) || j->gap.doubted == TRI_YES);
}

/* R13.  Its page said gone before the sweep came that lacks it. */
static void
doubt_deleted(struct judge *j)
{
	struct event *e = &j->events[j->item.in.event - 1];

	if (e->confidence != OBSERVED)
		return;
	e->type = EVENT_VANISHED;
	e->confidence = UNKNOWN;
	e->reason = judge_contradiction;
	j->before = e->earliest;
	judge_enter(j, STATE_MISSING, e);
}

void
judge_absent(struct judge *j, const struct look *l)
{
	struct gap *g = &j->gap;

	if (j->item.state == STATE_DELETED && look_tri(l, F_DOUBTED) == TRI_YES)
		doubt_deleted(j);
	if ((g->open && !g->weak) || j->item.state > STATE_RESERVED)
		return;
	g->claimed = g->open && g->claimed;
	g->open = true;
	g->at = l->at;
	g->seller_gone = look_tri(l, F_SELLER_GONE);
	g->weak = g->seller_gone == TRI_YES;
	g->counted_at = l->counted_at;
	g->site = judge_put(j, kept_slice(&j->item.site));
	g->unseen = look_tri(l, F_UNSEEN);
	g->doubted = look_tri(l, F_DOUBTED);
	g->baseline = look_tri(l, F_BASELINE);
	g->ripe = look_tri(l, F_RIPE);
	g->fell = look_tri(l, F_FELL);
	g->on_holiday = look_tri(l, F_ON_HOLIDAY);
	g->banned = look_tri(l, F_BANNED);
	g->g_most = l->g_most;
	g->g = l->g;
	g->t = l->t;
	g->v = l->v;
	g->n = l->n;
	g->returns = l->returns;
	g->pending = l->pending;
	g->cleared = l->cleared;
	g->kept = l->kept;
	g->item_days = l->item_days;
}

/*
 * A line that names a rule and no state: it may have been sold, and its page
 * alone does not tell.  In a gap the counters may; else it opens one that waits
 * for them.
 */
void
judge_claim(struct judge *j, const struct look *l)
{
	struct gap *g = &j->gap;

	if (j->item.state > STATE_RESERVED)
		return;
	if (!g->open)
		*g = (struct gap){ .open = true,
			.weak = true,
			.at = l->at,
			.site = judge_put(j, kept_slice(&j->item.site)) };
	g->claimed = true;
	g->claim = judge_put(j, l->f[F_STATE_RULE]);
	g->claim_evidence = judge_put(j, l->f[F_EVIDENCE]);
}

/*
 * The seller sold as many as left, less those whose pages say what else became
 * of them: deleted or hidden (`cleared`), or still there (`kept`: reserved,
 * which the total may count or not).
 */
static bool
bears_out(const struct judge *j)
{
	const struct gap *g = &j->gap;
	int64_t left;

	if (!g->claimed || g->unseen == TRI_YES || !g->cleared.known ||
	    !g->kept.known || !g->v.known || !g->n.known || !g->t.known ||
	    !g->g.known)
		return false;
	left = g->v.n - g->cleared.n - g->kept.n;
	return left > 0 && left == g->g.n &&
	    (g->t.n == g->n.n - g->cleared.n ||
	        g->t.n == g->n.n - g->cleared.n - g->kept.n) &&
	    g->g_most.known && g->g_most.n > 0 && g->returns.known &&
	    g->returns.n == 0 && g->item_days >= 0 &&
	    g->item_days <= j->max_item_days && g->baseline == TRI_YES &&
	    g->pending.known && g->pending.n == 0;
}

static void
sell_claimed(struct judge *j)
{
	struct event *e;

	judge_conclude(j, EVENT_SOLD, STATE_SOLD, NULL, NULL);
	e = &j->events[j->item.in.event - 1];
	e->rule = j->gap.claim;
	e->evidence = j->gap.claim_evidence;
	j->item.in.rule = e->rule;
	j->item.in.evidence = e->evidence;
}

/* Nothing was sold, and the total moved as if the item still counted. */
static bool
still_counts(const struct judge *j)
{
	const struct gap *g = &j->gap;

	return g->unseen != TRI_YES && g->g.known && g->g.n == 0 &&
	    g->t.known && g->n.known && g->t.n == g->n.n && g->returns.known &&
	    g->returns.n == 0 && g->baseline == TRI_YES && g->item_days >= 0 &&
	    g->item_days <= j->max_item_days;
}

/* The item's end ends the gap: the first rule that applies, in this order. */
void
judge_gap(struct judge *j)
{
	const struct gap *g = &j->gap;
	bool away = g->on_holiday == TRI_YES || g->banned == TRI_YES;
	bool none = g->g_most.known && g->g_most.n == 0;
	bool fell = g->fell == TRI_YES;

	if (j->relist_to.known)
		judge_conclude(j, EVENT_DELETED, STATE_DELETED, "relisted",
		    NULL);
	else if (g->weak)
		judge_vanish(j,
		    g->seller_gone == TRI_YES ? JUDGE_ACCOUNT_GONE :
		                                "no-product");
	else if (away && none)
		judge_conclude(j, EVENT_HIDDEN, STATE_HIDDEN,
		    g->on_holiday == TRI_YES ? "holiday" : "banned", NULL);
	else if (!fell && g->ripe != TRI_YES)
		judge_vanish(j, "lag");
	else if (fell)
		judge_vanish(j, "counters-fell");
	else if (balanced(j))
		judge_conclude(j, EVENT_SOLD, STATE_SOLD, "counters", NULL);
	else if (bears_out(j))
		sell_claimed(j);
	else if (adds_up(j))
		judge_vanish(j, "reserved-before");
	else if (none && still_counts(j)) {
		if (j->item.state != STATE_RESERVED)
			judge_conclude(j, EVENT_RESERVED, STATE_RESERVED,
			    "still-counted", NULL);
	} else if (none)
		judge_vanish(j, "not-sold");
	else if (away)
		judge_vanish(j, "holiday");
	else if (g->baseline != TRI_YES)
		judge_vanish(j, "no-baseline");
	else if (g->item_days > j->max_item_days)
		judge_vanish(j, "busy");
	else
		judge_vanish(j, "unbalanced");
}
