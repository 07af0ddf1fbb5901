/*
 * histories - made-up histories of items, in the order that a judge reads them
 *
 *	histories SEED COUNT
 *
 * COUNT items; the same for the same seed.  They obey what the context query
 * promises (an absence comes after a sight, one for a gap, its members agree
 * with each other) and nothing else: a market would never do most of this.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define BEGIN 1767225600000LL /* 2026-01-01 */
#define SITES 3

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
once_in(int n)
{
	return below(n) == 0;
}

#define PICK(...)                                                              \
	pick((const char *[]){ __VA_ARGS__ },                                  \
	    sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))
static const char *
pick(const char *const *v, size_t n)
{
	return v[below((int)n)];
}

/* --- one item
 * ----------------------------------------------------------------- */

static struct item {
	char id[64];
	int64_t now;
	int ord;
	bool wild;       /* states at random, not mostly live */
	bool conversion; /* the seller's price is often said */
	bool home;
	bool rates;
	int sites;
	int64_t cents; /* the seller's price */
	double rate[SITES], err[SITES];
	double fee;
	bool seen, may_lack; /* a sight since the last absence */
} it;

static const char *const host[SITES] = { "a.example", "b.example",
	"c.example" };
static const char *const currency[SITES] = { "EUR", "SEK", "EUR" };

static const char *
instant(int64_t ms, char out[96])
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	int64_t day = (ms - BEGIN) / DAY, rest = (ms - BEGIN) % DAY;
	int year = 2026, month = 0;

	for (; day >= 365; day -= 365) /* 2028 is not reached */
		year++;
	for (; day >= length[month]; day -= length[month++])
		;
	snprintf(out, 96, "%d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month + 1,
	    (int)day + 1, (int)(rest / HOUR), (int)(rest / 60000 % 60),
	    (int)(rest / 1000 % 60), (int)(rest % 1000));
	return out;
}

static void
new_item(int n)
{
	int i;

	memset(&it, 0, sizeof it);
	snprintf(it.id, sizeof it.id, "%d", 1000000000 + n);
	if (once_in(4)) /* no 64 bits hold it */
		snprintf(it.id, sizeof it.id, "%d%020llu", 1000000000 + n,
		    (unsigned long long)bits());
	it.now = BEGIN + 9 * DAY + below(1000000);
	it.wild = once_in(2);
	it.conversion = once_in(2);
	it.home = once_in(3);
	it.rates = !once_in(3);
	it.sites = 1 + below(SITES);
	it.cents =
	    once_in(20) ? below(3) : 50 + below(once_in(5) ? 9000000 : 9000);
	for (i = 0; i < SITES; i++) {
		it.rate[i] = i == 0 ? 1 : 0.5 + below(1000) / 100.0;
		it.err[i] = below(100) / 1e5;
	}
	it.fee = 0.05;
}

static void
step(void)
{
	static const int64_t far[] = { 240 * HOUR - 1, 240 * HOUR,
		240 * HOUR + 1, 239 * HOUR, 11 * DAY };

	if (once_in(8)) { /* at the same instant */
		it.ord += 1 + below(2);
		return;
	}
	it.ord = below(2);
	if (once_in(5))
		it.now += far[below(5)];
	else if (once_in(3))
		it.now += 1 + below(5000);
	else
		it.now += (1 + below((int)(3 * DAY / 1000))) * 1000LL;
}

static void
text(const char *name, const char *value)
{
	if (value != NULL)
		printf(",\"%s\":\"%s\"", name, value);
	else if (once_in(3))
		printf(",\"%s\":null", name);
}

static void
flag(const char *name, bool value)
{
	if (value || !once_in(4))
		printf(",\"%s\":%s", name, value ? "true" : "false");
}

static void
whole(const char *name, int n)
{
	printf(",\"%s\":%d", name, n);
}

/* 450 as 4.5, 4.50 or 4.500 */
static void
amount(const char *name, int64_t cents)
{
	printf(",\"%s\":%lld", name, (long long)cents / 100);
	if (cents % 100 == 0 && once_in(2))
		return;
	if (cents % 10 == 0 && once_in(2))
		printf(".%d", (int)(cents / 10 % 10));
	else
		printf(".%02d%s", (int)(cents % 100), once_in(8) ? "0" : "");
}

static void
prices(int site)
{
	int64_t shown = (int64_t)(it.cents * it.rate[site] + 0.5);
	bool own = it.home && site != 1;

	if (once_in(12)) { /* a total and nothing else */
		amount("total_price", shown + 70);
		return;
	}
	amount("price", shown);
	text("currency", once_in(40) ? "GBP" : currency[site]);
	if (it.conversion && !once_in(4)) {
		amount("seller_price", it.cents);
		text("seller_currency", once_in(30) ? "PLN" : "EUR");
	} else if (once_in(6)) {
		text("seller_currency", once_in(3) ? "PLN" : "EUR");
	}
	if (!once_in(3))
		amount("total_price", (int64_t)(shown * (1 + it.fee)) + 70);
	if (it.rates && !once_in(12))
		printf(",\"rate\":%.9g,\"rate_err\":%.9g", it.rate[site],
		    it.err[site]);
	if (own || once_in(20))
		printf(",\"home\":true");
	else if (once_in(3))
		printf(",\"home\":false");
}

