#include "table.h"

#include <stdlib.h>

#include "write.h"
#include "banned.h"

#define TRIES 10
#define OURS "property " /* how the comments of our columns begin */

/* A column as the table has it. */
struct found {
	char *name;
	enum value_type type; /* VALUE_TYPES: none of ours */
	bool ours;
	int key; /* its place in the primary key, or 0 */
};

struct table {
	struct found *columns;
	int n, nkey;
	int used; /* of 1,600 columns: dropped ones count */
	bool exists;
	char *key_name; /* of the constraint; may be NULL */
};

static void
table_release(struct table *t)
{
	int i;

	for (i = 0; i < t->n; i++)
		free(t->columns[i].name);
	free(t->columns);
	free(t->key_name);
	*t = (struct table){ 0 };
}

/* All three tables of a stream at once.  Dropped columns come, too: each takes
 * one of those that a table can have. */
static char look_sql[] =
    "select t.place, a.attnum, a.attisdropped, a.attname, a.atttypid, "
    "coalesce(col_description(a.attrelid, a.attnum), '') like '" OURS "%', "
    "coalesce(array_position(c.conkey::int[], a.attnum::int), 0), c.conname "
    "from (values (0, to_regclass($1)), (1, to_regclass($2)), "
    "(2, to_regclass($3))) as t(place, oid) "
    "join pg_attribute a on a.attrelid = t.oid "
    "left join pg_constraint c "
    "on c.conrelid = a.attrelid and c.contype = 'p' "
    "where a.attnum > 0 order by t.place, a.attnum";

static void
add_found(struct pg *pg, int row, struct table *t)
{
	struct found *f;

	t->used = atoi(pg_text(pg, row, 1));
	if (*pg_text(pg, row, 2) == 't')
		return;
	t->exists = true;
	t->columns =
	    xrealloc(t->columns, ((size_t)t->n + 1) * sizeof *t->columns);
	f = &t->columns[t->n++];
	f->name = xstrdup(pg_text(pg, row, 3));
	f->type = value_of_oid((uint32_t)atol(pg_text(pg, row, 4)));
	f->ours = *pg_text(pg, row, 5) == 't';
	f->key = atoi(pg_text(pg, row, 6));
	t->nkey += f->key > 0;
	if (t->key_name == NULL && pg_text(pg, row, 7) != NULL)
		t->key_name = xstrdup(pg_text(pg, row, 7));
}

/* A stream without a side table has no view either. */
static enum pg_outcome
look(struct pg *pg, const struct stream *s, struct table *tables)
{
	static struct pg_statement statement = { .sql = look_sql };
	struct pg_param p[3] = { { slice_of(s->wide), false } };
	enum pg_outcome o;
	int i;

	if (stream_has_side(s)) {
		p[1].value = slice_of(s->side);
		p[2].value = slice_of(s->view);
	}
	o = pg_run(pg, &statement, p, 3, false);
	for (i = 0; o == PG_OK && i < pg_rows(pg); i++)
		add_found(pg, i, &tables[atoi(pg_text(pg, i, 0))]);
	return o;
}

static const struct found *
table_column(const struct table *t, const char *name)
{
	int i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	return NULL;
}

/* ---- which columns belong to which table ---- */

static bool
in_side(const struct column *c)
{
	return c->order || c->key;
}

static bool
in_wide(const struct stream *s, const struct column *c)
{
	return !stream_has_side(s) || c->key || !c->order;
}

/* Column types grow to what the tables have; VALUE_TYPES in the table means
 * that somebody else made the column, of a type that we do not write. */
static void
take_types(struct stream *s, const struct table *t, const char *quoted,
    bool side)
{
	const struct found *f;
	struct column *c;
	int i;

	for (i = 0; i < s->n; i++) {
		c = &s->columns[i];
		if (side ? !in_side(c) : !in_wide(s, c))
			continue;
		f = table_column(t, c->name);
		if (f != NULL && f->type == VALUE_TYPES)
			die(EX_UNAVAILABLE,
			    "column '%s' of %s has a type "
			    "that vupsert does not write",
			    c->name, quoted);
		if (f != NULL)
			column_widen(c, f->type);
		if (c->type == VALUE_TYPES) /* only nulls so far */
			c->type = VALUE_TEXT;
	}
}

