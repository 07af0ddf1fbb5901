#include "set.h"

#include <stdlib.h>

#include "write.h"
#include "banned.h"

struct work {
	struct pg *pg;
	const struct batch *batch;
	struct stream *stream;
	struct slot *slots; /* of the sets at hand */
	size_t n;
	struct slot *chosen;
	char *letters;
};

/* The columns of x-replace as arrays; the parameters borrow from them. */
static void
set_arrays(const struct work *k, const struct scope *sets, size_t n,
    struct buf *arrays, struct pg_param *params)
{
	const struct stream *s = k->stream;
	const char *p;
	size_t set;
	int i;

	for (i = 0; i < s->nscope; i++)
		write_array(&arrays[i], s->columns[s->scope[i]].type, n);
	for (set = 0; set < n; set++) {
		p = k->batch->arena.data + sets[set].at;
		for (i = 0; i < s->nscope; i++) {
			buf_addslice(&arrays[i], field_at(p));
			p += field_at(p).len;
		}
	}
	for (i = 0; i < s->nscope; i++)
		params[i] = (struct pg_param){ buf_slice(&arrays[i]), true };
}

/* A statement about these sets, and about the rows in k->slots. */
static enum pg_outcome
run(const struct work *k, struct shape *sh, const struct scope *sets, size_t n)
{
	size_t nscope = (size_t)k->stream->nscope;
	struct buf *arrays = xcalloc(nscope, sizeof *arrays);
	struct pg_param *params = xcalloc(nscope, sizeof *params);
	enum pg_outcome o;
	size_t i;

	set_arrays(k, sets, n, arrays, params);
	o = write_run(k->pg, sh, k->batch, k->stream, k->slots, k->n, params,
	    (int)nscope);
	for (i = 0; i < nscope; i++)
		buf_release(&arrays[i]);
	free(arrays);
	free(params);
	return o;
}

static void
add_slots(struct work *k, const struct part *p, const struct scope *set)
{
	if (set->n > 0)
		memcpy(k->slots + k->n, p->slots + set->first,
		    set->n * sizeof *k->slots);
	k->n += set->n;
}

/* Sorts the sets into those that have no rows, whose slots go to k->slots, and
 * those that have some, which go to the front; *n becomes their number. */
static enum pg_outcome
look(struct work *k, const struct part *p, struct scope *sets, size_t *n)
{
	enum pg_outcome o = run(k, &writes_of(k->stream)->held, sets, *n);
	struct slice list;
	const char *at;
	size_t i, held = 0;
	char *has;

	if (o != PG_OK)
		return o;
	has = xcalloc(*n, 1);
	list = pg_value(k->pg, 0, 0);
	/* as write_letters reads it */
	if (list.p != NULL)
		for (at = list.p + 20; at < list.p + list.len; at += 8)
			has[get32(at + 4) - 1] = 1;
	for (i = 0; i < *n; i++)
		if (has[i])
			sets[held++] = sets[i];
		else
			add_slots(k, p, &sets[i]);
	free(has);
	*n = held;
	return PG_OK;
}

/* Rows that no set holds any more: where they are, in which tables. */
struct gone {
	struct buf at, tables;
};

static uint32_t
gone_n(const struct gone *g)
{
	return g->at.len > 0 ? get32(g->at.data + 12) : 0;
}

static enum pg_outcome
remove_rows(const struct work *k, const struct gone *g)
{
	struct pg_param p[] = { { buf_slice(&g->at), true },
		{ buf_slice(&g->tables), true } };
	enum pg_outcome o;

	if (gone_n(g) == 0)
		return PG_OK;
	o = pg_run(k->pg, &writes_of(k->stream)->remove.statement, p, 2, true);
	return o == PG_OK && pg_affected(k->pg) != gone_n(g) ? PG_AGAIN : o;
}

/* Sets that have rows: each row's letter, and which rows are gone. */
static enum pg_outcome
compare(struct work *k, const struct scope *sets, size_t n, struct gone *g)
{
	enum pg_outcome o = run(k, &writes_of(k->stream)->compare, sets, n);
	int i;

	if (o != PG_OK)
		return o;
	for (i = 0; i < pg_rows(k->pg); i++)
		if (*pg_text(k->pg, i, 0) == GONE) {
			buf_addslice(&g->at, pg_value(k->pg, i, 2));
			buf_addslice(&g->tables, pg_value(k->pg, i, 3));
		}
	memset(k->letters, DUPLICATE, k->n);
	write_letters(k->pg, k->letters);
	return PG_OK;
}

static enum pg_outcome
write_differences(struct work *k, const struct scope *sets, size_t n,
    struct tally *t)
{
	struct gone g = { 0 };
	enum pg_outcome o = compare(k, sets, n, &g);
	size_t added, changed;

	if (o == PG_OK && (o = remove_rows(k, &g)) == PG_OK)
		t->deleted += gone_n(&g);
	buf_release(&g.at);
	buf_release(&g.tables);
	if (o != PG_OK)
		return o;
	changed = write_choose(k->slots, k->letters, k->n, "gg", k->chosen);
	if ((o = write_changed(k->pg, k->batch, k->stream, k->chosen,
	         changed)) != PG_OK)
		return o;
	added = write_choose(k->slots, k->letters, k->n, "nn", k->chosen);
	o = write_new(k->pg, k->batch, k->stream, k->chosen, added);
	t->inserted += added;
	t->updated += changed;
	t->unchanged += k->n - added - changed;
	return o;
}

static enum pg_outcome
write_sets(struct work *k, const struct part *p, struct scope *sets,
    struct tally *t)
{
	size_t i, n = p->nsets;
	enum pg_outcome o;

	memcpy(sets, p->sets, n * sizeof *sets);
	if ((o = look(k, p, sets, &n)) != PG_OK ||
	    (o = write_new(k->pg, k->batch, k->stream, k->slots, k->n)) !=
	        PG_OK)
		return o;
	t->inserted += k->n;
	if (n == 0)
		return PG_OK;
	for (k->n = i = 0; i < n; i++)
		add_slots(k, p, &sets[i]);
	return write_differences(k, sets, n, t);
}

enum pg_outcome
set_write(struct pg *pg, const struct batch *batch, struct part *p,
    struct tally *t)
{
	struct work k = { .pg = pg, .batch = batch, .stream = p->stream };
	struct scope *sets = xcalloc(p->nsets, sizeof *sets);
	enum pg_outcome o;

	k.slots = xcalloc(p->nslots, sizeof *k.slots);
	k.chosen = xcalloc(p->nslots, sizeof *k.chosen);
	k.letters = xmalloc(p->nslots + 1);
	o = write_sets(&k, p, sets, t);
	free(sets);
	free(k.slots);
	free(k.chosen);
	free(k.letters);
	return o;
}
