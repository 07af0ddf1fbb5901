/*
 * world - a small market and the looks at it: raw runs, and what must come of
 * them
 *
 *	world SEED FOLDER >HISTORY
 *
 * Writes FOLDER/NNN.ndjson, a run each with its closing record, of the made-up
 * source "stall" (world.bash has its description).  HISTORY is what the context
 * query must make of all of them together: the lines that the oracle and
 * vevents judge.  It is computed from the list of what was looked at, by
 * going through all of it for each question.
 *
 * Looks get lost, are tried again, are refused; sweeps stay incomplete, and
 * things happen while they last.  Each run is later than the one before; in
 * which order they are loaded is up to the test.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define BEGIN 1788220800000LL /* 2026-09-01 */
#define DAYS 21
#define LAG (24 * HOUR)
#define PAGE 8
#define SITE "www.stall.example"

enum { SELLERS = 4, ITEMS = 400, MOST = 20000 };
enum state { UNBORN, LIVE, RESERVED, HIDDEN, SOLD, DELETED };

/* what is true */
static struct seller {
	bool on_holiday, banned;
	bool calm;         /* so little goes on that counters can tell */
	int64_t cancel_at; /* a sale less from then on */
	bool lost;         /* its listing, too */
	bool brief;        /* pages of what was sold are soon gone */
	int64_t cut_at;    /* all prices to four fifths */
	int items;
} seller[SELLERS];

static struct item {
	int seller;
	int nturns;
	struct {
		int64_t at;
		enum state state;
	} turn[16];
	int64_t lag; /* of the counter that counts its sale */
	int cents;
	int64_t cut_at; /* its own */
} item[ITEMS];
static int nitems;

/* what was seen */
static struct sight {
	int item, run, seller;
	int64_t ms;
	const char *kind, *state, *evidence; /* state NULL: none said */
	int cents;                           /* 0: no price */
	bool own;                            /* the seller's price, too */
	int favourites, promoted;            /* -1: not said */
} sight[MOST];
static int nsights;

static struct sweep {
	int seller, run;
	int64_t start, end;
	bool has[ITEMS];
} sweep[MOST / 100];
static int nsweeps;

static struct counter {
	int seller, given, total;
	int64_t ms;
} counter[MOST / 100];
static int ncounters;

/* --- chance -----------------------------------------------------------------
 */

static uint64_t seed;

/* splitmix64 */
static uint64_t
bits(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int
below(int n)
{
	return (int)(bits() % (uint64_t)n);
}

static bool
percent(int n)
{
	return below(100) < n;
}

static int64_t
span(int64_t ms)
{
	return (int64_t)(bits() % (uint64_t)ms);
}

/* --- what is true
 * -------------------------------------------------------------- */

static enum state
state_at(int i, int64_t at)
{
	enum state s = UNBORN;
	int k;

	for (k = 0; k < item[i].nturns; k++)
		if (item[i].turn[k].at <= at)
			s = item[i].turn[k].state;
	return s;
}

static int64_t
turn_at(int i, enum state s)
{
	int k;

	for (k = 0; k < item[i].nturns; k++)
		if (item[i].turn[k].state == s)
			return item[i].turn[k].at;
	return INT64_MAX;
}

static int
cents_at(int i, int64_t at)
{
	int cents = item[i].cents;

	if (at >= item[i].cut_at)
		cents -= 500;
	if (at >= seller[item[i].seller].cut_at)
		cents = cents / 5 * 4;
	return cents;
}

static void
turn(struct item *i, int64_t at, enum state s)
{
	i->turn[i->nturns].at = at;
	i->turn[i->nturns++].state = s;
}

static void
live_on(struct item *i, int64_t at)
{
	int64_t end = BEGIN + DAYS * DAY;

	turn(i, at, LIVE);
	at = (at < BEGIN ? BEGIN : at) + HOUR + span(80 * DAY);
	while (at < end && i->nturns < 12) {
		if (percent(seller[i->seller].calm ? 20 : 45)) {
			turn(i, at, SOLD);
			return;
		} else if (percent(seller[i->seller].calm ? 8 : 25)) {
			turn(i, at, DELETED);
			return;
		}
		turn(i, at,
		    percent(seller[i->seller].calm ? 10 : 50) ? HIDDEN :
		                                                RESERVED);
		at += 6 * HOUR + span((seller[i->seller].calm ? 9 : 4) * DAY);
		if (percent(50)) {
			turn(i, at, SOLD);
			return;
		}
		turn(i, at, LIVE);
		at += HOUR + span(20 * DAY);
	}
}

static void
new_item(int s, int64_t listed)
{
	struct item *i = &item[nitems++];

	i->seller = s;
	i->lag = span(LAG);
	i->cents = 250 * (4 + below(160));
	i->cut_at = percent(20) && seller[s].cut_at == INT64_MAX ?
	    BEGIN + span(DAYS * DAY) :
	    INT64_MAX;
	live_on(i, listed);
}

static void
make_world(void)
{
	int s, k;

	for (s = 0; s < SELLERS; s++) {
		seller[s].on_holiday = percent(10);
		seller[s].banned = percent(5);
		seller[s].lost = s % 2 == 1;
		seller[s].cancel_at =
		    percent(20) ? BEGIN + span(DAYS * DAY) : INT64_MAX;
		seller[s].cut_at =
		    percent(30) ? BEGIN + span(DAYS * DAY) : INT64_MAX;
		seller[s].calm = percent(50);
		seller[s].brief = percent(40);
		seller[s].items = seller[s].calm ?
		    4 + below(9) :
		    5 + below(percent(50) ? 10 : 36);
		for (k = 0; k < seller[s].items; k++)
			new_item(s,
			    percent(seller[s].calm ? 97 : 80) ?
			        BEGIN - DAY :
			        BEGIN + span(DAYS * DAY));
	}
}

/* --- raw records
 * ------------------------------------------------------------------ */

static FILE *out;
static int run, line;
static int64_t now;
static char run_id[64];
static char queries[1 << 16];

static const char *
instant(int64_t ms)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	static char text[4][96];
	static int turns;
	char *t = text[turns++ % 4];
	int64_t day = (ms - 1767225600000LL) / DAY, rest = ms % DAY;
	int month = 0;

	for (; day >= length[month]; day -= length[month++])
		;
	snprintf(t, 96, "2026-%02d-%02dT%02d:%02d:%02d.%03dZ", month + 1,
	    (int)day + 1, (int)(rest / HOUR), (int)(rest / 60000 % 60),
	    (int)(rest / 1000 % 60), (int)(rest % 1000));
	return t;
}

