/*
 * vevents' rules, by small histories.  A history is a line a look: its day,
 * and members with ' for ".  What is wanted is the events, and behind the bar
 * the state, as said() and stands() write them.
 */
#include "vevents/gap.c"
#include "vevents/judge.c"
#include "vevents/look.c"
#include "vevents/price.c"

#include "clock.h"
#include "line.h"
#include "test.h"

#define BASE INT64_C(1788220800000) /* 2026-09-01, day 1, in ms */
#define DAY_MS INT64_C(86400000)

static struct look_reader reader;
static struct judge judge;

/* ---- a history in ---- */

static void
add_look(struct buf *b, const char *line, size_t len)
{
	char *members, at[CLOCK_LEN];
	double day = strtod(line, &members);
	size_t i, n = len - (size_t)(members - line);

	clock_format(BASE + (int64_t)((day - 1) * (double)DAY_MS), at);
	buf_addf(b, "{\"item_id\":\"i\",\"observed_at\":\"%s\"%s", at,
	    n > 1 ? "," : "");
	for (i = 0; i < n; i++)
		buf_addc(b, members[i] == '\'' ? '"' : members[i]);
	buf_addc(b, '}');
}

static void
follow(const char *history)
{
	struct buf b = { 0 };
	const char *line, *end;
	struct look l;
	const char *why;

	for (line = history; *line != '\0'; line = end + (*end == '\n')) {
		end = strchrnul(line, '\n');
		buf_reset(&b);
		add_look(&b, line, (size_t)(end - line));
		buf_grow(&b, LINE_PADDING);
		if (!look_read(&reader, buf_slice(&b), &l)) {
			fprintf(stderr, "%s: %s\n", b.data, reader.why);
			test_failures++;
		} else if (!judge_line(&judge, &l, &why)) {
			fprintf(stderr, "%s: %s\n", b.data, why);
			test_failures++;
		}
	}
	buf_release(&b);
}

/* ---- what came of it ---- */

static void
add_day(struct buf *b, const struct moment *m)
{
	if (m->len == 0)
		buf_addc(b, '-');
	else
		buf_addf(b, "%g",
		    (double)(m->us / 1000 - BASE) / (double)DAY_MS + 1);
}

static void
add_word(struct buf *b, const char *before, struct slice s)
{
	if (s.p != NULL)
		buf_addf(b, "%s%.*s", before, SLICE_ARG(s));
}

/* "repriced 10>9 EUR by seller (1,2] observed, rule R, reason R, EVIDENCE" */
static void
said(struct buf *b, const struct event *e)
{
	buf_addf(b, "%s%s", b->len ? "\n" : "", event_names[e->type]);
	if (e->number > 1)
		buf_addf(b, "#%u", e->number);
	add_word(b, " ", judge_text(&judge, e->old));
	add_word(b, ">", judge_text(&judge, e->new));
	add_word(b, " ", judge_text(&judge, e->currency));
	add_word(b, " by ", slice_of(e->cause));
	buf_adds(b, " (");
	add_day(b, &e->earliest);
	buf_addc(b, ',');
	add_day(b, &e->latest);
	buf_addf(b, "] %s", confidence_names[e->confidence]);
	add_word(b, ", rule ", judge_text(&judge, e->rule));
	add_word(b, ", reason ", slice_of(e->reason));
	add_word(b, ", other ", judge_text(&judge, e->other));
	if (!slice_is(judge_text(&judge, e->evidence), EVIDENCE))
		add_word(b, ", ", judge_text(&judge, e->evidence));
	else
		buf_adds(b, ", sweep");
}

/* "sold (1,2] observed, gone 2, seen 1-2, at 3" */
static void
stands(struct buf *b)
{
	const struct entered *in = &judge.item.in;
	const char *name = state_names[judge.item.state];

	buf_addf(b, " | %s (", name != NULL ? name : "nothing");
	add_day(b, &in->earliest);
	buf_addc(b, ',');
	add_day(b, &in->latest);
	buf_addf(b, "] %s", confidence_names[in->confidence]);
	add_word(b, ", rule ", judge_text(&judge, in->rule));
	add_word(b, ", reason ", slice_of(in->reason));
	buf_adds(b, ", gone ");
	add_day(b, &judge.item.gone_since);
	buf_adds(b, ", seen ");
	add_day(b, &judge.item.first_seen);
	buf_addc(b, ':');
	add_day(b, &judge.item.last_seen);
}

/* The first line of what is wanted stands for its place in this file. */
static void
expect(int line, const char *history, const char *want, bool state)
{
	struct buf b = { 0 };
	size_t i;

	follow(history);
	judge_end(&judge);
	for (i = 0; i < judge.n; i++)
		said(&b, &judge.events[i]);
	if (state)
		stands(&b);
	if (strcmp(b.data, want) != 0) {
		fprintf(stderr, "%s:%d: of\n%s\nhave:\n%s\nwant:\n%s\n",
		    __FILE__, line, history, b.data, want);
		test_failures++;
	}
	buf_release(&b);
	judge_reset(&judge);
}

#define EXPECT(history, want) expect(__LINE__, history, want, true)
/* Without the state. */
#define EVENTS(history, want) expect(__LINE__, history, want, false)

/* ---- R1 ---- */

