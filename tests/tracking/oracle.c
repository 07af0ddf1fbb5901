/*
 * oracle - history lines to what must come of them, by the letter of the rules
 *
 *	oracle [--item-days N] [--sold-page-hours N] <HISTORY
 *
 * Lines {"event":{...}} and {"state":{...}}, members in a fixed order, null
 * ones left out.  It shares nothing with what it judges.  All lines of an item
 * are held, and what came before is looked up by going back through them: slow
 * and plain.  R1 to R5 are the rules as ARCHITECTURE.md numbers them.
 */
#include <math.h>
#include <stdint.h>

#include "json.h"

#define MOST 4096 /* lines of one item; events of one item */
#define NONE ((struct text){ NULL, 0 })
#define ABSENCE TEXT("absent from a complete sweep")

enum state { UNSAID, LIVE, RESERVED, HIDDEN, SOLD, DELETED, MISSING, ABSENT };

struct line {
	char *copy;
	struct object o;
	struct text at, site;
	int64_t ms;
	enum state state;
	bool proof; /* it said a state, and may be believed */
};

struct event {
	const char *type;
	int64_t ms; /* of latest */
	int number;
	struct text site, earliest, latest, old, new, currency, cause,
	    confidence, rule, reason, evidence, other;
};

static double item_days = 40, sold_page_hours = 240;

static struct line line[MOST];
static int nlines;
static struct event event[MOST];
static int nevents;

static enum state cur;
static struct event entered; /* how cur was entered */
static int gap;              /* the line that opened it, or -1 */
static int claim;            /* the last line in it that names a rule, or -1 */
static int exit_before; /* of missing: the line before what it began with */
static int said_before, deleted_before; /* that of the last event a line said */
static struct text gone_since;          /* when it left */
static int sold_event, missing_event, deleted_event;

/* --- values ----------------------------------------------------------------
 */

static struct text
get(int i, const char *name)
{
	return member(&line[i].o, name);
}

static bool
yes(int i, const char *name)
{
	struct text t = get(i, name);

	return t.n == 4 && memcmp(t.p, "true", 4) == 0;
}

static bool
no(int i, const char *name)
{
	struct text t = get(i, name);

	return t.n == 5 && memcmp(t.p, "false", 5) == 0;
}

/* not a number when null: no comparison holds then */
static double
number(struct text t)
{
	return t.p == NULL ? NAN : strtod(t.p, NULL);
}

static double
num(int i, const char *name)
{
	return number(get(i, name));
}

/* "004.50" as "4.5", "0.00" as "0" */
static void
plain(struct text t, char out[64])
{
	size_t n = 0;

	if (t.n >= 64)
		json_bad("a long number", t.p);
	while (t.n > 1 && t.p[0] == '0' && t.p[1] != '.')
		t.p++, t.n--;
	memcpy(out, t.p, n = t.n);
	if (memchr(out, '.', n) != NULL) {
		while (out[n - 1] == '0')
			n--;
		if (out[n - 1] == '.')
			n--;
	}
	out[n] = '\0';
}

static bool
same_amount(struct text a, struct text b)
{
	char x[64], y[64];

	plain(a, x);
	plain(b, y);
	return strcmp(x, y) == 0;
}

static int64_t
days(int y, int m, int d)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
		273, 304, 334 };
	int64_t n = 0;
	int i;

	for (i = 1970; i < y; i++)
		n += 365 + ((i % 4 == 0 && i % 100 != 0) || i % 400 == 0);
	n += before[m - 1] + d - 1;
	return n + (m > 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0));
}

static int64_t
instant(struct text t)
{
	int y, mo, d, h, mi, s, ms = 0;

	if (t.p == NULL ||
	    sscanf(t.p, "\"%d-%d-%dT%d:%d:%d.%3d", &y, &mo, &d, &h, &mi, &s,
	        &ms) < 6 ||
	    mo < 1 || mo > 12)
		json_bad("no time", t.p == NULL ? "null" : t.p);
	return (((days(y, mo, d) * 24 + h) * 60 + mi) * 60 + s) * 1000 + ms;
}