static long long
item_id(int i)
{
	return 9007199254740001 + i;
}

static int
user_id(int s)
{
	return 501 + s;
}

static void
start_record(const char *kind, const char *params, int page, int attempt)
{
	now += 4000 + below(5000);
	fprintf(out,
	    "{\"v\":1,\"source\":\"stall\",\"site\":\"" SITE "\","
	    "\"flow\":\"track\",\"kind\":\"%s\",\"run\":\"%s\",\"line\":%d,"
	    "\"attempt\":%d,\"fetched_at\":\"%s\",\"request\":{\"method\":"
	    "\"GET\",\"url\":\"https://" SITE "/%s\",\"endpoint\":\"%s\","
	    "\"page\":%d,%s},",
	    kind, run_id, ++line, attempt, instant(now), kind, kind, page,
	    params);
}

static void
answer(int status, const char *type)
{
	fprintf(out,
	    "\"status\":%d,\"headers\":{\"content-type\":\"%s\"},"
	    "\"ms\":9,\"sha256\":null,",
	    status, type);
}

static void
lose(void)
{
	fprintf(out,
	    "\"status\":null,\"headers\":{},\"ms\":9,\"sha256\":null,"
	    "\"error\":{\"cause\":\"timeout\",\"message\":\"lost\"}}\n");
}

static void
refuse(void)
{
	answer(429, "text/html");
	fprintf(out, "\"body_text\":\"slower\"}\n");
}

static void
close_query(const char *query, int asked, const char *stop, bool walked)
{
	size_t n = strlen(queries);

	snprintf(queries + n, sizeof queries - n,
	    "%s{\"query\":\"%s\","
	    "\"site\":\"" SITE "\",\"asked\":%d,\"answered\":%d,"
	    "\"stop\":\"%s\",\"walked\":%s,\"gap\":false}",
	    n > 0 ? "," : "", query, asked, asked, stop,
	    walked ? "true" : "false");
}

static void
start_run(const char *folder, int64_t at)
{
	char path[4096];

	now = at;
	line = 0;
	queries[0] = '\0';
	snprintf(run_id, sizeof run_id, "202609%02dT%02d0000Z-track-%016x",
	    (int)((at - BEGIN) / DAY) + 1, (int)(at % DAY / HOUR), run);
	snprintf(path, sizeof path, "%s/%03d.ndjson", folder, run);
	if ((out = fopen(path, "w")) == NULL) {
		perror(path);
		exit(74);
	}
}

