/* scan.h: what is read is what stands there, and nothing else */
#include "scan.h"
#include "line.h"
#include "test.h"

static struct scan *s;
static char text[4096];

static bool
parse(const char *json, size_t len)
{
	const char *why = NULL;
	size_t at;

	memcpy(text, json, len);
	memset(text + len, 0xff, LINE_PADDING); /* must not matter */
	return scan_parse(s, (struct slice){ text, len }, &at, &why);
}

static struct val
root(const char *json)
{
	CHECK(parse(json, strlen(json)));
	return scan_root(s);
}

static void
check_refused(const char *json, size_t at, const char *why)
{
	const char *have = "nothing";
	size_t place = 0;

	memcpy(text, json, strlen(json));
	CHECK(!scan_parse(s, (struct slice){ text, strlen(json) }, &place,
	    &have));
	CHECK_STR(have, why);
	CHECK(place == at);
}

static void
check_text(struct val v, const char *want)
{
	struct slice t = val_text(v);
	char *have = xstrndup(t.len ? t.p : "", t.len);

	CHECK_STR(have, want);
	free(have);
}

static void
check_path(struct val v, const char *text_of_path, const char *want)
{
	const char *why = NULL;
	struct path *p = path_compile(text_of_path, &why);

	CHECK(p != NULL);
	if (p != NULL)
		check_text(val_path(v, p), want);
	path_free(p);
}

static void
check_no_path(const char *text_of_path)
{
	const char *why = NULL;

	CHECK(path_compile(text_of_path, &why) == NULL && why != NULL);
}

static void
values(void)
{
	struct val v = root(
	    " {\"a\" : [1.10 , -0e+1, {\"b\":\"x\\u00e9\\n\"}],"
	    "\"a\\u0062\":null, \"n\":-9223372036854775808,\"a\":[true] } ");
	struct buf tmp = { 0 };
	struct slice out;
	int64_t n;

	CHECK(val_type(v) == SCAN_OBJECT && val_count(v) == 4);
	check_text(val_member(v, "a"), "[true]"); /* the last wins */
	CHECK(val_type(val_member(v, "ab")) == SCAN_NULL);
	CHECK(val_type(val_member(v, "b")) == SCAN_NONE);
	CHECK(val_int64(val_member(v, "n"), &n) && n == INT64_MIN);
	CHECK(!val_int64(val_member(v, "ab"), &n));

	v = root("[1.10,12345678901234567890,\"\\ud83d\\ude00\",\"\\ude00\"]");
	check_text(val_at(v, 0), "1.10");
	check_text(val_at(v, 1), "12345678901234567890");
	CHECK(!val_int64(val_at(v, 1), &n) && !val_int64(val_at(v, 0), &n));
	CHECK(val_is(val_at(v, 2), "\xf0\x9f\x98\x80"));
	CHECK(!val_string(val_at(v, 3), &tmp, &out));
	CHECK(val_lone(v) && val_lone(val_at(v, 3)) && !val_lone(val_at(v, 2)));
	CHECK(val_type(val_at(v, 4)) == SCAN_NONE);
	CHECK(val_cstr(val_at(v, 0)) == NULL);
	buf_release(&tmp);
}

static void
paths(void)
{
	struct val v = root("{\"a\":{\"odd key\":[{\"b\":7}],\"n\":null}}");

	check_path(v, ".", "{\"a\":{\"odd key\":[{\"b\":7}],\"n\":null}}");
	check_path(v, ".a.n", "null");
	check_path(v, ".a.\"odd key\"[0].b", "7");
	check_path(v, ".a[\"odd key\"][0]", "{\"b\":7}");
	check_path(v, ".a.\"odd key\"[]", "[{\"b\":7}]");
	check_path(v, ".a.n.x", "");
	check_path(v, ".a[0]", "");
	check_no_path("");
	check_no_path("a");
	check_no_path(".a.");
	check_no_path(".a b");
	check_no_path(".a[].b");
	check_no_path(".a[-1]");
	check_no_path(".a | .b");
}

static void
refusals(void)
{
	check_refused("", 0, "nothing there");
	check_refused("{\"a\":1,}", 7, "a key is due");
	check_refused("[1,2", 4, "it ends too early");
	check_refused("[01]", 1, "no valid value");
	check_refused("[1] 2", 4, "something follows the value");
	check_refused("\"\\x\"", 1, "no valid escape");
	check_refused("[\"abc\xff\"]", 5, "not UTF-8");
	check_refused("[\"a\tb\"]", 3, "a control character in a string");
	check_refused("[\"ab", 1, "a string without end");
	check_refused("nul", 0, "no valid value");
}

static void
depth(void)
{
	char deep[2 * SCAN_DEPTH + 2];

	memset(deep, '[', SCAN_DEPTH);
	memset(deep + SCAN_DEPTH, ']', SCAN_DEPTH);
	CHECK(parse(deep, 2 * SCAN_DEPTH));
	memset(deep, '[', SCAN_DEPTH + 1);
	memset(deep + SCAN_DEPTH + 1, ']', SCAN_DEPTH + 1);
	CHECK(!parse(deep, 2 * SCAN_DEPTH + 2));
}

/* Looks at everything there is. */
static size_t
walk(struct val v)
{
	struct val_iter it = val_each(v);
	struct buf tmp = { 0 };
	struct slice key, out;
	struct val member;
	size_t n = 1;

	while (val_next(&it, &key, &member))
		n += key.len + walk(member);
	if (val_string(v, &tmp, &out))
		n += out.len;
	buf_release(&tmp);
	return n;
}

/* Bytes changed at random: most are refused, none does harm. */
static void
mutilated(void)
{
	static const char good[] =
	    "{\"id\":10051317969,\"t\":\"Br\xc3\xa8 \\\"x"
	    "\\\" \\u00e9\\ud83d\\ude00\",\"p\":{\"amount\":\"6.00\",\"c\":"
	    "[1.5e-3,true,false,null,[],{}]},\"t\":[[[[\"\\\\\"]]]]}";
	static const char odd[] = "{}[],:\"\\u0d8 \t\n-+.eE19tfn\xc3\xff";
	char bad[sizeof good];
	uint32_t state = 1;
	size_t read = 0;
	int i, k;

	for (i = 0; i < 200000; i++) {
		memcpy(bad, good, sizeof good);
		for (k = 0; k <= i % 3; k++) {
			state = state * 1103515245 + 12345;
			bad[(state >> 8) % (sizeof good - 1)] =
			    odd[(state >> 20) % (sizeof odd - 1)];
		}
		if (parse(bad, sizeof good - 1 - (size_t)(i % 7 == 0))) {
			CHECK(walk(scan_root(s)) > 0);
			read++;
		}
	}
	CHECK(read > 1000);
}

int
main(void)
{
	s = scan_new();
	values();
	paths();
	refusals();
	depth();
	mutilated();
	scan_free(s);
	return DONE();
}
