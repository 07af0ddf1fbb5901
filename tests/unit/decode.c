/* decode: what lies under a Content-Encoding, whole or not at all */
#include "decode.h"

#include <zlib.h>
#include <zstd.h>

#include "test.h"

#define MAX ((size_t)1 << 20)

static struct buf body;

/* A gzip member (window 31), a zlib (15) or raw deflate (-15) stream. */
static void
add_deflated(struct buf *to, int window, struct slice text)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)text.p,
		.avail_in = (uInt)text.len };
	char piece[65536];

	deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
	do {
		z.next_out = (Bytef *)piece;
		z.avail_out = sizeof piece;
		deflate(&z, Z_FINISH);
		buf_add(to, piece, sizeof piece - z.avail_out);
	} while (z.avail_out == 0);
	deflateEnd(&z);
}

static void
add_zstd(struct buf *to, struct slice text)
{
	char piece[65536];
	size_t n = ZSTD_compress(piece, sizeof piece, text.p, text.len, 3);

	CHECK(!ZSTD_isError(n));
	buf_add(to, piece, n);
}

static void
start(void)
{
	buf_release(&body);
	body.max = MAX;
}

static enum decoded
decode(const char *codings)
{
	return decode_body(slice_of(codings), &body);
}

static void
each_coding(void)
{
	/* brotli's own encoder made it */
	static const char br[] = "\x8b\x05\x80"
	                         "hello brotli\x03";

	start();
	add_deflated(&body, 31, SLICE("a gzip"));
	CHECK(decode("gzip") == DECODE_OK);
	CHECK_STR(body.data, "a gzip");
	start();
	add_deflated(&body, 31, SLICE("a gzip"));
	CHECK(decode(" X-GZip\t") == DECODE_OK);
	CHECK_STR(body.data, "a gzip");
	start();
	add_deflated(&body, 15, SLICE("a frame"));
	CHECK(decode("deflate") == DECODE_OK);
	CHECK_STR(body.data, "a frame");
	start();
	add_deflated(&body, -15, SLICE("no frame"));
	CHECK(decode("deflate") == DECODE_OK);
	CHECK_STR(body.data, "no frame");
	start();
	add_zstd(&body, SLICE("a frame"));
	add_zstd(&body, SLICE(", and one more"));
	CHECK(decode("zstd") == DECODE_OK);
	CHECK_STR(body.data, "a frame, and one more");
	start();
	buf_add(&body, br, sizeof br - 1);
	CHECK(decode("br") == DECODE_OK);
	CHECK_STR(body.data, "hello brotli");
}

static void
identity(void)
{
	static const char *const codings[] = { "", "identity", "none",
		", ,identity", "Identity" };
	size_t i;

	for (i = 0; i < sizeof codings / sizeof *codings; i++) {
		start();
		buf_adds(&body, "as it is");
		CHECK(decode(codings[i]) == DECODE_OK);
		CHECK_STR(body.data, "as it is");
	}
	/* of a 304 or a 204 the header speaks of a body that is not there */
	start();
	CHECK(decode("gzip") == DECODE_OK && body.len == 0);
	CHECK(decode("unheard-of") == DECODE_OK && body.len == 0);
}

static void
members(void)
{
	start();
	add_deflated(&body, 31, SLICE("one "));
	add_deflated(&body, 31, SLICE(""));
	add_deflated(&body, 31, SLICE("three"));
	CHECK(decode("gzip") == DECODE_OK);
	CHECK_STR(body.data, "one three");
	/* padding, as of tapes */
	start();
	add_deflated(&body, 31, SLICE("one"));
	buf_add(&body, "\0\0\0\0", 4);
	CHECK(decode("gzip") == DECODE_OK);
	CHECK_STR(body.data, "one");
	/* the second is cut, or broken */
	start();
	add_deflated(&body, 31, SLICE("one "));
	add_deflated(&body, 31, SLICE("two"));
	body.len -= 4;
	CHECK(decode("gzip") == DECODE_CUT);
	CHECK_STR(body.data, "one two");
	start();
	add_deflated(&body, 31, SLICE("one "));
	add_deflated(&body, 31, SLICE("two"));
	body.data[body.len - 8] ^= 1; /* its sum */
	CHECK(decode("gzip") == DECODE_WRONG && body.data[0] == '\x1f');
}

static void
layers(void)
{
	struct buf inner = { 0 };

	start();
	add_zstd(&inner, SLICE("deep"));
	add_deflated(&body, 31, buf_slice(&inner));
	CHECK(decode("zstd, gzip") == DECODE_OK);
	CHECK_STR(body.data, "deep");
	start();
	add_deflated(&body, 31, buf_slice(&inner));
	CHECK(decode("gzip,zstd") == DECODE_WRONG);
	CHECK(decode("gzip, gzip, gzip, gzip, gzip") == DECODE_WRONG);
	buf_release(&inner);
}

static void
wrong(void)
{
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd",
		"unheard-of", "gzip;q=1", "utf-8", "gzip, unheard-of" };
	size_t i, len;

	for (i = 0; i < sizeof codings / sizeof *codings; i++) {
		start();
		buf_adds(&body, "{\"plain\": \"text, and no less than that\"}");
		len = body.len;
		CHECK(decode(codings[i]) == DECODE_WRONG);
		CHECK(body.len == len && body.data[0] == '{');
	}
}

static void
cut(void)
{
	struct buf whole = { 0 };
	size_t n;

	add_deflated(&whole, 31, SLICE("a text that is a little longer"));
	for (n = 1; n < whole.len; n++) {
		start();
		buf_add(&body, whole.data, n);
		CHECK(decode("gzip") == DECODE_CUT);
	}
	buf_reset(&whole);
	add_zstd(&whole, SLICE("a text that is a little longer"));
	for (n = 1; n < whole.len; n++) {
		start();
		buf_add(&body, whole.data, n);
		CHECK(decode("zstd") == DECODE_CUT);
	}
	buf_release(&whole);
}

/* A bomb costs its ceiling and no more, in one layer or two. */
static void
bombs(void)
{
	struct buf zeros = { 0 }, inner = { 0 };

	buf_grow(&zeros, 64 * MAX);
	memset(zeros.data, 0, 64 * MAX);
	zeros.len = 64 * MAX;
	add_deflated(&inner, 31, buf_slice(&zeros));
	start();
	buf_addslice(&body, buf_slice(&inner));
	CHECK(decode("gzip") == DECODE_TOO_LARGE);
	CHECK(body.len <= MAX && body.len > MAX - 65536);
	start();
	add_deflated(&body, 31, buf_slice(&inner));
	CHECK(decode("gzip, gzip") == DECODE_TOO_LARGE);
	CHECK(body.len <= MAX);
	buf_release(&zeros);
	buf_release(&inner);
}

int
main(void)
{
	each_coding();
	identity();
	members();
	layers();
	wrong();
	cut();
	bombs();
	buf_release(&body);
	return DONE();
}