static void
listed(void)
{
	EXPECT("2 'state':'live','evidence':'present',"
	       "'unseen_at':'2026-09-01T00:00:00Z'",
	    "listed (1,2] observed, present"
	    " | live (1,2] observed, gone -, seen 2:2");
	EXPECT("1 'price':3",
	    "listed (-,1] observed"
	    " | nothing (-,-] unknown, reason no-state, gone -, seen 1:1");
	EXPECT("1 'price':3\n2 'state':'live'",
	    "listed (-,1] observed"
	    " | live (-,2] observed, gone -, seen 1:2");
	EXPECT("1 'state':'sold','evidence':'is_closed'",
	    "listed (-,1] observed, is_closed\n"
	    "sold (-,1] observed, is_closed"
	    " | sold (-,1] observed, gone 1, seen 1:1");
	EXPECT("1 'state':'gone','evidence':'404'",
	    "deleted (-,1] observed, 404"
	    " | deleted (-,1] observed, gone 1, seen -:-");
	EXPECT("1 'state':'gone'\n3 'state':'live'",
	    "deleted (-,1] observed\n"
	    "returned (1,3] observed"
	    " | live (1,3] observed, gone -, seen 3:3");
	EVENTS("2 'state':'live','relist_of':'old','relist_by':'photo',"
	       "'unseen_at':'2026-09-01T00:00:00Z'",
	    "listed (1,2] observed\n"
	    "relisted (1,2] inferred, rule same-photo, other old, photo");
	EVENTS("2 'relist_of':77,'relist_by':'picture'",
	    "listed (-,2] observed\n"
	    "relisted (-,2] inferred, rule same-picture, other 77, picture");
	EVENTS("2 'relist_of':77,'relist_by':'text'",
	    "listed (-,2] observed\n"
	    "relisted (-,2] inferred, rule same-text, other 77, text");
	/* on the first line only */
	EVENTS("1\n2 'relist_of':'old','relist_by':'photo',"
	       "'unseen_at':'2026-09-01T00:00:00Z'",
	    "listed (-,1] observed");
}

/* ---- R2 ---- */

static void
states(void)
{
	EXPECT("1 'state':'live'\n2 'state':'live'\n3 'state':'reserved'\n"
	       "4 'state':'reserved'\n5 'state':'live'",
	    "listed (-,1] observed\n"
	    "reserved (2,3] observed\n"
	    "unreserved (4,5] observed"
	    " | live (4,5] observed, gone -, seen 1:5");
	EXPECT("1 'state':'live'\n2 'state':'reserved'\n"
	       "3 'state':'sold','evidence':'item_status'",
	    "listed (-,1] observed\n"
	    "reserved (1,2] observed\n"
	    "sold (2,3] observed, item_status"
	    " | sold (2,3] observed, gone 3, seen 1:3");
	EXPECT("1 'state':'live'\n2 'state':'hidden'\n3 'state':'live'",
	    "listed (-,1] observed\n"
	    "hidden (1,2] observed\n"
	    "returned (2,3] observed"
	    " | live (2,3] observed, gone -, seen 1:3");
	EXPECT("1 'state':'live'\n2 'state':'hidden'\n3 'state':'reserved'",
	    "listed (-,1] observed\n"
	    "hidden (1,2] observed\n"
	    "returned (2,3] observed\n"
	    "reserved (2,3] observed"
	    " | reserved (2,3] observed, gone -, seen 1:3");
	/* an exit lasts until the item is back: sold on day 4, gone on 2 */
	EXPECT("1 'state':'live'\n2 'state':'hidden'\n4 'state':'sold'",
	    "listed (-,1] observed\n"
	    "hidden (1,2] observed\n"
	    "sold (2,4] observed"
	    " | sold (2,4] observed, gone 2, seen 1:4");
	/* a line that says nothing is no bound */
	EVENTS("1 'state':'live'\n2\n3 'state':'sold'",
	    "listed (-,1] observed\nsold (1,3] observed");
	EVENTS("1\n2\n3 'state':'reserved'",
	    "listed (-,1] observed\nreserved (-,3] observed");
}

static void
sold_beats(void)
{
	EXPECT("1 'state':'live'\n2 'state':'sold'\n3 'state':'reserved'\n"
	       "4 'state':'hidden'\n5 'state':'gone'\n30 'state':'gone'",
	    "listed (-,1] observed\nsold (1,2] observed"
	    " | sold (1,2] observed, gone 2, seen 1:4");
	EXPECT("1 'state':'live'\n2 'state':'sold'\n3 'state':'live'",
	    "listed (-,1] observed\nsold (1,2] observed\n"
	    "returned (2,3] observed"
	    " | live (2,3] observed, gone -, seen 1:3");
	/* what said something last is the bound, even if it was ignored */
	EVENTS("1 'state':'sold'\n2 'state':'hidden'\n3 'state':'live'\n"
	       "4 'state':'sold'",
	    "listed (-,1] observed\nsold (-,1] observed\n"
	    "returned (2,3] observed\nsold#2 (3,4] observed");
}

static void
inferred_sold(void)
{
	EXPECT("1 'state':'live'\n"
	       "2 'state':'sold','state_rule':'no-product','evidence':'page'",
	    "listed (-,1] observed\n"
	    "sold (1,2] inferred, rule no-product, page"
	    " | sold (1,2] inferred, rule no-product, gone 2, seen 1:2");
	/* said by the site later: one event, the first interval */
	EXPECT("1 'state':'live'\n"
	       "2 'state':'sold','state_rule':'no-product','evidence':'page'\n"
	       "3 'state':'hidden'\n4 'state':'sold','evidence':'item_status'\n"
	       "5 'state':'sold','state_rule':'no-product','evidence':'page'",
	    "listed (-,1] observed\nsold (1,2] observed, item_status"
	    " | sold (1,2] observed, gone 2, seen 1:5");
	EVENTS("1 'state':'sold','state_rule':'x'\n"
	       "2 'state':'sold','state_rule':'y'",
	    "listed (-,1] observed\nsold (-,1] inferred, rule x");
	/* a sale that was none */
	EXPECT("1 'state':'live'\n2 'state':'sold','state_rule':'no-product'\n"
	       "3 'state':'live'",
	    "listed (-,1] observed\n"
	    "vanished (1,2] unknown, reason came-back\n"
	    "returned (2,3] observed"
	    " | live (2,3] observed, gone -, seen 1:3");
	EXPECT("1 'state':'live'\n2 'state':'sold','state_rule':'no-product'\n"
	       "3 'state':'gone'\n4 'state':'reserved'",
	    "listed (-,1] observed\n"
	    "vanished (1,2] unknown, reason came-back\n"
	    "returned (3,4] observed\nreserved (3,4] observed"
	    " | reserved (3,4] observed, gone -, seen 1:4");
	/* the site said it in between: that sale stays */
	EVENTS("1 'state':'sold','state_rule':'no-product'\n"
	       "2 'state':'sold'\n3 'state':'live'",
	    "listed (-,1] observed\nsold (-,1] observed\n"
	    "returned (2,3] observed");
	/* other states may be inferred as well */
	EVENTS("1 'state':'live'\n2 'state':'hidden','state_rule':'x'",
	    "listed (-,1] observed\nhidden (1,2] inferred, rule x");
}