static enum state
state_of(struct text t)
{
	return t.p == NULL    ? UNSAID :
	    is(t, "live")     ? LIVE :
	    is(t, "reserved") ? RESERVED :
	    is(t, "hidden")   ? HIDDEN :
	    is(t, "sold")     ? SOLD :
	    is(t, "gone")     ? DELETED :
	    is(t, "absent")   ? ABSENT :
	                        (json_bad("no state", t.p), UNSAID);
}

/* --- events ----------------------------------------------------------------
 */

static struct event *
emit(const char *type, int i)
{
	struct event *e = &event[nevents++];

	if (nevents == MOST)
		json_bad("too many events", line[i].copy);
	*e = (struct event){ .type = type,
		.site = line[i].site,
		.latest = line[i].at,
		.ms = line[i].ms };
	return e;
}

static void
enter(enum state state, const struct event *e)
{
	if (cur == UNSAID || cur == LIVE || cur == RESERVED)
		gone_since = e->latest;
	cur = state;
	entered = *e;
}

/* The last line before i that said a state which may be believed. */
static int
last_proof(int i)
{
	while (--i >= 0 && !line[i].proof)
		;
	return i;
}

/* ... another one than `state` */
static int
last_other(int i, enum state state)
{
	while ((i = last_proof(i)) >= 0 && line[i].state == state)
		;
	return i;
}

static struct text
time_of(int i)
{
	return i < 0 ? NONE : line[i].at;
}

/* --- R1 ---------------------------------------------------------------------
 */

static void
first(void)
{
	struct event *e;

	if (line[0].state == DELETED)
		return;
	e = emit("listed", 0);
	e->earliest = get(0, "unseen_at");
	e->confidence = TEXT("observed");
	e->evidence = get(0, "evidence");
	entered = *e;
	if (get(0, "relist_of").p == NULL)
		return;
	e = emit("relisted", 0);
	e->earliest = get(0, "unseen_at");
	e->other = get(0, "relist_of");
	e->evidence = get(0, "relist_by");
	e->confidence = TEXT("inferred");
	e->rule = is(e->evidence, "photo") ? TEXT("same-photo") :
	    is(e->evidence, "picture")     ? TEXT("same-picture") :
	                                     TEXT("same-text");
}

/* --- R2 ---------------------------------------------------------------------
 */

/* An event that line i said, entering its state. */
static struct event *
said(const char *type, int i)
{
	struct event *e = emit(type, i);
	int before = cur == MISSING ? exit_before :
	    gap >= 0                ? last_proof(gap) :
	                              last_other(i, line[i].state);

	said_before = before;

	e->earliest = time_of(before);
	e->evidence = get(i, "evidence");
	e->rule = get(i, "state_rule");
	e->confidence = e->rule.p == NULL ? TEXT("observed") : TEXT("inferred");
	enter(line[i].state, e);
	return e;
}

/* Since the last line that said anything, or lacked it: then it was away. */
static struct text
away(int i)
{
	while (--i >= 0)
		if (line[i].state == ABSENT)
			return get(i, "absent_from").p != NULL ?
			    get(i, "absent_from") :
			    line[i].at;
		else if (line[i].state != UNSAID)
			return line[i].at;
	return NONE;
}

static void
returned(int i)
{
	struct event *e = said("returned", i);

	e->earliest = entered.earliest = away(i);
	if (line[i].state == RESERVED) {
		e = said("reserved", i);
		e->earliest = entered.earliest = away(i);
	}
}

/* Opened by a page, or by a seller who is gone: no counters belong to it. */
static bool
weak(void)
{
	return line[gap].state == UNSAID || yes(gap, "seller_gone");
}

static struct text
evidence_of(int i)
{
	if (line[i].state == ABSENT && yes(i, "seller_gone"))
		return TEXT("404 of the seller");
	if (line[i].state == ABSENT)
		return ABSENCE;
	if (line[i].state == UNSAID)
		return get(claim, "evidence");
	return get(i, "evidence");
}

static void
vanished(int i, const char *reason, size_t n, int exit_at)
{
	struct event *e = emit("vanished", i);

	e->earliest = time_of(last_proof(exit_at));
	e->confidence = TEXT("unknown");
	e->reason = (struct text){ reason, n };
	e->evidence = evidence_of(i);
	exit_before = last_proof(exit_at);
	missing_event = nevents - 1;
	enter(MISSING, e);
}
#define VANISHED(i, reason, exit_at)                                           \
	vanished(i, "\"" reason "\"", sizeof reason + 1, exit_at)

