#include "write.h"

#include <stdlib.h>

#include "copy.h"
#include "statement.h"
#include "banned.h"

/* ---- the lock ---- */

static enum pg_outcome
count_matching(struct pg *pg, struct stream *s, int *n)
{
	static char sql[] =
	    "select count(*) from pg_attribute where attrelid "
	    "in (to_regclass($1), to_regclass($2)) and (attname::text, "
	    "atttypid) in (select * from unnest($3::text[], $4::oid[]))";
	static struct pg_statement statement = { .sql = sql };
	struct writes *w = writes_of(s);
	struct pg_param p[] = { { slice_of(s->wide), false },
		{ slice_of(s->side), false }, { slice_of(w->names), false },
		{ slice_of(w->types), false } };
	enum pg_outcome o;

	o = pg_run(pg, &statement, p, 4, false);
	if (o == PG_OK)
		*n = atoi(pg_text(pg, 0, 0));
	return o;
}

enum pg_outcome
write_note(struct pg *pg, struct stream *s)
{
	return count_matching(pg, s, &writes_of(s)->matching);
}

enum pg_outcome
write_lock(struct pg *pg, struct stream *s)
{
	struct pg_param p = { slice_of(s->wide), false };
	enum pg_outcome o;
	int n;

	o = pg_query(pg,
	    "select pg_advisory_xact_lock("
	    "hashtextextended('vupsert ' || $1, 0))",
	    &p, 1);
	if (o == PG_OK)
		o = count_matching(pg, s, &n);
	if (o == PG_OK && n != s->writes->matching)
		die(EX_TEMPFAIL,
		    "the columns of %s were altered meanwhile: "
		    "run again",
		    s->wide);
	return o;
}

/* ---- running them ---- */

/* What is no column. */
static void
add_special(struct buf *b, const struct slot *slot, int arg)
{
	if (arg == ARG_HASH) {
		put32(b, HASH_LEN);
		buf_add(b, slot->row->hash, HASH_LEN);
	} else {
		buf_addslice(b, arg == ARG_FIRST ? slot->first : slot->last);
	}
}

/* utils/adt/arrayfuncs.c, array_recv: one dimension that begins at 1 */
void
write_array(struct buf *b, enum value_type t, size_t n)
{
	put32(b, 1);
	put32(b, 1); /* there may be nulls */
	put32(b, value_oid(t));
	put32(b, (uint32_t)n);
	put32(b, 1);
}

/* One row to all arrays, in a single walk: its columns come in their order. */
static void
add_row(struct buf *arrays, const struct shape *sh, const struct batch *batch,
    const struct slot *slot)
{
	const char *p = row_fields(batch, slot->row);
	int i, column = 0;

	for (i = 0; i < sh->nargs; i++) {
		if (sh->args[i] < 0) {
			add_special(&arrays[i], slot, sh->args[i]);
			continue;
		}
		for (; column < sh->args[i]; column++)
			p += field_at(p).len;
		buf_addslice(&arrays[i], field_at(p));
	}
}

enum pg_outcome
write_run(struct pg *pg, struct shape *sh, const struct batch *batch,
    const struct stream *s, const struct slot *slots, size_t n,
    const struct pg_param *more, int nmore)
{
	int i, nparams = sh->nargs + nmore;
	struct buf *arrays = xcalloc((size_t)sh->nargs, sizeof *arrays);
	struct pg_param *params = xcalloc((size_t)nparams, sizeof *params);
	enum pg_outcome o;
	size_t row;

	for (i = 0; i < sh->nargs; i++)
		write_array(&arrays[i], arg_type(s, sh->args[i]), n);
	for (row = 0; row < n; row++)
		add_row(arrays, sh, batch, &slots[row]);
	for (i = 0; i < sh->nargs; i++)
		params[i] = (struct pg_param){ buf_slice(&arrays[i]), true };
	for (i = 0; i < nmore; i++)
		params[sh->nargs + i] = more[i];
	o = pg_run(pg, &sh->statement, params, nparams, true);
	for (i = 0; i < sh->nargs; i++)
		buf_release(&arrays[i]);
	free(arrays);
	free(params);
	return o;
}

