/* utf8: what is valid, where it can be cut, what an escape names */
#include "utf8.h"
#include "test.h"

static void
validity(void)
{
	static const char *const good[] = { "", "a", "caf\xc3\xa9", "\xc2\x80",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"12345678\xe2\x82\xac"
		"12345678" };
	static const char *const bad[] = { "\x80", "\xc1\x81", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xc3(" };
	char text[32] = "12345678";
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(utf8_valid(slice_of(good[i])));
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK(utf8_span(slice_of(bad[i])) == 0);
		strcpy(text + 8, bad[i]);
		CHECK(utf8_span(slice_of(text)) == 8);
	}
	CHECK(utf8_valid((struct slice){ NULL, 0 }));
	CHECK(utf8_valid(SLICE("a\0b")));
}

static void
cuts(void)
{
	const struct slice s = SLICE("a\xe2\x82\xac\xc3\xa9");

	CHECK(utf8_cut(s, 9) == 6 && utf8_cut(s, 6) == 6);
	CHECK(utf8_cut(s, 5) == 4 && utf8_cut(s, 4) == 4);
	CHECK(utf8_cut(s, 3) == 1 && utf8_cut(s, 0) == 0);
	CHECK(utf8_len(s.p, 6) == 1 && utf8_len(s.p + 1, 5) == 3);
	CHECK(utf8_len(s.p + 1, 2) == 2);
}

/* The escape becomes this text; NULL: it names half a pair. */
static void
names(const char *escape, size_t len, const char *text)
{
	struct buf b = { 0 };
	size_t n = 0;
	int c = utf8_escape(escape, escape + strlen(escape), &n);

	CHECK(c >= 0 && n == len && utf8_is_half(c) == (text == NULL));
	if (text != NULL) {
		utf8_add(&b, c);
		CHECK_STR(b.data, text);
	}
	buf_release(&b);
}

static void
escapes(void)
{
	static const char *const none[] = { "", "\\n", "\\u12", "\\u12g4",
		"u0041" };
	size_t i, n;

	names("\\u0041", 6, "A");
	names("\\u00E9 and more", 6, "\xc3\xa9");
	names("\\u20ac", 6, "\xe2\x82\xac");
	names("\\ud83d\\ude00", 12, "\xf0\x9f\x98\x80");
	names("\\ud83d\\u0041", 6, NULL);
	names("\\ude00\\ud83d", 6, NULL);
	names("\\ud83d", 6, NULL);
	for (i = 0; i < sizeof none / sizeof *none; i++)
		CHECK(utf8_escape(none[i], none[i] + strlen(none[i]), &n) ==
		    -1);
}

int
main(void)
{
	validity();
	cuts();
	escapes();
	return DONE();
}
