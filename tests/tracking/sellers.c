/*
 * sellers - made-up sellers: lines as vevents reads them (vevents(1), INPUT)
 *
 *	sellers SEED COUNT DAYS
 *
 * The first DAYS days of COUNT sellers, by owner and item; the lines of fewer
 *days are among those of more.  No run goes on over midnight, but runs of one
 *day may overlap; sweeps stay incomplete, counters come late or by half,
 *listings are cut, hidden, relisted, given another title, seen on two sites and
 *by pages; accounts are away, banned and gone for a while.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEGIN 1767225600 /* 2026-01-01 */
#define DAY 86400
#define ITEMS 200

enum state { LIVE, HIDDEN, SOLD, DELETED };

static struct item {
	enum state state;
	int cents, photo, title, favourites;
	bool promoted, reserved;
} item[ITEMS];
static int nitems;

static struct seller {
	int id, runs, given, total;
	int busy; /* so many times as much goes on */
	bool away, banned, gone, shows_sold, overlaps, abroad;
	int faults; /* sweeps in a hundred that stay incomplete */
	int counted_late[ITEMS], nlate;
} seller;

static uint64_t seed;

/* splitmix64 */
static int
below(int n)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (int)((z ^ (z >> 31)) % (uint64_t)n);
}

/* Of a thousand, as busy as she is. */
static bool
happens(int n)
{
	return below(20000) < n * seller.busy;
}

