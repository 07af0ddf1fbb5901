#include "decode.h"

#include <brotli/decode.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

#include "banned.h"

#define PIECE ((size_t)65536)
#define WINDOW_LOG 23 /* RFC 8878, 3.1.1.1.2: no more is asked for */

typedef enum decoded coder(struct slice in, struct buf *out);

/* One member or stream from *in on, which moves to its end. */
static enum decoded
inflate_one(struct slice *in, int window, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in->p,
		.avail_in = (uInt)in->len };
	enum decoded end = DECODE_OK;
	char piece[PIECE];
	int code = Z_OK;

	if (inflateInit2(&z, window) != Z_OK)
		die(EX_SOFTWARE, "cannot set up zlib");
	while (end == DECODE_OK && code == Z_OK) {
		z.next_out = (Bytef *)piece;
		z.avail_out = PIECE;
		code = inflate(&z, Z_NO_FLUSH);
		if (!buf_try_add(out, piece, PIECE - z.avail_out))
			end = DECODE_TOO_LARGE;
		else if (code == Z_BUF_ERROR)
			end = DECODE_CUT;
		else if (code != Z_OK && code != Z_STREAM_END)
			end = DECODE_WRONG;
	}
	inflateEnd(&z);
	in->p += in->len - z.avail_in;
	in->len = z.avail_in;
	return end;
}

static enum decoded
gunzip(struct slice in, struct buf *out)
{
	enum decoded end;

	do
		end = inflate_one(&in, MAX_WBITS + 32, out);
	while (end == DECODE_OK && in.len > 1 && in.p[0] == '\x1f' &&
	    in.p[1] == '\x8b');
	return end;
}

static enum decoded
undeflate(struct slice in, struct buf *out)
{
	unsigned a = in.len > 0 ? (unsigned char)in.p[0] : Z_DEFLATED;
	unsigned b = in.len > 1 ? (unsigned char)in.p[1] : 0;
	bool framed = (a & 15) == Z_DEFLATED && (a << 8 | b) % 31 == 0;

	return inflate_one(&in, framed ? MAX_WBITS : -MAX_WBITS, out);
}

static enum decoded
unbrotli(struct slice in, struct buf *out)
{
	BrotliDecoderState *s = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	const uint8_t *from = (const uint8_t *)in.p;
	BrotliDecoderResult code;
	enum decoded end = DECODE_OK;
	uint8_t piece[PIECE], *to;
	size_t spare;

	if (s == NULL)
		die(EX_SOFTWARE, "cannot set up brotli");
	do {
		to = piece;
		spare = PIECE;
		code = BrotliDecoderDecompressStream(s, &in.len, &from, &spare,
		    &to, NULL);
		if (!buf_try_add(out, piece, PIECE - spare))
			end = DECODE_TOO_LARGE;
		else if (code == BROTLI_DECODER_RESULT_ERROR)
			end = DECODE_WRONG;
		else if (code == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
			end = DECODE_CUT;
	} while (end == DECODE_OK &&
	    code == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
	BrotliDecoderDestroyInstance(s);
	return end;
}

static enum decoded
unzstd(struct slice in, struct buf *out)
{
	ZSTD_DStream *s = ZSTD_createDStream();
	ZSTD_inBuffer from = { in.p, in.len, 0 };
	enum decoded end = DECODE_OK;
	char piece[PIECE];
	ZSTD_outBuffer to;
	size_t code;

	if (s == NULL)
		die(EX_SOFTWARE, "cannot set up zstd");
	ZSTD_DCtx_setParameter(s, ZSTD_d_windowLogMax, WINDOW_LOG);
	do {
		to = (ZSTD_outBuffer){ piece, PIECE, 0 };
		code = ZSTD_decompressStream(s, &to, &from);
		if (!ZSTD_isError(code) && !buf_try_add(out, piece, to.pos))
			end = DECODE_TOO_LARGE;
		else if (ZSTD_isError(code))
			end = DECODE_WRONG;
		else if (code != 0 && from.pos == from.size && to.pos < PIECE)
			end = DECODE_CUT;
	} while (end == DECODE_OK && (code != 0 || from.pos < from.size));
	ZSTD_freeDStream(s);
	return end;
}

static bool
is_named(struct slice name, const char *want)
{
	return name.len == strlen(want) &&
	    strncasecmp(name.p, want, name.len) == 0;
}

static coder *
coder_of(struct slice name)
{
	static const struct {
		const char *name;
		coder *coder;
	} known[] = { { "gzip", gunzip }, { "x-gzip", gunzip },
		{ "deflate", undeflate }, { "br", unbrotli },
		{ "zstd", unzstd } };
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (is_named(name, known[i].name))
			return known[i].coder;
	return NULL;
}

/* The last of the list, without the blanks around it; what is before stays. */
static struct slice
take_last(struct slice *list)
{
	const char *comma = memrchr(list->p, ',', list->len);
	const char *p = comma != NULL ? comma + 1 : list->p;
	const char *end = list->p + list->len;

	list->len = comma != NULL ? (size_t)(comma - list->p) : 0;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct slice){ p, (size_t)(end - p) };
}

enum decoded
decode_body(struct slice codings, struct buf *body)
{
	struct buf in = { 0 }, out = { 0 };
	struct slice at = buf_slice(body), name;
	enum decoded end = DECODE_OK;
	coder *decode;
	int layers = 0;

	if (body->len == 0)
		return DECODE_OK;
	while (codings.len > 0 && end == DECODE_OK) {
		name = take_last(&codings);
		if (name.len == 0 || is_named(name, "identity") ||
		    is_named(name, "none"))
			continue;
		decode = coder_of(name);
		if (decode == NULL || layers++ == DECODE_LAYERS) {
			end = DECODE_WRONG;
			break;
		}
		buf_release(&in);
		in = out;
		out = (struct buf){ .max = body->max };
		end = decode(at, &out);
		at = buf_slice(&out);
	}
	buf_release(&in);
	/* half of an inner layer tells nothing */
	if (layers == 0 || end == DECODE_WRONG ||
	    (end != DECODE_OK && codings.len > 0)) {
		buf_release(&out);
		return end;
	}
	buf_release(body);
	*body = out;
	return end;
}
