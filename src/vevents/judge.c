#include "judge.h"

#include <stdlib.h>

#include "banned.h"

const char *const event_names[EVENT_TYPES] = {
	[EVENT_LISTED] = "listed",
	[EVENT_RELISTED] = "relisted",
	[EVENT_REPRICED] = "repriced",
	[EVENT_PROMOTED] = "promoted",
	[EVENT_RESERVED] = "reserved",
	[EVENT_UNRESERVED] = "unreserved",
	[EVENT_SOLD] = "sold",
	[EVENT_HIDDEN] = "hidden",
	[EVENT_DELETED] = "deleted",
	[EVENT_VANISHED] = "vanished",
	[EVENT_RETURNED] = "returned",
};

const char *const confidence_names[] = { "observed", "inferred", "unknown" };

const char *const state_names[] = { NULL, "live", "reserved", "hidden", "sold",
	"deleted", "missing" };

const char judge_contradiction[] = "contradiction";
static const char late_404[] = "late-404", came_back[] = "came-back";

/* ---- values that are kept ---- */

bool
kept_is(const struct kept *k, struct slice s)
{
	if (!k->known || s.p == NULL)
		return k->known == (s.p != NULL);
	return k->b.len == s.len && memcmp(k->b.data, s.p, s.len) == 0;
}

void
kept_set(struct kept *k, struct slice s)
{
	if (kept_is(k, s))
		return;
	k->known = s.p != NULL;
	buf_reset(&k->b);
	if (k->known)
		buf_add(&k->b, s.p, s.len);
}

static void
kept_update(struct kept *k, struct slice s)
{
	if (s.p != NULL)
		kept_set(k, s);
}

struct text
judge_put(struct judge *j, struct slice s)
{
	struct text t = { (uint32_t)j->texts.len, (uint32_t)s.len };

	if (s.p == NULL)
		return (struct text){ 0, 0 };
	buf_add(&j->texts, s.p, s.len);
	return t;
}

struct slice
judge_text(const struct judge *j, struct text t)
{
	if (t.at == 0)
		return (struct slice){ NULL, 0 };
	return (struct slice){ j->texts.data + t.at, t.len };
}

/* ---- times ---- */

static const struct moment no_moment;

const struct moment *
moment_later(const struct moment *a, const struct moment *b)
{
	if (a->len == 0 || (b->len != 0 && b->us > a->us))
		return b;
	return a;
}

/* The last line that said a state other than this one. */
const struct moment *
judge_said_other(const struct judge *j, enum state not )
{
	const struct moment *m = &no_moment;
	int s;

	for (s = STATE_LIVE; s <= STATE_DELETED; s++)
		if (s != (int)not )
			m = moment_later(m, &j->said[s]);
	return m;
}

/* ---- events and states ---- */

struct event *
judge_emit(struct judge *j, enum event_type type, enum confidence c,
    const struct moment *earliest, const struct moment *latest)
{
	struct event *e;

	if (j->n == j->cap) {
		j->cap = j->cap ? 2 * j->cap : 16;
		j->events = xrealloc(j->events, j->cap * sizeof *j->events);
	}
	e = &j->events[j->n];
	*e = (struct event){ .type = type,
		.confidence = c,
		.seq = (uint32_t)j->n++,
		.earliest = *earliest,
		.latest = *latest };
	e->site = judge_put(j, kept_slice(&j->item.site));
	return e;
}

static void
leave_or_come(struct judge *j, enum state s, const struct moment *latest)
{
	if (s == STATE_LIVE || s == STATE_RESERVED)
		j->item.gone_since.len = 0;
	else if (j->item.gone_since.len == 0)
		j->item.gone_since = *latest;
	j->item.state = s;
}

/* The item is in a state by this event. */
void
judge_enter(struct judge *j, enum state s, const struct event *e)
{
	j->item.in = (struct entered){ e->confidence, e->rule, e->evidence,
		e->reason, e->earliest, e->latest, e->seq + 1 };
	leave_or_come(j, s, &e->latest);
}

/* An event that a line says, or the rule the line names. */
static struct event *
emit_said(struct judge *j, enum event_type type, const struct look *l,
    const struct moment *earliest)
{
	struct event *e = judge_emit(j, type,
	    look_has(l, F_STATE_RULE) ? INFERRED : OBSERVED, earliest, &l->at);

	e->rule = judge_put(j, l->f[F_STATE_RULE]);
	e->evidence = judge_put(j, l->f[F_EVIDENCE]);
	return e;
}

static void
turn(struct judge *j, enum event_type type, enum state s, const struct look *l,
    const struct moment *earliest)
{
	judge_enter(j, s, emit_said(j, type, l, earliest));
}

/* ---- R1: the first line ---- */

