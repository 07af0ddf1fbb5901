#include "take.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bulk.h"
#include "clock.h"
#include "ops.h"
#include "plain.h"
#include "scope.h"
#include "table.h"
#include "version.h"
#include "write.h"
#include "banned.h"

/* ---- batches ---- */

static void
give(struct run *r)
{
	bool more = r->scope.stream != NULL || (r->o->whole && !r->ended);

	if (batch_is_empty(r->batch) && (more || !r->spilled)) {
		r->batch->since_ms = 0; /* all of it was taken back */
		return;
	}
	r->batch->open = r->scope.stream;
	r->batch->more = r->spilled = more;
	r->batch = commit_give(r->commit, r->batch);
}

void
give_and_wait(struct run *r)
{
	give(r);
	commit_wait(r->commit);
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
	rejects_add(r->rej,
	    &(struct reject){ .line = (int64_t)r->scope.line,
	        .index = -1,
	        .stream = s->name,
	        .reason = reason,
	        .elements = r->scope.kept });
	free(reason);
	s->refused += r->scope.kept;
	batch_drop_scope(r->batch, s, r->scope.number);
}

/* A set goes whole into a batch, if it can: in pieces it costs the most. */
static void
give_if_full_with(struct run *r, uint64_t records)
{
	const struct batch *b = r->batch;

	if (b->rows > 0 &&
	    (b->rows + records >= (uint64_t)r->o->batch_rows ||
	        b->arena.len / b->rows * (b->rows + records) >=
	            (uint64_t)r->o->batch_bytes))
		give(r);
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
	give_if_full_with(r, (uint64_t)n);
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

void
reject_line(struct run *r, struct slice stream, const char *reason,
    struct slice value)
{
	char *name = stream.len > 0 ? xstrndup(stream.p, stream.len) : NULL;
	char *in_file =
	    r->file == NULL ? NULL : xasprintf("'%s': %s", r->file, reason);

	r->stray++;
	rejects_add(r->rej,
	    &(struct reject){ .line = (int64_t)r->line,
	        .index = -1,
	        .stream = name,
	        .reason = in_file != NULL ? in_file : reason,
	        .value = value,
	        .elements = 1 });
	free(in_file);
	free(name);
}

void
reject_record(struct run *r, struct stream *s, struct val record)
{
	const struct fault *f = &r->fault;
	char *in_file = r->file == NULL ?
	    NULL :
	    xasprintf("'%s': %s", r->file, f->reason.data);

	s->refused++;
	rejects_add(r->rej,
	    &(struct reject){ .line = (int64_t)r->line,
	        .index = -1,
	        .stream = s->name,
	        .property = f->column ? f->column->property : NULL,
	        .record = record,
	        .reason = in_file != NULL ? in_file : f->reason.data,
	        .value = f->value.p ? f->value : val_text(record),
	        .elements = 1 });
	free(in_file);
}

static bool
add(struct run *r, struct stream *s, struct val record)
{
	const struct origin from = { .line = r->line,
		.scope = r->scope.stream != NULL ? r->scope.number : 0,
		.version = r->message.version,
		.lenient = r->o->allow_missing };

	return batch_add(r->batch, s, record, &from, &r->fault);
}

void
take_record(struct run *r, struct stream *s, struct val record)
{
	bool ok;

	s->records++;
	version_of_record(r, s);
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
	if (memchr(name.p, '\0', name.len) != NULL) {
		reject_line(r, name, "a stream's name holds a NUL", line);
		return;
	}
	give_and_wait(r);
	if (s == NULL)
		s = streams_add(&r->streams, name);
	if (!stream_define(s, r->message.root, &why))
		die(EX_DATAERR, "line %" PRIu64 ": SCHEMA of '%.*s': %s",
		    r->line, SLICE_ARG(name), why);
	free(s->definition);
	s->definition = xstrndup(line.p, line.len);
	if (s->versioned)
		stream_take_version(s);
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
	r->states++;
	if (take_allowance(r) < 0)
		return; /* held back, as report says at the end */
	batch_add_state(r->batch, line, val_text(load));
	r->batch->allowed = take_allowance(r);
}

/* What carries data must not be passed over: a STATE behind it would tell the
 * tap that the data are in. */
static void
take_unknown(struct run *r)
{
	struct val_iter it = val_each(r->message.root);
	struct slice type = val_text(val_member(r->message.root, "type"));
	bool data = r->message.stream.len > 0;
	struct val v;

	while (!data && val_next(&it, NULL, &v))
		data = val_type(v) >= SCAN_ARRAY;
	if (!data)
		return;
	give_and_wait(r);
	die(EX_DATAERR,
	    "line %" PRIu64 ": a message of type %.*s carries data that "
	    "vupsert cannot load",
	    r->line, SLICE_ARG(type));
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
		version_activate(r);
		break;
	case SINGER_BATCH:
		bulk_take(r);
		break;
	case SINGER_SCOPE:
		take_scope(r);
		break;
	case SINGER_UNKNOWN:
		take_unknown(r);
		break;
	}
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
			plain_take(r, line);
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

	plain_settle_if_slow(r, in);
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
	plain_settle(r);
	r->ended = true;
	give(r);
}

int64_t
take_allowance(const struct run *r)
{
	uint64_t records = r->stray, refused = r->stray;
	double allowed;
	int i;

	for (i = 0; i < r->streams.n; i++) {
		records += r->streams.v[i]->records;
		refused += r->streams.v[i]->refused;
	}
	allowed = r->o->threshold * (double)records;
	return (int64_t)(allowed < 1e15 ? allowed : 1e15) - (int64_t)refused;
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
	buf_release(&r->waiting.lines);
	scan_free(r->scan);
}
