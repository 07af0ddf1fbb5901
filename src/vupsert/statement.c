#include "statement.h"

#include <stdlib.h>

#include "write.h"
#include "banned.h"

static void
add_arg(struct shape *sh, int arg)
{
	sh->args =
	    xrealloc(sh->args, (size_t)(sh->nargs + 1) * sizeof *sh->args);
	sh->args[sh->nargs++] = arg;
}

static void
add_columns(struct shape *sh, int from, int to)
{
	for (; from < to; from++)
		add_arg(sh, from);
}

static void
add_arg_name(struct buf *b, int arg)
{
	static const char *const special[] = { [-ARG_FIRST] = "first",
		[-ARG_LAST] = "last",
		[-ARG_HASH] = "hash" };

	if (arg < 0)
		buf_adds(b, special[-arg]);
	else
		buf_addf(b, "c%d", arg);
}

enum value_type
arg_type(const struct stream *s, int arg)
{
	if (arg >= 0)
		return s->columns[arg].type;
	return arg == ARG_HASH ? VALUE_UUID : VALUE_TIMESTAMPTZ;
}

/*
 * "(select unnest($1::bigint[]) as c0, ... [, generate_subscripts($1, 1) as
 * n]) as i".  In a target list, as in FROM each array would first become a
 * table.
 */
static void
add_source(struct buf *b, const struct stream *s, const struct shape *sh,
    bool numbered)
{
	int i;

	buf_adds(b, "(select ");
	for (i = 0; i < sh->nargs; i++) {
		buf_addf(b, "%sunnest($%d::%s[]) as ", i ? ", " : "", i + 1,
		    value_sql(arg_type(s, sh->args[i])));
		add_arg_name(b, sh->args[i]);
	}
	if (numbered)
		buf_adds(b, ", generate_subscripts($1, 1) as n");
	buf_adds(b, ") as i");
}

/* "t.k = i.c3 and t.l = i.c4" */
static void
add_match(struct buf *b, const struct stream *s)
{
	int i;

	for (i = s->npos; i < s->npos + s->nkey; i++) {
		buf_adds(b, i > s->npos ? " and t." : "t.");
		pg_identifier(b, s->columns[i].name);
		buf_addf(b, " = i.c%d", i);
	}
}

/*
 * " where t.k = any(array[i.c3]) and t.l = i.c4".  A plain "=" of the first
 * column of a key would let the planner walk the whole index, and all of i for
 * each row there: it does so where it believes that the table has one row, as
 * of one that had one when it was analysed, or never was and has wide rows.
 */
static void
add_target(struct buf *b, const struct stream *s)
{
	int i = s->npos;

	buf_adds(b, " where t.");
	pg_identifier(b, s->columns[i].name);
	buf_addf(b, " = any(array[i.c%d])", i);
	while (++i < s->npos + s->nkey) {
		buf_adds(b, " and t.");
		pg_identifier(b, s->columns[i].name);
		buf_addf(b, " = i.c%d", i);
	}
}

/* The row of the table, looked up once for each of i: "offset 0" keeps the
 * planner from joining some other way, see add_target. */
static void
add_lookup(struct buf *b, const struct stream *s)
{
	bool side = stream_has_side(s);
	int i;

	buf_adds(b, " left join lateral (select ");
	for (i = 0; i < s->npos + s->nkey; i++) {
		buf_adds(b, i ? ", t." : "t.");
		pg_identifier(b, s->columns[i].name);
	}
	buf_addf(b, "%s from %s as t where ",
	    side ? ", t.first_seen, t.last_seen, t.content_hash" : "",
	    side ? s->side : s->wide);
	add_match(b, s);
	buf_adds(b, " offset 0) as t on true");
}