static void
list(struct judge *j, const struct look *l)
{
	struct event *e;
	const char *rule;

	e = judge_emit(j, EVENT_LISTED, OBSERVED, &l->unseen_at, &l->at);
	e->evidence = judge_put(j, l->f[F_EVIDENCE]);
	if (!look_has(l, F_RELIST_OF))
		return;
	rule = slice_is(l->f[F_RELIST_BY], "photo") ? "same-photo" :
	    slice_is(l->f[F_RELIST_BY], "picture")  ? "same-picture" :
	                                              "same-text";
	e = judge_emit(j, EVENT_RELISTED, INFERRED, &l->unseen_at, &l->at);
	e->other = judge_put(j, l->f[F_RELIST_OF]);
	e->evidence = judge_put(j, l->f[F_RELIST_BY]);
	e->rule = judge_put(j, slice_of(rule));
}

/* ---- R2: what lines say ---- */

/* A state without an event: the first that is said is live. */
static void
begin_live(struct judge *j, const struct look *l)
{
	j->item.in = (struct entered){
		.confidence = look_has(l, F_STATE_RULE) ? INFERRED : OBSERVED,
		.rule = judge_put(j, l->f[F_STATE_RULE]),
		.evidence = judge_put(j, l->f[F_EVIDENCE]),
		.earliest = j->lines == 0 ? l->unseen_at : no_moment,
		.latest = l->at
	};
	leave_or_come(j, STATE_LIVE, &l->at);
}

static void
say_live(struct judge *j, const struct look *l)
{
	if (j->item.state == STATE_NONE)
		begin_live(j, l);
	else if (j->item.state == STATE_RESERVED)
		turn(j, EVENT_UNRESERVED, STATE_LIVE, l,
		    judge_said_other(j, STATE_LIVE));
	else
		turn(j, EVENT_RETURNED, STATE_LIVE, l, &j->bound);
}

static void
say_reserved(struct judge *j, const struct look *l)
{
	const struct moment *earliest = judge_said_other(j, STATE_RESERVED);

	if (j->item.state != STATE_NONE && j->item.state != STATE_LIVE) {
		earliest = &j->bound;
		turn(j, EVENT_RETURNED, STATE_LIVE, l, earliest);
	}
	turn(j, EVENT_RESERVED, STATE_RESERVED, l, earliest);
}

/* An exit's earliest: before what made the item missing, if something did. */
static const struct moment *
exit_earliest(const struct judge *j, enum state s)
{
	return j->item.state == STATE_MISSING ? &j->before :
	                                        judge_said_other(j, s);
}

/* Sold, and said again.  What the site says outweighs what a rule says. */
static void
confirm_sold(struct judge *j, const struct look *l)
{
	struct event *e = &j->events[j->item.in.event - 1];

	if (e->confidence == OBSERVED || look_has(l, F_STATE_RULE))
		return;
	e->confidence = OBSERVED;
	e->rule = (struct text){ 0, 0 };
	e->evidence = judge_put(j, l->f[F_EVIDENCE]);
	j->item.in.confidence = e->confidence;
	j->item.in.rule = e->rule;
	j->item.in.evidence = e->evidence;
}

/* A later line shows the item: retracts the sale that a rule saw. */
static bool
withdraw_sale(struct judge *j)
{
	struct event *e = &j->events[j->item.in.event - 1];

	if (e->confidence == OBSERVED)
		return false;
	e->type = EVENT_VANISHED;
	e->confidence = UNKNOWN;
	e->rule = (struct text){ 0, 0 };
	e->reason = came_back;
	j->before = e->earliest;
	judge_enter(j, STATE_MISSING, e);
	return true;
}

/* A line live or reserved ends the gap: she was away, or we do not know. */
static void
come_back(struct judge *j)
{
	if (j->gap.weak)
		judge_vanish(j, came_back);
	else if (j->gap.on_holiday == TRI_YES)
		judge_conclude(j, EVENT_HIDDEN, STATE_HIDDEN, "holiday", NULL);
	else if (j->gap.banned == TRI_YES)
		judge_conclude(j, EVENT_HIDDEN, STATE_HIDDEN, "banned", NULL);
	else
		judge_vanish(j, came_back);
}

/* While sold, most lines change nothing.  True: this one may. */
static bool
outweighs_sold(struct judge *j, const struct look *l)
{
	switch (l->state) {
	case STATE_SOLD:
		confirm_sold(j, l);
		return false;
	case STATE_LIVE:
		withdraw_sale(j);
		return true;
	case STATE_RESERVED:
		return withdraw_sale(j);
	default:
		return false;
	}
}