/* A rule that is named without a state: the counters bear it out, or do not. */
#define LEFT                                                                   \
	"1 'state':'live'\n3 'state':'absent','absent_from':"                  \
	"'2026-09-02T23:00:00Z','baseline':true,'ripe':true,'item_days':9,"    \
	"'returns':0,'pending':0,'g_most':1,"
#define PAGE "4 'state_rule':'no-product','evidence':'no ld+json'"

static void
claimed(void)
{
	/* one of two left was deleted, by its page: the other was sold */
	EXPECT(LEFT "'g':1,'t':-1,'v':2,'n':0,'cleared':1,'kept':0\n" PAGE,
	    "listed (-,1] observed\n"
	    "sold (1,3] inferred, rule no-product, no ld+json"
	    " | sold (1,3] inferred, rule no-product, gone 3, seen 1:4");
	/* of two the other is reserved, counted in the total or not */
	EVENTS(LEFT "'g':1,'t':0,'v':2,'n':0,'cleared':0,'kept':1\n" PAGE,
	    "listed (-,1] observed\nsold (1,3] inferred, rule no-product, no "
	    "ld+json");
	EVENTS(LEFT "'g':1,'t':-1,'v':2,'n':0,'cleared':0,'kept':1\n" PAGE,
	    "listed (-,1] observed\nsold (1,3] inferred, rule no-product, no "
	    "ld+json");
	/* fewer were sold than left, more, or a quick sale is in it */
	EVENTS(LEFT "'g':1,'t':-1,'v':3,'n':0,'cleared':1,'kept':0\n" PAGE,
	    "listed (-,1] observed\nvanished (1,3] unknown, reason unbalanced, "
	    "sweep");
	EVENTS(LEFT "'g':2,'t':-1,'v':2,'n':0,'cleared':1,'kept':0\n" PAGE,
	    "listed (-,1] observed\nvanished (1,3] unknown, reason unbalanced, "
	    "sweep");
	EVENTS(LEFT "'g':1,'t':0,'v':2,'n':0,'cleared':1,'kept':0\n" PAGE,
	    "listed (-,1] observed\nvanished (1,3] unknown, reason unbalanced, "
	    "sweep");
	/* nobody knows what the other pages said; or there was no such page */
	EVENTS(LEFT "'g':1,'t':-1,'v':2,'n':0\n" PAGE,
	    "listed (-,1] observed\nvanished (1,3] unknown, reason unbalanced, "
	    "sweep");
	EVENTS(LEFT "'g':1,'t':-1,'v':2,'n':0,'cleared':1,'kept':0",
	    "listed (-,1] observed\nvanished (1,3] unknown, reason unbalanced, "
	    "sweep");
	/* without a sweep it is out of sight; a later sweep has the counters */
	EXPECT("1 'state':'live'\n" PAGE,
	    "listed (-,1] observed\n"
	    "vanished (1,4] unknown, reason no-product, no ld+json"
	    " | missing (1,4] unknown, reason no-product, gone 4, seen 1:4");
	EVENTS("1 'state':'reserved'\n" PAGE "\n5 'state':'reserved'",
	    "listed (-,1] observed\nreserved (-,1] observed");
	EVENTS("1 'state':'live'\n2 'state_rule':'no-product','evidence':'no "
	       "ld+json'\n"
	       "3 'state':'absent','baseline':true,'ripe':true,'item_days':9,"
	       "'returns':0,'pending':0,'g_most':1,'g':1,'t':-1,'v':2,'n':0,"
	       "'cleared':1,'kept':0",
	    "listed (-,1] observed\nsold (1,3] inferred, rule no-product, no "
	    "ld+json");
	/* it tells nothing of what is sold, hidden or gone already */
	EVENTS("1 'state':'hidden'\n" PAGE,
	    "listed (-,1] observed\nhidden (-,1] observed");
	EVENTS("1 'state':'live'\n" PAGE "\n5 'state':'live'",
	    "listed (-,1] observed\n"
	    "vanished (1,4] unknown, reason came-back, no ld+json\n"
	    "returned (1,5] observed");
}

/* The seller is banned, away or gone herself: a 404 of hers says nothing. */
static void
gone_with_her(void)
{
	EXPECT("1 'state':'live'\n2 'state':'gone','banned':true",
	    "listed (-,1] observed\nvanished (1,2] unknown, reason banned"
	    " | missing (1,2] unknown, reason banned, gone 2, seen 1:1");
	EVENTS("1 'state':'live'\n2 'state':'gone','on_holiday':true",
	    "listed (-,1] observed\nvanished (1,2] unknown, reason holiday");
	EVENTS("1 'state':'live'\n20 'state':'gone','seller_gone':true",
	    "listed (-,1] observed\n"
	    "vanished (1,20] unknown, reason account-gone");
	EVENTS("1 'state':'live'\n2 'state':'gone','banned':false",
	    "listed (-,1] observed\ndeleted (1,2] observed");
	/* what is hidden stays so, what is deleted, too */
	EVENTS("1 'state':'hidden'\n2 'state':'gone','banned':true",
	    "listed (-,1] observed\nhidden (-,1] observed");
	EVENTS("1 'state':'gone'\n2 'state':'gone','banned':true",
	    "deleted (-,1] observed");
	/* an account that vanished leaves nothing live */
	EXPECT("1 'state':'live'\n3 'state':'absent','seller_gone':true",
	    "listed (-,1] observed\n"
	    "vanished (1,3] unknown, reason account-gone, 404 of the seller"
	    " | missing (1,3] unknown, reason account-gone, gone 3, seen 1:1");
	EVENTS("1 'state':'sold'\n3 'state':'absent','seller_gone':true",
	    "listed (-,1] observed\nsold (-,1] observed");
	EVENTS("1 'state':'live'\n3 'state':'absent','seller_gone':true\n"
	       "4 'state':'live'",
	    "listed (-,1] observed\n"
	    "vanished (1,3] unknown, reason came-back, 404 of the seller\n"
	    "returned (3,4] observed");
	/* she is back, and her sweep lacks it: the counters speak */
	EVENTS("1 'state':'live'\n3 'state':'absent','seller_gone':true\n"
	       "4 'state':'absent','ripe':false",
	    "listed (-,1] observed\nvanished (1,4] unknown, reason lag, sweep");
}