/* What moved since the last line: the seller's price, a rate, the fee. */
static void
move(void)
{
	static const int cut[] = { 50, 90, 97, 99, 101, 110, 100 };
	int i;

	if (once_in(4)) {
		i = below(8);
		if (i == 7)
			it.cents = it.cents + 1;
		else
			it.cents = it.cents * cut[i] / 100;
	}
	for (i = 1; i < SITES; i++)
		if (once_in(3)) {
			it.rate[i] *= 1 + (below(2001) - 1000) / 5e4;
			it.err[i] += below(100) / (once_in(4) ? 1e4 : 1e6);
		}
	if (once_in(10))
		it.fee = below(4) / 50.0;
}

static void
episode(void)
{
	char at[96];
	bool ripe = !once_in(6), fell = once_in(8),
	     most = ripe && !fell && !once_in(12);
	int v = 1 + below(3), n = below(3);

	flag("baseline", !once_in(4));
	flag("ripe", ripe);
	flag("fell", fell);
	if (once_in(6))
		flag("unseen", !once_in(4));
	if (once_in(5))
		flag("doubted", !once_in(4));
	if (ripe && !once_in(5))
		text("counted_at",
		    instant(it.now + DAY - below((int)(2 * HOUR)), at));
	if (most)
		whole("g_most", once_in(3) ? 0 : below(4));
	else if (once_in(2))
		text("g_most", NULL);
	if (!once_in(8))
		whole("g", once_in(4) ? 0 : once_in(3) ? below(4) : v);
	if (!once_in(8))
		whole("t", once_in(4) ? below(4) - 2 : n);
	if (!once_in(12))
		whole("v", v);
	if (!once_in(12))
		whole("n", n);
	if (!once_in(12))
		whole("returns", once_in(5));
	if (!once_in(12))
		whole("pending", once_in(4) ? 1 + below(3) : 0);
	if (!once_in(8)) {
		whole("cleared", once_in(3) ? below(3) : 0);
		whole("kept", once_in(4) ? below(3) : 0);
	}
	printf(",\"item_days\":%s",
	    PICK("1", "12.5", "39.999", "40", "40.0", "40.001", "4000"));
	if (once_in(5))
		flag("on_holiday", once_in(2));
	if (once_in(6))
		flag("banned", once_in(2));
	if (once_in(10))
		flag("seller_gone", once_in(2));
}

static void
absence(void)
{
	char at[96];

	printf(",\"kind\":\"absence\",\"state\":\"absent\"");
	if (!once_in(8))
		text("absent_from", instant(it.now - below((int)HOUR), at));
	episode();
	it.may_lack = false;
}

static const char *
state(void)
{
	if (it.wild)
		return PICK("live", "reserved", "sold", "hidden", "gone",
		    "live", "reserved", NULL);
	return PICK("live", "live", "live", "live", "live", "live", "reserved",
	    "sold", "gone", "hidden", NULL, NULL);
}

static void
sight(const char *now, int site)
{
	text("kind",
	    PICK("list", "wardrobe", "item-page", "item-status", "details",
	        "list", "wardrobe"));
	text("state", now);
	if (now != NULL && strcmp(now, "gone") == 0) {
		text("evidence", PICK("404", "410"));
		if (once_in(5))
			printf(",\"%s\":true",
			    PICK("banned", "on_holiday", "seller_gone"));
		return;
	}
	text("evidence",
	    now == NULL ?
	        NULL :
	        PICK("present", "item_status", "is_closed,item_closing_action",
	            "ld+json:InStock", NULL));
	if (now == NULL ? once_in(2) :
	                  once_in(strcmp(now, "sold") == 0 ? 2 : 25))
		text("state_rule", PICK("no-product", "no-buy-button"));
	if (!once_in(4))
		prices(site);
	if (once_in(2))
		whole("favourite_count", below(50));
	if (once_in(2))
		printf(",\"promoted\":%s", PICK("true", "false", "null"));
	if (once_in(4)) {
		printf(",\"alike\":%s",
		    PICK("0", "0.25", "0.49999", "0.5", "0.50", "1"));
		whole("alike_n", below(6));
	}
	it.may_lack = true;
}

static void
one_line(bool first)
{
	int site = below(it.sites);
	char at[96];

	printf("{\"item_id\":\"%s\"", it.id);
	text("site", host[site]);
	text("observed_at", instant(it.now, at));
	if (it.ord > 0 || once_in(4))
		whole("ord", it.ord);
	if (first && once_in(3))
		text("unseen_at", instant(it.now - DAY - below(10000), at));
	if (first && once_in(8)) {
		text("relist_of", "999");
		text("relist_by", PICK("photo", "picture", "text"));
	}
	if (it.may_lack && once_in(4))
		absence();
	else
		sight(state(), site);
	if (once_in(80))
		text("relist_to", "2000000000");
	puts("}");
}

int
main(int argc, char *argv[])
{
	int count, lines, n, i;

	if (argc != 3 || (count = atoi(argv[2])) < 0 || count > 100000000) {
		fprintf(stderr, "usage: histories SEED COUNT\n");
		return 64;
	}
	seed = strtoull(argv[1], NULL, 10);
	for (n = 0; n < count; n++) {
		new_item(n);
		lines = 1 + below(once_in(10) ? 40 : 9);
		for (i = 0; i < lines; i++) {
			one_line(i == 0);
			move();
			step();
		}
	}
	return fflush(stdout) != 0;
}