/* ---- statements ---- */

static void
add_definition(struct buf *b, const struct column *c)
{
	pg_identifier(b, c->name);
	buf_addf(b, " %s", value_sql(c->type));
	/* bytewise: the order of law 2, and the fastest to index */
	if (c->type == VALUE_TEXT && (c->key || c->order))
		buf_adds(b, " collate \"C\"");
}

static void
add_key(struct buf *b, const struct stream *s)
{
	int i;

	buf_adds(b, "primary key (");
	for (i = s->npos; i < s->npos + s->nkey; i++) {
		buf_adds(b, i > s->npos ? ", " : "");
		pg_identifier(b, s->columns[i].name);
	}
	buf_adds(b, ")");
}

static void
add_comment(struct buf *b, const char *quoted, const struct stream *s,
    const struct column *c)
{
	char *text = xasprintf(OURS "'%s'%s%s", c->property,
	    c->description ? ": " : "", c->description ? c->description : "");

	letters_fit(s->letters, text);
	buf_addf(b, "comment on column %s.", quoted);
	pg_identifier(b, c->name);
	buf_adds(b, " is ");
	pg_literal(b, text);
	buf_adds(b, ";\n");
	free(text);
}

static void
comment_table(struct buf *b, const char *quoted, const struct stream *s,
    const char *text)
{
	char *whole = xasprintf("stream '%s': %s", s->name, text);

	letters_fit(s->letters, whole);
	buf_addf(b, "comment on table %s is ", quoted);
	pg_literal(b, whole);
	buf_adds(b, ";\n");
	free(whole);
}

static int
by_ordinal(const void *a, const void *b, void *arg)
{
	const struct stream *s = arg;
	const struct column *x = &s->columns[*(const int *)a];
	const struct column *y = &s->columns[*(const int *)b];

	if (x->key || y->key)
		return x->key && y->key ? *(const int *)a - *(const int *)b :
		                          y->key - x->key;
	return x->ordinal - y->ordinal;
}

/* Key first, then as SCHEMA has them: what people expect of \d. */
static int *
in_human_order(const struct stream *s)
{
	int *v = xcalloc((size_t)s->n, sizeof *v), i;

	for (i = 0; i < s->n; i++)
		v[i] = i;
	qsort_r(v, (size_t)s->n, sizeof *v, by_ordinal, (void *)s);
	return v;
}

static void
create_wide(struct buf *b, const struct stream *s)
{
	const struct column *c;
	const char *sep = "";
	int i, *v = in_human_order(s);

	buf_addf(b, "create table %s (", s->wide);
	for (i = 0; i < s->n; i++) {
		c = &s->columns[v[i]];
		if (!in_wide(s, c))
			continue;
		buf_adds(b, sep);
		add_definition(b, c);
		sep = ", ";
	}
	if (s->nkey > 0) {
		buf_adds(b, ", ");
		add_key(b, s);
	}
	buf_addf(b, ") with (fillfactor = %d);\n", s->nkey > 0 ? 90 : 100);
	comment_table(b, s->wide, s,
	    s->nkey == 0           ? "every record, appended" :
	        stream_has_side(s) ? "the newest values of each key" :
	                             "the newest row of each key");
	for (i = 0; i < s->n; i++)
		if (in_wide(s, &s->columns[i]))
			add_comment(b, s->wide, s, &s->columns[i]);
	free(v);
}

static void
create_side(struct buf *b, const struct stream *s)
{
	int i;

	buf_addf(b, "create table %s (", s->side);
	for (i = s->npos; i < s->npos + s->nkey; i++) {
		add_definition(b, &s->columns[i]);
		buf_adds(b, ", ");
	}
	for (i = 0; i < s->npos; i++) {
		add_definition(b, &s->columns[i]);
		buf_adds(b, " not null, ");
	}
	buf_adds(b,
	    "first_seen timestamptz not null, "
	    "last_seen timestamptz not null, content_hash uuid not null, ");
	add_key(b, s);
	buf_adds(b, ") with (fillfactor = 50);\n");
	comment_table(b, s->side, s,
	    "which record each row is of, and when "
	    "its key was seen first and last");
	buf_addf(b,
	    "comment on column %s.content_hash is 'of the values in "
	    "the wide table; says whether they changed';\n",
	    s->side);
	for (i = 0; i < s->npos + s->nkey; i++)
		add_comment(b, s->side, s, &s->columns[i]);
}

