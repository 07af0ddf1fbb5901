#include "value.h"

#include <stdlib.h>

#include "clock.h"
#include "decimal.h"
#include "utf8.h"
#include "banned.h"

#define MICROS 1000000
#define DAY_US ((int64_t)86400 * MICROS)
#define EPOCH_2000_S 946684800 /* PostgreSQL counts from 2000 */

/* utils/adt/numeric.c: digits before the point, digits behind it */
#define NUMERIC_WHOLE_MAX 131072
#define NUMERIC_SCALE_MAX 16383
#define NUMERIC_NEGATIVE 0x4000

const char value_too_wide[] = "does not fit 64 bits";
const char value_no_time[] = "is not an RFC 3339 time";

static const char half_a_pair[] = "holds half a surrogate pair";

static const struct {
	const char *sql;
	enum pg_type oid;
} types[] = {
	[VALUE_BOOL] = { "boolean", PG_BOOL },
	[VALUE_INT8] = { "bigint", PG_INT8 },
	[VALUE_NUMERIC] = { "numeric", PG_NUMERIC },
	[VALUE_TIMESTAMPTZ] = { "timestamptz", PG_TIMESTAMPTZ },
	[VALUE_DATE] = { "date", PG_DATE },
	[VALUE_TIME] = { "time", PG_TIME },
	[VALUE_UUID] = { "uuid", PG_UUID },
	[VALUE_TEXT] = { "text", PG_TEXT },
	[VALUE_JSONB] = { "jsonb", PG_JSONB },
};

const char *
value_sql(enum value_type t)
{
	return types[t].sql;
}

enum pg_type
value_oid(enum value_type t)
{
	return types[t].oid;
}

enum value_type
value_of_oid(uint32_t oid)
{
	enum value_type t;

	for (t = 0; t < VALUE_TYPES; t++)
		if (types[t].oid == oid)
			break;
	return t;
}

static bool
is_number(enum value_type t)
{
	return t == VALUE_INT8 || t == VALUE_NUMERIC;
}

/* What JSON writes as a string. */
static bool
is_string(enum value_type t)
{
	return t >= VALUE_TIMESTAMPTZ && t <= VALUE_TEXT;
}

enum value_type
value_join(enum value_type a, enum value_type b)
{
	if (a == b || b == VALUE_TYPES)
		return a;
	if (a == VALUE_TYPES)
		return b;
	if (is_number(a) && is_number(b))
		return VALUE_NUMERIC;
	return is_string(a) && is_string(b) ? VALUE_TEXT : VALUE_JSONB;
}

static bool
put_int8(struct buf *b, struct slice s, const char **why)
{
	struct decimal d = decimal_read(s);
	const char *p;
	int64_t v = 0, i;

	if (d.n > 0 && d.n > d.point) {
		*why = "is not an integer";
		return false;
	}
	for (i = 0, p = d.first; d.n > 0 && i < d.point; i++)
		/* downwards, as the smallest has no positive counterpart */
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, decimal_digit(&d, &p), &v)) {
			*why = value_too_wide;
			return false;
		}
	if (!d.negative && __builtin_sub_overflow(0, v, &v)) {
		*why = value_too_wide;
		return false;
	}
	put32(b, 8);
	put64(b, (uint64_t)v);
	return true;
}

/* utils/adt/numeric.c, numeric_send: groups of four digits, the first group
 * worth 10000^weight. */
static bool
put_numeric(struct buf *b, struct slice s, const char **why)
{
	struct decimal d = decimal_read(s);
	int64_t weight = 0, groups = 0, lead = 0, i;
	const char *p;
	int group, j;

	if (d.point > NUMERIC_WHOLE_MAX || d.scale > NUMERIC_SCALE_MAX) {
		*why = "has more digits than numeric holds";
		return false;
	}
	if (d.n > 0) {
		weight = d.point > 0 ? (d.point - 1) / 4 : (d.point - 4) / 4;
		lead = (weight + 1) * 4 - d.point; /* zeros before */
		groups = (lead + d.n + 3) / 4;
	}
	put32(b, (uint32_t)(8 + 2 * groups));
	put16(b, (uint16_t)groups);
	put16(b, (uint16_t)weight);
	put16(b, d.negative && d.n > 0 ? NUMERIC_NEGATIVE : 0);
	put16(b, (uint16_t)d.scale);
	for (i = 0, p = d.first; i < groups; i++) {
		for (group = 0, j = 0; j < 4; j++)
			group = group * 10 +
			    (i == 0 && j < lead ? 0 : decimal_digit(&d, &p));
		put16(b, (uint16_t)group);
	}
	return true;
}