static void
end_run(const char *stop)
{
	fprintf(out,
	    "{\"v\":1,\"source\":\"stall\",\"site\":null,\"flow\":"
	    "\"track\",\"kind\":\"run\",\"run\":\"%s\",\"line\":%d,"
	    "\"attempt\":1,\"fetched_at\":\"%s\",\"request\":null,\"status\":"
	    "null,\"headers\":{},\"ms\":0,\"sha256\":null,\"body\":{\"stop\":"
	    "\"%s\",\"complete\":%s,\"status\":0,\"options\":{},\"versions\":"
	    "{},\"ledger\":{},\"queries\":[%s]}}\n",
	    run_id, ++line, instant(now), stop,
	    strcmp(stop, "end") == 0 ? "true" : "false", queries);
	if (fclose(out) != 0)
		exit(74);
	run++;
}

static struct sight *
see(int i, const char *kind, const char *state, const char *evidence)
{
	struct sight *s = &sight[nsights++];

	if (nsights == MOST)
		exit(70);
	*s = (struct sight){ .item = i,
		.run = run,
		.seller = item[i].seller,
		.ms = now,
		.kind = kind,
		.state = state,
		.evidence = evidence,
		.favourites = -1,
		.promoted = -1 };
	return s;
}

static void
print_hit(int i, const char *kind)
{
	struct sight *s = see(i, kind, "live", "present");

	s->cents = cents_at(i, now);
	s->own = true;
	s->favourites = below(9);
	s->promoted = percent(30);
	fprintf(out,
	    "{\"id\":%lld,\"user\":%d,\"title\":\"thing %d\","
	    "\"photo\":\"p%d\",\"price\":\"%d.%02d\",\"total\":\"%d.%02d\","
	    "\"seller_price\":\"%d.%02d\",\"favourites\":%d,\"paid\":%s}",
	    item_id(i), user_id(item[i].seller), i, i, s->cents / 100,
	    s->cents % 100, (s->cents + 100) / 100, s->cents % 100,
	    s->cents / 100, s->cents % 100, s->favourites,
	    s->promoted ? "true" : "false");
}

/* --- looks
 * ----------------------------------------------------------------------------
 */

static void
look_at_counters(int s)
{
	struct counter *c = &counter[ncounters];
	char query[64], params[160];
	int i;

	snprintf(query, sizeof query, SITE "/user?user=%d", user_id(s));
	snprintf(params, sizeof params, "\"query\":\"%s\",\"user_id\":\"%d\"",
	    query, user_id(s));
	start_record("user", params, 1, 1);
	if (percent(10) && !seller[s].on_holiday && !seller[s].banned) {
		lose();
		close_query(query, 1, "failed", false);
		return;
	}
	*c = (struct counter){ .seller = s, .ms = now };
	for (i = 0; i < nitems; i++) {
		if (item[i].seller != s)
			continue;
		if (turn_at(i, SOLD) < now - item[i].lag)
			c->given++;
		if (state_at(i, now) == LIVE || state_at(i, now) == RESERVED ||
		    state_at(i, now) == SOLD)
			c->total++;
	}
	c->given += 100 - (now > seller[s].cancel_at);
	c->total += 100 - (now > seller[s].cancel_at && seller[s].lost);
	answer(200, "application/json");
	fprintf(out,
	    "\"body\":{\"user\":[{\"id\":%d,\"given\":%d,\"all\":%d,"
	    "\"holiday\":%s,\"banned\":%s}]}}\n",
	    user_id(s), c->given, c->total,
	    seller[s].on_holiday ? "true" : "false",
	    seller[s].banned ? "true" : "false");
	close_query(query, 1, "end", true);
	ncounters++;
}

/* A page as it is now: what is live, the newest first. */
static int
print_page(int s, int page, struct sweep *w, int *found)
{
	int i, n = 0, total = 0;

	for (i = 0; i < nitems; i++)
		total += item[i].seller == s && state_at(i, now) == LIVE;
	answer(200, "application/json");
	fprintf(out, "\"body\":{\"total\":%d,\"pages\":%d,\"items\":[", total,
	    (total + PAGE - 1) / PAGE);
	for (i = nitems - 1; i >= 0; i--) {
		if (item[i].seller != s || state_at(i, now) != LIVE)
			continue;
		if (n / PAGE == page - 1) {
			fprintf(out, "%s", n % PAGE > 0 ? "," : "");
			print_hit(i, "wardrobe");
			*found += !w->has[i];
			w->has[i] = true;
		}
		n++;
	}
	fprintf(out, "]}}\n");
	return total;
}