static void
follow_state(struct judge *j, const struct look *l)
{
	enum state s = l->state;
	bool gap = j->gap.open;

	j->gap.open = false;
	if (gap && s == STATE_RESERVED && j->item.state == STATE_RESERVED)
		return;
	if (gap && (s == STATE_LIVE || s == STATE_RESERVED))
		come_back(j);
	if (j->item.state == STATE_SOLD && !outweighs_sold(j, l))
		return;
	if (s == j->item.state)
		return;
	if (s == STATE_LIVE)
		say_live(j, l);
	else if (s == STATE_RESERVED)
		say_reserved(j, l);
	else
		turn(j, s == STATE_SOLD ? EVENT_SOLD : EVENT_HIDDEN, s, l,
		    exit_earliest(j, s));
}

/* ---- R2: the page's own 404 ---- */

/* A sold page becomes a 404 in time: a late one does not tell the two apart. */
static bool
is_late(const struct judge *j, const struct look *l)
{
	const struct moment *m = moment_later(&j->said[STATE_LIVE],
	    moment_later(&j->said[STATE_RESERVED], &j->said[STATE_HIDDEN]));

	if (m->len == 0)
		m = j->lines == 0 ? &l->at : &j->first;
	return l->at.us - m->us > j->sold_page_us;
}

/* Why a 404 proves nothing; NULL: it does. */
static const char *
proves_nothing(const struct judge *j, const struct look *l)
{
	if (look_tri(l, F_SELLER_GONE) == TRI_YES)
		return JUDGE_ACCOUNT_GONE;
	if (look_tri(l, F_BANNED) == TRI_YES)
		return "banned";
	if (look_tri(l, F_ON_HOLIDAY) == TRI_YES)
		return "holiday";
	return is_late(j, l) ? late_404 : NULL;
}

/* A 404 that proves nothing. */
static void
vanish_said(struct judge *j, const struct look *l, const char *reason)
{
	struct event *e = judge_emit(j, EVENT_VANISHED, UNKNOWN,
	    judge_said_other(j, STATE_DELETED), &l->at);

	e->reason = reason;
	e->evidence = judge_put(j, l->f[F_EVIDENCE]);
	j->before = e->earliest;
	judge_enter(j, STATE_MISSING, e);
}

static void
follow_gone(struct judge *j, const struct look *l)
{
	bool contradicted = judge_contradicts(j);
	const char *nothing = proves_nothing(j, l);
	enum state s = j->item.state;

	/* the counters may still tell */
	j->unproven = nothing != NULL && j->gap.open;
	if (j->unproven)
		return;
	j->gap.open = false;
	if (s == STATE_SOLD || s == STATE_DELETED)
		return;
	j->unproven = nothing != NULL;
	if (nothing != NULL) {
		/* what is hidden may well be a 404 while she is away */
		if (s == STATE_HIDDEN && nothing != late_404)
			return;
		if (s != STATE_MISSING) {
			vanish_said(j, l, nothing);
			return;
		}
		j->item.in.reason = nothing;
		j->events[j->item.in.event - 1].reason = nothing;
	} else if (contradicted) {
		vanish_said(j, l, judge_contradiction);
	} else if (s != STATE_MISSING ||
	    j->item.in.reason != judge_contradiction) {
		turn(j, EVENT_DELETED, STATE_DELETED, l,
		    exit_earliest(j, STATE_DELETED));
	}
}

/* ---- lines ---- */

static bool
usable(const struct judge *j, const struct look *l, const char **why)
{
	if (j->lines == 0 && l->state == STATE_ABSENT) {
		*why = "'state' is absent before the item was seen";
		return false;
	}
	return judge_has_room(j, l, why);
}

static void
note_values(struct judge *j, const struct look *l)
{
	kept_update(&j->item.site, l->f[F_SITE]);
	kept_update(&j->relist_to, l->f[F_RELIST_TO]);
	kept_update(&j->item.favourites, l->f[F_FAVOURITE_COUNT]);
	kept_update(&j->item.total, l->f[F_TOTAL_PRICE]);
	if (look_has(l, F_SELLER_PRICE)) {
		kept_set(&j->item.seller_price, l->f[F_SELLER_PRICE]);
		kept_set(&j->item.seller_currency, l->f[F_SELLER_CURRENCY]);
	}
	if (look_has(l, F_PRICE)) {
		kept_set(&j->item.price, l->f[F_PRICE]);
		kept_set(&j->item.currency, l->f[F_CURRENCY]);
		if (!j->item.listed_price.known)
			kept_set(&j->item.listed_price, l->f[F_PRICE]);
	}
}

static void
note_times(struct judge *j, const struct look *l)
{
	j->item.observed_at = l->at;
	if (l->state == STATE_ABSENT) {
		j->bound = l->absent_from.len ? l->absent_from : l->at;
		return;
	}
	if (l->state != STATE_DELETED) {
		j->item.last_seen = l->at;
		if (j->item.first_seen.len == 0)
			j->item.first_seen = l->at;
	}
	if (l->state == STATE_NONE)
		return;
	j->bound = l->at;
	if (l->state != STATE_DELETED || !j->unproven)
		j->said[l->state] = l->at;
}

