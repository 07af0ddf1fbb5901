#include "take.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "commit.h"
#include "ops.h"
#include "reject.h"
#include "scope.h"
#include "table.h"
#include "write.h"
#include "banned.h"

/* ---- batches ---- */

static void
give(struct run *r)
{
	if (batch_is_empty(r->batch) && !r->spilled)
		return;
	r->batch->open = r->spilled = r->scope.stream != NULL;
	r->batch = commit_give(r->batch);
}

/* Everything so far is committed, and the connection is ours. */
static void
give_and_wait(struct run *r)
{
	give(r);
	commit_wait();
}

static void
give_if_full(struct run *r)
{
	if (r->batch->rows >= (size_t)r->o->batch_rows ||
	    r->batch->arena.len >= (size_t)r->o->batch_bytes)
		give(r);
}

/* ---- scopes ---- */

/* Ends the scope at hand: whole, or its records are all rejected. */
static void
end_scope(struct run *r)
{
	struct stream *s = r->scope.stream;
	char *reason;

	if (s == NULL)
		return;
	r->scope.stream = NULL;
	if (r->scope.got == r->scope.due && !r->scope.faulty) {
		batch_add_scope(r->batch, s, r->scope.number,
		    buf_slice(&r->scope.fields));
		give_if_full(r);
		return;
	}
	reason = r->scope.got == r->scope.due ?
	    xstrdup("a record of the scope was rejected, and so is the scope") :
	    xasprintf("the scope ends after %" PRIu64 " of %" PRIu64 " records",
	        r->scope.got, r->scope.due);
	rejects_add(&(struct reject){
	    .line = r->scope.line, .stream = s->name, .reason = reason });
	free(reason);
	s->refused += r->scope.kept;
	batch_drop_scope(r->batch, s, r->scope.number);
}

static void
take_scope(struct run *r)
{
	struct slice name = r->message.stream;
	struct stream *s = streams_find(&r->streams, name);
	struct val records = val_member(r->message.root, "records");
	const char *why = "no SCHEMA with 'x-replace' came before it";
	int64_t n = 0;

	if (s == NULL || s->nscope == 0 ||
	    !scope_fields(&r->scope.fields, s, r->message.body, &why))
		die(EX_DATAERR, "line %" PRIu64 ": SCOPE of '%.*s': %s",
		    r->line, SLICE_ARG(name), why);
	if (!val_int64(records, &n) || n < 0)
		die(EX_DATAERR,
		    "line %" PRIu64 ": SCOPE of '%.*s': does not "
		    "say how many records",
		    r->line, SLICE_ARG(name));
	r->scope.stream = s;
	r->scope.number = ++r->scopes;
	r->scope.due = (uint64_t)n;
	r->scope.got = r->scope.kept = 0;
	r->scope.faulty = false;
	r->scope.line = r->line;
	if (n == 0)
		end_scope(r);
}

/* ---- lines ---- */

static void
reject_line(struct run *r, struct slice stream, const char *reason,
    struct slice value)
{
	char *name = stream.len > 0 ? xstrndup(stream.p, stream.len) : NULL;

	r->stray++;
	rejects_add(&(struct reject){ .line = r->line,
	    .stream = name,
	    .reason = reason,
	    .value = value });
	free(name);
}

static void
reject_record(struct run *r, struct stream *s, struct val record)
{
	const struct fault *f = &r->fault;

	s->refused++;
	rejects_add(&(struct reject){ .line = r->line,
	    .stream = s->name,
	    .property = f->column ? f->column->property : NULL,
	    .reason = f->reason.data,
	    .value = f->value.p ? f->value : val_text(record),
	    .record = val_text(record) });
}

static bool
add(struct run *r, struct stream *s, struct val record)
{
	return batch_add(r->batch, s, record, r->line,
	    r->scope.stream != NULL ? r->scope.number : 0, r->o->allow_missing,
	    &r->fault);
}

static void
take_record(struct run *r, struct stream *s, struct val record)
{
	bool ok;

	s->records++;
	ok = add(r, s, record);
	if (!ok && r->fault.too_wide && !r->fault.column->stuck &&
	    r->scope.stream == NULL) {
		give_and_wait(r);
		ok = table_make_numeric(r->pg, r->o->schema, s,
		         r->fault.column->property) &&
		    add(r, s, record);
	}
	if (ok)
		give_if_full(r);
	else
		reject_record(r, s, record);
}

static void
take_scoped(struct run *r, struct val record)
{
	struct stream *s = r->scope.stream;

	r->scope.got++;
	s->records++;
	if (!add(r, s, record)) {
		r->scope.faulty = true;
		reject_record(r, s, record);
	} else {
		r->scope.kept++;
		if (!batch_in_scope(r->batch, s, buf_slice(&r->scope.fields))) {
			r->scope.faulty = true;
			warn("line %" PRIu64 ": %s: the record is outside of "
			     "its scope",
			    r->line, s->name);
		}
	}
	if (r->scope.got == r->scope.due)
		end_scope(r);
	else
		give_if_full(r);
}