/* false: refused, and the run ends */
static bool
look_at_wardrobe(int s)
{
	struct sweep *w = &sweep[nsweeps];
	int page = 1, total, first = -1, found = 0, asked = 0, attempt = 1;
	char query[64], params[160];

	memset(w, 0, sizeof *w);
	w->seller = s;
	w->run = run;
	snprintf(query, sizeof query, SITE "/wardrobe?user=%d", user_id(s));
	snprintf(params, sizeof params,
	    "\"query\":\"%s\",\"user_id\":\"%d\","
	    "\"per_page\":%d",
	    query, user_id(s), PAGE);
	for (;;) {
		start_record("wardrobe", params, page, attempt);
		asked++;
		if (asked == 1)
			w->start = now;
		w->end = now;
		if (percent(1)) {
			refuse();
			close_query(query, asked, "refused", false);
			return false;
		}
		if (percent(4)) {
			lose();
			if (attempt++ == 1 && percent(50))
				continue;
			close_query(query, asked, "failed", false);
			return true;
		}
		total = print_page(s, page, w, &found);
		if (first < 0)
			first = total;
		attempt = 1;
		if (page * PAGE >= total)
			break;
		page++;
	}
	close_query(query, asked, total == 0 ? "empty" : "end", true);
	nsweeps += first == total && total == found;
	return true;
}

static void
look_at_page(int i)
{
	char query[64], params[160];
	enum state s;
	struct sight *seen;

	snprintf(query, sizeof query, SITE "/item-page?item=%lld", item_id(i));
	snprintf(params, sizeof params,
	    "\"query\":\"%s\",\"item_id\":"
	    "\"%lld\"",
	    query, item_id(i));
	start_record("item-page", params, 1, 1);
	if (percent(10)) {
		lose();
		close_query(query, 1, "failed", false);
		return;
	}
	s = state_at(i, now);
	if (s == DELETED ||
	    (s == SOLD &&
	        now > turn_at(i, SOLD) +
	                (seller[item[i].seller].brief ? 6 * HOUR : 10 * DAY))) {
		answer(404, "text/html");
		fprintf(out, "\"body_text\":\"<html>gone</html>\"}\n");
		see(i, "item-page", "gone", "404");
		close_query(query, 1, "gone", true);
		return;
	}
	seen = see(i, "item-page",
	    s == LIVE         ? "live" :
	        s == RESERVED ? "reserved" :
	        s == HIDDEN   ? "hidden" :
	                        "sold",
	    "flags");
	seen->cents = cents_at(i, now);
	answer(200, "application/json");
	fprintf(out,
	    "\"body\":{\"items\":[{\"id\":%lld,\"user\":%d,\"title\":"
	    "\"thing %d\",\"photo\":\"p%d\",\"price\":\"%d.%02d\",\"state\":"
	    "\"%s\"}]}}\n",
	    item_id(i), user_id(item[i].seller), i, i, seen->cents / 100,
	    seen->cents % 100, seen->state);
	close_query(query, 1, "end", true);
}

static bool
seen_before(int i, int64_t at)
{
	int k;

	for (k = 0; k < nsights; k++)
		if (sight[k].item == i && sight[k].ms < at)
			return true;
	return false;
}

/* The first item of each seller, as a search finds it. */
static void
search(void)
{
	const char *comma = "";
	int i, s;

	start_record("search",
	    "\"query\":\"" SITE "/search?catalog=7\","
	    "\"catalog_id\":7",
	    1, 1);
	answer(200, "application/json");
	fprintf(out, "\"body\":{\"total\":%d,\"pages\":1,\"items\":[", SELLERS);
	for (s = 0; s < SELLERS; s++) {
		for (i = 0; item[i].seller != s || state_at(i, now) != LIVE;
		     i++)
			if (i == nitems - 1)
				break;
		if (item[i].seller != s)
			continue;
		fprintf(out, "%s", comma);
		comma = ",";
		print_hit(i, "list");
	}
	fprintf(out, "]}}\n");
	close_query(SITE "/search?catalog=7", 1, "end", true);
}

static void
one_run(const char *folder, int day)
{
	bool goes_on = true;
	int s, i;

	start_run(folder, BEGIN + day * DAY + below(24) * HOUR);
	if (day == 0 || percent(20))
		search();
	for (s = 0; s < SELLERS && goes_on; s++) {
		if (day == 0 || percent(80))
			look_at_counters(s);
		if (day == 0 || percent(70))
			goes_on = look_at_wardrobe(s);
		for (i = 0; i < nitems && goes_on; i++)
			if (item[i].seller == s && seen_before(i, now - DAY) &&
			    percent(state_at(i, now) == LIVE ? 2 :
			            seller[s].brief          ? 40 :
			                                       8))
				look_at_page(i);
	}
	end_run(goes_on ? "end" : "refused");
}

/* --- what must come of it
 * -------------------------------------------------------------- */

static void
print_amount(const char *name, int cents)
{
	printf(",\"%s\":%d.%02d", name, cents / 100, cents % 100);
}