/* "(i.c0, i.c1 collate "C")", or of t: the position as a tuple */
static void
add_position(struct buf *b, const struct stream *s, bool of_table)
{
	const struct column *c;
	int i;

	buf_adds(b, "(");
	for (i = 0; i < s->norder; i++) {
		c = &s->columns[s->order[i]];
		buf_adds(b, i ? ", " : "");
		if (of_table) {
			buf_adds(b, "t.");
			pg_identifier(b, c->name);
		} else {
			buf_addf(b, "i.c%d", s->order[i]);
		}
		if (c->type == VALUE_TEXT)
			buf_adds(b, " collate \"C\"");
	}
	buf_adds(b, ")");
}

static void
add_comparison(struct buf *b, const struct stream *s, const char *op)
{
	add_position(b, s, false);
	buf_addf(b, " %s ", op);
	add_position(b, s, true);
}

/* "(t.a, t.b)" or "(i.c3, i.c4)" */
static void
add_tuple(struct buf *b, const struct stream *s, int from, int to,
    bool of_table)
{
	int i;

	buf_adds(b, "row(");
	for (i = from; i < to; i++) {
		buf_adds(b, i > from ? ", " : "");
		if (of_table) {
			buf_adds(b, "t.");
			pg_identifier(b, s->columns[i].name);
		} else {
			buf_addf(b, "i.c%d", i);
		}
	}
	buf_adds(b, ")");
}

/* "a = i.c3, b = i.c4" */
static void
add_assignments(struct buf *b, const struct stream *s, int from, int to)
{
	int i;

	for (i = from; i < to; i++) {
		buf_adds(b, i > from ? ", " : "");
		pg_identifier(b, s->columns[i].name);
		buf_addf(b, " = i.c%d", i);
	}
}

static void
add_verdict(struct buf *b, const struct stream *s)
{
	if (s->norder == 0) {
		buf_addf(b, " else '%c'", EXISTS);
		return;
	}
	buf_adds(b, " when ");
	add_comparison(b, s, ">");
	if (stream_has_side(s))
		buf_addf(b,
		    " then case when i.hash = t.content_hash then '%c'"
		    " else '%c' end",
		    GREATER_SAME, GREATER);
	else
		buf_addf(b, " then '%c'", GREATER);
	buf_adds(b, " when ");
	add_comparison(b, s, "=");
	if (stream_has_side(s))
		buf_addf(b,
		    " then case when i.first < t.first_seen or "
		    "i.last > t.last_seen then '%c' else '%c' end"
		    " when i.first < t.first_seen or i.last > t.last_seen "
		    "then '%c'",
		    DUPLICATE_SEEN, DUPLICATE, OLDER_SEEN);
	else
		buf_addf(b, " then '%c'", DUPLICATE);
	buf_addf(b, " else '%c'", OLDER);
}

/* One row a letter, with the numbers of the rows that it is about. */
static void
build_find(struct shape *sh, const struct stream *s)
{
	struct buf b = { 0 };
	bool side = stream_has_side(s);

	add_columns(sh, s->norder > 0 ? 0 : s->npos, s->npos + s->nkey);
	if (side) {
		add_arg(sh, ARG_FIRST);
		add_arg(sh, ARG_LAST);
		add_arg(sh, ARG_HASH);
	}
	buf_adds(&b,
	    "select letter, array_agg(n) from (select i.n, "
	    "case when t.");
	pg_identifier(&b, s->columns[s->npos].name);
	buf_addf(&b, " is null then '%c'", NEW);
	add_verdict(&b, s);
	buf_adds(&b, " end as letter from ");
	add_source(&b, s, sh, true);
	add_lookup(&b, s);
	buf_addf(&b, ") as x where letter <> '%c' group by letter", DUPLICATE);
	sh->statement.sql = buf_take(&b);
}

/* "t.owner = any(array[u.s0]) and ...": see add_target */
static void
add_set(struct buf *b, const struct stream *s)
{
	int i;

	for (i = 0; i < s->nscope; i++) {
		buf_adds(b, i ? " and t." : "t.");
		pg_identifier(b, s->columns[s->scope[i]].name);
		buf_addf(b, " = any(array[u.s%d])", i);
	}
}