static bool
late(int i)
{
	int k;

	for (k = i - 1; k >= 0; k--)
		if (line[k].state == LIVE || line[k].state == RESERVED ||
		    line[k].state == HIDDEN)
			break;
	return (double)(line[i].ms - line[k < 0 ? 0 : k].ms) >
	    sold_page_hours * 3600000;
}

/* all that speaks for a sale of what vanished, but for the last doubt */
static bool
adds_up(int a)
{
	return !yes(a, "unseen") && num(a, "g_most") >= 1 &&
	    num(a, "v") == num(a, "g") && num(a, "t") == num(a, "n") &&
	    num(a, "returns") == 0 && num(a, "item_days") <= item_days &&
	    yes(a, "baseline");
}

static bool
balanced(int a)
{
	return adds_up(a) && num(a, "pending") == 0;
}

/* Why a 404 proves nothing; NONE when it does. */
static struct text
nothing(int i)
{
	return yes(i, "seller_gone") ? TEXT("account-gone") :
	    yes(i, "banned")         ? TEXT("banned") :
	    yes(i, "on_holiday")     ? TEXT("holiday") :
	    late(i)                  ? TEXT("late-404") :
	                               NONE;
}

/* One that proves nothing leaves a gap open. */
static void
page_gone(int i)
{
	struct text why = nothing(i);

	if (gap >= 0 && why.p != NULL) {
		line[i].proof = false;
		return;
	}
	if (cur == SOLD || cur == DELETED)
		return;
	if (why.p != NULL) {
		line[i].proof = false;
		if (cur == HIDDEN && !is(why, "late-404"))
			return;
		if (cur == MISSING)
			event[missing_event].reason = entered.reason = why;
		else
			vanished(i, why.p, why.n, i);
	} else if (cur == MISSING && is(entered.reason, "contradiction")) {
		; /* the contradiction stays one */
	} else if (gap >= 0 && !weak() &&
	    (balanced(gap) || yes(gap, "doubted"))) {
		VANISHED(i, "contradiction", gap);
	} else {
		said("deleted", i);
		deleted_event = nevents - 1;
		deleted_before = said_before;
	}
}

/* R13: the sweep after the page says more were sold than can be */
static void
doubt(void)
{
	struct event *e = &event[deleted_event];

	if (cur != DELETED || !is(entered.confidence, "observed"))
		return;
	e->type = "vanished";
	e->confidence = TEXT("unknown");
	e->reason = TEXT("contradiction");
	missing_event = deleted_event;
	exit_before = deleted_before;
	enter(MISSING, e);
}

static void
sold(int i)
{
	struct event *e;

	if (cur != SOLD) {
		said("sold", i);
		sold_event = nevents - 1;
		return;
	}
	e = &event[sold_event];
	if (e->rule.p != NULL && get(i, "state_rule").p == NULL) {
		e->rule = entered.rule = NONE;
		e->confidence = entered.confidence = TEXT("observed");
		e->evidence = entered.evidence = get(i, "evidence");
	}
}

/* A sale that only a rule told of, and then it is there again. */
static void
withdraw_sale(void)
{
	struct event *e = &event[sold_event];

	e->type = "vanished";
	e->confidence = TEXT("unknown");
	e->rule = NONE;
	e->reason = TEXT("came-back");
	missing_event = sold_event;
	exit_before = -1;
	enter(MISSING, e);
}

static void
close_gap(int i)
{
	struct event *e;

	if (cur == RESERVED && line[i].state == RESERVED)
		return;
	if (!weak() && (yes(gap, "on_holiday") || yes(gap, "banned"))) {
		e = emit("hidden", gap);
		e->earliest = time_of(last_proof(gap));
		e->confidence = TEXT("inferred");
		e->rule =
		    yes(gap, "on_holiday") ? TEXT("holiday") : TEXT("banned");
		e->evidence = ABSENCE;
		enter(HIDDEN, e);
	} else {
		VANISHED(gap, "came-back", gap);
	}
}