static const char *
when(int at)
{
	static char text[2][32];
	static int n;
	time_t t = BEGIN + at;
	struct tm tm;

	n = !n;
	strftime(text[n], sizeof text[n], "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&t, &tm));
	return text[n];
}

static const char *
yes(bool is)
{
	return is ? "true" : "false";
}

/* ---- what is so ---- */

static void
new_listing(int photo, int title)
{
	static const int prices[] = { 500, 1000, 2000, 750 };

	if (nitems == ITEMS)
		return;
	item[nitems] = (struct item){
		.cents = prices[below(4)], .photo = photo, .title = title
	};
	nitems++;
}

static void
change(struct item *i, int at)
{
	static const int lags[] = { 0, 3600, 90000 };

	i->favourites += below(2);
	if (i->state == HIDDEN && below(5) == 0) {
		i->state = LIVE;
	} else if (i->state == SOLD && happens(10)) {
		i->state = LIVE; /* cancelled */
		seller.given--;
	} else if (i->state != LIVE) {
		return;
	} else if (happens(30)) {
		i->state = SOLD;
		seller.counted_late[seller.nlate++] = at + lags[below(3)];
	} else if (happens(10)) {
		i->state = DELETED;
		seller.total--;
	} else if (happens(10)) {
		i->state = HIDDEN;
	} else if (happens(20)) {
		i->cents = 100 * (4 + below(6));
	} else if (happens(10)) {
		i->title = 100 + at / DAY;
	} else if (happens(10)) {
		i->reserved = !i->reserved;
	} else if (happens(10)) {
		i->promoted = !i->promoted;
	}
}

static void
pass_day(int at)
{
	int k, n, old;

	for (k = 0; k < nitems; k++)
		change(&item[k], at);
	if (happens(60))
		for (k = 0; k < nitems; k++)
			if (item[k].state == LIVE)
				item[k].cents = item[k].cents * 4 / 5;
	if (happens(100)) {
		old = nitems > 0 ? below(nitems) : 0;
		if (nitems > 0 && item[old].state > HIDDEN && below(10) < 6)
			new_listing(item[old].photo, item[old].title);
		else
			new_listing(below(2) ? below(6) : 10 + nitems,
			    below(3) ? 10 + nitems : below(2));
		seller.total++;
	}
	seller.away ^= below(100) == 0;
	seller.banned ^= below(200) == 0;
	seller.gone ^= below(250) == 0;
	if (below(200) == 0 && seller.given > 1) {
		seller.given--;
		seller.total--;
	}
	for (k = n = 0; k < seller.nlate; k++) {
		if (seller.counted_late[k] <= at)
			seller.given++;
		else
			seller.counted_late[n++] = seller.counted_late[k];
	}
	seller.nlate = n;
}

/* ---- what is seen ---- */

static void
begin_line(int at, const char *flow, int run)
{
	printf("{\"owner\":\"user:%d\",\"observed_at\":\"%s\","
	       "\"run\":\"%s%04d\",\"line\":1,\"index\":0",
	    seller.id, when(at), flow, run);
}

static void
begin_look(int k, int at, const char *flow, int run, const char *kind, int site)
{
	begin_line(at, flow, run);
	printf(",\"item_id\":\"%d\",\"kind\":\"%s\",\"site\":\"s%d\"", 10 + k,
	    kind, site);
}

static void
add_price(const char *name, int cents)
{
	printf(",\"%s\":%d", name, cents);
}

static void
print_search(int at, int site)
{
	const struct item *i;
	int k, run = seller.runs++;

	for (k = 0; k < nitems; k++) {
		i = &item[k];
		if (i->state != LIVE || below(5) == 0)
			continue;
		begin_look(k, at + (seller.overlaps ? below(3000) : 0), "c",
		    run, "list", site);
		printf(",\"state\":\"live\",\"user_id\":\"%d\","
		       "\"photo_key\":\"p%d\",\"title\":\"t%d\","
		       "\"promoted\":%s",
		    seller.id, i->photo, i->title,
		    yes(i->promoted != (below(6) == 0)));
		add_price("price", i->cents * (site == 1 ? 1 : 4));
		if (site == 1)
			printf(",\"currency\":\"EUR\",\"home\":true");
		else
			printf(",\"currency\":\"PLN\",\"rate\":%d,"
			       "\"rate_err\":0.0001",
			    4000 + at / DAY);
		if (below(10) > 0)
			printf(",\"favourite_count\":%d", i->favourites);
		printf("}\n");
	}
}

static void
print_account(int at, int run, const char *kind, bool gone)
{
	begin_line(at, kind[0] == 'u' ? "u" : "w", run);
	printf(",\"type\":\"account\",\"site\":\"s1\",\"kind\":\"%s\","
	       "\"verdict\":\"%s\"}\n",
	    kind, gone ? "gone" : "ok");
}

static void
print_counters(int at)
{
	int run = seller.runs++;

	print_account(at, run, "user", seller.gone);
	if (seller.gone)
		return;
	begin_line(at, "u", run);
	printf(",\"type\":\"counters\",\"total_count\":%d", seller.total);
	if (below(20) > 0)
		printf(",\"given_count\":%d", seller.given);
	if (below(20) > 0)
		printf(",\"on_holiday\":%s,\"banned\":%s", yes(seller.away),
		    yes(seller.banned));
	printf("}\n");
}

static void
print_in_wardrobe(int k, int at, int run)
{
	const struct item *i = &item[k];

	begin_look(k, at, "w", run, "wardrobe", 1);
	printf(",\"state\":\"%s\",\"evidence\":\"x\",\"user_id\":\"%d\","
	       "\"photo_key\":\"p%d\",\"title\":\"t%d\",\"promoted\":%s,"
	       "\"favourite_count\":%d,\"currency\":\"EUR\","
	       "\"seller_currency\":\"EUR\",\"home\":true",
	    i->state == SOLD && below(20) > 0 ? "sold" :
	        i->reserved                   ? "reserved" :
	                                        "live",
	    seller.id, i->photo, i->title, yes(i->promoted), i->favourites);
	add_price("price", i->cents);
	add_price("seller_price", i->cents);
	add_price("total_price", i->cents + i->cents / 20 + 70);
	printf("}\n");
}

static void
print_sweep(int at)
{
	int k, found = 0, last = at, run = seller.runs++;
	bool broken = below(100) < seller.faults;

	if (seller.gone || (seller.banned && below(10) < 7)) {
		print_account(at, run, "wardrobe", true);
		return;
	}
	for (k = 0; k < nitems; k++) {
		if (seller.away ||
		    (item[k].state != LIVE &&
		        !(item[k].state == SOLD && seller.shows_sold)))
			continue;
		last = at + found++ / 3 * 60;
		if (!broken || below(10) > 3)
			print_in_wardrobe(k, last, run);
	}
	printf("{\"owner\":\"user:%d\",\"type\":\"sweep\","
	       "\"run\":\"w%04d\",\"site\":\"s1\",\"first_at\":\"%s\","
	       "\"last_at\":\"%s\",\"total_count\":%d,\"found\":%d,"
	       "\"walked\":%s}\n",
	    seller.id, run, when(at), when(last + 4000 * seller.overlaps),
	    found, found, yes(!broken || below(20) == 0));
}

static void
print_page(int k, int at, int run)
{
	static const char *const sold[] = { "\"sold\"", "\"sold\"", "\"gone\"",
		"null" };
	const struct item *i = &item[k];
	const char *state = "\"live\"";

	if (i->state == DELETED || seller.gone)
		state = "\"gone\"";
	else if (i->state == SOLD)
		state = sold[below(4)];
	else if (i->state == HIDDEN)
		state = "\"hidden\"";
	begin_look(k, at, "i", run, "item-page", 1);
	printf(",\"state\":%s", state);
	if (state[0] == 'n' && below(2))
		printf(",\"state_rule\":\"no-product\"");
	if (state[1] != 'g') {
		add_price("price", i->cents);
		printf(",\"currency\":\"EUR\",\"title\":\"t%d\"", i->title);
	}
	printf("}\n");
}

static void
look(int at)
{
	int k, run;

	if (below(2))
		print_search(at + below(7200), 1);
	if (seller.abroad && below(2))
		print_search(at + below(7200), 2);
	if (below(10) < 8)
		print_counters(at + 8000);
	if (below(10) < 8)
		print_sweep(at + 10000 + below(500));
	run = seller.runs++;
	for (k = 0; k < nitems; k++)
		if (below(100) < (item[k].state == LIVE ? 2 : 6))
			print_page(k, at + 20000 + below(900), run);
}

static void
follow(int days)
{
	static const int faults[] = { 0, 5, 30 };
	int k, at, n = 1 << below(4);

	nitems = 0;
	seller.busy = below(10) < 6 ? 3 : 20;
	seller.shows_sold = below(10) < 3;
	seller.overlaps = below(10) < 3;
	seller.abroad = below(10) < 4;
	seller.faults = faults[below(3)];
	seller.given = below(6);
	for (k = 0; k < n; k++)
		new_listing(10 + k, 10 + k);
	seller.total = seller.given + n;
	for (k = 0; k < days; k++) {
		at = k * DAY + below(20000);
		pass_day(at);
		look(at);
	}
	for (k = 0; k < nitems; k++)
		if (k % 3 == 0)
			printf("{\"owner\":\"user:%d\",\"item_id\":\"%d\","
			       "\"type\":\"picture\",\"sha256\":\"%d\"}\n",
			    seller.id, 10 + k, k % 4);
	printf("{\"owner\":\"user:%d\",\"type\":\"owner\"}\n", seller.id);
}

int
main(int argc, char *argv[])
{
	uint64_t first;
	int k, count;

	if (argc != 4) {
		fprintf(stderr, "usage: sellers SEED COUNT DAYS\n");
		return 64;
	}
	first = strtoull(argv[1], NULL, 10);
	count = atoi(argv[2]);
	for (k = 0; k < count; k++) {
		seed = first * 1000003 + (uint64_t)k;
		seller = (struct seller){ .id = 1000 + k };
		follow(atoi(argv[3]));
	}
	return fflush(stdout) != 0;
}
