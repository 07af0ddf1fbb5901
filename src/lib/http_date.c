#include "http_date.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "clock.h"
#include "banned.h"

struct date {
	int day, month, year; /* month 1..12; year -1: not seen */
	int hour, minute, second;
	bool timed; /* the time of day was seen */
	int offset; /* minutes east of UTC */
};

/* At most `most` digits; -1: there are none, or more. */
static int
number(struct slice *s, size_t most)
{
	size_t n = 0;
	int value = 0;

	for (; n < s->len && isdigit((unsigned char)s->p[n]); n++) {
		if (n == most)
			return -1;
		value = value * 10 + (s->p[n] - '0');
	}
	if (n == 0)
		return -1;
	s->p += n;
	s->len -= n;
	return value;
}

static bool
take(struct slice *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->len--;
	return true;
}

/* "+0200", "-05:30", "+2" */
static bool
offset(struct slice s, struct date *d)
{
	int sign = s.len > 0 && s.p[0] == '-' ? -1 : 1, hours, minutes = 0;

	if (!take(&s, '+') && !take(&s, '-'))
		return false;
	hours = number(&s, 4);
	if (hours >= 100) {
		minutes = hours % 100;
		hours /= 100;
	} else if (take(&s, ':')) {
		minutes = number(&s, 2);
	}
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || s.len > 0)
		return false;
	d->offset = sign * (hours * 60 + minutes);
	return true;
}

static bool
zone(struct slice s, struct date *d)
{
	static const struct {
		const char *name;
		int hours;
	} america[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 },
		{ "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 },
		{ "PDT", -7 } };
	size_t n = 0, i;

	while (n < s.len && isalpha((unsigned char)s.p[n]))
		n++;
	if (n > 5)
		return false;
	if (n < s.len)
		return offset((struct slice){ s.p + n, s.len - n }, d);
	for (i = 0; i < sizeof america / sizeof *america; i++)
		if (n == 3 && strncasecmp(s.p, america[i].name, 3) == 0)
			d->offset = america[i].hours * 60;
	return true;
}

/* "08:01:40", "8:01", also with a fraction; a zone may be glued to it. */
static bool
time_of_day(struct slice s, struct date *d)
{
	d->hour = number(&s, 2);
	if (d->timed || !take(&s, ':'))
		return false;
	d->timed = true;
	d->minute = number(&s, 2);
	d->second = take(&s, ':') ? number(&s, 2) : 0;
	if (take(&s, '.') && number(&s, 9) < 0)
		return false;
	return d->minute >= 0 && d->second >= 0 && (s.len == 0 || zone(s, d));
}

/* 0-based among names of three letters, which may go on; or -1. */
static int
named(struct slice s, const char *names)
{
	int i;

	for (i = 0; s.len >= 3 && names[3 * i] != '\0'; i++)
		if (strncasecmp(names + 3 * i, s.p, 3) == 0)
			return i;
	return -1;
}

static bool
day_or_year(struct slice s, struct date *d)
{
	size_t digits = s.len;
	int n = number(&s, 4);

	if (n < 0 || s.len > 0)
		return false;
	if (d->day == 0 && digits <= 2) {
		d->day = n;
		return n > 0;
	}
	if (d->year >= 0 || (digits != 2 && digits != 4))
		return false;
	/* RFC 6265, 5.1.1 */
	d->year = digits == 4 ? n : n >= 70 ? 1900 + n : 2000 + n;
	return true;
}

static bool
word(struct slice s, struct date *d)
{
	const char *dash = memchr(s.p, '-', s.len);
	int month;

	if (memchr(s.p, ':', s.len) != NULL && !d->timed)
		return time_of_day(s, d);
	if (d->timed && (s.p[0] == '+' || s.p[0] == '-'))
		return offset(s, d);
	if (dash != NULL && dash > s.p && isdigit((unsigned char)s.p[0]))
		return word((struct slice){ s.p, (size_t)(dash - s.p) }, d) &&
		    dash + 1 < s.p + s.len &&
		    word((struct slice){ dash + 1,
		             s.len - (size_t)(dash + 1 - s.p) },
		        d);
	if (isdigit((unsigned char)s.p[0]))
		return day_or_year(s, d);
	month = d->month == 0 ?
	    named(s, "JanFebMarAprMayJunJulAugSepOctNovDec") :
	    -1;
	if (month >= 0 && dash == NULL) {
		d->month = month + 1;
		return true;
	}
	if (month >= 0) { /* the rest of 01-Jan-1970 */
		d->month = month + 1;
		return dash + 1 < s.p + s.len &&
		    day_or_year((struct slice){ dash + 1,
		                    s.len - (size_t)(dash + 1 - s.p) },
		        d);
	}
	if (!d->timed)
		return named(s, "SunMonTueWedThuFriSat") >= 0;
	return isalpha((unsigned char)s.p[0]) && zone(s, d);
}

static bool
finish(const struct date *d, int64_t *ms)
{
	char text[64];
	int n;

	if (d->day == 0 || d->month == 0 || d->year < 0 || !d->timed)
		return false;
	n = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    d->year, d->month, d->day, d->hour, d->minute, d->second);
	if (!clock_parse(text, (size_t)n, ms))
		return false;
	*ms -= (int64_t)d->offset * 60000;
	return true;
}

bool
http_date_parse(struct slice text, int64_t *ms)
{
	struct date d = { .year = -1 };
	size_t n;

	if (clock_parse(text.p, text.len, ms))
		return true;
	while (text.len > 0) {
		for (n = 0; n < text.len && strchr(" \t,", text.p[n]) == NULL;
		     n++)
			;
		if (n > 0 && !word((struct slice){ text.p, n }, &d))
			return false;
		n += n < text.len;
		text.p += n;
		text.len -= n;
	}
	return finish(&d, ms);
}