static void
gone(void)
{
	EXPECT("1 'state':'live'\n11 'state':'gone','evidence':'404'",
	    "listed (-,1] observed\ndeleted (1,11] observed, 404"
	    " | deleted (1,11] observed, gone 11, seen 1:1");
	/* a moment more than 240 hours */
	EXPECT("1 'state':'live'\n11.001 'state':'gone','evidence':'404'",
	    "listed (-,1] observed\n"
	    "vanished (1,11.001] unknown, reason late-404, 404"
	    " | missing (1,11.001] unknown, reason late-404, gone 11.001,"
	    " seen 1:1");
	/* from the first line when none said a state */
	EVENTS("1\n8\n11 'state':'gone'",
	    "listed (-,1] observed\ndeleted (-,11] observed");
	EVENTS("1\n8\n12 'state':'gone'",
	    "listed (-,1] observed\n"
	    "vanished (-,12] unknown, reason late-404");
	EVENTS("1 'state':'live'\n2 'state':'gone'\n3 'state':'gone'\n"
	       "30 'state':'gone'",
	    "listed (-,1] observed\ndeleted (1,2] observed");
	/* the page said sold after all */
	EXPECT("1 'state':'live'\n2 'state':'gone'\n3 'state':'sold'",
	    "listed (-,1] observed\ndeleted (1,2] observed\n"
	    "sold (2,3] observed"
	    " | sold (2,3] observed, gone 2, seen 1:3");
	/* a state behind a 404 that proved nothing: from before it */
	EVENTS("1 'state':'live'\n20 'state':'gone'\n21 'state':'sold'",
	    "listed (-,1] observed\n"
	    "vanished (1,20] unknown, reason late-404\n"
	    "sold (1,21] observed");
	EVENTS("1 'state':'live'\n20 'state':'gone'\n21 'state':'live'",
	    "listed (-,1] observed\n"
	    "vanished (1,20] unknown, reason late-404\n"
	    "returned (20,21] observed");
}

/* ---- R3 ---- */

#define LIVE "1 'state':'live'\n"
#define ABSENT "3 'state':'absent','absent_from':'2026-09-02T12:00:00Z'"
#define SEEN "listed (-,1] observed\n"
#define BALANCED                                                               \
	",'ripe':true,'fell':false,'baseline':true,'g_most':1,"                \
	"'g':1,'t':0,'v':1,'n':0,'returns':0,'pending':0,'item_days':40"
#define UNSOLD                                                                 \
	",'ripe':true,'fell':false,'baseline':true,'g_most':0,"                \
	"'g':0,'t':0,'v':1,'n':0,'returns':0,'item_days':40"

static void
gap_ends_at_the_end(void)
{
	EXPECT(LIVE ABSENT,
	    SEEN "vanished (1,3] unknown, reason lag, sweep"
	         " | missing (1,3] unknown, reason lag, gone 3, seen 1:1");
	EXPECT(LIVE ABSENT BALANCED,
	    SEEN "sold (1,3] inferred, rule counters, sweep"
	         " | sold (1,3] inferred, rule counters, gone 3, seen 1:1");
	EXPECT(LIVE ABSENT UNSOLD,
	    SEEN
	    "reserved (1,3] inferred, rule still-counted, sweep"
	    " | reserved (1,3] inferred, rule still-counted, gone -, seen 1:1");
	EXPECT("1 'state':'reserved'\n" ABSENT UNSOLD,
	    SEEN "reserved (-,1] observed"
	         " | reserved (-,1] observed, gone -, seen 1:1");
	/* a: relisted comes first */
	EVENTS(LIVE ABSENT BALANCED ",'relist_to':'new'",
	    SEEN "deleted (1,3] inferred, rule relisted, other new, sweep");
	EVENTS("1 'state':'live','relist_to':'new'\n" ABSENT BALANCED,
	    SEEN "deleted (1,3] inferred, rule relisted, other new, sweep");
	EVENTS("1 'state':'live','relist_to':'new'", "listed (-,1] observed");
	/* b: away, and nothing was sold */
	EVENTS(LIVE ABSENT UNSOLD ",'on_holiday':true",
	    SEEN "hidden (1,3] inferred, rule holiday, sweep");
	EVENTS(LIVE ABSENT UNSOLD ",'banned':true",
	    SEEN "hidden (1,3] inferred, rule banned, sweep");
	EVENTS(LIVE ABSENT UNSOLD ",'banned':true,'on_holiday':true",
	    SEEN "hidden (1,3] inferred, rule holiday, sweep");
	/* c: not ripe, whatever the counts say */
	EVENTS(LIVE ABSENT BALANCED ",'ripe':false",
	    SEEN "vanished (1,3] unknown, reason lag, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'ripe':null",
	    SEEN "vanished (1,3] unknown, reason lag, sweep");
	/* ripe, but nothing was counted before */
	EVENTS(LIVE ABSENT BALANCED ",'g_most':null,'baseline':false",
	    SEEN "vanished (1,3] unknown, reason no-baseline, sweep");
	/* d */
	EVENTS(LIVE ABSENT BALANCED ",'fell':true",
	    SEEN "vanished (1,3] unknown, reason counters-fell, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'fell':true,'ripe':false,'g_most':null",
	    SEEN "vanished (1,3] unknown, reason counters-fell, sweep");
}