/* As run, and each slot must have met its row. */
static enum pg_outcome
run_all(struct pg *pg, struct shape *sh, const struct batch *batch,
    const struct stream *s, const struct slot *slots, size_t n)
{
	enum pg_outcome o;

	if (n == 0)
		return PG_OK;
	o = write_run(pg, sh, batch, s, slots, n, NULL, 0);
	return o == PG_OK && pg_affected(pg) != n ? PG_AGAIN : o;
}

/* What copy_in's callbacks get. */
struct copied {
	const struct batch *batch;
	const struct stream *stream;
	const struct slot *slots;
};

static void
wide_row(struct buf *b, const void *arg, size_t i)
{
	const struct copied *c = arg;
	const struct stream *s = c->stream;
	const struct row *r = c->slots[i].row;
	uint32_t from = stream_has_side(s) ? r->key : 0;

	put16(b, (uint16_t)(stream_has_side(s) ? s->n - s->npos : s->n));
	buf_add(b, row_fields(c->batch, r) + from, r->len - from);
}

static void
side_row(struct buf *b, const void *arg, size_t i)
{
	const struct copied *c = arg;
	const struct slot *slot = &c->slots[i];

	put16(b, (uint16_t)(c->stream->npos + c->stream->nkey + 3));
	buf_add(b, row_fields(c->batch, slot->row), slot->row->rest);
	add_special(b, slot, ARG_FIRST);
	add_special(b, slot, ARG_LAST);
	add_special(b, slot, ARG_HASH);
}

void
write_letters(const struct pg *pg, char *letters)
{
	struct slice list;
	const char *p;
	int i;

	for (i = 0; i < pg_rows(pg); i++) {
		list = pg_value(pg, i, 1);
		if (list.p == NULL)
			continue;
		/* 20 bytes of header, then length and number of each */
		for (p = list.p + 20; p < list.p + list.len; p += 8)
			letters[get32(p + 4) - 1] = *pg_text(pg, i, 0);
	}
}

static enum pg_outcome
find(struct pg *pg, const struct batch *batch, struct stream *s,
    const struct slot *slots, size_t n, char *letters)
{
	enum pg_outcome o;

	memset(letters, DUPLICATE, n);
	o = write_run(pg, &s->writes->find, batch, s, slots, n, NULL, 0);
	if (o == PG_OK)
		write_letters(pg, letters);
	return o;
}

size_t
write_choose(const struct slot *slots, const char *letters, size_t n,
    const char *set, struct slot *out)
{
	size_t i, chosen = 0;

	for (i = 0; i < n; i++)
		if (letters[i] == set[0] || letters[i] == set[1])
			out[chosen++] = slots[i];
	return chosen;
}

/* Slots of which each has its letter, and room to choose some. */
struct work {
	const struct slot *slots;
	struct slot *chosen;
	char *letters;
};

enum pg_outcome
write_new(struct pg *pg, const struct batch *batch, struct stream *s,
    const struct slot *slots, size_t n)
{
	const struct copied c = { batch, s, slots };
	struct writes *w = writes_of(s);
	enum pg_outcome o = PG_OK;

	if (stream_has_side(s)) /* narrow, hence first to find a key there */
		o = copy_in(pg, w->copy_side, n, side_row, &c);
	if (o == PG_OK)
		o = copy_in(pg, w->copy_wide, n, wide_row, &c);
	return o;
}

enum pg_outcome
write_changed(struct pg *pg, const struct batch *batch, struct stream *s,
    const struct slot *slots, size_t n)
{
	return run_all(pg, &writes_of(s)->replace, batch, s, slots, n);
}

/* Keys that exist, in a stream with an order. */
static enum pg_outcome
write_ordered(struct pg *pg, const struct batch *batch, struct stream *s,
    struct work *k, size_t n)
{
	struct writes *w = s->writes;
	enum pg_outcome o = PG_OK;
	size_t chosen;

