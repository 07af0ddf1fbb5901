#include "take.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "ledger.h"
#include "utf8.h"
#include "banned.h"

#define DAY_US INT64_C(86400000000)

/* ---- --stream: bare items ---- */

/* The last column of the key, unless one of them is item_id. */
static char *
id_column(const char *key)
{
	const char *from = key, *end;
	char *last = NULL;

	for (;; from = end + 1) {
		end = strchrnul(from, ',');
		if (end == from)
			die(EX_USAGE, "--key '%s': a column without name", key);
		free(last);
		last = xstrndup(from, (size_t)(end - from));
		if (strcmp(last, "item_id") == 0 || *end == '\0')
			return last;
	}
}

/* "bazaar_item" is of the source bazaar. */
static char *
source_of(const char *stream)
{
	size_t n = strlen(stream);

	if (n > 5 && strcmp(stream + n - 5, "_item") == 0)
		n -= 5;
	return xstrndup(stream, n);
}

static void
pass(struct take *t, struct slice line)
{
	if (line.p[line.len] == '\n') { /* as it mostly stands there */
		writer_add(t->out, line.p, line.len + 1);
		return;
	}
	writer_add(t->out, line.p, line.len);
	writer_add(t->out, "\n", 1);
}

static void
write_out(struct take *t)
{
	writer_add(t->out, t->b.data, t->b.len);
	buf_reset(&t->b);
}

/* Once for each stream. */
static void
give_schema(struct take *t, enum snapshot what, const char *source,
    struct slice key)
{
	char *name = xasprintf("%s_%s", source, snapshot_suffixes[what]);

	if (streams_find(&t->given, slice_of(name)) == NULL) {
		streams_add(&t->given, slice_of(name));
		snapshot_schema(&t->b, what, source, key);
		write_out(t);
	}
	free(name);
}

static void
init_plain(struct take *t)
{
	char *source = source_of(t->o->stream);

	if (*source == '\0' || !utf8_valid(slice_of(source)))
		die(EX_USAGE, "--stream does not take '%s'", t->o->stream);
	t->id = id_column(t->o->key);
	t->plain = streams_add(&t->streams, slice_of(t->o->stream));
	stream_define_plain(t->plain, source);
	give_schema(t, SNAPSHOT_ITEM, source, (struct slice){ NULL, 0 });
	free(source);
}

void
take_init(struct take *t, const struct opts *o, struct writer *out,
    struct rejects *rej)
{
	memset(t, 0, sizeof *t);
	t->o = o;
	t->out = out;
	t->rej = rej;
	t->scan = scan_new();
	t->latest_us = INT64_MIN;
	if (o->stream != NULL)
		init_plain(t);
	columns_init(&t->columns, t->id ? t->id : "item_id");
}

/* ---- rejects ---- */

static void
reject_line(struct take *t, const char *reason, struct slice line)
{
	t->unreadable++;
	rejects_add(t->rej,
	    &(struct reject){ .line = (int64_t)t->number,
	        .index = -1,
	        .reason = reason,
	        .value = line,
	        .elements = 1 });
}

static void
reject_record(struct take *t, struct stream *s, const struct snapshot_fault *f,
    struct val record)
{
	s->rejected++;
	rejects_add(t->rej,
	    &(struct reject){ .line = (int64_t)t->number,
	        .index = -1,
	        .stream = s->name,
	        .property = f->property,
	        .record = record,
	        .reason = f->reason,
	        .value = f->value.p ? f->value : val_text(record),
	        .elements = 1 });
}

/* ---- records ---- */

/* A day's grace: clocks differ. */
static bool
is_future(struct take *t, const struct moment *at)
{
	if (at->us <= t->latest_us)
		return false;
	t->latest_us = clock_now_ms() * 1000 + DAY_US;
	return at->us > t->latest_us;
}

static void
give(struct take *t, struct stream *s, enum snapshot what, struct columns *c,
    struct val record)
{
	struct snapshot_fault f = { 0 };
	size_t start = t->b.len;

	if (!snapshot_write(&t->b, what, s->source, c, &t->days, &f)) {
		reject_record(t, s, &f, record);
		return;
	}
	if (is_future(t, &c->at)) {
		t->b.len = start;
		f.property = "observed_at";
		f.value = c->c[C_OBSERVED_AT];
		snprintf(f.reason, sizeof f.reason,
		    "'observed_at' is more than a day ahead of the clock");
		reject_record(t, s, &f, record);
		return;
	}
	s->snapshots++;
}