/* Every single doubt takes the sale away. */
static void
sale_needs_all(void)
{
	EVENTS(LIVE ABSENT BALANCED ",'g':2,'g_most':2",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'v':2",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'t':-1",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'n':1",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'returns':1",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'returns':null",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'t':null,'n':null",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'baseline':false",
	    SEEN "vanished (1,3] unknown, reason no-baseline, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'baseline':null",
	    SEEN "vanished (1,3] unknown, reason no-baseline, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'item_days':40.01",
	    SEEN "vanished (1,3] unknown, reason busy, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'pending':1",
	    SEEN "vanished (1,3] unknown, reason reserved-before, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'pending':null",
	    SEEN "vanished (1,3] unknown, reason reserved-before, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'pending':1,'v':2",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	/* what is gone then was not sold: no contradiction */
	EVENTS(LIVE ABSENT BALANCED ",'pending':1\n4 'state':'gone'",
	    SEEN "deleted (1,4] observed");
	EVENTS(LIVE ABSENT BALANCED ",'item_days':null",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	/* two of three vanished were sold */
	EVENTS(LIVE ABSENT BALANCED ",'g':2,'g_most':2,'v':3",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
	/* no sale can come of no sale */
	EVENTS(LIVE ABSENT UNSOLD ",'v':0",
	    SEEN "reserved (1,3] inferred, rule still-counted, sweep");
	/* away, but something was sold: away decides nothing */
	EVENTS(LIVE ABSENT BALANCED ",'g_most':2,'g':2,'on_holiday':true",
	    SEEN "vanished (1,3] unknown, reason holiday, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'on_holiday':true",
	    SEEN "sold (1,3] inferred, rule counters, sweep");
}

static void
unsold(void)
{
	EVENTS(LIVE ABSENT UNSOLD ",'t':-1",
	    SEEN "vanished (1,3] unknown, reason not-sold, sweep");
	EVENTS(LIVE ABSENT UNSOLD ",'item_days':41",
	    SEEN "vanished (1,3] unknown, reason not-sold, sweep");
	EVENTS(LIVE ABSENT UNSOLD ",'baseline':false",
	    SEEN "vanished (1,3] unknown, reason not-sold, sweep");
	EVENTS(LIVE ABSENT UNSOLD ",'returns':1",
	    SEEN "vanished (1,3] unknown, reason not-sold, sweep");
	/* the episode balances, but in this interval none was sold */
	EVENTS(LIVE ABSENT UNSOLD ",'g':1,'v':1",
	    SEEN "vanished (1,3] unknown, reason not-sold, sweep");
	EVENTS(LIVE ABSENT UNSOLD ",'g':null",
	    SEEN "vanished (1,3] unknown, reason not-sold, sweep");
}

static void
gap_ends_by_a_look(void)
{
	EXPECT(LIVE ABSENT BALANCED "\n4 'state':'live'",
	    SEEN "vanished (1,3] unknown, reason came-back, sweep\n"
	         "returned (2.5,4] observed"
	         " | live (2.5,4] observed, gone -, seen 1:4");
	EVENTS(LIVE ABSENT ",'on_holiday':true\n4 'state':'live'",
	    SEEN "hidden (1,3] inferred, rule holiday, sweep\n"
	         "returned (2.5,4] observed");
	EVENTS(LIVE ABSENT ",'banned':true\n4 'state':'reserved'",
	    SEEN "hidden (1,3] inferred, rule banned, sweep\n"
	         "returned (2.5,4] observed\nreserved (2.5,4] observed");
	/* reserved items are missing from wardrobes */
	EVENTS("1 'state':'reserved'\n" ABSENT "\n4 'state':'reserved'",
	    SEEN "reserved (-,1] observed");
	EVENTS("1 'state':'reserved'\n" ABSENT "\n4 'state':'live'",
	    SEEN "reserved (-,1] observed\n"
	         "vanished (1,3] unknown, reason came-back, sweep\n"
	         "returned (2.5,4] observed");
	EVENTS(LIVE ABSENT "\n4 'state':'sold'", SEEN "sold (1,4] observed");
	EVENTS(LIVE ABSENT BALANCED "\n4 'state':'hidden'",
	    SEEN "hidden (1,4] observed");
	EVENTS(LIVE ABSENT "\n4 'state':'gone'", SEEN "deleted (1,4] observed");
	/* a look that says nothing ends nothing */
	EVENTS(LIVE ABSENT BALANCED "\n4 'price':3",
	    SEEN "sold (1,3] inferred, rule counters, sweep");
	/* before any state was said */
	EVENTS("1\n" ABSENT BALANCED,
	    SEEN "sold (-,3] inferred, rule counters, sweep");
	/* a gap, and another */
	EVENTS(LIVE ABSENT "\n4 'state':'live'\n5 'state':'absent'" UNSOLD,
	    SEEN "vanished (1,3] unknown, reason came-back, sweep\n"
	         "returned (2.5,4] observed\n"
	         "reserved (4,5] inferred, rule still-counted, sweep");
	/* without its start, a sweep counts by its end */
	EVENTS(LIVE "3 'state':'absent'\n4 'state':'live'",
	    SEEN "vanished (1,3] unknown, reason came-back, sweep\n"
	         "returned (3,4] observed");
}

static void
contradictions(void)
{
	/* the counters say sold, the page says deleted */
	EXPECT(LIVE ABSENT BALANCED "\n4 'state':'gone','evidence':'404'",
	    SEEN
	    "vanished (1,4] unknown, reason contradiction, 404"
	    " | missing (1,4] unknown, reason contradiction, gone 4, seen 1:1");
	/* which one 404 more does not settle */
	EXPECT(LIVE ABSENT BALANCED "\n4 'state':'gone'\n5 'state':'gone'",
	    SEEN
	    "vanished (1,4] unknown, reason contradiction"
	    " | missing (1,4] unknown, reason contradiction, gone 4, seen 1:1");
	EXPECT(LIVE ABSENT BALANCED "\n4 'state':'gone'\n30 'state':'gone'",
	    SEEN "vanished (1,4] unknown, reason late-404"
	         " | missing (1,4] unknown, reason late-404, gone 4, seen 1:1");
	EVENTS(LIVE ABSENT BALANCED "\n4 'state':'gone'\n5 'state':'sold'",
	    SEEN "vanished (1,4] unknown, reason contradiction\n"
	         "sold (1,5] observed");
	/* a late one proves nothing: the counters decide */
	EVENTS(LIVE ABSENT BALANCED "\n30 'state':'gone'",
	    SEEN "sold (1,3] inferred, rule counters, sweep");
	EVENTS(LIVE ABSENT BALANCED ",'v':2\n30 'state':'gone'",
	    SEEN "vanished (1,3] unknown, reason unbalanced, sweep");
}

/* While the item is out already, an absence opens nothing. */
static void
absence_ignored(void)
{
	EVENTS("1 'state':'sold'\n" ABSENT BALANCED,
	    SEEN "sold (-,1] observed");
	EVENTS("1 'state':'hidden'\n" ABSENT BALANCED,
	    SEEN "hidden (-,1] observed");
	EVENTS("1 'state':'gone'\n" ABSENT BALANCED, "deleted (-,1] observed");
	EVENTS(LIVE "2 'state':'hidden'\n" ABSENT BALANCED "\n4 'state':'live'",
	    SEEN "hidden (1,2] observed\nreturned (2.5,4] observed");
	/* the first of a gap counts; the last bounds the return */
	EVENTS(LIVE ABSENT BALANCED "\n4 'state':'absent','fell':true",
	    SEEN "sold (1,3] inferred, rule counters, sweep");
	EVENTS(LIVE ABSENT "\n4 'state':'absent'\n5 'state':'live'",
	    SEEN "vanished (1,3] unknown, reason came-back, sweep\n"
	         "returned (4,5] observed");
}

/* ---- R4 ---- */

#define P "'site':'s','currency':'EUR',"
#define HER ",'seller_currency':'CZK','seller_price':"

/* Searches do not tell her price, wardrobes do. */
static void
like_with_like(void)
{
	/* the rate moved on the way: what the two say that tell it */
	EVENTS("1 " P "'price':10" HER "250\n"
	       "2 " P "'price':9.2,'rate':1,'rate_err':0\n"
	       "3 " P "'price':9,'rate':1,'rate_err':0\n"
	       "4 " P "'price':9.1" HER "250",
	    SEEN "repriced 10>9.1 EUR by rate (1,4] observed, seller_price");
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9\n"
	       "3 " P "'price':9" HER "225",
	    SEEN "repriced 250>225 CZK by seller (1,3] observed, seller_price");
	/* there and back */
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9\n"
	       "3 " P "'price':10" HER "250",
	    "listed (-,1] observed");
	/* a fee is told by the total alone, and stays */
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9,'total_price':9\n"
	       "3 " P "'price':9,'total_price':10\n4 " P "'price':10" HER "250",
	    SEEN "repriced 9>10 EUR by fee (2,3] observed, total_price");
	/* before the first that tells it, and after the last */
	EVENTS("1 " P "'price':10\n2 " P "'price':9" HER "225\n"
	       "3 " P "'price':8,'rate':1,'rate_err':0\n"
	       "4 " P "'price':7,'rate':1,'rate_err':0",
	    SEEN "repriced 10>9 EUR by unknown (1,2] unknown, reason unlike, "
	         "price\n"
	         "repriced#2 9>8 EUR by unknown (2,3] unknown, reason unlike, "
	         "price\n"
	         "repriced#3 8>7 EUR by seller (3,4] inferred, "
	         "rule common-ratio, rate");
	/* one of the two tells it, and a rate is known; two in two currencies
	 */
	EVENTS("1 " P "'price':10,'rate':1,'rate_err':0" HER "250\n"
	       "2 " P "'price':11,'rate':1.1,'rate_err':0",
	    SEEN "repriced 10>11 EUR by rate (1,2] inferred, "
	         "rule common-ratio, rate");
	EVENTS("1 " P "'price':10,'rate':1,'rate_err':0\n"
	       "2 " P "'price':9,'rate':1.1,'rate_err':0" HER "205",
	    SEEN "repriced 10>9 EUR by seller (1,2] inferred, "
	         "rule common-ratio, rate");
	EVENTS("1 " P "'price':10,'rate':1,'rate_err':0" HER "250\n"
	       "2 " P "'price':11,'rate':1.1,'rate_err':0,"
	       "'seller_currency':'PLN','seller_price':40",
	    SEEN "repriced 10>11 EUR by unknown (1,2] unknown, reason unlike, "
	         "price");
	/* another site has prices of its own */
	EVENTS("1 " P "'price':10" HER "250\n"
	       "2 'site':'t','currency':'EUR','price':10,'home':true\n"
	       "3 'site':'t','currency':'EUR','price':9,'home':true\n"
	       "4 " P "'price':9" HER "225",
	    SEEN
	    "repriced 10>9 EUR by seller (2,3] observed, home\n"
	    "repriced#2 250>225 CZK by seller (1,4] observed, seller_price");
	/* two currencies: neither knows better than what is between */
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9\n3 " P
	       "'price':9,'seller_currency':'PLN','seller_price':40",
	    SEEN "repriced 10>9 EUR by unknown (1,2] unknown, reason unlike, "
	         "price");
}