bool
judge_line(struct judge *j, const struct look *l, const char **why)
{
	if (!usable(j, l, why))
		return false;
	note_values(j, l);
	if (j->lines == 0) {
		kept_set(&j->item.id, l->f[F_ITEM_ID]);
		j->first = l->at;
		if (l->state != STATE_DELETED)
			list(j, l);
	}
	if (l->state == STATE_ABSENT)
		judge_absent(j, l);
	else if (l->state == STATE_DELETED)
		follow_gone(j, l);
	else if (l->state != STATE_NONE)
		follow_state(j, l);
	else if (look_has(l, F_STATE_RULE))
		judge_claim(j, l);
	judge_prices(j, l);
	judge_promoted(j, l);
	note_times(j, l);
	j->lines++;
	return true;
}

static void
drop_events(struct judge *j)
{
	size_t i, n = 0;

	for (i = 0; i < j->n; i++)
		if (!j->events[i].dropped)
			j->events[n++] = j->events[i];
	j->n = n;
}

/*
 * By (latest, order of emission).  Only what a gap showed comes late, and no
 * further back than the gap began: mostly nothing moves.
 */
static void
sort_events(struct judge *j)
{
	struct event e;
	size_t i, k;

	for (i = 1; i < j->n; i++) {
		for (k = i; k > 0 &&
		     j->events[k - 1].latest.us > j->events[i].latest.us;
		     k--)
			;
		if (k == i)
			continue;
		e = j->events[i];
		memmove(&j->events[k + 1], &j->events[k], (i - k) * sizeof e);
		j->events[k] = e;
	}
}

void
judge_end(struct judge *j)
{
	uint32_t numbers[EVENT_TYPES] = { 0 };
	size_t i;

	if (j->gap.open)
		judge_gap(j);
	j->gap.open = false;
	if (j->item.state == STATE_NONE) {
		j->item.in.confidence = UNKNOWN;
		j->item.in.reason = "no-state";
	}
	drop_events(j);
	sort_events(j);
	for (i = 0; i < j->n; i++)
		j->events[i].number = ++numbers[j->events[i].type];
	j->item.repriced = numbers[EVENT_REPRICED];
}

/* ---- life ---- */

void
judge_init(struct judge *j, double max_item_days, int64_t sold_page_us)
{
	memset(j, 0, sizeof *j);
	j->max_item_days = max_item_days;
	j->sold_page_us = sold_page_us;
	judge_reset(j);
}

static struct kept *
item_kept(struct judge *j, size_t i)
{
	struct kept *all[] = { &j->item.id, &j->item.site, &j->item.price,
		&j->item.currency, &j->item.seller_price,
		&j->item.seller_currency, &j->item.total, &j->item.favourites,
		&j->item.listed_price, &j->relist_to };

	return i < sizeof all / sizeof *all ? all[i] : NULL;
}

void
judge_reset(struct judge *j)
{
	struct kept *k;
	size_t i;

	for (i = 0; (k = item_kept(j, i)) != NULL; i++)
		k->known = false;
	buf_reset(&j->texts);
	buf_addc(&j->texts, '\0'); /* so that no text is at 0 */
	j->n = 0;
	j->item.state = STATE_NONE;
	memset(&j->item.in, 0, sizeof j->item.in);
	j->item.gone_since.len = j->item.first_seen.len = 0;
	j->item.last_seen.len = j->item.observed_at.len = 0;
	j->item.repriced = 0;
	j->lines = 0;
	j->bound.len = j->before.len = 0;
	for (i = 0; i < sizeof j->said / sizeof *j->said; i++)
		j->said[i].len = 0;
	j->gap = (struct gap){ .open = false };
	j->unproven = false;
	j->nplaces = j->place = j->nkinds = 0;
}

static void
release_place(struct place *p)
{
	buf_release(&p->site.b);
	buf_release(&p->currency.b);
	buf_release(&p->price.b);
	buf_release(&p->total.b);
	buf_release(&p->rate.b);
	buf_release(&p->rate_err.b);
	buf_release(&p->own.amount.b);
	buf_release(&p->own.currency.b);
	buf_release(&p->own.price.b);
}

void
judge_release(struct judge *j)
{
	struct kept *k;
	size_t i;

	for (i = 0; (k = item_kept(j, i)) != NULL; i++)
		buf_release(&k->b);
	for (i = 0; i < JUDGE_PLACES; i++)
		release_place(&j->places[i]);
	for (i = 0; i < JUDGE_KINDS; i++)
		buf_release(&j->kinds[i].kind.b);
	buf_release(&j->texts);
	free(j->events);
}