/* "(select unnest($18::text[]) as s0, ...": the sets, behind the rows. */
static void
add_sets(struct buf *b, const struct stream *s, int before)
{
	int i;

	buf_adds(b, "(select ");
	for (i = 0; i < s->nscope; i++)
		buf_addf(b, "unnest($%d::%s[]) as s%d, ", before + i + 1,
		    value_sql(s->columns[s->scope[i]].type), i);
	buf_addf(b, "generate_subscripts($%d, 1) as n) as u", before + 1);
}

static void
build_held(struct shape *sh, const struct stream *s)
{
	struct buf b = { 0 };

	buf_adds(&b, "select array_agg(u.n) from ");
	add_sets(&b, s, 0);
	buf_addf(&b, " cross join lateral (select from %s as t where ",
	    s->wide);
	add_set(&b, s);
	buf_adds(&b, " limit 1) as t");
	sh->statement.sql = buf_take(&b);
}

/*
 * Sets are looked up once each, and rows joined with rows: a full join, so that
 * the planner, who knows the size of neither, has no nested loop to choose.
 */
static void
build_compare(struct shape *sh, const struct stream *s)
{
	struct buf b = { 0 };
	int i;

	add_columns(sh, 0, s->n);
	buf_addf(&b,
	    "select letter, array_agg(n) filter (where n is not null), "
	    "array_agg(at) filter (where n is null), "
	    "array_agg(of) filter (where n is null) "
	    "from (select i.n, t.ctid as at, t.tableoid as of, "
	    "case when i.n is null then '%c' when t.ctid is null then '%c' "
	    "when row(0",
	    GONE, NEW);
	for (i = 0; i < s->n; i++)
		if (!s->columns[i].key) {
			buf_adds(&b, ", t.");
			pg_identifier(&b, s->columns[i].name);
		}
	buf_adds(&b, ") is distinct from row(0");
	for (i = 0; i < s->n; i++)
		if (!s->columns[i].key)
			buf_addf(&b, ", i.c%d", i);
	buf_addf(&b, ") then '%c' else '%c' end as letter from ", GREATER,
	    DUPLICATE);
	add_source(&b, s, sh, true);
	buf_adds(&b, " full join (select t.* from ");
	add_sets(&b, s, sh->nargs);
	buf_addf(&b,
	    " cross join lateral (select t.ctid, t.tableoid, t.* "
	    "from %s as t "
	    "where ",
	    s->wide);
	add_set(&b, s);
	buf_adds(&b, " offset 0) as t) as t on ");
	add_match(&b, s);
	buf_addf(&b, ") as x where letter <> '%c' group by letter", DUPLICATE);
	sh->statement.sql = buf_take(&b);
}

static void
build_remove(struct shape *sh, const struct stream *s)
{
	/* a ctid alone may be of any partition */
	sh->statement.sql = xasprintf(
	    "delete from %s as t using (select unnest($1::tid[]) as at, "
	    "unnest($2::oid[]) as of) as g "
	    "where t.ctid = g.at and t.tableoid = g.of",
	    s->wide);
}

static void
build_raise(struct shape *sh, const struct stream *s)
{
	struct buf b = { 0 };

	add_columns(sh, 0, s->npos + s->nkey);
	add_arg(sh, ARG_FIRST);
	add_arg(sh, ARG_LAST);
	add_arg(sh, ARG_HASH);
	buf_addf(&b, "update %s as t set ", s->side);
	add_assignments(&b, s, 0, s->npos);
	buf_adds(&b,
	    ", first_seen = least(t.first_seen, i.first), "
	    "last_seen = greatest(t.last_seen, i.last), "
	    "content_hash = i.hash from ");
	add_source(&b, s, sh, false);
	add_target(&b, s);
	sh->statement.sql = buf_take(&b);
}

