/* decimal: numbers by their digits, whatever form they are written in */
#include "decimal.h"
#include "test.h"

static bool
equal(const char *a, const char *b)
{
	int c = decimal_cmp(slice_of(a), slice_of(b));

	CHECK(decimal_cmp(slice_of(b), slice_of(a)) == -c);
	return c == 0;
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

static void
order(void)
{
	static const char *const rising[] = { "-1e9", "-10", "-9.5", "-9",
		"-1e-9", "-0.0", "1e-9", "0.5", "0.51", "9", "9.5", "10",
		"123456789012345678901234567890", "1e30" };
	size_t i, n = sizeof rising / sizeof *rising;

	for (i = 0; i + 1 < n; i++)
		CHECK(decimal_cmp(slice_of(rising[i]),
		          slice_of(rising[i + 1])) == -1);
}

static void
integers(void)
{
	int64_t n = 0;

	CHECK(decimal_is_plain(SLICE("-7")) && decimal_is_plain(SLICE("0")));
	CHECK(!decimal_is_plain(SLICE("7.0")) && !decimal_is_plain(SLICE("")));
	CHECK(!decimal_is_plain(SLICE("07")) && !decimal_is_plain(SLICE("-")));
	CHECK(decimal_is_whole(SLICE("5.0")) && decimal_is_whole(SLICE("5e3")));
	CHECK(decimal_is_whole(SLICE("0.0")) &&
	    decimal_is_whole(SLICE("50e-1")));
	CHECK(!decimal_is_whole(SLICE("5.5")) &&
	    !decimal_is_whole(SLICE("5e-1")));
	CHECK(decimal_int64(SLICE("-9223372036854775808"), &n) &&
	    n == INT64_MIN);
	CHECK(decimal_int64(SLICE("9223372036854775807"), &n) &&
	    n == INT64_MAX);
	CHECK(!decimal_int64(SLICE("9223372036854775808"), &n));
	CHECK(!decimal_int64(SLICE("-9223372036854775809"), &n));
	CHECK(!decimal_int64(SLICE("1e3"), &n) && n == INT64_MAX);
}

static void
apart(void)
{
	struct decimal d = decimal_read(SLICE("-12.0340e5"));
	const char *p = d.first;
	char text[8];
	int i;

	CHECK(d.negative && d.n == 5 && d.point == 7 && d.scale == 0);
	for (i = 0; i < 7; i++)
		text[i] = (char)('0' + decimal_digit(&d, &p));
	text[i] = '\0';
	CHECK_STR(text, "1203400");
}

int
main(void)
{
	decimals();
	signs();
	validity();
	order();
	integers();
	apart();
	return DONE();
}
