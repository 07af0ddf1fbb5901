#include "plain.h"

#include "clock.h"
#include "table.h"
#include "banned.h"

#define PATIENCE 64 /* lines without a new column, to begin with */
#define SLOW_MS 100

/* How a line waits. */
struct head {
	uint64_t line;
	size_t len;
};

/* A bare record needs its keys before anything is made of it. */
static bool
has_keys(struct run *r, struct stream *s, struct val record)
{
	enum scan_type t;
	int i;

	for (i = s->npos; i < s->npos + s->nkey; i++) {
		t = val_type(val_get(record,
		    (struct slice){
		        s->columns[i].property, s->columns[i].property_len }));
		if (t == SCAN_NONE || t == SCAN_NULL || t >= SCAN_ARRAY) {
			buf_reset(&r->fault.reason);
			buf_addf(&r->fault.reason, "'%s' is %s",
			    s->columns[i].property,
			    t == SCAN_NONE     ? "missing" :
			        t == SCAN_NULL ? "null" :
			                         "no key: an object or array");
			r->fault.column = &s->columns[i];
			r->fault.value = (struct slice){ 0 };
			return false;
		}
	}
	return true;
}

static bool
parse(struct run *r, struct slice line, struct val *record)
{
	struct stream *s = r->plain;
	const char *why = "is no object";
	size_t at;
	bool ok = scan_parse(r->scan, line, &at, &why);

	*record = ok ? scan_root(r->scan) : (struct val){ 0 };
	if (val_type(*record) != SCAN_OBJECT) {
		reject_line(r, slice_of(s->name), why, line);
		return false;
	}
	if (has_keys(r, s, *record))
		return true;
	s->records++;
	reject_record(r, s, *record);
	return false;
}

static void
reject_misfit(struct run *r, struct val record, struct slice property)
{
	struct fault *f = &r->fault;

	buf_reset(&f->reason);
	if (property.p != NULL)
		buf_addf(&f->reason,
		    "'%.*s' is one column more than a table can have",
		    SLICE_ARG(property));
	else
		buf_adds(&f->reason,
		    "holds no value, and the table has no column yet");
	f->column = NULL;
	f->value = (struct slice){ 0 };
	r->plain->records++;
	reject_record(r, r->plain, record);
}

static void
take_or_reject(struct run *r, struct val record)
{
	struct slice misfit = { 0 };

	if (stream_fits(r->plain, record, &misfit) == FIT_NEVER)
		reject_misfit(r, record, misfit);
	else
		take_record(r, r->plain, record);
}

void
plain_settle(struct run *r)
{
	struct buf lines = r->waiting.lines;
	uint64_t line = r->line;
	struct val record;
	struct head head;
	size_t at;

	if (lines.len == 0)
		return;
	stream_arrange(r->plain);
	table_prepare(r->pg, r->o->schema, r->plain);
	r->waiting.lines = (struct buf){ 0 };
	buf_grow(&lines, LINE_PADDING);
	for (at = 0; at < lines.len; at += head.len) {
		memcpy(&head, lines.data + at, sizeof head);
		at += sizeof head;
		r->line = head.line;
		if (parse(r, (struct slice){ lines.data + at, head.len },
		        &record))
			take_or_reject(r, record);
	}
	buf_release(&lines);
	r->line = line;
	r->waiting.n = r->waiting.calm = 0;
	r->waiting.patience *= 2;
}

static void
wait_for_columns(struct run *r, struct val record, struct slice line)
{
	const struct head head = { r->line, line.len };

	if (r->waiting.lines.len == 0) {
		give_and_wait(r);
		r->waiting.since_ms = clock_mono_ms();
		if (r->waiting.patience == 0)
			r->waiting.patience = PATIENCE;
	}
	if (stream_infer(r->plain, record))
		r->waiting.calm = 0;
	if (r->plain->n == 0) {
		reject_misfit(r, record, (struct slice){ 0 });
		return;
	}
	buf_add(&r->waiting.lines, &head, sizeof head);
	buf_addslice(&r->waiting.lines, line);
	r->waiting.n++;
	if (++r->waiting.calm > r->waiting.patience ||
	    r->waiting.n >= (size_t)r->o->batch_rows ||
	    r->waiting.lines.len >= (size_t)r->o->batch_bytes)
		plain_settle(r);
}

void
plain_take(struct run *r, struct slice line)
{
	struct slice misfit = { 0 };
	struct val record;
	enum fit fit;

	if (!parse(r, line, &record))
		return;
	if (r->waiting.lines.len > 0) {
		wait_for_columns(r, record, line);
		return;
	}
	fit = r->plain->generation == 0 ?
	    FIT_WIDER :
	    stream_fits(r->plain, record, &misfit);
	if (fit == FIT_YES)
		take_record(r, r->plain, record);
	else if (fit == FIT_NEVER)
		reject_misfit(r, record, misfit);
	else
		wait_for_columns(r, record, line);
}

void
plain_settle_if_slow(struct run *r, struct reader *in)
{
	int64_t wait = SLOW_MS < r->o->batch_age ? SLOW_MS : r->o->batch_age;

	if (r->waiting.lines.len > 0 &&
	    (!reader_wait(in, wait) ||
	        clock_mono_ms() - r->waiting.since_ms > r->o->batch_age))
		plain_settle(r);
}