static void
build_stretch(struct shape *sh, const struct stream *s)
{
	struct buf b = { 0 };

	add_columns(sh, s->npos, s->npos + s->nkey);
	add_arg(sh, ARG_FIRST);
	add_arg(sh, ARG_LAST);
	buf_addf(&b,
	    "update %s as t set "
	    "first_seen = least(t.first_seen, i.first), "
	    "last_seen = greatest(t.last_seen, i.last) from ",
	    s->side);
	add_source(&b, s, sh, false);
	add_target(&b, s);
	sh->statement.sql = buf_take(&b);
}

/* Without an order, only rows whose values differ are to be written. */
static void
build_replace(struct shape *sh, const struct stream *s)
{
	struct buf b = { 0 };
	int rest = s->npos + s->nkey;

	if (!stream_has_side(s))
		add_columns(sh, 0, s->npos);
	add_columns(sh, s->npos, s->n);
	buf_addf(&b, "update %s as t set ", s->wide);
	if (!stream_has_side(s) && s->npos > 0) {
		add_assignments(&b, s, 0, s->npos);
		buf_adds(&b, rest < s->n ? ", " : "");
	}
	add_assignments(&b, s, rest, s->n);
	buf_adds(&b, " from ");
	add_source(&b, s, sh, false);
	add_target(&b, s);
	if (s->norder == 0) {
		buf_adds(&b, " and ");
		add_tuple(&b, s, rest, s->n, true);
		buf_adds(&b, " is distinct from ");
		add_tuple(&b, s, rest, s->n, false);
	}
	sh->statement.sql = buf_take(&b);
}

static char *
build_copy(const struct stream *s, const char *table, int from, int to,
    const char *more)
{
	struct buf b = { 0 };
	int i;

	buf_addf(&b, "copy %s (", table);
	for (i = from; i < to; i++) {
		buf_adds(&b, i > from ? ", " : "");
		pg_identifier(&b, s->columns[i].name);
	}
	buf_addf(&b, "%s) from stdin (format binary)", more);
	return buf_take(&b);
}

/* Names and types of the columns as array literals, for the check. */
static void
build_check(struct writes *w, const struct stream *s)
{
	struct buf names = { 0 }, types = { 0 };
	const char *p;
	int i;

	for (i = 0; i < s->n; i++) {
		buf_adds(&names, i ? ",\"" : "{\"");
		for (p = s->columns[i].name; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_addc(&names, '\\');
			buf_addc(&names, *p);
		}
		buf_addc(&names, '"');
		buf_addf(&types, "%s%d", i ? "," : "{",
		    (int)value_oid(s->columns[i].type));
	}
	buf_addc(&names, '}');
	buf_addc(&types, '}');
	w->names = buf_take(&names);
	w->types = buf_take(&types);
}

struct writes *
writes_of(struct stream *s)
{
	bool side = stream_has_side(s);
	struct writes *w;

	if (s->writes != NULL)
		return s->writes;
	w = s->writes = xcalloc(1, sizeof *w);
	build_check(w, s);
	w->copy_wide = build_copy(s, s->wide, side ? s->npos : 0, s->n, "");
	if (s->nkey == 0)
		return w;
	build_find(&w->find, s);
	build_replace(&w->replace, s);
	if (s->nscope > 0) {
		build_held(&w->held, s);
		build_compare(&w->compare, s);
		build_remove(&w->remove, s);
	}
	if (side) {
		build_raise(&w->raise, s);
		build_stretch(&w->stretch, s);
		w->copy_side = build_copy(s, s->side, 0, s->npos + s->nkey,
		    ", first_seen, last_seen, content_hash");
	}
	return w;
}

static void
shape_release(struct shape *sh)
{
	free(sh->statement.sql);
	free(sh->args);
}

void
write_forget(struct stream *s)
{
	struct writes *w = s->writes;

	s->generation++;
	if (w == NULL)
		return;
	shape_release(&w->find);
	shape_release(&w->raise);
	shape_release(&w->stretch);
	shape_release(&w->replace);
	shape_release(&w->held);
	shape_release(&w->compare);
	shape_release(&w->remove);
	free(w->copy_wide);
	free(w->copy_side);
	free(w->names);
	free(w->types);
	free(w);
	s->writes = NULL;
}