/* The price that a sweep saw, 0: none */
static int
cents_in(int i, const struct sweep *w)
{
	int k, cents = 0;

	for (k = 0; k < nsights; k++)
		if (sight[k].item == i && sight[k].cents > 0 &&
		    strcmp(sight[k].kind, "wardrobe") == 0 &&
		    sight[k].ms >= w->start && sight[k].ms <= w->end)
			cents = sight[k].cents;
	return cents;
}

/* Between two complete sweeps, of which the second saw this, and the run of
 * the first saw it last. */
static void
print_alike(const struct sight *s)
{
	const struct sweep *before = NULL, *w;
	int i, k, p1, p2, was = 0, was_run = -1, n = 0, alike = 0;

	for (k = 0; &sight[k] < s; k++)
		if (sight[k].item == s->item && sight[k].cents > 0) {
			was = sight[k].cents;
			was_run = sight[k].run;
		}
	for (w = sweep; w < sweep + nsweeps; w++) {
		if (w->seller != s->seller)
			continue;
		if (s->ms >= w->start && s->ms <= w->end)
			break;
		before = w;
	}
	if (was == 0 || was == s->cents || w == sweep + nsweeps ||
	    before == NULL || before->run != was_run ||
	    strcmp(s->kind, "wardrobe") != 0)
		return;
	for (i = 0; i < nitems; i++) {
		if (item[i].seller != s->seller)
			continue;
		p1 = cents_in(i, before);
		p2 = cents_in(i, w);
		if (p1 == 0 || p2 == 0)
			continue;
		n++;
		alike += (int64_t)p2 * was == (int64_t)p1 * s->cents;
	}
	if (n > 0)
		printf(",\"alike\":%.6f,\"alike_n\":%d", (double)alike / n,
		    alike);
}

static void
print_sight(const struct sight *s, bool first)
{
	int64_t unseen = -1;
	int k;

	printf("{\"item_id\":\"%lld\",\"site\":\"" SITE "\",\"observed_at\":"
	       "\"%s\",\"kind\":\"%s\",\"state\":\"%s\",\"evidence\":\"%s\"",
	    item_id(s->item), instant(s->ms), s->kind, s->state, s->evidence);
	if (s->cents > 0) {
		print_amount("price", s->cents);
		printf(",\"currency\":\"EUR\",\"seller_currency\":\"EUR\"");
	}
	if (s->own) {
		print_amount("seller_price", s->cents);
		print_amount("total_price", s->cents + 100);
		printf(",\"favourite_count\":%d,\"promoted\":%s", s->favourites,
		    s->promoted ? "true" : "false");
	}
	if (s->cents > 0)
		print_alike(s);
	for (k = 0; first && k < nsweeps; k++)
		if (sweep[k].seller == s->seller && sweep[k].end < s->ms)
			unseen = sweep[k].start;
	if (unseen >= 0)
		printf(",\"unseen_at\":\"%s\"", instant(unseen));
	/* she is so all the time; any answer of hers says it */
	for (k = 0; strcmp(s->state, "gone") == 0 && k < ncounters; k++) {
		if (counter[k].seller != s->seller)
			continue;
		printf(",\"on_holiday\":%s,\"banned\":%s",
		    seller[s->seller].on_holiday ? "true" : "false",
		    seller[s->seller].banned ? "true" : "false");
		break;
	}
	puts("}");
}

/* The interval that ends with a sweep of the seller. */
static struct interval {
	const struct sweep *before, *sweep;
	const struct counter *a, *b;
	int v, n, returns;
	int episode;
} interval[MOST / 100];
static int nintervals;

static void
count_changes(struct interval *k)
{
	int i;

	for (i = 0; i < nitems; i++) {
		if (k->before->has[i] && !k->sweep->has[i])
			k->v++;
		else if (k->before->has[i] || !k->sweep->has[i])
			continue;
		else if (seen_before(i, k->before->start))
			k->returns++;
		else
			k->n++;
	}
}

static bool accounts_for_all(int s, const struct interval *last);

static void
make_intervals(int s)
{
	const struct sweep *before = NULL;
	const struct interval *last = NULL;
	struct interval *k;
	int i, c, episode = 0;

	nintervals = 0;
	for (i = 0; i < nsweeps; before = &sweep[i++]) {
		while (i < nsweeps && sweep[i].seller != s)
			i++;
		if (i == nsweeps)
			break;
		if (before == NULL)
			continue;
		k = &interval[nintervals++];
		*k = (struct interval){ .before = before, .sweep = &sweep[i] };
		for (c = 0; c < ncounters; c++) {
			if (counter[c].seller != s)
				continue;
			if (counter[c].ms <= before->start)
				k->a = &counter[c];
			if (k->b == NULL && counter[c].ms >= sweep[i].end + LAG)
				k->b = &counter[c];
		}
		count_changes(k);
		if (k->v + k->n + k->returns == 0)
			continue;
		if (last == NULL ||
		    (last->b != NULL && before->start >= last->b->ms)) {
			episode++;
		} else if (last->b != NULL && last->b->ms <= sweep[i].end &&
		    accounts_for_all(s, last)) {
			/* what was counted by then is settled */
			k->a = last->b;
			episode++;
		}
		k->episode = episode;
		last = k;
	}
}