/* There is no event of it, but a state with its own evidence. */
static void
first_live(int i)
{
	said("live", i);
	if (i == 0)
		entered.earliest = get(0, "unseen_at");
	nevents--;
}

static void
said_state(int i)
{
	enum state new = line[i].state;

	if (gap >= 0 && (new == LIVE || new == RESERVED))
		close_gap(i);
	if (cur == SOLD && event[sold_event].rule.p != NULL &&
	    (new == LIVE || new == RESERVED))
		withdraw_sale();

	if (new == DELETED)
		page_gone(i);
	else if (new == SOLD)
		sold(i);
	else if (new == cur || (cur == SOLD && new != LIVE))
		;
	else if (new == HIDDEN)
		said("hidden", i);
	else if (cur == HIDDEN || cur == DELETED || cur == MISSING ||
	    cur == SOLD)
		returned(i);
	else if (new == RESERVED)
		said("reserved", i);
	else if (cur == RESERVED)
		said("unreserved", i);
	else
		first_live(i);
	if (new != DELETED || line[i].proof)
		gap = -1;
}

/* --- R3: the end comes while a gap is open -----------------------------------
 */

static struct event *
inferred(const char *type, enum state state, struct text rule)
{
	struct event *e = emit(type, gap);
	struct text told = get(gap, "counted_at");

	e->earliest = time_of(last_proof(gap));
	if (state == SOLD && told.p != NULL && instant(told) > e->ms) {
		e->latest = told;
		e->ms = instant(told);
	}
	e->confidence = TEXT("inferred");
	e->rule = rule;
	e->evidence = evidence_of(gap);
	enter(state, e);
	/* it left before it was counted */
	if (state == SOLD)
		gone_since = line[gap].at;
	return e;
}

static struct text
relist_to(void)
{
	struct text t = NONE;
	int i;

	for (i = 0; i < nlines; i++)
		if (get(i, "relist_to").p != NULL)
			t = get(i, "relist_to");
	return t;
}

/* What left, less what other pages settled, is what was sold. */
static bool
borne_out(int a)
{
	double left = num(a, "v") - num(a, "cleared") - num(a, "kept");
	double total = num(a, "n") - num(a, "cleared");

	return claim >= 0 && !yes(a, "unseen") && left >= 1 &&
	    left == num(a, "g") &&
	    (num(a, "t") == total || num(a, "t") == total - num(a, "kept")) &&
	    num(a, "g_most") >= 1 && num(a, "returns") == 0 &&
	    num(a, "item_days") <= item_days && yes(a, "baseline") &&
	    num(a, "pending") == 0;
}

static void
judge_gap(void)
{
	bool away_all = yes(gap, "on_holiday") || yes(gap, "banned");
	struct text most = get(gap, "g_most");

	if (relist_to().p != NULL) {
		inferred("deleted", DELETED, TEXT("relisted"))->other =
		    relist_to();
	} else if (weak() && line[gap].state == ABSENT)
		VANISHED(gap, "account-gone", gap);
	else if (weak())
		VANISHED(gap, "no-product", gap);
	else if (away_all && number(most) == 0)
		inferred("hidden", HIDDEN,
		    yes(gap, "on_holiday") ? TEXT("holiday") : TEXT("banned"));
	else if (!yes(gap, "ripe") && !yes(gap, "fell"))
		VANISHED(gap, "lag", gap);
	else if (yes(gap, "fell"))
		VANISHED(gap, "counters-fell", gap);
	else if (balanced(gap))
		inferred("sold", SOLD, TEXT("counters"));
	else if (borne_out(gap)) {
		struct event *e =
		    inferred("sold", SOLD, get(claim, "state_rule"));

		e->evidence = entered.evidence = get(claim, "evidence");
	} else if (adds_up(gap))
		VANISHED(gap, "reserved-before", gap);
	else if (number(most) == 0 && num(gap, "g") == 0 &&
	    !yes(gap, "unseen") && num(gap, "t") == num(gap, "n") &&
	    num(gap, "returns") == 0 && yes(gap, "baseline") &&
	    num(gap, "item_days") <= item_days) {
		if (cur != RESERVED)
			inferred("reserved", RESERVED, TEXT("still-counted"));
	} else if (number(most) == 0)
		VANISHED(gap, "not-sold", gap);
	else if (away_all)
		VANISHED(gap, "holiday", gap);
	else if (!yes(gap, "baseline"))
		VANISHED(gap, "no-baseline", gap);
	else if (num(gap, "item_days") > item_days)
		VANISHED(gap, "busy", gap);
	else
		VANISHED(gap, "unbalanced", gap);
}

