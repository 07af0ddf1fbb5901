#include "scope.h"

#include <stdlib.h>

#include "copy.h"
#include "banned.h"

/* Columns that no property can be called by accident. */
#define SCOPE "\"vupsert scope\""
#define ARRIVAL "\"vupsert arrival\""

static void
add_names(struct buf *b, const struct stream *s, const char *table, int from,
    int to)
{
	for (; from < to; from++) {
		buf_addf(b, ", %s", table);
		pg_identifier(b, s->columns[from].name);
	}
}

/* "t.k = r.k and ..." */
static void
add_same_key(struct buf *b, const struct stream *s)
{
	int i;

	for (i = s->npos; i < s->npos + s->nkey; i++) {
		buf_adds(b, i > s->npos ? " and t." : "t.");
		pg_identifier(b, s->columns[i].name);
		buf_adds(b, " = r.");
		pg_identifier(b, s->columns[i].name);
	}
}

static void
add_same_scope(struct buf *b, const struct stream *s, const char *other)
{
	const struct column *c;
	int i;

	for (i = 0; i < s->nscope; i++) {
		c = &s->columns[s->scope[i]];
		buf_adds(b, i ? " and t." : "t.");
		pg_identifier(b, c->name);
		/* only = finds a row by the index, and no key is null */
		buf_addf(b, " %s %s.", c->key ? "=" : "is not distinct from",
		    other);
		pg_identifier(b, c->name);
	}
}

/* A temporary table of this definition of the stream. */
static char *
spool(const struct stream *s, const char *kind)
{
	return xasprintf("pg_temp.\"vupsert %s %d.%u\"", kind, s->number,
	    s->generation);
}

static enum pg_outcome
run(struct pg *pg, struct buf *b)
{
	enum pg_outcome o = pg_exec(pg, b->data);

	buf_reset(b);
	return o;
}

static enum pg_outcome
make_spools(struct pg *pg, const struct stream *s, const char *rows,
    const char *scopes)
{
	struct buf b = { 0 };
	enum pg_outcome o;
	int i;

	buf_addf(&b,
	    "create temporary table if not exists %s (" SCOPE
	    " bigint, " ARRIVAL " bigint, like %s) on commit delete rows; "
	    "create temporary table if not exists %s on commit delete rows as "
	    "select 0::bigint as " SCOPE,
	    rows, s->wide, scopes);
	for (i = 0; i < s->nscope; i++)
		add_names(&b, s, "", s->scope[i], s->scope[i] + 1);
	buf_addf(&b, " from %s limit 0", s->wide);
	o = run(pg, &b);
	buf_release(&b);
	return o;
}

struct spooled {
	const struct batch *batch;
	const struct part *part;
};

static void
spooled_row(struct buf *b, const void *arg, size_t i)
{
	const struct spooled *sp = arg;
	const struct row *r = &sp->part->rows[i];

	put16(b, (uint16_t)(sp->part->stream->n + 2));
	put32(b, 8);
	put64(b, r->scope);
	put32(b, 8);
	put64(b, r->line);
	buf_add(b, row_fields(sp->batch, r), r->len);
}

static void
spooled_scope(struct buf *b, const void *arg, size_t i)
{
	const struct spooled *sp = arg;
	const struct scope *sc = &sp->part->scopes[i];

	put16(b, (uint16_t)(sp->part->stream->nscope + 1));
	put32(b, 8);
	put64(b, sc->number);
	buf_add(b, sp->batch->arena.data + sc->at, sc->len);
}

static enum pg_outcome
fill_spools(struct pg *pg, const struct batch *batch, const struct part *p,
    const char *rows, const char *scopes)
{
	const struct spooled sp = { batch, p };
	const struct stream *s = p->stream;
	struct buf b = { 0 };
	enum pg_outcome o;
	int i;

	buf_addf(&b, "copy %s (" SCOPE ", " ARRIVAL, rows);
	add_names(&b, s, "", 0, s->n);
	buf_adds(&b, ") from stdin (format binary)");
	o = copy_in(pg, b.data, p->n, spooled_row, &sp);
	buf_reset(&b);
	buf_addf(&b, "copy %s (" SCOPE, scopes);
	for (i = 0; i < s->nscope; i++)
		add_names(&b, s, "", s->scope[i], s->scope[i] + 1);
	buf_adds(&b, ") from stdin (format binary)");
	if (o == PG_OK)
		o = copy_in(pg, b.data, p->nscopes, spooled_scope, &sp);
	buf_release(&b);
	return o;
}