/* Digits behind the point as microseconds, the seventh rounding. */
static int64_t
micros(const char *p, const char *end)
{
	int64_t v = 0;
	int i;

	for (i = 0; i < 6; i++)
		v = v * 10 +
		    (p < end && *p >= '0' && *p <= '9' ? *p++ - '0' : 0);
	return v + (p < end && *p >= '5' && *p <= '9');
}

static bool
parse_time(struct slice s, int64_t *us)
{
	const char *dot;
	int64_t ms;

	if (!clock_parse(s.p, s.len, &ms))
		return false;
	ms -= ms % 1000 + (ms % 1000 < 0 ? 1000 : 0);
	*us = (ms / 1000 - EPOCH_2000_S) * MICROS;
	if ((dot = memchr(s.p, '.', s.len)) != NULL)
		*us += micros(dot + 1, s.p + s.len);
	return true;
}

static bool
put_timestamptz(struct buf *b, struct slice s, const char **why)
{
	int64_t us;

	if (!parse_time(s, &us)) {
		*why = value_no_time;
		return false;
	}
	put32(b, 8);
	put64(b, (uint64_t)us);
	return true;
}

static bool
put_date(struct buf *b, struct slice s, const char **why)
{
	char text[] = "YYYY-MM-DDT00:00:00Z";
	int64_t us;

	if (s.len == 10)
		memcpy(text, s.p, 10);
	if (s.len != 10 || !parse_time(SLICE(text), &us)) {
		*why = "is not a date";
		return false;
	}
	put32(b, 4);
	put32(b, (uint32_t)(us / MICROS / 86400)); /* whole days */
	return true;
}

static bool
put_time(struct buf *b, struct slice s, const char **why)
{
	char text[64] = "2000-01-01T";
	int64_t us;
	size_t n = 11 + s.len;

	if (s.len > 0 && (s.p[s.len - 1] == 'Z' || s.p[s.len - 1] == 'z'))
		n--;
	if (n + 1 < sizeof text) {
		memcpy(text + 11, s.p, n - 11);
		text[n++] = 'Z';
	}
	if (n >= sizeof text || !parse_time((struct slice){ text, n }, &us)) {
		*why = "is not a time of day";
		return false;
	}
	put32(b, 8);
	put64(b, (uint64_t)us);
	return true;
}

/* Reads at most max digits; returns how many. */
static int
take_digits(const char **p, const char *end, int max, char *to)
{
	int n = 0;

	while (*p < end && n < max && **p >= '0' && **p <= '9')
		to[n++] = *(*p)++;
	return n;
}

/* The zone at the end of a time, as RFC 3339 has it; none is UTC. */
static bool
loose_zone(const char *p, const char *end, char *to, bool *zoned)
{
	static const char *const utc[] = { "Z", "z", "UTC", "GMT" };
	size_t i;

	while (p < end && *p == ' ')
		p++;
	memcpy(to, "+00:00", sizeof "+00:00");
	*zoned = p < end;
	for (i = 0; i < sizeof utc / sizeof *utc; i++)
		if (slice_is((struct slice){ p, (size_t)(end - p) }, utc[i]))
			return true;
	if (p == end)
		return true;
	if (*p != '+' && *p != '-')
		return false;
	to[0] = *p++;
	if (take_digits(&p, end, 2, to + 1) != 2)
		return false;
	if (p < end && *p == ':' && ++p == end)
		return false;
	return p == end || (take_digits(&p, end, 2, to + 4) == 2 && p == end);
}

/*
 * What others write for a time: a bare date, a space for the T, no seconds, a
 * comma, 24:00, +0000, +00, UTC, no zone at all.  To RFC 3339, or false.
 */
static bool
loose_time(struct slice s, struct buf *out, bool *zoned, bool *next_day)
{
	char text[] = "YYYY-MM-DDTHH:MM:SS", zone[8];
	const char *p, *end = s.p + s.len, *fraction;

	if (s.len < 10 || s.len == 11 ||
	    (s.len > 10 && memchr("Tt ", s.p[10], 3) == NULL))
		return false;
	memcpy(text, s.p, 10);
	memcpy(text + 11, "00:00:00", 8);
	p = fraction = s.len == 10 ? end : s.p + 11;
	if (p < end &&
	    (take_digits(&p, end, 2, text + 11) != 2 || p == end ||
	        *p++ != ':' || take_digits(&p, end, 2, text + 14) != 2))
		return false;
	if (p < end && *p == ':' && (++p, true) &&
	    take_digits(&p, end, 2, text + 17) != 2)
		return false;
	fraction = p;
	if (p > s.p + 11 + 5 && p < end && (*p == '.' || *p == ',')) {
		for (p++; p < end && *p >= '0' && *p <= '9';)
			p++;
		if (p == fraction + 1)
			return false;
	}
	*next_day = memcmp(text + 11, "24:00:00", 8) == 0;
	if (*next_day)
		memcpy(text + 11, "00", 2);
	buf_reset(out);
	buf_adds(out, text);
	if (p > fraction) {
		buf_addc(out, '.');
		buf_add(out, fraction + 1, (size_t)(p - fraction - 1));
	}
	if (!loose_zone(p, end, zone, zoned))
		return false;
	buf_adds(out, zone);
	return true;
}

