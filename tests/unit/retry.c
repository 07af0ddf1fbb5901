/* retry: what is tried again, after how long, and what Retry-After says */
#include "retry.h"

#include "clock.h"
#include "test.h"

static int64_t
at(const char *text)
{
	int64_t ms = -1;

	clock_parse(text, strlen(text), &ms);
	return ms;
}

/* What Retry-After asks at 2026-09-20T08:00:00Z; -1: it says nothing. */
static int64_t
asked(const char *text)
{
	int64_t ms;

	return retry_after(slice_of(text), at("2026-09-20T08:00:00Z"), &ms) ?
	    ms :
	    -1;
}

static void
causes(void)
{
	static const int again[] = { 408, 500, 502, 503, 504 };
	int status, listed;
	size_t i;

	for (status = 100; status < 600; status++) {
		for (i = 0, listed = 0; i < 5; i++)
			listed |= again[i] == status;
		CHECK(retry_status(status) == listed);
	}
	CHECK(retry_cause("resolve") && retry_cause("connect") &&
	    retry_cause("timeout") && retry_cause("reset") &&
	    retry_cause("truncated"));
	CHECK(!retry_cause(NULL) && !retry_cause("") && !retry_cause("tls") &&
	    !retry_cause("interrupted") && !retry_cause("too-large"));
}

static void
pauses(void)
{
	struct retry_policy p = { 3, 1000, 30000 };

	/* full jitter: from nothing to a bound that doubles, up to the cap */
	CHECK(retry_pause(&p, 1, 0, 0) == 0);
	CHECK(retry_pause(&p, 1, 1000000, 0) == 1000);
	CHECK(retry_pause(&p, 2, 1000000, 0) == 2000);
	CHECK(retry_pause(&p, 3, 500000, 0) == 2000);
	CHECK(retry_pause(&p, 6, 1000000, 0) == 30000);
	CHECK(retry_pause(&p, 1000000, 1000000, 0) == 30000);
	/* Retry-After is a floor that nothing shortens, the cap neither */
	CHECK(retry_pause(&p, 1, 0, 700) == 700);
	CHECK(retry_pause(&p, 1, 1000000, 700) == 1000);
	CHECK(retry_pause(&p, 1, 1000000, 3600000) == 3600000);
}

static void
randoms(void)
{
	int64_t n, low = INT64_MAX, high = -1;
	int i;

	CHECK(retry_random(0) == 0);
	CHECK(retry_random(-5) == 0);
	for (i = 0; i < 1000; i++) {
		n = retry_random(9);
		low = n < low ? n : low;
		high = n > high ? n : high;
	}
	CHECK(low == 0 && high == 9);
}

static void
headers(void)
{
	CHECK(asked("0") == 0);
	CHECK(asked("120") == 120000);
	CHECK(asked("99999999999999999999") == 31536000000);
	CHECK(asked("1e9") == 31536000000 && asked("1e999") == 31536000000);
	CHECK(asked("3600.5") == 3600500 && asked("0.0001") == 1);
	CHECK(asked(" 120\t") == 120000 && asked("60, 120,7") == 120000);
	CHECK(asked("Sun, 20 Sep 2026 08:01:40 GMT") == 100000);
	CHECK(asked("Sunday, 20-Sep-26 08:01:40 GMT") == 100000);
	CHECK(asked("Sun Sep 20 08:01:40 2026") == 100000);
	CHECK(asked("Sun, 20 Sep 2026 07:00:00 GMT") == 0);
	CHECK(asked("Fri, 31 Dec 9999 23:59:59 GMT") > 31536000000);
	CHECK(asked("") == -1 && asked(" ") == -1 && asked(",") == -1);
	CHECK(asked("-5") == -1 && asked("1-5") == -1 && asked("0x10") == -1);
	CHECK(asked("soon") == -1 && asked("inf") == -1 && asked("2 h") == -1);
}

/* Zones as servers write them, each 100 s from now. */
static void
zones(void)
{
	static const char *const dates[] = { "Sun, 20 Sep 2026 08:01:40 UTC",
		"Sun, 20 Sep 2026 08:01:40 +0000",
		"Sun, 20 Sep 2026 08:01:40 -0000",
		"Sun, 20 Sep 2026 08:01:40 Z", "Sun, 20 Sep 2026 08:01:40Z",
		"Sun, 20 Sep 2026 08:01:40", "20 Sep 2026 08:01:40 GMT",
		"Sun, 20 Sep 2026 10:01:40 +0200",
		"Sun, 20 Sep 2026 10:01:40 GMT+02:00",
		"Sun, 20 Sep 2026 03:01:40 EST",
		"Sun, 20-Sep-2026 08:01:40 GMT",
		"Sunday, 20-Sep-26 04:01:40 EDT",
		"Sun Sep 20 08:01:40 UTC 2026",
		"Sun Sep 20 10:01:40 2026 +0200", "2026-09-20T08:01:40Z",
		"  Sun,  20 Sep 2026 08:01:40  GMT ",
		"sun, 20 sep 2026 08:01:40 gmt" };
	static const char *const none[] = { "Sun, 20 Sep 2026",
		"Sun, 31 Sep 2026 08:01:40 GMT",
		"Sun, 20 Sep 2026 24:01:40 GMT",
		"Sun, 20 Sep 2026 08:01:40 +9900", "20 2026 08:01:40",
		"Sun, 20 Sep 20266 08:01:40 GMT", "20-", "-", "20-Sep-",
		"Sun, 20 Sep 2026 08: GMT", "Sep", ":", "08:01:40" };
	size_t i;

	for (i = 0; i < sizeof dates / sizeof *dates; i++)
		if (asked(dates[i]) != 100000) {
			fprintf(stderr, "'%s': %lld\n", dates[i],
			    (long long)asked(dates[i]));
			test_failures++;
		}
	for (i = 0; i < sizeof none / sizeof *none; i++)
		CHECK(asked(none[i]) == -1);
}

int
main(void)
{
	causes();
	pauses();
	randoms();
	headers();
	zones();
	return DONE();
}
