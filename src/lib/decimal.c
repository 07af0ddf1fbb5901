#include "decimal.h"

#include "banned.h"

#define FAR (INT64_C(1) << 40) /* an exponent beyond it counts as this */

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* -?(0|[1-9][0-9]*); NULL: it begins otherwise */
static const char *
whole_end(const char *p, const char *end)
{
	const char *q;

	if (p < end && *p == '-')
		p++;
	q = skip_digits(p, end);
	if (q == p)
		return NULL;
	return *p == '0' ? p + 1 : q;
}

const char *
decimal_end(const char *p, const char *end)
{
	const char *q = whole_end(p, end);

	if (q != NULL && q < end && *q == '.') {
		p = q + 1;
		if ((q = skip_digits(p, end)) == p)
			return NULL;
	}
	if (q != NULL && q < end && (*q == 'e' || *q == 'E')) {
		p = q + 1;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if ((q = skip_digits(p, end)) == p)
			return NULL;
	}
	return q;
}

bool
decimal_valid(struct slice s)
{
	return s.len > 0 && decimal_end(s.p, s.p + s.len) == s.p + s.len;
}

bool
decimal_is_plain(struct slice s)
{
	return s.len > 0 && whole_end(s.p, s.p + s.len) == s.p + s.len;
}

bool
decimal_int64(struct slice s, int64_t *out)
{
	bool negative = s.len > 0 && s.p[0] == '-';
	int64_t n = 0;
	size_t i;

	if (!decimal_is_plain(s))
		return false;
	/* downwards, as the smallest has no positive counterpart */
	for (i = negative; i < s.len; i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, s.p[i] - '0', &n))
			return false;
	if (!negative && __builtin_sub_overflow(0, n, &n))
		return false;
	*out = n;
	return true;
}

/* ---- taken apart ---- */

static int64_t
exponent(const char *p, const char *end)
{
	bool minus = *p == '-';
	int64_t n = 0;

	if (*p == '-' || *p == '+')
		p++;
	for (; p < end; p++)
		if (n < FAR)
			n = n * 10 + (*p - '0');
	return minus ? -n : n;
}

/* The significant digits between p and stop, and where they begin. */
static void
trim(struct decimal *d, const char *p, const char *stop, const char *dot)
{
	for (d->first = p; d->first < stop; d->first++) {
		if (*d->first != '0' && *d->first != '.')
			break;
		d->point -= *d->first == '0';
	}
	for (d->last = stop - 1; d->last >= d->first; d->last--)
		if (*d->last != '0' && *d->last != '.')
			break;
	d->n = d->last - d->first + 1;
	if (dot != NULL && dot > d->first && dot < d->last)
		d->n--;
}

struct decimal
decimal_read(struct slice s)
{
	struct decimal d = { .negative = s.len > 0 && *s.p == '-' };
	const char *p = s.p + d.negative, *end = s.p + s.len, *stop;
	const char *dot = NULL;
	int64_t exp = 0;

	for (stop = p; stop < end && *stop != 'e' && *stop != 'E'; stop++)
		if (*stop == '.')
			dot = stop;
	if (stop < end)
		exp = exponent(stop + 1, end);
	d.scale = dot != NULL ? stop - dot - 1 - exp : -exp;
	if (d.scale < 0)
		d.scale = 0;
	d.point = (dot != NULL ? dot : stop) - p + exp;
	trim(&d, p, stop, dot);
	return d;
}

int
decimal_digit(const struct decimal *d, const char **p)
{
	if (*p <= d->last && **p == '.')
		(*p)++;
	return *p <= d->last ? *(*p)++ - '0' : 0;
}

bool
decimal_is_whole(struct slice s)
{
	struct decimal d = decimal_read(s);

	return d.n == 0 || d.n <= d.point;
}

bool
decimal_negative(struct slice s)
{
	return s.len > 0 && s.p[0] == '-' && decimal_read(s).n > 0;
}

/* Of two that are not 0, their signs aside. */
static int
compare(const struct decimal *a, const struct decimal *b)
{
	const char *p = a->first, *q = b->first;
	int c = (a->point > b->point) - (a->point < b->point);

	while (c == 0 && (p <= a->last || q <= b->last))
		c = decimal_digit(a, &p) - decimal_digit(b, &q);
	return (c > 0) - (c < 0);
}

int
decimal_cmp(struct slice a, struct slice b)
{
	struct decimal x, y;
	int sx, sy;

	if (slice_eq(a, b))
		return 0;
	x = decimal_read(a);
	y = decimal_read(b);
	sx = x.n == 0 ? 0 : x.negative ? -1 : 1; /* a zero has no sign */
	sy = y.n == 0 ? 0 : y.negative ? -1 : 1;
	if (sx != sy || sx == 0)
		return (sx > sy) - (sx < sy);
	return sx * compare(&x, &y);
}
