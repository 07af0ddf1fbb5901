#include "raw_record.h"

#include "clock.h"
#include "raw_name.h"
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
raw_record_read(struct scan *s, struct slice line, struct raw_record *r,
    const char **why)
{
	struct slice at;
	struct val v;
	size_t pos;

	*r = (struct raw_record){ 0 };
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
	if (!raw_name_ok(r->source))
		return false;
	*why = "'flow' is no name";
	if (!raw_name_ok(r->flow))
		return false;
	*why = "'run' is no run id of that flow";
	if (!raw_name_run(r->run, r->flow, &(int64_t){ 0 }))
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
