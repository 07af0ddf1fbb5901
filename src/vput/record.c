#include "vput.h"

#include <stdio.h>

#include "clock.h"
#include "banned.h"

/* A string's bytes as written: names and times have no escapes. */
static struct slice
plain(struct val v)
{
	struct slice s = val_text(v);

	if (val_type(v) != SCAN_STRING)
		return (struct slice){ NULL, 0 };
	return (struct slice){ s.p + 1, s.len - 2 };
}

bool
name_ok(struct slice name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
	                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t i;

	for (i = 0; i < name.len; i++)
		if (name.p[i] == '\0' || strchr(set, name.p[i]) == NULL)
			return false;
	return name.len > 0 && name.len < NAME_MAX_LEN;
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
run_parse(struct slice run, struct slice flow, int64_t *at)
{
	static const size_t time_len = 16, random_len = 16;
	const char *p = run.p;
	size_t i;

	if (run.len >= RUN_MAX || flow.len == 0 ||
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

bool
record_read(struct scan *s, struct slice line, struct record *r,
    const char **why)
{
	struct slice at;
	struct val v;
	size_t pos;

	*r = (struct record){ 0 };
	if (!scan_parse(s, line, &pos, why))
		return false;
	v = scan_root(s);
	*why = "no JSON object";
	if (val_type(v) != SCAN_OBJECT)
		return false;
	r->source = plain(val_member(v, "source"));
	r->flow = plain(val_member(v, "flow"));
	r->run = plain(val_member(v, "run"));
	r->sha256 = plain(val_member(v, "sha256"));
	r->body = val_text(val_member(v, "body"));
	r->closing = val_is(val_member(v, "kind"), "run");
	r->redacted = val_true(val_member(v, "redacted"));
	at = plain(val_member(v, "fetched_at"));

	*why = "'source' is no name";
	if (!name_ok(r->source))
		return false;
	*why = "'flow' is no name";
	if (!name_ok(r->flow))
		return false;
	*why = "'run' is no run id of that flow";
	if (!run_parse(r->run, r->flow, &(int64_t){ 0 }))
		return false;
	*why = "'line' is no line number";
	if (!val_int64(val_member(v, "line"), &r->line) || r->line < 1)
		return false;
	*why = "'fetched_at' is no time";
	if (at.len <= 10 || at.p[10] != 'T' ||
	    !clock_parse(at.p, at.len, &r->fetched_at))
		return false;
	*why = "a 'run' record without a body";
	return !r->closing || (r->body.len > 0 && r->body.p[0] == '{');
}
