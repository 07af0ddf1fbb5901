/* clock.h: RFC 3339 in and out */
#include "clock.h"
#include "test.h"

static int64_t
parsed(const char *s)
{
	int64_t ms = -1;

	return clock_parse(s, strlen(s), &ms) ? ms : -1;
}

int
main(void)
{
	static const char *const wrong[] = { "", "2026-11-21",
		"2026-11-21T01:18:55", "2026-13-01T00:00:00Z",
		"2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z",
		"2026-11-21T01:18:55.Z", "2026-11-21T01:18:55Zx",
		"2026-11-21T01:18:55+0100", "x026-11-21T01:18:55Z" };
	char s[CLOCK_LEN];
	size_t i;

	CHECK(parsed("1970-01-01T00:00:00Z") == 0);
	CHECK(parsed("2026-11-21T01:18:55.123Z") == 1795223935123);
	CHECK(parsed("2026-11-21T02:18:55.123+01:00") == 1795223935123);
	CHECK(parsed("2026-11-20T20:48:55.123456789-04:30") == 1795223935123);
	CHECK(parsed("2024-02-29T12:00:00z") == 1709208000000);
	CHECK(parsed("1969-12-31T23:59:59.999Z") == -1);
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (clock_parse(wrong[i], strlen(wrong[i]), &(int64_t){ 0 })) {
			fprintf(stderr, "taken: '%s'\n", wrong[i]);
			test_failures++;
		}
	CHECK_STR(clock_format(1795223935123, s), "2026-11-21T01:18:55.123Z");
	CHECK_STR(clock_format(-1, s), "1969-12-31T23:59:59.999Z");
	CHECK_STR(clock_compact(1795223935123, s), "20261121T011855Z");

	setenv("VPIPE_NOW", "2026-09-20T10:00:00Z", 1);
	CHECK_STR(clock_format(clock_now_ms(), s), "2026-09-20T10:00:00.000Z");
	clock_sleep_ms(5);
	CHECK_STR(clock_format(clock_now_ms(), s), "2026-09-20T10:00:00.000Z");
	return DONE();
}