static void
change_type(struct buf *b, enum value_type from, const struct column *c)
{
	buf_adds(b, "alter ");
	pg_identifier(b, c->name);
	buf_addf(b, " type %s", value_sql(c->type));
	if (c->type == VALUE_TEXT && (c->key || c->order))
		buf_adds(b, " collate \"C\"");
	if (c->type == VALUE_NUMERIC)
		return;
	/* as value_put writes it: text as in JSON, numbers shortest */
	buf_adds(b, " using to_jsonb(");
	buf_adds(b,
	    c->type == VALUE_TEXT && from == VALUE_NUMERIC ? "trim_scale(" :
	                                                     "(");
	pg_identifier(b, c->name);
	buf_adds(b, c->type == VALUE_TEXT ? ")) #>> '{}'" : "))");
}

/* Adds and widens, in one command, as each costs as much as the table has
 * columns; true when a type changes: a view has to go first. */
static bool
alter(struct buf *b, const struct stream *s, const struct table *t,
    const char *quoted, bool side)
{
	struct buf comments = { 0 };
	const struct found *f;
	const struct column *c;
	bool widened = false;
	int i, changes = 0, *v = in_human_order(s);

	for (i = 0; i < s->n; i++) {
		c = &s->columns[v[i]];
		if (side ? !in_side(c) : !in_wide(s, c))
			continue;
		f = table_column(t, c->name);
		if (f != NULL && f->type == c->type)
			continue;
		if (changes++ == 0)
			buf_addf(b, "alter table %s ", quoted);
		else
			buf_adds(b, ", ");
		if (f == NULL) {
			buf_adds(b, "add ");
			add_definition(b, c);
			buf_adds(b, side ? " not null" : "");
			add_comment(&comments, quoted, s, c);
		} else {
			change_type(b, f->type, c);
			widened = true;
		}
	}
	if (changes > 0)
		buf_adds(b, ";\n");
	buf_addslice(b, buf_slice(&comments));
	buf_release(&comments);
	free(v);
	return widened;
}

static bool
same_key(const struct stream *s, const struct table *t)
{
	const struct found *f;
	int i;

	if (t->nkey != s->nkey)
		return false;
	for (i = 0; i < s->nkey; i++) {
		f = table_column(t, s->columns[s->npos + i].name);
		if (f == NULL || f->key == 0)
			return false;
	}
	return true;
}

/* Does the key of the table, as it will be, begin with the sets' columns? */
static bool
finds_sets(const struct stream *s, const struct table *t)
{
	const struct found *f;
	const struct column *c;
	int i;

	for (i = 0; i < s->nscope; i++) {
		c = &s->columns[s->scope[i]];
		f = table_column(t, c->name);
		if (!c->key ||
		    (same_key(s, t) && (f == NULL || f->key > s->nscope)))
			return false;
	}
	return s->nscope > 0;
}

static void
change_key(struct buf *b, const struct stream *s, const struct table *t)
{
	int i;

	if (t->key_name != NULL) {
		buf_addf(b, "alter table %s drop constraint ", s->wide);
		pg_identifier(b, t->key_name);
		buf_adds(b, ";\n");
	}
	for (i = 0; i < t->n; i++) /* the constraint leaves it behind */
		if (t->columns[i].key > 0) {
			buf_addf(b, "alter table %s alter ", s->wide);
			pg_identifier(b, t->columns[i].name);
			buf_adds(b, " drop not null;\n");
		}
	if (s->nkey > 0) {
		buf_addf(b, "alter table %s add ", s->wide);
		add_key(b, s);
		buf_adds(b, ";\n");
	}
}

/*
 * A view's columns keep their order, and new ones go to its end: that is all
 * that "create or replace" allows.
 */
