#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "msg.h"
#include "stop.h"
#include "banned.h"

static int64_t
ms_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_mono_ms(void)
{
	return ms_of(CLOCK_MONOTONIC);
}

static int pinned = -1; /* not known yet */
static int64_t pin, pin_mono;
static bool pin_runs;

static void
read_pin(void)
{
	const char *s = getenv("VPIPE_NOW");
	size_t len;

	pinned = s != NULL && *s != '\0';
	if (!pinned)
		return;
	len = strlen(s);
	pin_runs = s[len - 1] == '+';
	if (!clock_parse(s, len - pin_runs, &pin))
		die(EX_USAGE, "VPIPE_NOW '%s' is no RFC 3339 time", s);
	pin_mono = clock_mono_ms();
}

int64_t
clock_now_ms(void)
{
	if (pinned < 0)
		read_pin();
	if (!pinned)
		return ms_of(CLOCK_REALTIME);
	return pin_runs ? pin + clock_mono_ms() - pin_mono : pin;
}

void
clock_pass_ms(int64_t ms)
{
	if (pinned < 0)
		read_pin();
	if (pinned && !pin_runs)
		pin += ms;
	else
		clock_sleep_ms(ms);
}

void
clock_sleep_ms(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms, left;
	struct timespec ts;

	while (!stopped && (left = until - clock_mono_ms()) > 0) {
		if (left > 200) /* a signal may fall between the
		                   test and the sleep */
			left = 200;
		ts.tv_sec = 0;
		ts.tv_nsec = left * 1000000;
		nanosleep(&ts, NULL);
	}
}

static void
broken_down(int64_t ms, struct tm *tm, int *milli)
{
	time_t t = (time_t)(ms / 1000);

	*milli = (int)(ms % 1000);
	if (*milli < 0) {
		*milli += 1000;
		t--;
	}
	gmtime_r(&t, tm);
}

char *
clock_format(int64_t ms, char s[CLOCK_LEN])
{
	struct tm tm;
	int milli;
	size_t n;

	broken_down(ms, &tm, &milli);
	n = strftime(s, CLOCK_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(s + n, CLOCK_LEN - n, ".%03dZ", milli);
	return s;
}

char *
clock_compact(int64_t ms, char s[CLOCK_LEN])
{
	struct tm tm;
	int milli;

	broken_down(ms, &tm, &milli);
	strftime(s, CLOCK_LEN, "%Y%m%dT%H%M%SZ", &tm);
	return s;
}

static bool
digits(const char **s, const char *end, int n, int *out)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (*s == end || **s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*out = v;
	return true;
}

static bool
literal(const char **s, const char *end, const char *set)
{
	if (*s == end || strchr(set, **s) == NULL)
		return false;
	(*s)++;
	return true;
}

static int64_t
days_from_civil(int64_t y, int m, int d)
{
	/* Howard Hinnant, chrono-compatible low-level date algorithms */
	int64_t era;
	int yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (int)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static int
days_in_month(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		return 29;
	return days[m - 1];
}

bool
clock_parse(const char *s, size_t len, int64_t *ms)
{
	const char *end = s + len;
	int y, mo, d, h, mi, sec, oh, om, milli = 0, scale = 100;
	int64_t off = 0;
	bool minus;

	if (!digits(&s, end, 4, &y) || !literal(&s, end, "-") ||
	    !digits(&s, end, 2, &mo) || !literal(&s, end, "-") ||
	    !digits(&s, end, 2, &d) || !literal(&s, end, "Tt ") ||
	    !digits(&s, end, 2, &h) || !literal(&s, end, ":") ||
	    !digits(&s, end, 2, &mi) || !literal(&s, end, ":") ||
	    !digits(&s, end, 2, &sec))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 ||
	    mi > 59 || sec > 60)
		return false;
	if (s < end && *s == '.') {
		if (++s == end || *s < '0' || *s > '9')
			return false;
		for (; s < end && *s >= '0' && *s <= '9'; s++, scale /= 10)
			milli += (*s - '0') * scale;
	}
	if (s == end)
		return false;
	if (*s == 'Z' || *s == 'z') {
		s++;
	} else {
		minus = *s == '-';
		if (!literal(&s, end, "+-") || !digits(&s, end, 2, &oh) ||
		    !literal(&s, end, ":") || !digits(&s, end, 2, &om) ||
		    oh > 23 || om > 59)
			return false;
		off = (oh * 60 + om) * (minus ? -1 : 1);
	}
	if (s != end)
		return false;
	*ms = ((days_from_civil(y, mo, d) * 24 + h) * 60 + mi - off) * 60000 +
	    sec * 1000 + milli;
	return true;
}