static void
take_schema(struct run *r, struct slice line)
{
	struct slice name = r->message.stream;
	struct stream *s = streams_find(&r->streams, name);
	const char *why = NULL;

	if (s != NULL && slice_is(line, s->definition))
		return;
	give_and_wait(r);
	if (memchr(name.p, '\0', name.len) != NULL)
		why = "a stream's name holds a NUL";
	else if (s == NULL)
		s = streams_add(&r->streams, name);
	if (why != NULL || !stream_define(s, r->message.root, &why))
		die(EX_DATAERR, "line %" PRIu64 ": SCHEMA of '%.*s': %s",
		    r->line, SLICE_ARG(name), why);
	free(s->definition);
	s->definition = xstrndup(line.p, line.len);
	table_prepare(r->pg, r->o->schema, s);
	ops_note_schema(r->pg, s, r->message.root);
}

static void
take_state(struct run *r, struct slice line)
{
	struct val load = val_member(r->message.body, "load");

	/* ops.load says what is in staging; elsewhere it would say too much */
	if ((val_type(load) != SCAN_OBJECT && val_type(load) != SCAN_ARRAY) ||
	    strcmp(r->o->schema, "staging") != 0)
		load = (struct val){ 0 };
	batch_add_state(r->batch, line, val_text(load));
}

static void
take_message(struct run *r, struct slice line)
{
	struct singer *m = &r->message;
	struct stream *s;
	const char *why;

	if (!singer_read(m, r->scan, line, &why)) {
		reject_line(r, (struct slice){ 0 }, why, line);
		return;
	}
	if (r->scope.stream != NULL) {
		if (m->type == SINGER_RECORD &&
		    slice_is(m->stream, r->scope.stream->name)) {
			take_scoped(r, m->body);
			return;
		}
		end_scope(r);
	}
	switch (m->type) {
	case SINGER_SCHEMA:
		take_schema(r, line);
		break;
	case SINGER_RECORD:
		s = streams_find(&r->streams, m->stream);
		if (s != NULL)
			take_record(r, s, m->body);
		else
			reject_line(r, m->stream, "no SCHEMA came before it",
			    val_text(m->body));
		break;
	case SINGER_STATE:
		take_state(r, line);
		break;
	case SINGER_ACTIVATE_VERSION:
		r->unversioned++;
		break;
	case SINGER_SCOPE:
		take_scope(r);
		break;
	case SINGER_UNKNOWN:
		break;
	}
}

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

static void
take_plain(struct run *r, struct slice line)
{
	struct stream *s = r->plain;
	struct val record;
	const char *why;
	size_t at;

	if (!scan_parse(r->scan, line, &at, &why)) {
		reject_line(r, slice_of(s->name), why, line);
		return;
	}
	record = scan_root(r->scan);
	if (val_type(record) != SCAN_OBJECT) {
		reject_line(r, slice_of(s->name), "is no object", line);
		return;
	}
	if (!has_keys(r, s, record)) {
		s->records++;
		reject_record(r, s, record);
		return;
	}
	if (s->generation == 0 || !stream_fits(s, record)) {
		give_and_wait(r);
		stream_infer(s, record);
		table_prepare(r->pg, r->o->schema, s);
	}
	take_record(r, s, record);
}

void
take_line(struct run *r, struct reader *in, struct slice line)
{
	char why[64];

	r->line = in->lines;
	if (in->toolong) {
		snprintf(why, sizeof why, "longer than %" PRId64 " bytes",
		    r->o->maxline);
		reject_line(r, (struct slice){ 0 }, why,
		    (struct slice){ line.p, 256 < line.len ? 256 : line.len });
	} else if (line.len > 0) {
		if (r->plain != NULL)
			take_plain(r, line);
		else
			take_message(r, line);
	}
	if (r->line % 4096 == 0)
		progress("%" PRIu64 " lines", r->line);
}

bool
take_next(struct run *r, struct reader *in, struct slice *line)
{
	int64_t left;

	while (r->batch->since_ms != 0 && r->scope.stream == NULL) {
		left = r->batch->since_ms + r->o->batch_age - clock_mono_ms();
		if (left > 0 && reader_wait(in, left))
			break;
		give(r);
	}
	return reader_next(in, line);
}

void
take_end(struct run *r)
{
	end_scope(r);
	give(r);
}

void
take_release(struct run *r)
{
	int i;

	for (i = 0; i < r->streams.n; i++)
		write_forget(r->streams.v[i]);
	streams_release(&r->streams);
	singer_release(&r->message);
	buf_release(&r->fault.reason);
	buf_release(&r->scope.fields);
	scan_free(r->scan);
}