static bool
fell(int s, const struct counter *a, const struct counter *b)
{
	const struct counter *c, *last = a;

	for (c = a; c <= b; c++) {
		if (c->seller != s)
			continue;
		if (c->given < last->given)
			return true;
		last = c;
	}
	return false;
}

static bool
word(const struct sight *s, const char *state)
{
	return s->state != NULL && strcmp(s->state, state) == 0;
}

static bool
is_there(const struct sight *s)
{
	return word(s, "live") || word(s, "reserved");
}

/* Of the whole episode that an interval is of: what the counters say. */
struct sum {
	const struct interval *head, *tail;
	int v, n, returns, g, t;
	bool counted; /* g and t are known */
	bool unseen;  /* more came than was seen */
};

/* By how much the total rose, its falls left out. */
static int
came(int s, const struct counter *a, const struct counter *b)
{
	const struct counter *c, *last = a;
	int n = 0;

	for (c = a + 1; c <= b; c++) {
		if (c->seller != s)
			continue;
		n += c->total > last->total ? c->total - last->total : 0;
		last = c;
	}
	return n;
}

static struct sum
sum_of(int s, const struct interval *own)
{
	struct sum e = { .counted = false };
	const struct interval *k;

	for (k = interval; k < interval + nintervals; k++) {
		if (k->episode != own->episode || k->episode == 0)
			continue;
		e.head = e.head == NULL ? k : e.head;
		e.tail = k;
		e.v += k->v;
		e.n += k->n;
		e.returns += k->returns;
	}
	if (e.head != NULL && e.head->a != NULL && e.tail->b != NULL &&
	    !fell(s, e.head->a, e.tail->b)) {
		e.counted = true;
		e.g = e.tail->b->given - e.head->a->given;
		e.t = e.tail->b->total - e.head->a->total;
		e.unseen = came(s, e.head->a, e.tail->b) > e.n;
	}
	return e;
}

/* Of what vanished so many were sold, and the others deleted. */
static bool
accounts_for_all(int s, const struct interval *last)
{
	struct sum e = sum_of(s, last);

	return e.counted && !e.unseen && e.returns == 0 && e.g >= 0 &&
	    e.v - e.g >= 0 && e.t == e.n - (e.v - e.g);
}

static bool
balances(const struct sum *e)
{
	return e->counted && !e->unseen && e->g >= 1 && e->v == e->g &&
	    e->t == e->n && e->returns == 0;
}

static int waiting(int s, const struct sum *e);

/* How an item left, some time before an episode: was it settled for good? */
static bool
settled(int s, int i, const struct sum *e)
{
	const struct sight *last = NULL, *k;
	const struct interval *own;
	struct sum was;

	for (k = sight; k < sight + nsights; k++)
		if (k->item == i && k->ms < e->head->before->start &&
		    strcmp(k->kind, "wardrobe") == 0)
			last = k;
	for (own = interval; last != NULL && own < interval + nintervals; own++)
		if (own->before->run == last->run)
			break;
	if (last == NULL || own == interval + nintervals || own->a == NULL ||
	    own->b == NULL)
		return false;
	for (k = sight; k < sight + nsights; k++)
		if (k->item == i && k->ms >= own->sweep->start && is_there(k))
			return false;
	was = sum_of(s, own);
	if (was.returns > 0 || !was.counted || fell(s, own->a, own->b))
		return false;
	if (was.g == 0 && was.t == was.n - was.v)
		return true;
	return balances(&was) && own->b->given > own->a->given &&
	    waiting(s, &was) == 0;
}

/* May it be what was sold in an episode that began without it? */
static bool
waits(int s, int i, const struct sum *e)
{
	int64_t start = e->head->before->start;
	const struct sight *k, *last = NULL;
	bool was_there = false;

	for (k = sight; k < sight + nsights; k++) {
		if (k->item != i)
			continue;
		if (k->ms >= start - 14 * DAY && k->ms < start && is_there(k))
			was_there = true;
		if (k->ms >= e->tail->b->ms &&
		    (is_there(k) || word(k, "hidden")))
			return false;
		if (k->ms <= e->tail->b->ms && k->state != NULL)
			last = k;
	}
	if (!was_there || e->head->before->has[i])
		return false;
	if (word(last, "gone") || word(last, "hidden") ||
	    (word(last, "sold") && last->ms <= e->head->a->ms - LAG))
		return false;
	return !settled(s, i, e);
}

