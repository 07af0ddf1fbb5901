#include "version.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "decimal.h"
#include "table.h"
#include "write.h"
#include "banned.h"

#define TRIES 10
#define PAUSE_MS 50

void
version_of_record(struct run *r, struct stream *s)
{
	if (val_type(r->message.version) <= SCAN_NULL) {
		s->bare++;
		return;
	}
	if (s->versioned || s->strict)
		return;
	give_and_wait(r);
	if (stream_take_version(s))
		table_prepare(r->pg, r->o->schema, s);
}

static enum pg_outcome
activate(struct pg *pg, struct stream *s, const char *sql, struct slice version,
    bool inside)
{
	struct pg_param p = { version, false };
	enum pg_outcome o;
	uint64_t n;

	if ((!inside && (o = pg_exec(pg, "begin")) != PG_OK) ||
	    (o = write_lock(pg, s)) != PG_OK ||
	    (o = pg_query(pg, sql, &p, 1)) != PG_OK)
		return o;
	n = pg_affected(pg);
	if (inside || (o = pg_exec(pg, "commit")) == PG_OK)
		s->tally.deleted += n;
	return o;
}

/* Again when the connection is lost: what is deleted stays deleted. */
static void
activate_somehow(struct pg *pg, struct stream *s, const char *sql,
    struct slice version)
{
	bool inside = pg_is_inside(pg);
	enum pg_outcome o;
	int tries = 0;

	while ((o = activate(pg, s, sql, version, inside)) != PG_OK) {
		if (o == PG_LOST) {
			pg_reconnect(pg);
			continue;
		}
		if (o != PG_AGAIN || inside || tries++ == TRIES)
			pg_die(pg, "delete older versions");
		pg_exec(pg, "rollback");
		clock_sleep_ms(PAUSE_MS * tries);
	}
}

/*
 * Rows without a version are older than any.  But when the records of this run
 * come without one, nobody can tell which of those rows are new.
 */
static char *
statement(const struct stream *s, bool soft)
{
	struct buf b = { 0 };

	if (soft)
		buf_addf(&b,
		    "update %s set \"" DELETED_COLUMN
		    "\" = now() where \"" DELETED_COLUMN "\" is null and ",
		    s->wide);
	else
		buf_addf(&b, "delete from %s where ", s->wide);
	buf_adds(&b, "(\"" VERSION_COLUMN "\" < $1::numeric");
	if (s->bare == 0)
		buf_adds(&b, " or \"" VERSION_COLUMN "\" is null");
	buf_adds(&b, ")");
	return buf_take(&b);
}

static const char *
why_not(const struct run *r, const struct stream *s)
{
	if (s == NULL)
		return "no SCHEMA came before it";
	if (s->strict)
		return "the stream has 'x-order', 'x-seen' or 'x-replace'";
	if (val_type(r->message.version) != SCAN_NUMBER ||
	    !decimal_is_whole(val_text(r->message.version)))
		return "its version is no integer";
	return NULL;
}

static int64_t
refused_by_server(const struct run *r)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < r->streams.n; i++)
		n += r->streams.v[i]->tally.rejected;
	return (int64_t)n;
}

void
version_activate(struct run *r)
{
	struct stream *s = streams_find(&r->streams, r->message.stream);
	struct slice text = val_text(r->message.version);
	const char *why = why_not(r, s);
	char *version = xstrndup(text.p != NULL ? text.p : "", text.len);
	char *sql;

	give_and_wait(r);
	if (why == NULL && !stream_take_version(s))
		why = "'" VERSION_COLUMN "' is a key, or no integer";
	if (why != NULL)
		die(EX_DATAERR,
		    "line %" PRIu64 ": ACTIVATE_VERSION of '%.*s': %s", r->line,
		    SLICE_ARG(r->message.stream), why);
	if (r->o->soft)
		stream_add_null(s, DELETED_COLUMN, VALUE_TIMESTAMPTZ);
	table_prepare(r->pg, r->o->schema, s);
	if (take_allowance(r) < refused_by_server(r)) {
		warn("line %" PRIu64 ": %s: too many records were rejected: "
		     "the rows of older versions stay",
		    r->line, s->name);
	} else {
		if (s->bare > 0)
			warn("line %" PRIu64 ": %s: records came without a "
			     "version: rows without one stay",
			    r->line, s->name);
		sql = statement(s, r->o->soft);
		activate_somehow(r->pg, s, sql, slice_of(version));
		free(sql);
	}
	free(version);
}
