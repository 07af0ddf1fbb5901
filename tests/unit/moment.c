/* moment, names: times to the microsecond, and which member is which */
#include "moment.h"
#include "names.h"
#include "test.h"

static struct moment_cache cache;

static int64_t
at(const char *text)
{
	struct moment m = { 0 };

	if (!moment_parse(&cache, slice_of(text), &m))
		return -1;
	CHECK(slice_is(moment_slice(&m), text));
	return m.us;
}

static void
moments(void)
{
	const int64_t base = INT64_C(1788220800000000);

	CHECK(at("2026-09-01T00:00:00Z") == base);
	CHECK(at("2026-09-01T00:00:00+00:00") == base);
	CHECK(at("2026-09-01T00:00:00.000001Z") == base + 1);
	CHECK(at("2026-09-01T00:00:00.1234567Z") == base + 123456);
	CHECK(at("2026-09-01T01:02:03.25+00:00") == base + 3723250000);
	CHECK(at("2026-09-01T02:00:00.000001+02:00") == base + 1);
	CHECK(at("2026-09-01t00:00:00z") == base);
	CHECK(at("2026-08-31T23:59:60Z") == base);
	CHECK(at("1969-12-31T23:59:59.999999Z") == -1);
	CHECK(at("2024-02-29T00:00:00Z") == INT64_C(1709164800000000));
}

static void
no_moments(void)
{
	static const char *const bad[] = { "", "2026-09-01", "yesterday",
		"2026-09-01T00:00:00", "2026-09-01T24:00:00Z",
		"2026-02-29T00:00:00Z", "2026-09-01T00:60:00Z",
		"2026-09-01T00:00:00.Z", "2026-09-01T00:00:00Zx",
		"2026-09-01T00:00:0aZ", "2026-13-01T00:00:00Z",
		"2026-09-01T00:00:00.0000000000000000000000000001Z" };
	struct moment m;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!moment_parse(&cache, slice_of(bad[i]), &m));
	/* a day that is none does not stay in the cache */
	CHECK(!moment_parse(&cache, SLICE("2026-02-30T00:00:00Z"), &m));
	CHECK(!moment_parse(&cache, SLICE("2026-02-30T00:00:00Z"), &m));
}

static void
names(void)
{
	static const char *const all[] = { "g", "t", "v", "n", "ab", "ba" };
	static struct names t;
	int i;

	names_init(&t, all, 6);
	for (i = 0; i < 6; i++)
		CHECK(names_find(&t, slice_of(all[i])) == i);
	CHECK(names_find(&t, SLICE("x")) == -1);
	CHECK(names_find(&t, SLICE("")) == -1);
	CHECK(names_find(&t, SLICE("aab")) == -1);
}

static void
and_back(void)
{
	static const char *const all[] = { "2026-09-01T00:00:00Z",
		"2026-08-31T23:59:59.000001Z", "1969-12-31T23:59:59.5Z",
		"2024-02-29T12:34:56.12Z", "0001-01-01T00:00:00Z",
		"1900-02-28T23:59:59Z", "2000-12-31T00:00:00.999999Z",
		"9999-12-31T23:59:59.999999Z" };
	struct moment m, n;
	size_t i;
	int64_t us;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		CHECK(moment_parse(&cache, slice_of(all[i]), &m));
		n = moment_of(m.us);
		CHECK(slice_is(moment_slice(&n), all[i]));
	}
	/* each day of four centuries, and a little */
	for (us = INT64_C(-3000000000000000); us < INT64_C(10000000000000000);
	     us += INT64_C(86399999999)) {
		n = moment_of(us);
		CHECK(moment_parse(&cache, moment_slice(&n), &m) && m.us == us);
	}
}

int
main(void)
{
	moments();
	and_back();
	no_moments();
	names();
	return DONE();
}
