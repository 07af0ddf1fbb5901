/* vsnapshot: exact decimals, times to the microsecond, and which member is
 * which */
#include "vsnapshot/decimal.c"
#include "vsnapshot/moment.c"
#include "vsnapshot/names.c"

#include "test.h"

static bool
equal(const char *a, const char *b)
{
	CHECK(decimal_equal(slice_of(b), slice_of(a)) ==
	    decimal_equal(slice_of(a), slice_of(b)));
	return decimal_equal(slice_of(a), slice_of(b));
}

static void
decimals(void)
{
	CHECK(equal("4.5", "4.50"));
	CHECK(equal("4.5", "45e-1"));
	CHECK(equal("450", "4.5E+2"));
	CHECK(equal("0.0045", "4.5e-3"));
	CHECK(equal("0", "-0.00"));
	CHECK(equal("0e9", "0"));
	CHECK(equal("10", "10.000"));
	CHECK(equal("0.1", "0.10000000000000000000000000"));
	CHECK(!equal("0.1", "0.10000000000000000000000001"));
	CHECK(!equal("1", "10"));
	CHECK(!equal("1", "-1"));
	CHECK(!equal("1", "0"));
	CHECK(!equal("1.05", "1.5"));
	CHECK(!equal("9007199254740993", "9007199254740992"));
	CHECK(!equal("1e400", "1e401"));
	CHECK(equal("1e400", "10e399"));
}

static void
signs(void)
{
	CHECK(decimal_negative(SLICE("-0.01")));
	CHECK(decimal_negative(SLICE("-1e-99")));
	CHECK(!decimal_negative(SLICE("-0.00")));
	CHECK(!decimal_negative(SLICE("0")));
	CHECK(!decimal_negative((struct slice){ NULL, 0 }));
}

static void
validity(void)
{
	static const char *const good[] = { "0", "-0", "12", "1.5", "1e5",
		"1.0E-5", "0.1" };
	static const char *const bad[] = { "", "-", "01", "1.", ".5", "1e",
		"1e+", "+1", "1 ", "0x1", "NaN", "1,5" };
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(decimal_valid(slice_of(good[i])));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!decimal_valid(slice_of(bad[i])));
}

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

int
main(void)
{
	decimals();
	signs();
	validity();
	moments();
	no_moments();
	names();
	return DONE();
}