static void
her_price(void)
{
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':10.1" HER "250.0",
	    SEEN "repriced 10>10.1 EUR by rate (1,2] observed, seller_price");
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9" HER "225",
	    SEEN "repriced 250>225 CZK by seller (1,2] observed, seller_price");
	/* the shown one happens to be the same */
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':10" HER "249",
	    SEEN "repriced 250>249 CZK by seller (1,2] observed, seller_price");
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9" HER "225,"
	       "'alike':0.5,'alike_n':3",
	    SEEN "repriced 250>225 CZK by wardrobe (1,2] observed, "
	         "seller_price");
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9" HER "225,"
	       "'alike':0.49,'alike_n':9",
	    SEEN "repriced 250>225 CZK by seller (1,2] observed, seller_price");
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9" HER "225,"
	       "'alike':1,'alike_n':2",
	    SEEN "repriced 250>225 CZK by seller (1,2] observed, seller_price");
	/* her country changed: the two are not one price */
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':9,"
	       "'seller_currency':'PLN','seller_price':40",
	    SEEN "repriced 10>9 EUR by unknown (1,2] unknown, reason unlike, "
	         "price");
	EVENTS("1 " P "'price':10" HER "250\n2 " P "'price':10,"
	       "'seller_currency':'PLN','seller_price':40",
	    "listed (-,1] observed");
	/* the same price, written otherwise */
	EVENTS("1 " P "'price':4.5,'total_price':5\n"
	       "2 " P "'price':4.50,'total_price':5.0\n"
	       "3 " P "'price':45e-1,'total_price':0.5E1",
	    "listed (-,1] observed");
	EVENTS("1 " P "'home':true,'price':100000000000000000001\n"
	       "2 " P "'home':true,'price':100000000000000000002",
	    SEEN "repriced 100000000000000000001>100000000000000000002 EUR by "
	         "seller (1,2] observed, home");
}

