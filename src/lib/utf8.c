#include "utf8.h"

#include "banned.h"

/* Length of the sequence at p, or 0. */
static size_t
sequence(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 :
	    *p < 0xc2          ? 0 :
	    *p < 0xe0          ? 2 :
	    *p < 0xf0          ? 3 :
	    *p < 0xf5          ? 4 :
	                         0,
	       i;

	if (len == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* no longer than needed, no surrogate, not above U+10FFFF */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* Most text is ASCII: eight bytes at once. */
static size_t
ascii(const unsigned char *p, size_t n)
{
	uint64_t eight;
	size_t i;

	for (i = 0; i + sizeof eight <= n; i += sizeof eight) {
		memcpy(&eight, p + i, sizeof eight);
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	return i;
}

size_t
utf8_span(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, len;

	while (i < s.len) {
		i += ascii(p + i, s.len - i);
		if (i == s.len)
			break;
		if ((len = sequence(p + i, s.len - i)) == 0)
			break;
		i += len;
	}
	return i;
}

bool
utf8_valid(struct slice s)
{
	return utf8_span(s) == s.len;
}

size_t
utf8_cut(struct slice s, size_t most)
{
	if (s.len <= most)
		return s.len;
	while (most > 0 && ((unsigned char)s.p[most] & 0xc0) == 0x80)
		most--;
	return most;
}

size_t
utf8_len(const char *p, size_t left)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n < left ? n : left;
}

void
utf8_add(struct buf *b, int c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_addc(b, (char)(0xe0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 63)));
	} else {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 63)));
		buf_addc(b, (char)(0x80 | (c >> 6 & 63)));
	}
	buf_addc(b, (char)(0x80 | (c & 63)));
}

/* ---- escapes ---- */

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of \uXXXX; -1: that is not what stands there. */
static int
unit(const char *p, const char *end)
{
	int i, v = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		if (hex(p[i]) < 0)
			return -1;
		v = v << 4 | hex(p[i]);
	}
	return v;
}

int
utf8_escape(const char *p, const char *end, size_t *len)
{
	int high = unit(p, end), low;

	*len = 6;
	if (high < 0xd800 || high > 0xdbff)
		return high;
	low = unit(p + 6, end);
	if (low < 0xdc00 || low > 0xdfff)
		return high;
	*len = 12;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}