static void
take_item(struct take *t, struct stream *s, struct columns *c,
    struct val record)
{
	const struct variant *v = stream_variant(s, c->c[C_VARIANT]);

	if (v == NULL) {
		s->without++;
		return;
	}
	c->c[C_KIND] = v->kind;
	if (v->state.p != NULL)
		c->c[C_STATE] = v->state;
	if (v->evidence.p != NULL)
		c->c[C_EVIDENCE] = v->evidence;
	give(t, s, SNAPSHOT_ITEM, c, record);
}

static void
take_user(struct take *t, struct stream *s, struct columns *c,
    struct val record)
{
	static const enum column facts[] = { C_ITEM_COUNT, C_GIVEN_COUNT,
		C_TOTAL_COUNT, C_ON_HOLIDAY, C_BANNED };
	const struct variant *v = stream_variant(s, c->c[C_VARIANT]);
	bool any = false;
	size_t i;

	for (i = 0; i < sizeof facts / sizeof *facts; i++)
		any = any || c->c[facts[i]].p != NULL;
	if (v == NULL || !any || c->c[C_USER_ID].p == NULL) {
		s->without++;
		return;
	}
	c->c[C_KIND] = v->kind;
	give(t, s, SNAPSHOT_SELLER, c, record);
}

/* An item's own page, or its own endpoint, that is not there. */
static bool
is_gone(const struct columns *c)
{
	struct slice kind = c->c[C_KIND];

	return slice_is(c->c[C_VERDICT], "\"gone\"") &&
	    c->c[C_ITEM_ID].p != NULL &&
	    (slice_is(kind, "\"item-page\"") ||
	        slice_is(kind, "\"item-status\"") ||
	        slice_is(kind, "\"item\""));
}

static void
take_look(struct take *t, struct stream *s, struct columns *c,
    struct val record)
{
	char status[32];

	if (is_gone(c)) {
		c->c[C_STATE] = SLICE("\"gone\"");
		c->c[C_VARIANT] = SLICE("\"look\"");
		c->c[C_INDEX] = SLICE("0");
		if (c->c[C_STATUS].p != NULL && c->c[C_STATUS].len < 8) {
			snprintf(status, sizeof status, "\"%.*s\"",
			    SLICE_ARG(c->c[C_STATUS]));
			c->c[C_EVIDENCE] = slice_of(status);
		}
		give(t, s, SNAPSHOT_ITEM, c, record);
	} else if (c->c[C_CATALOG_ID].p != NULL &&
	    slice_is(c->c[C_PAGE], "1") && c->c[C_TOTAL].p != NULL &&
	    c->c[C_QUERY].p != NULL) {
		give(t, s, SNAPSHOT_CATALOG, c, record);
	} else {
		s->without++;
	}
}

static void
take_record(struct take *t, struct stream *s, struct val record)
{
	struct columns c;

	s->records++;
	columns_read(&t->columns, record, &c);
	if (s->entity == ENTITY_ITEM)
		take_item(t, s, &c, record);
	else if (s->entity == ENTITY_USER)
		take_user(t, s, &c, record);
	else
		take_look(t, s, &c, record);
	if (t->b.len > 0)
		write_out(t);
}

/* ---- lines ---- */

/* What a bare item lacks of a key says where it stood. */
static void
take_plain(struct take *t, struct slice line)
{
	struct columns c;
	struct val record;
	const char *why;
	char number[24];
	size_t at;

	if (!scan_parse(t->scan, line, &at, &why)) {
		reject_line(t, why, line);
		return;
	}
	record = scan_root(t->scan);
	if (val_type(record) != SCAN_OBJECT) {
		reject_line(t, "is no object", line);
		return;
	}
	t->plain->records++;
	columns_read(&t->columns, record, &c);
	snprintf(number, sizeof number, "%" PRIu64, t->number);
	if (c.c[C_KIND].p == NULL)
		c.c[C_KIND] = SLICE("\"look\"");
	if (c.c[C_RUN].p == NULL)
		c.c[C_RUN] = SLICE("\"\"");
	if (c.c[C_LINE].p == NULL)
		c.c[C_LINE] = slice_of(number);
	if (c.c[C_INDEX].p == NULL)
		c.c[C_INDEX] = SLICE("0");
	if (c.c[C_CONTRACT].p == NULL)
		c.c[C_CONTRACT] = SLICE("0");
	give(t, t->plain, SNAPSHOT_ITEM, &c, record);
	if (t->b.len > 0)
		write_out(t);
}