static void
create_view(struct buf *b, const struct stream *s, const struct table *view)
{
	const struct column *c;
	const char *sep = "";
	int i, *v = in_human_order(s);

	buf_addf(b, "create or replace view %s as select ", s->view);
	for (i = 0; i < view->n; i++) {
		buf_adds(b, sep);
		pg_identifier(b, view->columns[i].name);
		sep = ", ";
	}
	for (i = 0; i < s->n; i++) {
		c = &s->columns[v[i]];
		if (table_column(view, c->name) != NULL)
			continue;
		buf_adds(b, sep);
		pg_identifier(b, c->name);
		sep = ", ";
	}
	free(v);
	if (!view->exists)
		buf_adds(b, ", first_seen, last_seen");
	buf_addf(b, " from %s join %s using (", s->wide, s->side);
	for (i = s->npos; i < s->npos + s->nkey; i++) {
		buf_adds(b, i > s->npos ? ", " : "");
		pg_identifier(b, s->columns[i].name);
	}
	buf_adds(b, ");\n");
	if (!view->exists) {
		buf_addf(b, "comment on view %s is ", s->view);
		pg_literal(b,
		    "the newest values of each key, with the record "
		    "that they are of and when the key was seen");
		buf_adds(b, ";\n");
	}
}

/* ---- all of it ---- */

/* A column of ours that SCHEMA has no more: always null from now on. */
static void
adopt(struct stream *s, const struct table *t)
{
	int i, j;
	bool known;

	for (i = 0; i < t->n; i++) {
		if (!t->columns[i].ours || t->columns[i].type == VALUE_TYPES)
			continue;
		for (known = false, j = 0; j < s->n && !known; j++)
			known =
			    strcmp(s->columns[j].name, t->columns[i].name) == 0;
		if (!known)
			stream_add_null(s, t->columns[i].name,
			    t->columns[i].type);
	}
}

/* What is more than a table can have costs its property. */
static void
leave_out(struct stream *s, const struct table *t)
{
	int i, have = 0, left;

	for (i = 0; i < s->n; i++)
		have += table_column(t, s->columns[i].name) != NULL;
	s->room = have + COLUMNS_MAX - t->used;
	left = stream_leave_out(s, s->n - stream_room(s));
	if (left > 0 && s->definition != NULL)
		warn("%s: '%s' and %d more properties are left out: a table "
		     "has %d columns at most",
		    s->name, s->left_out, left - 1, COLUMNS_MAX);
}

static enum pg_outcome
make_schema(struct pg *pg, const char *schema)
{
	struct pg_param p = { slice_of(schema), false };
	struct buf b = { 0 };
	enum pg_outcome o =
	    pg_query(pg, "select from pg_namespace where nspname = $1", &p, 1);

	if (o != PG_OK || pg_rows(pg) > 0)
		return o;
	buf_adds(&b,
	    "select pg_advisory_xact_lock("
	    "hashtextextended('vupsert schema', 0));"
	    "create schema if not exists ");
	pg_identifier(&b, schema);
	o = pg_exec(pg, b.data);
	buf_release(&b);
	return o;
}

/* A transaction, or a part of the one that goes on. */
static enum pg_outcome
begin(struct pg *pg, const struct stream *s, bool inside)
{
	struct buf b = { 0 };
	enum pg_outcome o;

	buf_addf(&b,
	    "%s; select pg_advisory_xact_lock("
	    "hashtextextended('vupsert ' || ",
	    inside ? "savepoint prepare" : "begin");
	pg_literal(&b, s->wide);
	buf_adds(&b, ", 0))");
	o = pg_exec(pg, b.data);
	buf_release(&b);
	return o;
}

