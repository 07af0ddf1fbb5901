#include "raw_name.h"

#include <stdio.h>

#include "clock.h"
#include "conf.h"
#include "banned.h"

bool
raw_name_ok(struct slice name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
	                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t i;

	for (i = 0; i < name.len; i++)
		if (name.p[i] == '\0' || strchr(set, name.p[i]) == NULL)
			return false;
	return name.len > 0 && name.len < RAW_NAME_MAX;
}

/* "20261121T011855Z" by way of RFC 3339. */
static bool
compact_parse(const char *s, int64_t *at)
{
	char t[CLOCK_LEN];
	int n;

	n = snprintf(t, sizeof t, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s, s + 4,
	    s + 6, s + 9, s + 11, s + 13);
	return s[8] == 'T' && s[15] == 'Z' && clock_parse(t, (size_t)n, at);
}

bool
raw_name_run(struct slice run, struct slice flow, int64_t *at)
{
	static const size_t time_len = 16, random_len = 16;
	const char *p = run.p;
	size_t i;

	if (run.len >= RAW_RUN_MAX || flow.len == 0 ||
	    run.len != time_len + 1 + flow.len + 1 + random_len ||
	    !compact_parse(p, at) || p[time_len] != '-' ||
	    memcmp(p + time_len + 1, flow.p, flow.len) != 0 ||
	    p[run.len - random_len - 1] != '-')
		return false;
	for (i = run.len - random_len; i < run.len; i++)
		if (p[i] == '\0' || strchr("0123456789abcdef", p[i]) == NULL)
			return false;
	return true;
}

/* n decimal digits (0: one to four) at *s, which moves behind them. */
static bool
number(const char **s, int n, int *out)
{
	int i;

	*out = 0;
	for (i = 0; (n == 0 ? i < 4 : i < n) && **s >= '0' && **s <= '9'; i++)
		*out = *out * 10 + *(*s)++ - '0';
	return n == 0 ? i > 0 : i == n;
}

bool
raw_name_manifest(const char *name, struct slice *run, int *part, int *revision)
{
	const char *s = strchr(name, '.');

	if (s == NULL)
		return false;
	*run = (struct slice){ name, (size_t)(s - name) };
	s++;
	*revision = 0;
	if (!number(&s, 4, part))
		return false;
	if (strncmp(s, ".r", 2) == 0) {
		s += 2;
		if (!number(&s, 0, revision))
			return false;
	}
	return strcmp(s, RAW_MANIFEST) == 0;
}

char *
raw_name_root(const char *operand)
{
	char *raw = operand != NULL ? xstrdup(operand) : conf_path("VPIPE_RAW");
	size_t len;

	for (len = strlen(raw); len > 1 && raw[len - 1] == '/'; len--)
		raw[len - 1] = '\0';
	if (*raw == '\0')
		die(EX_USAGE, "the raw folder has no name");
	return raw;
}