	if (stream_has_side(s)) {
		chosen = write_choose(k->slots, k->letters, n, "gs", k->chosen);
		o = run_all(pg, &w->raise, batch, s, k->chosen, chosen);
		if (o != PG_OK)
			return o;
		chosen = write_choose(k->slots, k->letters, n, "OD", k->chosen);
		o = run_all(pg, &w->stretch, batch, s, k->chosen, chosen);
	}
	chosen = write_choose(k->slots, k->letters, n, "gg", k->chosen);
	if (o == PG_OK && s->n > s->nkey + (stream_has_side(s) ? s->npos : 0))
		o = write_changed(pg, batch, s, k->chosen, chosen);
	return o;
}

/* Keys that exist, where the last to come wins. */
static enum pg_outcome
write_last(struct pg *pg, const struct batch *batch, struct stream *s,
    struct work *k, size_t n, struct tally *t)
{
	size_t chosen = write_choose(k->slots, k->letters, n, "xx", k->chosen);
	enum pg_outcome o;

	t->unchanged += chosen;
	if (chosen == 0 || s->n == s->nkey)
		return PG_OK;
	o = write_run(pg, &s->writes->replace, batch, s, k->chosen, chosen,
	    NULL, 0);
	if (o == PG_OK) {
		t->updated += pg_affected(pg);
		t->unchanged -= pg_affected(pg);
	}
	return o;
}

static void
count(const char *letters, size_t n, struct tally *t)
{
	size_t i;

	for (i = 0; i < n; i++)
		switch (letters[i]) {
		case NEW:
			t->inserted++;
			break;
		case GREATER:
			t->updated++;
			break;
		case GREATER_SAME:
			t->unchanged++;
			break;
		case OLDER:
		case OLDER_SEEN:
			t->older++;
			break;
		case DUPLICATE:
		case DUPLICATE_SEEN:
			t->duplicate++;
			break;
		}
}

/*
 * A table that was empty when we came needs no look-up: rows go straight into
 * it, until a key is there already, ours from an earlier batch or somebody
 * else's.  *there says so; the savepoint has undone what was written.
 */
static enum pg_outcome
write_fresh(struct pg *pg, const struct batch *batch, struct stream *s,
    const struct slot *slots, size_t n, bool *there)
{
	enum pg_outcome o;

	if ((o = pg_exec(pg, "savepoint fresh")) != PG_OK)
		return o;
	o = write_new(pg, batch, s, slots, n);
	*there = o == PG_AGAIN && pg_is_unique_violation(pg);
	if (*there)
		return pg_exec(pg, "rollback to fresh; release fresh");
	return o == PG_OK ? pg_exec(pg, "release fresh") : o;
}

/* Slots of a table that has rows already. */
static enum pg_outcome
write_known(struct pg *pg, const struct batch *batch, struct stream *s,
    const struct slot *slots, size_t n, struct tally *t)
{
	struct work k = { slots, xcalloc(n, sizeof *k.chosen), xmalloc(n) };
	enum pg_outcome o;
	size_t chosen;

	o = find(pg, batch, s, slots, n, k.letters);
	if (o == PG_OK) {
		count(k.letters, n, t);
		chosen = write_choose(slots, k.letters, n, "nn", k.chosen);
		o = write_new(pg, batch, s, k.chosen, chosen);
	}
	if (o == PG_OK && s->norder == 0)
		o = write_last(pg, batch, s, &k, n, t);
	else if (o == PG_OK)
		o = write_ordered(pg, batch, s, &k, n);
	free(k.chosen);
	free(k.letters);
	return o;
}

enum pg_outcome
write_slots(struct pg *pg, const struct batch *batch, struct stream *s,
    const struct slot *slots, size_t n, struct tally *t)
{
	bool there = false;
	enum pg_outcome o;

	writes_of(s);
	if (s->nkey == 0) {
		o = write_new(pg, batch, s, slots, n);
	} else if (s->fresh) {
		o = write_fresh(pg, batch, s, slots, n, &there);
		s->fresh = !there;
	} else {
		return write_known(pg, batch, s, slots, n, t);
	}
	if (o == PG_OK && there)
		return write_known(pg, batch, s, slots, n, t);
	t->inserted += n;
	return o;
}