static void
home_and_places(void)
{
	EVENTS("1 " P "'price':10,'home':true\n2 " P "'price':9,'home':true",
	    SEEN "repriced 10>9 EUR by seller (1,2] observed, home");
	EVENTS("1 " P "'price':10,'home':true\n2 " P "'price':9,'home':true,"
	       "'alike':1,'alike_n':20",
	    SEEN "repriced 10>9 EUR by wardrobe (1,2] observed, home");
	EVENTS("1 " P "'price':10,'seller_currency':'EUR'\n"
	       "2 " P "'price':9,'seller_currency':'EUR'",
	    SEEN "repriced 10>9 EUR by seller (1,2] observed, home");
	/* on one of the two only */
	EVENTS("1 " P "'price':10,'home':true\n2 " P "'price':9,'home':false",
	    SEEN "repriced 10>9 EUR by unknown (1,2] unknown, reason unlike, "
	         "price");
	EVENTS("1 " P "'price':10,'seller_currency':'EUR'\n2 " P "'price':9",
	    SEEN "repriced 10>9 EUR by unknown (1,2] unknown, reason unlike, "
	         "price");
	/* nothing known is not the same as nothing known */
	EVENTS("1 'price':10\n2 'price':9",
	    SEEN "repriced 10>9 by unknown (1,2] unknown, reason no-rate, "
	         "price");
	EVENTS("1 " P "'price':10,'seller_price':250\n"
	       "2 " P "'price':9,'seller_price':225",
	    SEEN "repriced 10>9 EUR by unknown (1,2] unknown, reason no-rate, "
	         "price");
	/* two sites, two currencies: each with its like */
	EVENTS("1 'site':'a','currency':'EUR','price':10,'home':true\n"
	       "2 'site':'b','currency':'EUR','price':11,'home':true\n"
	       "3 'site':'a','currency':'CZK','price':250,'home':true\n"
	       "4 'site':'a','currency':'EUR','price':10,'home':true\n"
	       "5 'site':'b','currency':'EUR','price':12,'home':true",
	    SEEN "repriced 11>12 EUR by seller (2,5] observed, home");
	EVENTS("1 " P "'price':10,'total_price':11\n"
	       "2 " P "'price':10\n3 " P "'price':10,'total_price':12\n"
	       "4 " P "'price':10,'total_price':13",
	    SEEN "repriced 12>13 EUR by fee (3,4] observed, total_price");
	/* price and total: one event */
	EVENTS("1 " P "'price':10,'home':true,'total_price':11\n"
	       "2 " P "'price':9,'home':true,'total_price':10",
	    SEEN "repriced 10>9 EUR by seller (1,2] observed, home");
	/* a look without a price is none to compare with */
	EVENTS("1 " P "'price':10,'home':true\n2 'favourite_count':3\n"
	       "3 " P "'price':9,'home':true\n4 " P "'price':8,'home':true",
	    SEEN "repriced 10>9 EUR by seller (1,3] observed, home\n"
	         "repriced#2 9>8 EUR by seller (3,4] observed, home");
}