/* Leaves the last of scopes that came again, and one row a key. */
static enum pg_outcome
tidy(struct pg *pg, const struct stream *s, const char *rows,
    const char *scopes, struct tally *t)
{
	struct buf b = { 0 };
	enum pg_outcome o;
	int i;

	/* rows of scopes that ended short are the reader's to count */
	buf_addf(&b,
	    "delete from %s as r where not exists (select from %s as "
	    "t where t." SCOPE " = r." SCOPE ")",
	    rows, scopes);
	if ((o = run(pg, &b)) != PG_OK)
		goto out;
	buf_addf(&b,
	    "delete from %s as t using %s as u where t." SCOPE " < u." SCOPE
	    " and ",
	    scopes, scopes);
	add_same_scope(&b, s, "u");
	if ((o = run(pg, &b)) != PG_OK)
		goto out;
	buf_addf(&b,
	    "delete from %s as r where not exists (select from %s as "
	    "t where t." SCOPE " = r." SCOPE ") or ctid not in ("
	    "select (array_agg(ctid order by " SCOPE " desc",
	    rows, scopes);
	for (i = 0; i < s->norder; i++) {
		buf_adds(&b, ", ");
		pg_identifier(&b, s->columns[s->order[i]].name);
		buf_adds(&b, " desc");
	}
	buf_addf(&b, ", " ARRIVAL "%s))[1] from %s group by ",
	    s->norder > 0 ? "" : " desc", rows);
	for (i = s->npos; i < s->npos + s->nkey; i++) {
		buf_adds(&b, i > s->npos ? ", " : "");
		pg_identifier(&b, s->columns[i].name);
	}
	buf_adds(&b, ")");
	if ((o = run(pg, &b)) == PG_OK)
		t->duplicate += pg_affected(pg);
out:
	buf_release(&b);
	return o;
}

static enum pg_outcome
delete_gone(struct pg *pg, const struct stream *s, const char *rows,
    const char *scopes, struct tally *t)
{
	struct buf b = { 0 };
	enum pg_outcome o;

	buf_addf(&b, "delete from %s as t using %s as u where ", s->wide,
	    scopes);
	add_same_scope(&b, s, "u");
	buf_addf(&b, " and not exists (select from %s as r where ", rows);
	add_same_key(&b, s);
	buf_adds(&b, ")");
	if ((o = run(pg, &b)) == PG_OK)
		t->deleted += pg_affected(pg);
	buf_release(&b);
	return o;
}

static enum pg_outcome
update_changed(struct pg *pg, const struct stream *s, const char *rows,
    struct tally *t)
{
	struct buf b = { 0 };
	const char *sep = "";
	enum pg_outcome o;
	int i;

	if (s->n == s->nkey)
		return PG_OK;
	buf_addf(&b, "update %s as t set ", s->wide);
	for (i = 0; i < s->n; i++) {
		if (s->columns[i].key)
			continue;
		buf_adds(&b, sep);
		pg_identifier(&b, s->columns[i].name);
		buf_adds(&b, " = r.");
		pg_identifier(&b, s->columns[i].name);
		sep = ", ";
	}
	buf_addf(&b, " from %s as r where ", rows);
	add_same_key(&b, s);
	buf_adds(&b, " and row(0");
	add_names(&b, s, "t.", 0, s->npos);
	add_names(&b, s, "t.", s->npos + s->nkey, s->n);
	buf_adds(&b, ") is distinct from row(0");
	add_names(&b, s, "r.", 0, s->npos);
	add_names(&b, s, "r.", s->npos + s->nkey, s->n);
	buf_adds(&b, ")");
	if ((o = run(pg, &b)) == PG_OK)
		t->updated += pg_affected(pg);
	buf_release(&b);
	return o;
}