/* What she counts and the sweep did not find, of items from before any look. */
static int
excess(int s, const struct sum *e)
{
	const struct sweep *w;
	int i, n = e->head->a->total - e->head->a->given;

	for (w = sweep; w < sweep + nsweeps; w++)
		if (w->seller == s && w->end <= e->head->a->ms - LAG)
			return 0;
	for (i = 0; i < nitems; i++)
		n -= e->head->before->has[i];
	return n > 0 ? n : 0;
}

static int
waiting(int s, const struct sum *e)
{
	int i, n = excess(s, e);

	for (i = 0; i < nitems; i++)
		n += item[i].seller == s && waits(s, i, e);
	return n;
}

/* What a page said of an item once, soon enough after a sweep saw it. */
static bool
page_said(int i, const struct sweep *w, const char *state, int64_t within)
{
	const struct sight *k, *last = NULL;

	for (k = sight; k < sight + nsights; k++)
		if (k->item == i && k->ms >= w->start && k->ms <= w->end &&
		    strcmp(k->kind, "wardrobe") == 0)
			last = k;
	for (k = sight; k < sight + nsights; k++)
		if (k->item == i && k->ms > last->ms &&
		    (within == 0 || k->ms <= last->ms + within) &&
		    word(k, state))
			return true;
	return false;
}

/* Of an item: did it leave where these counters can tell, and was it deleted,
 * if its page is believed?  The last time that it left counts. */
static void
left_there(int i, const struct interval *own, bool *left, bool *gone)
{
	const struct interval *k;

	*left = *gone = false;
	for (k = interval; k < interval + nintervals; k++)
		if (k->sweep->end >= own->a->ms - LAG &&
		    k->before->start < own->b->ms && k->before->has[i] &&
		    !k->sweep->has[i]) {
			*left = true;
			*gone = page_said(i, k->before, "gone", 10 * DAY) &&
			    !page_said(i, k->before, "sold", 0);
		}
}

/* It was there before all that, and nobody knows: it may be what was sold. */
static bool
may_be_sold(int s, int i, const struct interval *own)
{
	const struct interval *first = own, *k;
	const struct sight *l, *last = NULL;
	bool was_there = false;
	int64_t start;

	for (k = own; k >= interval && k->sweep->end >= own->a->ms - LAG; k--)
		first = k;
	start = first->before->start;
	for (l = sight; l < sight + nsights; l++) {
		if (l->item != i)
			continue;
		if (l->ms >= start - 14 * DAY && l->ms < start && is_there(l))
			was_there = true;
		if (l->ms >= own->b->ms && (is_there(l) || word(l, "hidden")))
			return false;
		if (l->ms <= own->b->ms && l->state != NULL)
			last = l;
	}
	return item[i].seller == s && was_there && !first->before->has[i] &&
	    !word(last, "gone") && !word(last, "hidden") &&
	    (!word(last, "sold") || last->ms > own->a->ms - LAG);
}

/* More were sold than can be, if each page that is gone means deleted. */
static bool
doubted(int s, const struct interval *own)
{
	int i, may = 0, sold = own->b->given - own->a->given;
	int here = 0, all = 0;
	const struct interval *k;
	bool left, gone;

	if (own->v == 0 || sold == 0)
		return false;
	for (i = 0; i < nitems; i++) {
		left_there(i, own, &left, &gone);
		may += (left && !gone) + may_be_sold(s, i, own);
		here += own->before->has[i] && !own->sweep->has[i] &&
		    page_said(i, own->before, "gone", 10 * DAY) &&
		    !page_said(i, own->before, "sold", 0);
	}
	for (k = interval; k < interval + nintervals; k++)
		if (k->sweep->end >= own->a->ms - LAG &&
		    k->before->start < own->b->ms)
			all += k->n + k->returns;
	return here > 0 &&
	    (may < sold ||
	        (came(s, own->a, own->b) <= all &&
	            here > all - (own->b->total - own->a->total)));
}