/* --- R4 ---------------------------------------------------------------------
 */

static struct event *
repriced(int i, int before, struct text cause, struct text evidence)
{
	struct event *e = emit("repriced", i);

	e->earliest = line[before].at;
	e->cause = cause;
	e->evidence = evidence;
	e->old = get(before, "price");
	e->new = get(i, "price");
	e->currency = get(i, "currency");
	e->confidence = TEXT("observed");
	return e;
}

static struct text
cut(int i)
{
	return num(i, "alike") >= 0.5 && num(i, "alike_n") >= 3 ?
	    TEXT("wardrobe") :
	    TEXT("seller");
}

/* The seller's price that a line tells, and in which money; else NONE. */
static bool
has_own(int i)
{
	return get(i, "seller_price").p != NULL &&
	    get(i, "seller_currency").p != NULL;
}

static struct text
own(int i)
{
	if (has_own(i))
		return get(i, "seller_price");
	if (yes(i, "home") ||
	    (get(i, "seller_currency").p != NULL &&
	        same(get(i, "seller_currency"), get(i, "currency"))))
		return get(i, "price");
	return NONE;
}

static struct text
own_money(int i)
{
	return get(i, has_own(i) ? "seller_currency" : "currency");
}

static bool
same_place(int i, int k)
{
	return get(k, "price").p != NULL && same(line[k].site, line[i].site) &&
	    same(get(k, "currency"), get(i, "currency"));
}

/* The next line from i on, by steps of `step`, that tells it; -1: none. */
static int
next_own(int i, int step)
{
	int k = i;

	while ((k += step) >= 0 && k < nlines)
		if (same_place(i, k) && own(k).p != NULL)
			return k;
	return -1;
}

/* Only the shown price is known: does the common ratio tell it? */
static void
by_rate(int i, int k)
{
	double r = num(i, "rate") / num(k, "rate");
	double e = fabs(num(i, "rate_err") - num(k, "rate_err")) + 1e-9;
	double p1 = num(k, "price"), p2 = num(i, "price"), lo, hi;
	struct event *ev;

	lo = (p2 - 0.005) / (p1 + 0.005);
	hi = (p2 + 0.005) / (p1 - 0.005);
	if (isnan(r) || isnan(e)) {
		ev = repriced(i, k, TEXT("unknown"), TEXT("price"));
		ev->confidence = TEXT("unknown");
		ev->reason = TEXT("no-rate");
		return;
	}
	if (p1 > 0.005 && (hi < r * (1 - e) || lo > r * (1 + e))) {
		ev = repriced(i, k, cut(i), TEXT("rate"));
	} else if (p1 > 0.005 && (hi - lo) / r + 2 * e < 0.01) {
		ev = repriced(i, k, TEXT("rate"), TEXT("rate"));
	} else {
		ev = repriced(i, k, TEXT("unknown"), TEXT("rate"));
		ev->confidence = TEXT("unknown");
		ev->reason = TEXT("rounding");
		return;
	}
	ev->confidence = TEXT("inferred");
	ev->rule = TEXT("common-ratio");
}

static void
by_own(int i, int q)
{
	struct text how =
	    has_own(i) && has_own(q) ? TEXT("seller_price") : TEXT("home");
	struct event *e;

	if (same_amount(own(q), own(i))) {
		if (!same_amount(get(q, "price"), get(i, "price")))
			repriced(i, q, TEXT("rate"), how);
		return;
	}
	e = repriced(i, q, cut(i), how);
	e->old = own(q);
	e->new = own(i);
	e->currency = own_money(i);
}

