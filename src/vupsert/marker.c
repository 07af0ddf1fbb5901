#include "marker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "banned.h"

#define TRIES 10

/* Of 59 bytes and more, which no stream's table has (stream.c). */
#define SIDE_TABLE                                                             \
	"vupsert commit: the last transaction of each run that goes on"

/* ---- the table ---- */

static void
make_token(struct marker *m)
{
	unsigned char r[16];
	size_t i;

	if (getrandom(r, sizeof r, 0) != sizeof r)
		die_errno(EX_SOFTWARE, "cannot get a random number");
	for (i = 0; i < sizeof r; i++)
		snprintf(m->token + 2 * i, 3, "%02x", r[i]);
}

static enum pg_outcome
look(struct marker *m, struct pg *pg, const char *schema)
{
	struct pg_param p[] = { { slice_of(schema), false },
		{ slice_of(SIDE_TABLE), false } };
	enum pg_outcome o;

	/* an unlogged table is empty after a crash */
	o = pg_query(pg,
	    "select format('%I.%I', nspname, relname) "
	    "from pg_class c join pg_namespace n on n.oid = relnamespace "
	    "where (nspname, relname) in (('ops', 'commit'), ($1, $2)) "
	    "and relkind = 'r' and relpersistence = 'p' "
	    "and has_schema_privilege(n.oid, 'usage') "
	    "and has_table_privilege(c.oid, 'select') "
	    "and has_table_privilege(c.oid, 'insert') "
	    "and has_table_privilege(c.oid, 'update') "
	    "and has_table_privilege(c.oid, 'delete') "
	    "and 3 = (select count(*) from pg_attribute where attrelid = c.oid "
	    "and (attname, atttypid) in (('token', 'uuid'::regtype), "
	    "('n', 'bigint'::regtype), ('at', 'timestamptz'::regtype))) "
	    "order by relname <> 'commit' limit 1",
	    p, 2);
	if (o == PG_OK && pg_rows(pg) > 0)
		m->table = xstrdup(pg_text(pg, 0, 0));
	return o;
}

static enum pg_outcome
make(struct pg *pg, const char *schema)
{
	struct buf b = { 0 }, name = { 0 };
	enum pg_outcome o;

	pg_identifier(&name, schema);
	buf_addc(&name, '.');
	pg_identifier(&name, SIDE_TABLE);
	buf_addf(&b,
	    "begin; select pg_advisory_xact_lock("
	    "hashtextextended('vupsert schema', 0)); "
	    "create table if not exists %s (token uuid primary key, "
	    "n bigint not null, at timestamptz not null default now()) "
	    "with (fillfactor = 50); comment on table %s is "
	    "'whether a transaction of vupsert was committed; no data'; "
	    "commit",
	    name.data, name.data);
	o = pg_exec(pg, b.data);
	if (o != PG_OK && o != PG_LOST)
		pg_exec(pg, "rollback");
	buf_release(&name);
	buf_release(&b);
	return o;
}

/* PG_FAILED: it is not ours to make. */
static enum pg_outcome
look_or_make(struct marker *m, struct pg *pg, const char *schema)
{
	enum pg_outcome o = look(m, pg, schema);

	if (o == PG_OK && m->table == NULL && (o = make(pg, schema)) == PG_OK)
		o = look(m, pg, schema);
	return o;
}

void
marker_find(struct marker *m, struct pg *pg, const char *schema)
{
	enum pg_outcome o;
	int tries = 0;

	if (m->looked)
		return;
	while ((o = look_or_make(m, pg, schema)) == PG_LOST ||
	    (o == PG_AGAIN && tries++ < TRIES))
		if (o == PG_LOST)
			pg_reconnect(pg);
	if (o != PG_OK)
		info("no table for the marker of commits: %s", pg_message(pg));
	make_token(m);
	m->looked = true;
}

bool
marker_is_kept(const struct marker *m)
{
	return m->table != NULL;
}

/* ---- the row ---- */

static void
die_lost(const struct marker *m, uint64_t there)
{
	die(EX_TEMPFAIL,
	    "the server has lost commits: of the %" PRIu64
	    " transactions of this run it has %" PRIu64
	    ": load again all that this run has loaded",
	    m->n, there);
}

/* Whoever asks the database what became of a transaction needs an answer. */
static enum pg_outcome
answered(const struct pg *pg, enum pg_outcome o)
{
	if (o == PG_DATA || o == PG_FAILED)
		die(EX_TEMPFAIL,
		    "cannot tell whether the last rows were committed: %s",
		    pg_message(pg));
	return o;
}

/*
 * $1 token, $2 the number before, $3 whether to write without an xid: the
 * first transaction adds the row, and removes what killed runs left; it waits
 * for nobody there.  The others raise the number: an update in place.
 */