/* What the context says of the sweep that an item is missing in. */
static void
print_context(int s, int i, const struct sweep *w)
{
	const struct interval *k, *own = NULL;
	bool baseline = false, down;
	struct sum e;
	int j;

	/* the sweep before had it: else it is none of those that are counted */
	for (j = 0; j < nsweeps; j++)
		if (&sweep[j] < w && sweep[j].seller == s)
			baseline = sweep[j].has[i];
	for (k = interval; k < interval + nintervals; k++)
		if (k->sweep == w)
			own = k;
	/* without counters before there is nothing to compare with */
	baseline = baseline && own != NULL && own->a != NULL;
	printf(",\"baseline\":%s,\"item_days\":1", baseline ? "true" : "false");
	printf(",\"on_holiday\":%s,\"banned\":%s",
	    seller[s].on_holiday ? "true" : "false",
	    seller[s].banned ? "true" : "false");
	if (own == NULL) { /* her first sweep: nothing lies before it */
		for (j = 0; j < ncounters; j++)
			if (counter[j].seller == s &&
			    counter[j].ms >= w->end + LAG)
				break;
		printf(",\"ripe\":%s", j < ncounters ? "true" : "false");
		return;
	}
	e = sum_of(s, own);
	down = (e.head != NULL && e.head->a != NULL && e.tail->b != NULL &&
	           !e.counted) ||
	    (own->a != NULL && own->b != NULL && fell(s, own->a, own->b));
	printf(",\"ripe\":%s,\"fell\":%s", own->b != NULL ? "true" : "false",
	    down ? "true" : "false");
	if (own->a != NULL && own->b != NULL && !down)
		printf(",\"g_most\":%d", own->b->given - own->a->given);
	/* her own counters tell, whatever became of later ones */
	if (own->a != NULL && own->b != NULL && !fell(s, own->a, own->b))
		printf(",\"doubted\":%s", doubted(s, own) ? "true" : "false");
	printf(",\"v\":%d,\"n\":%d,\"returns\":%d", e.v, e.n, e.returns);
	if (e.counted)
		printf(",\"g\":%d,\"t\":%d,\"unseen\":%s", e.g, e.t,
		    e.unseen ? "true" : "false");
	if (own->episode > 0 && own->b != NULL)
		printf(",\"counted_at\":\"%s\"",
		    instant(e.tail->b != NULL ? e.tail->b->ms : own->b->ms));
	if (balances(&e))
		printf(",\"pending\":%d", waiting(s, &e));
}

static void
print_absence(int i, const struct sweep *w)
{
	printf("{\"item_id\":\"%lld\",\"site\":\"" SITE "\",\"observed_at\":"
	       "\"%s\",\"kind\":\"absence\",\"state\":\"absent\","
	       "\"absent_from\":\"%s\"",
	    item_id(i), instant(w->end), instant(w->start));
	print_context(item[i].seller, i, w);
	puts("}");
}

/* The first complete sweep after a look that saw the item there, and that lacks
 * it, if it comes before the next such look. */
static const struct sweep *
sweep_without(int i, const struct sight *after)
{
	const struct sight *next = after;
	const struct sweep *w;

	while (++next < sight + nsights)
		if (next->item == i && is_there(next))
			break;
	for (w = sweep; w < sweep + nsweeps; w++)
		if (w->seller == item[i].seller && w->start > after->ms &&
		    !w->has[i])
			return next < sight + nsights && w->end >= next->ms ?
			    NULL :
			    w;
	return NULL;
}

/* What a look says between, that it is hidden, sold or gone, ends no absence:
 * the sweep that lacks it comes all the same, and bounds a return. */
static void
print_history(int i)
{
	const struct sweep *w = NULL;
	bool first = true;
	int k;

	for (k = 0; k < nsights; k++) {
		if (sight[k].item != i)
			continue;
		if (w != NULL && w->end < sight[k].ms) {
			print_absence(i, w);
			w = NULL;
		}
		print_sight(&sight[k], first);
		first = false;
		if (is_there(&sight[k]))
			w = sweep_without(i, &sight[k]);
	}
	if (w != NULL)
		print_absence(i, w);
}

/* What fell in both numbers alike was cancelled: as if it had stayed. */
static void
undo_cancelled(int s)
{
	struct counter *c, was = { .seller = -1 }, raw;
	int back = 0;

	for (c = counter; c < counter + ncounters; c++) {
		if (c->seller != s)
			continue;
		raw = *c;
		if (was.seller == s && raw.given < was.given &&
		    raw.given - was.given == raw.total - was.total)
			back += was.given - raw.given;
		was = raw;
		c->given += back;
		c->total += back;
	}
}

int
main(int argc, char *argv[])
{
	int day, i, s = -1;

	if (argc != 3) {
		fprintf(stderr, "usage: world SEED FOLDER >HISTORY\n");
		return 64;
	}
	seed = strtoull(argv[1], NULL, 10);
	make_world();
	for (day = 0; day < DAYS; day++)
		one_run(argv[2], day);
	for (i = 0; i < SELLERS; i++)
		undo_cancelled(i);
	for (i = 0; i < nitems; i++) {
		if (item[i].seller != s)
			make_intervals(s = item[i].seller);
		print_history(i);
	}
	return fflush(stdout) != 0;
}
