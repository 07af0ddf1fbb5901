#include "decimal.h"

#include "banned.h"

struct decimal {
	bool negative;
	const char *p, *end; /* first digit that is not 0; end of digits */
	int64_t point;       /* digits before the point, from p */
};

#define FAR (INT64_C(1) << 40) /* an exponent beyond it counts as this */

static int64_t
read_exponent(const char *p, const char *end)
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

static struct decimal
read_decimal(struct slice s)
{
	struct decimal d = { .p = s.p, .end = s.p + s.len };
	const char *q, *end = s.p + s.len, *point = NULL;

	if (d.p < end && *d.p == '-') {
		d.negative = true;
		d.p++;
	}
	for (q = d.p; q < end && *q != 'e' && *q != 'E'; q++)
		if (*q == '.')
			point = q;
	d.end = q;
	if (point == NULL)
		point = d.end;
	while (d.p < d.end && (*d.p == '0' || *d.p == '.'))
		d.p++;
	d.point = d.p <= point ? point - d.p : point + 1 - d.p;
	if (q < end && q + 1 < end)
		d.point += read_exponent(q + 1, end);
	return d;
}

/* The next digit, 0 for ever behind the last. */
static char
next_digit(struct decimal *d)
{
	if (d->p < d->end && *d->p == '.')
		d->p++;
	return d->p < d->end ? *d->p++ : '0';
}

bool
decimal_equal(struct slice a, struct slice b)
{
	struct decimal x, y;

	if (slice_eq(a, b))
		return true;
	x = read_decimal(a);
	y = read_decimal(b);
	if (x.p == x.end || y.p == y.end) /* a zero has no sign */
		return x.p == x.end && y.p == y.end;
	if (x.negative != y.negative || x.point != y.point)
		return false;
	while (x.p < x.end || y.p < y.end)
		if (next_digit(&x) != next_digit(&y))
			return false;
	return true;
}

bool
decimal_negative(struct slice s)
{
	struct decimal d;

	if (s.len == 0 || s.p[0] != '-')
		return false;
	d = read_decimal(s);
	return d.p < d.end;
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

bool
decimal_valid(struct slice s)
{
	const char *p = s.p, *end = s.p + s.len, *q;

	if (p < end && *p == '-')
		p++;
	q = skip_digits(p, end);
	if (q == p || (*p == '0' && q - p > 1))
		return false;
	if (q < end && *q == '.') {
		p = q + 1;
		if ((q = skip_digits(p, end)) == p)
			return false;
	}
	if (q < end && (*q == 'e' || *q == 'E')) {
		p = q + 1;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if ((q = skip_digits(p, end)) == p)
			return false;
	}
	return q == end;
}
