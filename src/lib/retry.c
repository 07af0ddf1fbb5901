#include "retry.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

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

static bool
seconds(struct slice s, int64_t *ms)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (n < LONGEST_SECONDS)
			n = n * 10 + (s.p[i] - '0');
	}
	*ms = (n < LONGEST_SECONDS ? n : LONGEST_SECONDS) * 1000;
	return s.len > 0;
}

bool
retry_after(struct slice text, int64_t now_ms, int64_t *ms)
{
	/* RFC 9110, 5.6.7; the names are those of the C locale */
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };
	char *s, *end;
	struct tm tm;
	size_t i;
	bool found;

	if (seconds(text, ms))
		return true;
	s = xstrndup(text.p, text.len);
	for (i = 0, found = false; !found && i < 3; i++) {
		tm = (struct tm){ 0 };
		end = strptime(s, forms[i], &tm);
		found = end != NULL && *end == '\0';
	}
	free(s);
	if (!found)
		return false;
	*ms = (int64_t)timegm(&tm) * 1000 - now_ms;
	if (*ms < 0)
		*ms = 0;
	return true;
}