static void
by_shown(int i, int k)
{
	struct event *e;
	bool rated = get(i, "rate").p != NULL && get(k, "rate").p != NULL &&
	    get(i, "rate_err").p != NULL && get(k, "rate_err").p != NULL;

	/* not of two that tell it in two currencies */
	if ((own(i).p == NULL && own(k).p == NULL) ||
	    (rated && (own(i).p == NULL || own(k).p == NULL))) {
		by_rate(i, k);
		return;
	}
	e = repriced(i, k, TEXT("unknown"), TEXT("price"));
	e->confidence = TEXT("unknown");
	e->reason = TEXT("unlike");
}

static void
price(int i)
{
	int k = i, q, next, events = nevents;
	struct event *e;

	if (get(i, "price").p == NULL)
		return;
	while (--k >= 0 && !same_place(i, k))
		;
	if (k < 0)
		return;
	q = next_own(i, -1);
	next = own(i).p != NULL ? i : next_own(i, 1);
	if (q >= 0 && next >= 0 && same(own_money(q), own_money(next))) {
		if (next == i) /* else it will tell */
			by_own(i, q);
	} else if (!same_amount(get(k, "price"), get(i, "price"))) {
		by_shown(i, k);
	}
	if (nevents == events && get(k, "total_price").p != NULL &&
	    get(i, "total_price").p != NULL &&
	    same_amount(get(k, "price"), get(i, "price")) &&
	    !same_amount(get(k, "total_price"), get(i, "total_price"))) {
		e = repriced(i, k, TEXT("fee"), TEXT("total_price"));
		e->old = get(k, "total_price");
		e->new = get(i, "total_price");
	}
}

/* --- R5 ---------------------------------------------------------------------
 */

static void
promoted(int i)
{
	struct event *e;
	int k = i;

	if (!yes(i, "promoted"))
		return;
	while (--k >= 0)
		if (get(k, "promoted").p != NULL &&
		    same(get(k, "kind"), get(i, "kind")))
			break;
	if (k < 0 || !no(k, "promoted"))
		return;
	e = emit("promoted", i);
	e->earliest = line[k].at;
	e->confidence = TEXT("observed");
	e->evidence = TEXT("promoted");
}

/* --- one item
 * ----------------------------------------------------------------- */

/* Numbered within the type by (latest, order of emission). */
static void
number_events(void)
{
	int i, k;

	for (i = 0; i < nevents; i++)
		for (event[i].number = 1, k = 0; k < nevents; k++)
			if (strcmp(event[k].type, event[i].type) == 0 &&
			    (event[k].ms < event[i].ms ||
			        (event[k].ms == event[i].ms && k < i)))
				event[i].number++;
}

static void
print_event(const struct event *e)
{
	const char *comma = "";

	printf("{\"event\":{");
	print_member(&comma, "item_id", get(0, "item_id"));
	printf(",\"type\":\"%s\",\"number\":%d", e->type, e->number);
	print_member(&comma, "site", e->site);
	print_member(&comma, "earliest", e->earliest);
	print_member(&comma, "latest", e->latest);
	print_member(&comma, "old", e->old);
	print_member(&comma, "new", e->new);
	print_member(&comma, "currency", e->currency);
	print_member(&comma, "cause", e->cause);
	print_member(&comma, "confidence", e->confidence);
	print_member(&comma, "rule", e->rule);
	print_member(&comma, "reason", e->reason);
	print_member(&comma, "evidence", e->evidence);
	print_member(&comma, "other_id", e->other);
	puts("}}");
}

/* A member of the last line that has another: a currency belongs to a price. */
static struct text
last_known(const char *name, const char *with)
{
	int i = nlines;

	while (--i >= 0)
		if (get(i, with).p != NULL)
			return get(i, name);
	return NONE;
}

static struct text
first_known(const char *name)
{
	int i;

	for (i = 0; i < nlines; i++)
		if (get(i, name).p != NULL)
			return get(i, name);
	return NONE;
}

static bool
sight(int i)
{
	return line[i].state != ABSENT && line[i].state != DELETED;
}