/* What is to be done to the tables, as SQL; empty: nothing. */
static void
plan(struct buf *b, struct stream *s, const struct table *wide,
    const struct table *side, const struct table *view)
{
	struct buf changes = { 0 };
	bool widened = false;
	int i, have = 0;

	if (!wide->exists)
		create_wide(b, s);
	else
		widened = alter(&changes, s, wide, s->wide, false);
	if (stream_has_side(s) && side->exists)
		widened |= alter(&changes, s, side, s->side, true);
	if (widened && view->exists)
		buf_addf(b, "drop view %s;\n", s->view);
	buf_addslice(b, buf_slice(&changes));
	buf_release(&changes);
	if (wide->exists && !same_key(s, wide))
		change_key(b, s, wide);
	if (!stream_has_side(s))
		return;
	if (!side->exists)
		create_side(b, s);
	for (i = 0; i < s->n; i++)
		have += table_column(view, s->columns[i].name) != NULL;
	if (have < s->n || widened) {
		struct table none = { 0 };

		create_view(b, s, view->exists && !widened ? view : &none);
	}
}

/* Ends what begin began, and asks whether the table is empty. */
static enum pg_outcome
commit(struct pg *pg, struct stream *s, bool inside)
{
	struct buf b = { 0 };
	enum pg_outcome o;

	buf_addf(&b, "%s; select from %s limit 1",
	    inside ? "release prepare" : "commit", s->wide);
	o = pg_exec(pg, b.data);
	s->fresh = o == PG_OK && pg_rows(pg) == 0;
	buf_release(&b);
	return o;
}

static enum pg_outcome
prepare(struct pg *pg, const char *schema, struct stream *s, bool inside)
{
	struct table tables[3] = { { 0 } };
	struct table *wide = &tables[0], *side = &tables[1], *view = &tables[2];
	struct buf b = { 0 };
	enum pg_outcome o;
	int i;

	if ((o = begin(pg, s, inside)) != PG_OK ||
	    (o = look(pg, s, tables)) != PG_OK ||
	    (!wide->exists && (o = make_schema(pg, schema)) != PG_OK))
		goto out;
	if (wide->exists && stream_has_side(s) && side->exists &&
	    !same_key(s, side))
		die(EX_DATAERR, "the key of stream '%s' is not that of %s",
		    s->name, s->side);
	adopt(s, wide);
	leave_out(s, wide);
	take_types(s, wide, s->wide, false);
	if (stream_has_side(s))
		take_types(s, side, s->side, true);
	s->keyed = finds_sets(s, wide);
	plan(&b, s, wide, side, view);
	if (b.len > 0)
		o = pg_exec(pg, b.data);
	if (o == PG_OK)
		o = write_note(pg, s);
	if (o == PG_OK)
		o = commit(pg, s, inside);
out:
	for (i = 0; i < 3; i++)
		table_release(&tables[i]);
	buf_release(&b);
	return o;
}

static void
undo(struct pg *pg, bool inside)
{
	pg_exec(pg,
	    inside ? "rollback to prepare; release prepare" : "rollback");
}

/* Again and again when the connection is lost; else the outcome. */
static enum pg_outcome
prepare_somehow(struct pg *pg, const char *schema, struct stream *s)
{
	bool inside = pg_is_inside(pg);
	enum pg_outcome o;
	int tries = 0;

	for (;;) {
		write_forget(s);
		o = prepare(pg, schema, s, inside);
		if (o == PG_LOST)
			pg_reconnect(pg);
		else if (o != PG_AGAIN || pg_state(pg)[0] != '4' ||
		    tries++ == TRIES)
			return o;
		else
			undo(pg, inside);
	}
}

void
table_prepare(struct pg *pg, const char *schema, struct stream *s)
{
	char *doing;

	if (prepare_somehow(pg, schema, s) == PG_OK)
		return;
	doing = xasprintf("make table %s", s->wide);
	pg_die(pg, doing);
}

bool
table_make_numeric(struct pg *pg, const char *schema, struct stream *s,
    const char *property)
{
	int i = stream_column(s, slice_of(property), 0);
	bool inside = pg_is_inside(pg);

	s->columns[i].type = VALUE_NUMERIC;
	if (prepare_somehow(pg, schema, s) == PG_OK)
		return true;
	warn("'%s' of %s stays bigint: %s", property, s->wide, pg_message(pg));
	undo(pg, inside);
	i = stream_column(s, slice_of(property), 0);
	s->columns[i].type = VALUE_INT8;
	s->columns[i].stuck = true;
	table_prepare(pg, schema, s);
	return false;
}