bool
value_put_loose_time(struct buf *b, struct val v, struct buf *tmp, bool *naive)
{
	struct buf text = { 0 };
	struct slice s;
	int64_t us;
	bool ok, zoned, next_day;

	ok = val_type(v) == SCAN_STRING && val_string(v, tmp, &s) &&
	    loose_time(s, &text, &zoned, &next_day) &&
	    parse_time(buf_slice(&text), &us);
	buf_release(&text);
	if (!ok)
		return false;
	*naive = !zoned;
	put32(b, 8);
	put64(b, (uint64_t)(us + (next_day ? DAY_US : 0)));
	return true;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
put_uuid(struct buf *b, struct slice s, const char **why)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	unsigned char bytes[16];
	size_t i, n = 0;
	bool ok = s.len == sizeof form - 1;

	for (i = 0; ok && i < s.len; i++) {
		if (form[i] == '-') {
			ok = s.p[i] == '-';
			continue;
		}
		ok = hex(s.p[i]) >= 0;
		bytes[n / 2] = (unsigned char)((n % 2 ? bytes[n / 2] << 4 : 0) |
		    (hex(s.p[i]) & 15));
		n++;
	}
	if (!ok) {
		*why = "is not a UUID";
		return false;
	}
	put32(b, 16);
	buf_add(b, bytes, 16);
	return true;
}

static bool
put_text(struct buf *b, struct slice s, const char **why)
{
	if (s.len > 0 && memchr(s.p, '\0', s.len) != NULL) {
		*why = "holds a NUL, which text cannot store";
		return false;
	}
	put32(b, (uint32_t)s.len);
	buf_addslice(b, s);
	return true;
}

/*
 * A number as text, which only a key is: 1000, 1e3 and 1000.0 are one, as they
 * are where the column is numeric.
 */
static bool
put_number_text(struct buf *b, struct slice s, const char **why)
{
	struct buf text = { 0 };
	struct decimal d = decimal_read(s);
	const char *p;
	int64_t i;
	bool ok;

	if (d.point > NUMERIC_WHOLE_MAX || d.scale > NUMERIC_SCALE_MAX) {
		*why = "has more digits than numeric holds";
		return false;
	}
	p = d.first;
	if (d.negative && d.n > 0)
		buf_addc(&text, '-');
	if (d.n == 0 || d.point <= 0)
		buf_addc(&text, '0');
	for (i = 0; d.n > 0 && i < d.point; i++)
		buf_addc(&text, (char)('0' + decimal_digit(&d, &p)));
	if (d.n > 0 && d.n > d.point) {
		buf_addc(&text, '.');
		for (i = d.point < 0 ? d.point : 0; i < 0; i++)
			buf_addc(&text, '0');
		for (i = d.point > 0 ? d.point : 0; i < d.n; i++)
			buf_addc(&text, (char)('0' + decimal_digit(&d, &p)));
	}
	ok = put_text(b, buf_slice(&text), why);
	buf_release(&text);
	return ok;
}

/*
 * JSON text with \u00e9 and its like as the character itself: a server whose
 * encoding is none of Unicode's takes the one and not the other.
 */
static void
add_unescaped(struct buf *b, struct slice s)
{
	const char *p = s.p, *end = s.p + s.len, *stop;
	size_t len;
	int c;

	while ((stop = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		buf_add(b, p, (size_t)(stop - p));
		c = utf8_escape(stop, end, &len); /* no half: val_lone */
		if (c < 0x80) {
			buf_add(b, stop, 2);
			p = stop + 2;
		} else {
			utf8_add(b, c);
			p = stop + len;
		}
	}
	buf_add(b, p, (size_t)(end - p));
}

/* \\u0000 is a backslash and five letters, \u0000 a NUL. */
static bool
names_nul(struct slice s)
{
	const char *p = s.p, *end = s.p + s.len;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		if (end - p > 6 && memcmp(p, "\\u0000", 6) == 0)
			return true;
		p += 2;
	}
	return false;
}