static void
take_schema(struct take *t)
{
	struct slice name = t->message.stream;
	struct stream *s = streams_find(&t->streams, name);
	struct slice key = val_text(val_member(t->message.root, "x-key"));

	if (memchr(name.p, '\0', name.len) != NULL)
		return;
	if (s == NULL)
		s = streams_add(&t->streams, name);
	stream_define(s, t->message.root);
	if (s->entity == ENTITY_ITEM || s->entity == ENTITY_LOOK)
		give_schema(t, SNAPSHOT_ITEM, s->source, key);
	if (s->entity == ENTITY_USER)
		give_schema(t, SNAPSHOT_SELLER, s->source, key);
	if (s->entity == ENTITY_LOOK)
		give_schema(t, SNAPSHOT_CATALOG, s->source, key);
}

/*
 * A record of a stream that gives nothing, told by how our own programs begin
 * a line: it need not be read.
 */
static bool
is_others(struct take *t, struct slice line)
{
	static const char head[] = "{\"type\":\"RECORD\",\"stream\":\"";
	const size_t n = sizeof head - 1;
	const struct stream *s;
	const char *end;

	if (line.len < n || memcmp(line.p, head, n) != 0)
		return false;
	end = memchr(line.p + n, '"', line.len - n);
	if (end == NULL || end[-1] == '\\')
		return false;
	s = streams_find(&t->streams,
	    (struct slice){ line.p + n, (size_t)(end - line.p) - n });
	return s == NULL || s->entity == ENTITY_OTHER;
}

static void
take_message(struct take *t, struct slice line)
{
	struct stream *s = NULL;
	const char *why;

	pass(t, line);
	if (line.len == 0 || is_others(t, line)) {
		t->others++;
		return;
	}
	if (!singer_read(&t->message, t->scan, line, &why)) {
		reject_line(t, why, line);
		return;
	}
	if (t->message.type == SINGER_SCHEMA)
		take_schema(t);
	else if (t->message.type == SINGER_RECORD)
		s = streams_find(&t->streams, t->message.stream);
	if (s == NULL || s->entity == ENTITY_OTHER)
		t->others++;
	else
		take_record(t, s, t->message.body);
}

void
take_line(struct take *t, struct slice line, uint64_t number, bool toolong)
{
	char why[64];

	t->number = number;
	t->lines++;
	if (number % 65536 == 0)
		progress("%" PRIu64 " lines", number);
	if (toolong) {
		snprintf(why, sizeof why,
		    "longer than %" PRId64 " bytes: it "
		    "is left out",
		    t->o->maxline);
		reject_line(t, why, line);
	} else if (t->plain != NULL) {
		take_plain(t, line);
	} else {
		take_message(t, line);
	}
}

/* ---- the end ---- */

static bool
account(const struct take *t)
{
	struct count lines[] = { { "lines", t->lines, false },
		{ "records", 0, false }, { "others", t->others, false },
		{ "unreadable", t->unreadable, false }, { 0 } };
	const struct stream *s;
	bool closes = true;
	size_t i;

	for (i = 0; i < t->streams.n; i++) {
		s = t->streams.v[i];
		struct count c[] = { { "records", s->records, false },
			{ "snapshots", s->snapshots, false },
			{ "without", s->without, false },
			{ "rejected", s->rejected, false }, { 0 } };
		if (s->entity == ENTITY_OTHER)
			continue;
		ledger_say(s->name, c);
		ledger_metrics(s->name, c);
		closes = closes && ledger_closes(c);
		lines[1].n += s->records;
	}
	ledger_say(NULL, lines);
	ledger_metrics(NULL, lines);
	ledger_metrics_write();
	return closes && ledger_closes(lines);
}

int
take_end(struct take *t)
{
	progress_clear();
	if (!account(t))
		die(EX_SOFTWARE, "the ledger does not close");
	return rejects_status(t->rej, t->rej->n, t->lines, "lines");
}

void
take_release(struct take *t)
{
	streams_release(&t->streams);
	streams_release(&t->given);
	singer_release(&t->message);
	scan_free(t->scan);
	buf_release(&t->b);
	free(t->id);
}
