#include "retry.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

#include "http_date.h"
#include "banned.h"

#define LONGEST_SECONDS 31536000 /* a year: more is no number of theirs */

bool
retry_status(int status)
{
	return status == 408 || status == 500 || status == 502 ||
	    status == 503 || status == 504;
}

bool
retry_cause(const char *cause)
{
	static const char *const causes[] = { "resolve", "connect", "timeout",
		"reset", "truncated" };
	size_t i;

	for (i = 0; cause != NULL && i < sizeof causes / sizeof *causes; i++)
		if (strcmp(cause, causes[i]) == 0)
			return true;
	return false;
}

int64_t
retry_pause(const struct retry_policy *p, int attempt, int64_t millionths,
    int64_t floor_ms)
{
	int64_t bound = p->base_ms, pause;

	for (; attempt > 1 && bound < p->cap_ms; attempt--)
		bound *= 2;
	if (bound > p->cap_ms)
		bound = p->cap_ms;
	pause = bound * millionths / 1000000;
	return pause < floor_ms ? floor_ms : pause;
}

int64_t
retry_random(int64_t most)
{
	uint64_t r;

	if (most <= 0)
		return 0;
	if (getrandom(&r, sizeof r, 0) != sizeof r)
		die_errno(EX_SOFTWARE, "cannot get a random number");
	return (int64_t)(r % ((uint64_t)most + 1));
}

/* "120", also "3600.5" and "1e3": rounded up, and never over a year. */
static bool
seconds(struct slice s, int64_t *ms)
{
	char text[64], *end;
	double n;

	if (s.len == 0 || s.len >= sizeof text)
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (!isdigit((unsigned char)text[0]) ||
	    strspn(text, "0123456789.eE+-") != s.len)
		return false;
	n = strtod(text, &end); /* a duration, no value: a double will do */
	if (*end != '\0')
		return false;
	*ms = n < LONGEST_SECONDS ? (int64_t)ceil(n * 1000) :
	                            (int64_t)LONGEST_SECONDS * 1000;
	return true;
}

static bool
one(struct slice s, int64_t now_ms, int64_t *ms)
{
	while (s.len > 0 && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	if (seconds(s, ms))
		return true;
	if (!http_date_parse(s, ms))
		return false;
	*ms = *ms > now_ms ? *ms - now_ms : 0;
	return true;
}

bool
retry_after(struct slice text, int64_t now_ms, int64_t *ms)
{
	const char *comma;
	struct slice part;
	bool found = false;
	int64_t n;

	if (one(text, now_ms, ms))
		return true;
	/* what a proxy made of several: the longest */
	for (*ms = 0; text.len > 0; text.p += part.len, text.len -= part.len) {
		comma = memchr(text.p, ',', text.len);
		part = (struct slice){ text.p,
			comma != NULL ? (size_t)(comma - text.p) : text.len };
		if (one(part, now_ms, &n)) {
			found = true;
			*ms = *ms > n ? *ms : n;
		}
		part.len += comma != NULL;
	}
	return found;
}
