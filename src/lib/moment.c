#include "moment.h"

#include "clock.h"
#include "banned.h"

/* Two digits; negative when they are none. */
static int
two(const char *s)
{
	unsigned a = (unsigned)(s[0] - '0'), b = (unsigned)(s[1] - '0');

	return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

/* Of the digits behind a point; *used is how many there are. */
static int64_t
fraction(const char *s, size_t len, size_t *used)
{
	int64_t us = 0, scale = 100000;
	size_t i;

	for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++, scale /= 10)
		us += (s[i] - '0') * scale;
	*used = i;
	return us;
}

static bool
is_utc(const char *s, size_t len)
{
	return (len == 1 && s[0] == 'Z') ||
	    (len == 6 && memcmp(s, "+00:00", 6) == 0);
}

/* Any time that clock_parse takes, with the digits that it drops. */
static bool
parse_slowly(struct slice s, int64_t *us)
{
	const char *point = memchr(s.p, '.', s.len);
	size_t used;
	int64_t ms;

	if (!clock_parse(s.p, s.len, &ms))
		return false;
	*us = ms * 1000;
	if (point != NULL)
		*us += fraction(point + 1, (size_t)(s.p + s.len - point) - 1,
		           &used) %
		    1000;
	return true;
}

static bool
find_day(struct moment_cache *c, struct slice s, int64_t *us)
{
	char midnight[21] = "0000-00-00T00:00:00Z";
	unsigned i =
	    ((unsigned char)s.p[8] * 10u + (unsigned char)s.p[9]) % MOMENT_DAYS;
	int64_t ms;

	if (memcmp(c->days[i].day, s.p, sizeof c->days[i].day) != 0) {
		memcpy(midnight, s.p, 10);
		if (!clock_parse(midnight, 20, &ms))
			return false;
		memcpy(c->days[i].day, s.p, sizeof c->days[i].day);
		c->days[i].us = ms * 1000;
	}
	*us = c->days[i].us;
	return true;
}

/* The one form that our own programs and the database write. */
static bool
parse_quickly(struct moment_cache *c, struct slice s, int64_t *us)
{
	size_t used = 0;
	int64_t day, part = 0;
	int h, m, sec;

	if (s.len < 20 || s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':')
		return false;
	h = two(s.p + 11);
	m = two(s.p + 14);
	sec = two(s.p + 17);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59)
		return false;
	if (s.p[19] == '.') {
		part = fraction(s.p + 20, s.len - 20, &used);
		if (used++ == 0)
			return false;
	}
	if (!is_utc(s.p + 19 + used, s.len - 19 - used) ||
	    !find_day(c, s, &day))
		return false;
	*us = day + ((h * 60 + m) * 60 + sec) * INT64_C(1000000) + part;
	return true;
}

bool
moment_parse(struct moment_cache *c, struct slice s, struct moment *out)
{
	if (s.len == 0 || s.len > MOMENT_TEXT)
		return false;
	if (!parse_quickly(c, s, &out->us) && !parse_slowly(s, &out->us))
		return false;
	memcpy(out->text, s.p, s.len);
	out->len = (uint8_t)s.len;
	return true;
}

/* ---- and back ---- */

static char *
put_digits(char *p, int64_t n, int digits)
{
	int i;

	for (i = digits - 1; i >= 0; i--, n /= 10)
		p[i] = (char)('0' + n % 10);
	return p + digits;
}

/* The date of a day since 1970-01-01: years begin in March, so that a leap day
 * is the last day of its year. */
static char *
put_date(char *p, int64_t day)
{
	int64_t era, of_era, year, of_year, month;

	day += 719468; /* since 0000-03-01 */
	era = (day >= 0 ? day : day - 146096) / 146097;
	of_era = day - era * 146097;
	year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	day = of_year - (153 * month + 2) / 5 + 1;
	month += month < 10 ? 3 : -9;
	p = put_digits(p, year + era * 400 + (month <= 2), 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	return put_digits(p, day, 2);
}

struct moment
moment_of(int64_t us)
{
	const int64_t day_us = INT64_C(86400000000);
	int64_t day = us / day_us, part = us % day_us;
	struct moment m = { .us = us };
	char *p;

	if (part < 0) {
		part += day_us;
		day--;
	}
	p = put_date(m.text, day);
	*p++ = 'T';
	p = put_digits(p, part / 3600000000, 2);
	*p++ = ':';
	p = put_digits(p, part / 60000000 % 60, 2);
	*p++ = ':';
	p = put_digits(p, part / 1000000 % 60, 2);
	if (part % 1000000 != 0) {
		*p++ = '.';
		p = put_digits(p, part % 1000000, 6);
		while (p[-1] == '0')
			p--;
	}
	*p++ = 'Z';
	m.len = (uint8_t)(p - m.text);
	return m;
}