static enum pg_outcome
insert_new(struct pg *pg, const struct stream *s, const char *rows,
    struct tally *t)
{
	struct buf b = { 0 };
	enum pg_outcome o;
	int i;

	buf_addf(&b, "insert into %s (", s->wide);
	for (i = 0; i < s->n; i++) {
		buf_adds(&b, i ? ", " : "");
		pg_identifier(&b, s->columns[i].name);
	}
	buf_adds(&b, ") select ");
	for (i = 0; i < s->n; i++) {
		buf_adds(&b, i ? ", " : "");
		pg_identifier(&b, s->columns[i].name);
	}
	buf_addf(&b,
	    " from %s as r where not exists (select from %s as t "
	    "where ",
	    rows, s->wide);
	add_same_key(&b, s);
	buf_adds(&b, ")");
	if ((o = run(pg, &b)) == PG_OK)
		t->inserted += pg_affected(pg);
	buf_release(&b);
	return o;
}

static enum pg_outcome
apply(struct pg *pg, const struct stream *s, const char *rows,
    const char *scopes, struct tally *t)
{
	struct buf b = { 0 };
	enum pg_outcome o;
	uint64_t n = 0;

	/* sets are joined with sets here, and the spools have no index: what
	 * main.c forbids would cost so much that no plan differs from another
	 */
	if ((o = pg_exec(pg,
	         "set local enable_seqscan to on; "
	         "set local enable_hashjoin to on; "
	         "set local enable_mergejoin to on")) != PG_OK ||
	    (o = tidy(pg, s, rows, scopes, t)) != PG_OK)
		return o;
	buf_addf(&b, "analyze %s, %s; select count(*) from %s", rows, scopes,
	    rows);
	if ((o = run(pg, &b)) == PG_OK)
		n = strtoull(pg_text(pg, 0, 0), NULL, 10);
	buf_release(&b);
	if (o != PG_OK || (o = delete_gone(pg, s, rows, scopes, t)) != PG_OK ||
	    (o = update_changed(pg, s, rows, t)) != PG_OK)
		return o;
	n -= t->updated;
	if ((o = insert_new(pg, s, rows, t)) != PG_OK)
		return o;
	t->unchanged += n - t->inserted;
	return pg_exec(pg,
	    "set local enable_seqscan to off; "
	    "set local enable_hashjoin to off; "
	    "set local enable_mergejoin to off");
}

static enum pg_outcome
empty(struct pg *pg, const char *rows, const char *scopes)
{
	struct buf b = { 0 };
	enum pg_outcome o;

	buf_addf(&b, "truncate %s, %s", rows, scopes);
	o = run(pg, &b);
	buf_release(&b);
	return o;
}

enum pg_outcome
scope_write(struct pg *pg, const struct batch *batch, struct part *p,
    struct tally *t)
{
	const struct stream *s = p->stream;
	char *rows = spool(s, "rows"), *scopes = spool(s, "scopes");
	enum pg_outcome o;

	if ((o = make_spools(pg, s, rows, scopes)) == PG_OK &&
	    (o = fill_spools(pg, batch, p, rows, scopes)) == PG_OK &&
	    batch->open != s && (o = apply(pg, s, rows, scopes, t)) == PG_OK &&
	    batch->more)
		o = empty(pg, rows, scopes); /* before the next COMMIT */
	free(rows);
	free(scopes);
	return o;
}

bool
scope_fields(struct buf *b, const struct stream *s, struct val scope,
    const char **why)
{
	struct buf tmp = { 0 };
	const struct column *c;
	struct val v;
	bool ok = true;
	int i;

	buf_reset(b);
	for (i = 0; ok && i < s->nscope; i++) {
		c = &s->columns[s->scope[i]];
		v = val_get(scope,
		    (struct slice){ c->property, c->property_len });
		*why = "lacks a column of 'x-replace'";
		if (val_type(v) == SCAN_NULL && !c->key)
			buf_add(b, VALUE_NULL, 4);
		else
			ok = val_type(v) != SCAN_NONE &&
			    val_type(v) != SCAN_NULL &&
			    value_put(b, c->type, v, &tmp, why);
	}
	buf_release(&tmp);
	return ok;
}