static bool
put_jsonb(struct buf *b, struct val v, const char **why)
{
	struct slice s = val_text(v);
	uint32_t n;
	size_t at;

	if (v.s->escapes && names_nul(s)) {
		*why = "holds a NUL, which jsonb cannot store";
		return false;
	}
	if (val_lone(v)) {
		*why = half_a_pair;
		return false;
	}
	at = b->len;
	put32(b, 0);
	buf_addc(b, 1); /* version of the binary form */
	if (v.s->escapes)
		add_unescaped(b, s);
	else
		buf_addslice(b, s);
	n = __builtin_bswap32((uint32_t)(b->len - at - 4));
	memcpy(b->data + at, &n, sizeof n);
	return true;
}

static bool
put_number(struct buf *b, enum value_type t, struct slice s, const char **why)
{
	switch (t) {
	case VALUE_INT8:
		return put_int8(b, s, why);
	case VALUE_NUMERIC:
		return put_numeric(b, s, why);
	default:
		*why = "is a number";
		return false;
	}
}

static bool
put_string(struct buf *b, enum value_type t, struct slice s, const char **why)
{
	switch (t) {
	case VALUE_TEXT:
		return put_text(b, s, why);
	case VALUE_TIMESTAMPTZ:
		return put_timestamptz(b, s, why);
	case VALUE_DATE:
		return put_date(b, s, why);
	case VALUE_TIME:
		return put_time(b, s, why);
	case VALUE_UUID:
		return put_uuid(b, s, why);
	default:
		*why = "is a string";
		return false;
	}
}

bool
value_put(struct buf *b, enum value_type t, struct val v, struct buf *tmp,
    const char **why)
{
	enum scan_type type = val_type(v);
	struct slice s;

	if (t == VALUE_JSONB)
		return put_jsonb(b, v, why);
	if (type == SCAN_STRING) {
		buf_reset(tmp);
		if (!val_string(v, tmp, &s)) {
			*why = half_a_pair;
			return false;
		}
		return put_string(b, t, s, why);
	}
	if (t == VALUE_TEXT && type == SCAN_NUMBER)
		return put_number_text(b, val_text(v), why);
	if (t == VALUE_TEXT && type != SCAN_OBJECT && type != SCAN_ARRAY)
		return put_text(b, val_text(v), why);
	if (type == SCAN_NUMBER)
		return put_number(b, t, val_text(v), why);
	if (t == VALUE_BOOL && (type == SCAN_TRUE || type == SCAN_FALSE)) {
		put32(b, 1);
		buf_addc(b, type == SCAN_TRUE);
		return true;
	}
	*why = "is of another type than its column";
	return false;
}

static int
sign(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_bytes(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : sign((int64_t)a.len, (int64_t)b.len);
}

/*
 * | groups | weight | sign | scale | group ... |, 16 bits each.  No group at
 * either end is zero, so the weight decides first, then the groups, bytewise.
 */
static int
compare_numeric(struct slice a, struct slice b)
{
	bool a_zero = a.len == 8, b_zero = b.len == 8;
	bool a_minus = a.p[4] != 0, b_minus = b.p[4] != 0;
	int c;

	if (a_zero || b_zero) {
		if (a_zero && b_zero)
			return 0;
		return a_zero ? (b_minus ? 1 : -1) : (a_minus ? -1 : 1);
	}
	if (a_minus != b_minus)
		return a_minus ? -1 : 1;
	c = sign((int16_t)(get32(a.p) & 0xffff),
	    (int16_t)(get32(b.p) & 0xffff));
	if (c == 0)
		c = compare_bytes((struct slice){ a.p + 8, a.len - 8 },
		    (struct slice){ b.p + 8, b.len - 8 });
	return a_minus ? -c : c;
}

int
field_compare(enum value_type t, struct slice fa, struct slice fb)
{
	struct slice a = field_bytes(fa), b = field_bytes(fb);

	switch (t) {
	case VALUE_INT8:
	case VALUE_TIMESTAMPTZ:
	case VALUE_TIME:
		return sign((int64_t)get64(a.p), (int64_t)get64(b.p));
	case VALUE_DATE:
		return sign((int32_t)get32(a.p), (int32_t)get32(b.p));
	case VALUE_NUMERIC:
		return compare_numeric(a, b);
	default:
		return compare_bytes(a, b);
	}
}