#define IF_XID "($3::boolean or pg_current_xact_id_if_assigned() is not null)"
#define RESULT " select " IF_XID ", (select count(*) from mine)"

static enum pg_outcome
write_first(const struct marker *m, struct pg *pg, const struct pg_param *p)
{
	struct buf b = { 0 };
	enum pg_outcome o;

	buf_addf(&b,
	    "with old as (delete from %s where token in (select token from %s "
	    "where at < now() - interval '30 days' and " IF_XID
	    " limit 100 for update skip locked)), "
	    "mine as (insert into %s (token, n) select $1::uuid, "
	    "$2::bigint + 1 where " IF_XID
	    " on conflict (token) do nothing returning n)" RESULT,
	    m->table, m->table, m->table);
	o = pg_query(pg, b.data, p, 3);
	buf_release(&b);
	return o;
}

static enum pg_outcome
write_next(struct marker *m, struct pg *pg, const struct pg_param *p)
{
	if (m->next.sql == NULL)
		m->next.sql = xasprintf(
		    "with mine as (update %s set n = n + 1, at = now() "
		    "where token = $1::uuid and n = $2::bigint and " IF_XID
		    " returning n)" RESULT,
		    m->table);
	return pg_run(pg, &m->next, p, 3, false);
}

/* *due: there was something to write; *done: it is written. */
static enum pg_outcome
raise(struct marker *m, struct pg *pg, bool always, bool *due, bool *done)
{
	char before[24];
	struct pg_param p[] = { { slice_of(m->token), false }, { { 0 }, false },
		{ slice_of(always ? "t" : "f"), false } };
	enum pg_outcome o;

	*due = *done = false;
	snprintf(before, sizeof before, "%" PRIu64, m->n);
	p[1].value = slice_of(before);
	o = m->n == 0 ? write_first(m, pg, p) : write_next(m, pg, p);
	if (o == PG_OK) {
		*due = *pg_text(pg, 0, 0) == 't';
		*done = *pg_text(pg, 0, 1) != '0';
	}
	return o;
}

/* What the row says; 0: there is none. */
static enum pg_outcome
read_number(const struct marker *m, struct pg *pg, uint64_t *n)
{
	struct pg_param p = { slice_of(m->token), false };
	struct buf b = { 0 };
	enum pg_outcome o;

	buf_addf(&b, "select n from %s where token = $1::uuid", m->table);
	o = answered(pg, pg_query(pg, b.data, &p, 1));
	buf_release(&b);
	*n = o == PG_OK && pg_rows(pg) > 0 ?
	    strtoull(pg_text(pg, 0, 0), NULL, 10) :
	    0;
	return o;
}

enum pg_outcome
marker_write(struct marker *m, struct pg *pg, bool *written)
{
	enum pg_outcome o;
	uint64_t there = 0;
	bool due;

	*written = false;
	if (m->table == NULL)
		return PG_OK;
	o = raise(m, pg, false, &due, written);
	if (o == PG_OK && due && !*written &&
	    (o = read_number(m, pg, &there)) == PG_OK)
		die_lost(m, there);
	return o;
}

enum pg_outcome
marker_claim(struct marker *m, struct pg *pg, bool *committed)
{
	enum pg_outcome o;
	uint64_t there;
	bool due, done;

	*committed = false;
	o = answered(pg, raise(m, pg, true, &due, &done));
	if (o != PG_OK || done || (o = read_number(m, pg, &there)) != PG_OK)
		return o;
	if (there != m->n + 1)
		die_lost(m, there);
	*committed = true;
	return PG_OK;
}

enum pg_outcome
marker_check(struct marker *m, struct pg *pg)
{
	enum pg_outcome o;
	uint64_t there;

	if (m->n == 0 || m->seen_on == pg_connection(pg))
		return PG_OK;
	if ((o = read_number(m, pg, &there)) != PG_OK)
		return o;
	if (there != m->n)
		die_lost(m, there);
	m->seen_on = pg_connection(pg);
	return PG_OK;
}

void
marker_acknowledge(struct marker *m, const struct pg *pg)
{
	m->n++;
	m->seen_on = pg_connection(pg);
}

void
marker_remove(struct marker *m, struct pg *pg)
{
	struct buf b = { 0 };

	if (m->n > 0) {
		/* nobody has to wait for the disk */
		buf_addf(&b,
		    "set local synchronous_commit to off; "
		    "delete from %s where token = '%s' and n = %" PRIu64,
		    m->table, m->token, m->n);
		if (pg_exec(pg, b.data) == PG_OK && pg_affected(pg) == 0)
			die_lost(m, 0);
	}
	buf_release(&b);
	free(m->table);
	free(m->next.sql);
	m->table = m->next.sql = NULL;
}
