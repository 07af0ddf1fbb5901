#include "json.h"

#include <inttypes.h>
#include <stdio.h>

#include "banned.h"

void
json_start(struct json *j, struct buf *b)
{
	*j = (struct json){ .b = b };
}

static void
value(struct json *j)
{
	if (j->comma)
		buf_addc(j->b, ',');
	j->comma = true;
}

static void
push(struct json *j, char open, char close)
{
	value(j);
	if (j->depth == JSON_DEPTH)
		die(EX_SOFTWARE, "JSON nested deeper than %d", JSON_DEPTH);
	j->close[j->depth++] = close;
	j->comma = false;
	buf_addc(j->b, open);
}

void
json_object(struct json *j)
{
	push(j, '{', '}');
}

void
json_array(struct json *j)
{
	push(j, '[', ']');
}

void
json_end(struct json *j)
{
	if (j->depth == 0)
		die(EX_SOFTWARE, "JSON closed more often than opened");
	buf_addc(j->b, j->close[--j->depth]);
	j->comma = true;
}

void
json_keys(struct json *j, struct slice key)
{
	value(j);
	json_escape(j->b, key);
	buf_addc(j->b, ':');
	j->comma = false;
}

void
json_key(struct json *j, const char *key)
{
	json_keys(j, slice_of(key));
}

void
json_str(struct json *j, struct slice s)
{
	value(j);
	json_escape(j->b, s);
}

void
json_cstr(struct json *j, const char *s)
{
	if (s == NULL)
		json_null(j);
	else
		json_str(j, slice_of(s));
}

void
json_raw(struct json *j, struct slice s)
{
	value(j);
	buf_addslice(j->b, s);
}

void
json_int(struct json *j, int64_t n)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRId64, n);

	json_raw(j, (struct slice){ text, (size_t)len });
}

void
json_bool(struct json *j, bool yes)
{
	json_raw(j, yes ? SLICE("true") : SLICE("false"));
}

void
json_null(struct json *j)
{
	json_raw(j, SLICE("null"));
}

void
json_base64(struct json *j, struct slice s)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                          "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i;
	uint32_t v;

	value(j);
	buf_addc(j->b, '"');
	for (i = 0; i + 2 < s.len; i += 3) {
		v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
		buf_add(j->b,
		    (char[]){ abc[v >> 18], abc[v >> 12 & 63], abc[v >> 6 & 63],
		        abc[v & 63] },
		    4);
	}
	if (s.len - i == 1) {
		v = (uint32_t)p[i] << 16;
		buf_add(j->b,
		    (char[]){ abc[v >> 18], abc[v >> 12 & 63], '=', '=' }, 4);
	} else if (s.len - i == 2) {
		v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8;
		buf_add(j->b,
		    (char[]){ abc[v >> 18], abc[v >> 12 & 63], abc[v >> 6 & 63],
		        '=' },
		    4);
	}
	buf_addc(j->b, '"');
}

/* 0: as it is; 'u': \u00XX; else the letter behind the backslash */
static const char escapes[256] = {
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'b',
	't',
	'n',
	'u',
	'f',
	'r',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	'u',
	['"'] = '"',
	['\\'] = '\\',
	[127] = 'u',
};

void
json_escape(struct buf *b, struct slice s)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, from = 0;
	unsigned char c;

	buf_addc(b, '"');
	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (escapes[c] == 0)
			continue;
		buf_add(b, s.p + from, i - from);
		from = i + 1;
		if (escapes[c] == 'u')
			buf_add(b,
			    (char[]){
			        '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] },
			    6);
		else
			buf_add(b, (char[]){ '\\', escapes[c] }, 2);
	}
	buf_add(b, s.p + from, s.len - from);
	buf_addc(b, '"');
}