static void
rates(void)
{
	/* the rate fell by 5 %, and so did the price */
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0\n"
	       "2 " P "'price':95,'rate':0.95,'rate_err':0.001",
	    SEEN "repriced 100>95 EUR by rate (1,2] inferred, "
	         "rule common-ratio, rate");
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0\n"
	       "2 " P "'price':90,'rate':0.95,'rate_err':0.001",
	    SEEN "repriced 100>90 EUR by seller (1,2] inferred, "
	         "rule common-ratio, rate");
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0\n"
	       "2 " P "'price':90,'rate':0.95,'rate_err':0.001,'alike':0.9,"
	       "'alike_n':30",
	    SEEN "repriced 100>90 EUR by wardrobe (1,2] inferred, "
	         "rule common-ratio, rate");
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0\n"
	       "2 " P "'price':101,'rate':0.95,'rate_err':0.001",
	    SEEN "repriced 100>101 EUR by seller (1,2] inferred, "
	         "rule common-ratio, rate");
	/* a cent of a cheap thing: nobody can tell */
	EVENTS("1 " P "'price':1.50,'rate':1,'rate_err':0\n"
	       "2 " P "'price':1.49,'rate':0.99,'rate_err':0",
	    SEEN "repriced 1.50>1.49 EUR by unknown (1,2] unknown, "
	         "reason rounding, rate");
	EVENTS("1 " P "'price':1,'rate':1,'rate_err':0\n"
	       "2 " P "'price':0.99,'rate':0.99,'rate_err':0",
	    SEEN "repriced 1>0.99 EUR by unknown (1,2] unknown, "
	         "reason rounding, rate");
	/* the rate itself is not known well */
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0.001\n"
	       "2 " P "'price':95,'rate':0.95,'rate_err':0.007",
	    SEEN "repriced 100>95 EUR by unknown (1,2] unknown, "
	         "reason rounding, rate");
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0\n"
	       "2 " P "'price':95,'rate':0.95,'rate_err':0.02",
	    SEEN "repriced 100>95 EUR by unknown (1,2] unknown, "
	         "reason rounding, rate");
	EVENTS("1 " P "'price':0,'rate':1,'rate_err':0\n"
	       "2 " P "'price':1,'rate':1,'rate_err':0",
	    SEEN "repriced 0>1 EUR by unknown (1,2] unknown, "
	         "reason rounding, rate");
	EVENTS("1 " P "'price':100,'rate':1,'rate_err':0\n2 " P "'price':95",
	    SEEN "repriced 100>95 EUR by unknown (1,2] unknown, "
	         "reason no-rate, price");
	EVENTS("1 " P "'price':100,'rate':1\n"
	       "2 " P "'price':95,'rate':0.95,'rate_err':0",
	    SEEN "repriced 100>95 EUR by unknown (1,2] unknown, "
	         "reason no-rate, price");
	EVENTS("1 " P "'price':100,'rate':0,'rate_err':0\n"
	       "2 " P "'price':95,'rate':0,'rate_err':0",
	    SEEN "repriced 100>95 EUR by unknown (1,2] unknown, "
	         "reason no-rate, price");
}

/* ---- R5, and the order ---- */

static void
promoted(void)
{
	EVENTS("1 'kind':'list','promoted':true\n"
	       "2 'kind':'list','promoted':false\n"
	       "3 'kind':'wardrobe','promoted':true\n4 'kind':'list'\n"
	       "5 'kind':'list','promoted':true\n"
	       "6 'kind':'list','promoted':true\n"
	       "7 'kind':'wardrobe','promoted':false\n"
	       "8 'kind':'wardrobe','promoted':true",
	    SEEN "promoted (2,5] observed, promoted\n"
	         "promoted#2 (7,8] observed, promoted");
}

static void
order(void)
{
	/* a gap is judged at the end, and stands where it belongs */
	EVENTS("1 'state':'live'," P "'price':10,'home':true\n" ABSENT BALANCED
	       "\n4 " P "'price':9,'home':true",
	    SEEN "sold (1,3] inferred, rule counters, sweep\n"
	         "repriced 10>9 EUR by seller (1,4] observed, home");
	/* one moment: by order of the lines */
	EVENTS("1 'state':'live'\n1 'state':'sold','ord':1",
	    SEEN "sold (1,1] observed");
}

static void
last_known(void)
{
	follow(
	    "1 'site':'a','price':10,'currency':'EUR','favourite_count':1\n"
	    "2 'site':'b','price':250,'currency':'CZK','total_price':260\n"
	    "3 'seller_price':40,'seller_currency':'PLN'\n4 'state':'absent'");
	judge_end(&judge);
	CHECK(kept_is(&judge.item.site, SLICE("b")));
	CHECK(kept_is(&judge.item.price, SLICE("250")));
	CHECK(kept_is(&judge.item.currency, SLICE("CZK")));
	CHECK(kept_is(&judge.item.seller_price, SLICE("40")));
	CHECK(kept_is(&judge.item.seller_currency, SLICE("PLN")));
	CHECK(kept_is(&judge.item.total, SLICE("260")));
	CHECK(kept_is(&judge.item.favourites, SLICE("1")));
	CHECK(kept_is(&judge.item.listed_price, SLICE("10")));
	CHECK(judge.item.repriced == 0);
	judge_reset(&judge);
	/* nothing of it is left for the next item */
	follow("1");
	judge_end(&judge);
	CHECK(!judge.item.price.known && !judge.item.site.known);
	judge_reset(&judge);
}

/* ---- memory and limits ---- */

static void
many_lines(void)
{
	struct look l;
	struct buf b = { 0 };
	static const char line[] = "1 'state':'live','kind':'k',"
	                           "'promoted':false," P "'price':10";
	const char *why;
	bool ok = true;
	int i;

	add_look(&b, line, sizeof line - 1);
	buf_grow(&b, LINE_PADDING);
	for (i = 0; i < 100000; i++)
		ok = ok && look_read(&reader, buf_slice(&b), &l) &&
		    judge_line(&judge, &l, &why);
	judge_end(&judge);
	CHECK(ok && judge.n == 1 && judge.texts.cap < 4096);
	judge_reset(&judge);
	buf_release(&b);
}

static void
too_many_places(void)
{
	struct buf b = { 0 };
	struct look l;
	const char *why = NULL;
	char text[64];
	int i, refused = 0;

	for (i = 0; i < JUDGE_PLACES + 2; i++) {
		buf_reset(&b);
		snprintf(text, sizeof text, "1 'site':'%d','price':1", i);
		add_look(&b, text, strlen(text));
		buf_grow(&b, LINE_PADDING);
		CHECK(look_read(&reader, buf_slice(&b), &l));
		refused += !judge_line(&judge, &l, &why);
	}
	CHECK(refused == 2 && why != NULL && strstr(why, "'site'") == why);
	judge_reset(&judge);
	buf_release(&b);
}

int
main(void)
{
	look_reader_init(&reader);
	judge_init(&judge, 40, 240 * INT64_C(3600000000));
	listed();
	states();
	sold_beats();
	inferred_sold();
	claimed();
	gone_with_her();
	gone();
	gap_ends_at_the_end();
	sale_needs_all();
	unsold();
	gap_ends_by_a_look();
	contradictions();
	absence_ignored();
	her_price();
	like_with_like();
	home_and_places();
	rates();
	promoted();
	order();
	last_known();
	many_lines();
	too_many_places();
	judge_release(&judge);
	look_reader_release(&reader);
	return DONE();
}