static void
print_state(void)
{
	static const char *word[] = { "", "live", "reserved", "hidden", "sold",
		"deleted", "missing" };
	static const char *money[][2] = { { "price", "price" },
		{ "currency", "price" }, { "seller_price", "seller_price" },
		{ "seller_currency", "seller_price" },
		{ "total_price", "total_price" },
		{ "favourite_count", "favourite_count" } };
	int first_seen = 0, last_seen = nlines - 1, reprices = 0, i;
	const char *comma = "";
	size_t k;

	while (first_seen < nlines && !sight(first_seen))
		first_seen++;
	while (last_seen >= 0 && !sight(last_seen))
		last_seen--;
	for (i = 0; i < nevents; i++)
		reprices += strcmp(event[i].type, "repriced") == 0;
	printf("{\"state\":{");
	print_member(&comma, "item_id", get(0, "item_id"));
	print_member(&comma, "site", last_known("site", "site"));
	if (cur == UNSAID) /* seen, but by shapes that say nothing */
		entered = (struct event){ .confidence = TEXT("unknown"),
			.reason = TEXT("no-state") };
	else
		printf(",\"state\":\"%s\"", word[cur]);
	print_member(&comma, "confidence", entered.confidence);
	print_member(&comma, "rule", entered.rule);
	print_member(&comma, "reason", entered.reason);
	print_member(&comma, "evidence", entered.evidence);
	print_member(&comma, "earliest", entered.earliest);
	print_member(&comma, "latest", entered.latest);
	print_member(&comma, "first_seen",
	    first_seen < nlines ? line[first_seen].at : NONE);
	print_member(&comma, "last_seen", time_of(last_seen));
	print_member(&comma, "observed_at", line[nlines - 1].at);
	if (cur != UNSAID && cur != LIVE && cur != RESERVED)
		print_member(&comma, "gone_since", gone_since);
	for (k = 0; k < sizeof money / sizeof *money; k++)
		print_member(&comma, money[k][0],
		    last_known(money[k][0], money[k][1]));
	print_member(&comma, "listed_price", first_known("price"));
	printf(",\"repriced\":%d}}\n", reprices);
}

static void
item(void)
{
	int i;

	if (nlines == 0)
		return;
	cur = UNSAID;
	gap = -1;
	nevents = 0;
	entered = (struct event){ .type = NULL };
	first();
	for (i = 0; i < nlines; i++) {
		price(i);
		promoted(i);
		if (line[i].state == ABSENT) {
			if (yes(i, "doubted"))
				doubt();
			if ((gap < 0 || weak()) &&
			    (cur == UNSAID || cur == LIVE || cur == RESERVED)) {
				claim = gap < 0 ? -1 : claim;
				gap = i;
			}
		} else if (line[i].state != UNSAID) {
			said_state(i);
		} else if (get(i, "state_rule").p != NULL &&
		    (cur == UNSAID || cur == LIVE || cur == RESERVED)) {
			gap = gap < 0 ? i : gap;
			claim = i;
		}
	}
	if (gap >= 0)
		judge_gap();
	number_events();
	for (i = 0; i < nevents; i++)
		print_event(&event[i]);
	print_state();
	for (i = 0; i < nlines; i++)
		free(line[i].copy);
	nlines = 0;
}

static void
add(const char *text)
{
	struct line next = { .copy = strdup(text) };

	object_read(&next.o, next.copy);
	if (nlines > 0 && !same(member(&next.o, "item_id"), get(0, "item_id")))
		item();
	next.at = member(&next.o, "observed_at");
	next.ms = instant(next.at);
	next.site = member(&next.o, "site");
	next.state = state_of(member(&next.o, "state"));
	next.proof = next.state != UNSAID && next.state != ABSENT;
	if (nlines == MOST)
		json_bad("too many lines", text);
	line[nlines++] = next;
}

int
main(int argc, char *argv[])
{
	char *text = NULL;
	size_t cap = 0;
	int i;

	for (i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--item-days") == 0)
			item_days = atof(argv[i + 1]);
		else if (strcmp(argv[i], "--sold-page-hours") == 0)
			sold_page_hours = atof(argv[i + 1]);
		else
			break;
	if (i < argc) {
		fprintf(stderr,
		    "usage: oracle [--item-days N] "
		    "[--sold-page-hours N] <HISTORY\n");
		return 64;
	}
	while (getline(&text, &cap, stdin) > 0) {
		text[strcspn(text, "\n")] = '\0';
		add(text);
	}
	item();
	free(text);
	return ferror(stdin) || fflush(stdout) != 0;
}
