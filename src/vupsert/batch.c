#include "batch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "decimal.h"
#include "banned.h"

void
batch_release(struct batch *b)
{
	int i;

	for (i = 0; i < b->nparts; i++) {
		free(b->parts[i].rows);
		free(b->parts[i].slots);
		free(b->parts[i].scopes);
		free(b->parts[i].sets);
	}
	free(b->parts);
	buf_release(&b->arena);
	buf_release(&b->states);
	buf_release(&b->loads);
	buf_release(&b->scratch.text);
	EVP_MD_CTX_free(b->scratch.sha);
	free(b->scratch.values);
	*b = (struct batch){ 0 };
}

void
batch_reset(struct batch *b)
{
	int i;

	for (i = 0; i < b->nparts; i++)
		b->parts[i].n = b->parts[i].nscopes = 0;
	buf_reset(&b->arena);
	buf_reset(&b->states);
	buf_reset(&b->loads);
	b->rows = 0;
	b->since_ms = 0;
	b->open = NULL;
	b->more = false;
}

bool
batch_is_empty(const struct batch *b)
{
	return b->rows == 0 && b->states.len == 0;
}

static struct part *
part_of(struct batch *b, struct stream *s, bool scoped)
{
	int i;

	for (i = 0; i < b->nparts; i++)
		if (b->parts[i].stream == s && b->parts[i].scoped == scoped)
			return &b->parts[i];
	b->parts =
	    xrealloc(b->parts, (size_t)(b->nparts + 1) * sizeof *b->parts);
	b->parts[b->nparts] = (struct part){ .stream = s, .scoped = scoped };
	return &b->parts[b->nparts++];
}

static void
begin_age(struct batch *b)
{
	if (b->since_ms == 0)
		b->since_ms = clock_mono_ms();
}

void
batch_add_scope(struct batch *b, struct stream *s, uint32_t number,
    struct slice fields)
{
	struct part *p = part_of(b, s, true);
	size_t first = p->n;

	while (first > 0 && p->rows[first - 1].scope == number)
		first--;
	p->scopes = xrealloc(p->scopes, (p->nscopes + 1) * sizeof *p->scopes);
	p->scopes[p->nscopes++] = (struct scope){ b->arena.len, fields.len,
		first, p->n - first, number };
	buf_addslice(&b->arena, fields);
	b->rows++; /* it is work, also without any record */
	begin_age(b);
}

void
batch_add_state(struct batch *b, struct slice line, struct slice load)
{
	buf_addslice(&b->states, line);
	buf_addc(&b->states, '\n');
	if (load.p != NULL) {
		buf_addslice(&b->loads, load);
		buf_addc(&b->loads, '\0');
	}
	begin_age(b);
}

void
batch_judge(struct batch *b, uint64_t refused)
{
	if ((int64_t)refused <= b->allowed)
		return;
	buf_reset(&b->states);
	buf_reset(&b->loads);
}

/* ---- from a record to a row ---- */

static bool
fault(struct fault *f, const struct column *c, struct val v, const char *why)
{
	buf_reset(&f->reason);
	if (c != NULL)
		buf_addf(&f->reason, "'%s' ", c->property);
	buf_adds(&f->reason, why);
	f->column = c;
	f->value = val_text(v);
	f->too_wide = why == value_too_wide;
	return false;
}

/* The value of each column, SCAN_NONE where the record has none. */
static void
spread(struct stream *s, struct val record, struct val *values)
{
	struct val_iter it = val_each(record);
	struct slice key = { 0 };
	struct val v;
	int i, hint = 0;

	memset(values, 0, (size_t)s->n * sizeof *values);
	while (val_next(&it, &key, &v)) {
		i = stream_column(s, key, hint++);
		if (i >= 0 && s->columns[i].accepts != 0)
			values[i] = v;
		else
			s->unknown++;
	}
}

static const char *
wanted(const struct column *c)
{
	unsigned t = c->accepts & ~(1u << SCAN_NULL);

	if (t == ACCEPT_INTEGER)
		return "is not an integer";
	if (t == 1u << SCAN_NUMBER)
		return "is not a number";
	if (t == 1u << SCAN_STRING)
		return "is not a string";
	if (t == (1u << SCAN_TRUE | 1u << SCAN_FALSE))
		return "is not a boolean";
	if (t == 1u << SCAN_OBJECT)
		return "is not an object";
	if (t == 1u << SCAN_ARRAY)
		return "is not an array";
	return "is of a type that its SCHEMA does not name";
}

static bool
accepted(const struct column *c, struct val v)
{
	enum scan_type t = val_type(v);

	if (c->accepts & 1u << t)
		return true;
	return t == SCAN_NUMBER && (c->accepts & ACCEPT_INTEGER) &&
	    decimal_is_whole(val_text(v));
}

static bool
put_loosely(struct buf *b, struct stream *s, const struct column *c,
    struct val v, uint64_t line, struct buf *tmp)
{
	bool naive = false;

	if (s->strict || !value_put_loose_time(b, v, tmp, &naive))
		return false;
	if (naive && s->naive++ == 0)
		warn("line %" PRIu64 ": %s: '%s' says no zone and is taken as "
		     "UTC, as are all like it",
		    line, s->name, c->property);
	return true;
}

static bool
put_field(struct batch *batch, struct stream *s, const struct column *c,
    struct val v, const struct origin *from, struct fault *f)
{
	struct buf *b = &batch->arena, *tmp = &batch->scratch.text;
	enum scan_type t = val_type(v);
	const char *why = NULL;

	if (t == SCAN_NONE || t == SCAN_NULL) {
		if (c->key || c->order)
			why = t == SCAN_NONE ? "is missing" : "is null";
		else if (c->required && !from->lenient &&
		    !(t == SCAN_NULL && accepted(c, v)))
			why = t == SCAN_NONE ? "is missing" : "is null";
		if (why != NULL)
			return fault(f, c, v, why);
		buf_add(b, VALUE_NULL, 4);
		return true;
	}
	if (!accepted(c, v))
		return fault(f, c, v, wanted(c));
	return value_put(b, c->type, v, tmp, &why) ||
	    (why == value_no_time &&
	        put_loosely(b, s, c, v, from->line, tmp)) ||
	    fault(f, c, v, why);
}

/*
 * 128 bits of SHA-256 over what the wide row says.  A null says nothing, so
 * that a column which is added, and null, leaves the hash as it is; and the
 * columns stand by name, so that no history of a table shows in it.
 */
static void
hash_rest(struct scratch *t, const struct stream *s, const char *fields,
    char hash[HASH_LEN])
{
	struct buf *said = &t->text;
	unsigned char md[EVP_MAX_MD_SIZE];
	struct slice f;
	int i;

	buf_reset(said);
	for (i = s->npos + s->nkey; i < s->n; i++, fields += f.len) {
		f = field_at(fields);
		if (field_is_null(f))
			continue;
		buf_add(said, s->columns[i].seed, sizeof s->columns[i].seed);
		buf_addslice(said, f);
	}
	if ((t->sha == NULL &&
	        ((t->sha = EVP_MD_CTX_new()) == NULL ||
	            EVP_DigestInit_ex(t->sha, EVP_sha256(), NULL) != 1)) ||
	    EVP_DigestInit_ex(t->sha, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(t->sha, said->data, said->len) != 1 ||
	    EVP_DigestFinal_ex(t->sha, md, NULL) != 1)
		die(EX_SOFTWARE, "cannot compute SHA-256");
	memcpy(hash, md, HASH_LEN);
}

static struct row *
new_row(struct part *p)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 256;
		p->rows = xrealloc(p->rows, p->cap * sizeof *p->rows);
	}
	return &p->rows[p->n];
}

static struct val *
room_for_values(struct scratch *t, int n)
{
	if (n > t->room) {
		t->values = xrealloc(t->values, (size_t)n * sizeof *t->values);
		t->room = n;
	}
	return t->values;
}

bool
batch_add(struct batch *b, struct stream *s, struct val record,
    const struct origin *from, struct fault *f)
{
	struct part *p = part_of(b, s, from->scope != 0);
	struct row *r = new_row(p);
	struct val *values = room_for_values(&b->scratch, s->n);
	struct slice text = val_text(record);
	size_t at = b->arena.len;
	int i;

	spread(s, record, values);
	if (s->version >= 0 && val_type(from->version) != SCAN_NONE)
		values[s->version] = from->version;
	*r = (struct row){ .at = at, .line = from->line, .scope = from->scope };
	for (i = 0; i < s->n; i++) {
		if (i == s->npos)
			r->key = (uint32_t)(b->arena.len - at);
		if (i == s->npos + s->nkey)
			r->rest = (uint32_t)(b->arena.len - at);
		if (!put_field(b, s, &s->columns[i], values[i], from, f)) {
			b->arena.len = at;
			return false;
		}
	}
	r->len = (uint32_t)(b->arena.len - at);
	if (s->npos + s->nkey == s->n)
		r->rest = r->len;
	if (stream_has_side(s))
		hash_rest(&b->scratch, s, b->arena.data + at + r->rest,
		    r->hash);
	buf_addslice(&b->arena, text);
	r->text_len = (uint32_t)text.len;
	p->n++;
	b->rows++;
	begin_age(b);
	return true;
}

/* Field of a column; walks over those before it. */
static struct slice
row_field(const struct batch *b, const struct row *r, int column)
{
	const char *p = row_fields(b, r);

	while (column-- > 0)
		p += field_at(p).len;
	return field_at(p);
}

struct slice
row_text(const struct batch *b, const struct row *r)
{
	return (struct slice){ row_fields(b, r) + r->len, r->text_len };
}

void
batch_drop_scope(struct batch *b, struct stream *s, uint32_t number)
{
	struct part *p = part_of(b, s, true);

	while (p->n > 0 && p->rows[p->n - 1].scope == number) {
		p->n--;
		b->rows--;
	}
}

bool
batch_in_scope(struct batch *b, struct stream *s, struct slice fields)
{
	const struct part *p = part_of(b, s, true);
	const char *at = fields.p;
	struct slice f;
	int i;

	for (i = 0; i < s->nscope; i++, at += f.len) {
		f = field_at(at);
		if (!slice_eq(f, row_field(b, &p->rows[p->n - 1], s->scope[i])))
			return false;
	}
	return true;
}

/* ---- one row a key ---- */

struct order {
	const struct batch *batch;
	const struct stream *stream;
};

static int
compare_keys(const struct order *o, const struct row *a, const struct row *b)
{
	const char *p = row_fields(o->batch, a) + a->key;
	const char *q = row_fields(o->batch, b) + b->key;
	const struct column *c = &o->stream->columns[o->stream->npos];
	int i, d = 0;

	for (i = 0; d == 0 && i < o->stream->nkey; i++) {
		d = field_compare(c[i].type, field_at(p), field_at(q));
		p += field_at(p).len;
		q += field_at(q).len;
	}
	return d;
}

static int
compare_positions(const struct order *o, const struct row *a,
    const struct row *b)
{
	const struct stream *s = o->stream;
	int i, c, d = 0;

	for (i = 0; d == 0 && i < s->norder; i++) {
		c = s->order[i];
		d = field_compare(s->columns[c].type, row_field(o->batch, a, c),
		    row_field(o->batch, b, c));
	}
	return d;
}

/*
 * By key; then the one that is to win comes last: the greater position, and
 * of equal ones the first to come, or, without any order, the last to come.
 */
static int
by_key(const void *x, const void *y, void *arg)
{
	const struct order *o = arg;
	const struct row *a = ((const struct slot *)x)->row;
	const struct row *b = ((const struct slot *)y)->row;
	int d = compare_keys(o, a, b);

	if (d == 0)
		d = compare_positions(o, a, b);
	if (d == 0)
		d = (a > b) - (a < b);
	else
		return d;
	return o->stream->norder > 0 ? -d : d;
}

static void
stretch(struct slot *winner, const struct slot *loser)
{
	if (field_compare(VALUE_TIMESTAMPTZ, loser->first, winner->first) < 0)
		winner->first = loser->first;
	if (field_compare(VALUE_TIMESTAMPTZ, loser->last, winner->last) > 0)
		winner->last = loser->last;
}

size_t
rows_fold(const struct batch *b, const struct stream *s, const struct row *rows,
    size_t n, struct slot *slots, struct tally *t)
{
	struct order o = { b, s };
	size_t i, out = 0;

	for (i = 0; i < n; i++) {
		slots[i] = (struct slot){ .row = &rows[i] };
		if (s->seen >= 0)
			slots[i].first = slots[i].last =
			    row_field(b, &rows[i], s->seen);
	}
	if (s->nkey == 0)
		return n;
	qsort_r(slots, n, sizeof *slots, by_key, &o);
	for (i = 0; i < n; i++) {
		if (i + 1 == n ||
		    compare_keys(&o, slots[i].row, slots[i + 1].row) != 0) {
			slots[out++] = slots[i];
			continue;
		}
		if (compare_positions(&o, slots[i].row, slots[i + 1].row) < 0)
			t->older++;
		else
			t->duplicate++;
		if (s->seen >= 0)
			stretch(&slots[i + 1], &slots[i]);
	}
	return out;
}

/* ---- one set a scope ---- */

static int
compare_scopes(const struct order *o, const struct scope *a,
    const struct scope *b)
{
	const char *p = o->batch->arena.data + a->at;
	const char *q = o->batch->arena.data + b->at;
	const struct stream *s = o->stream;
	int i, d = 0;

	for (i = 0; d == 0 && i < s->nscope; i++) {
		d = field_compare(s->columns[s->scope[i]].type, field_at(p),
		    field_at(q));
		p += field_at(p).len;
		q += field_at(q).len;
	}
	return d;
}

static int
by_scope(const void *x, const void *y, void *arg)
{
	const struct scope *a = x, *b = y;
	int d = compare_scopes(arg, a, b);

	return d != 0 ? d : (a->number > b->number) - (a->number < b->number);
}

/* A key says of which scope it is: rows fold inside of their set. */
static void
fold_sets(const struct batch *b, struct part *p)
{
	struct order o = { b, p->stream };
	struct scope *set;
	size_t i;
	bool last;

	p->nsets = p->nslots = 0;
	if (p->nscopes == 0)
		return;
	p->sets = xrealloc(p->sets, p->nscopes * sizeof *p->sets);
	memcpy(p->sets, p->scopes, p->nscopes * sizeof *p->sets);
	qsort_r(p->sets, p->nscopes, sizeof *p->sets, by_scope, &o);
	for (i = 0; i < p->nscopes; i++) {
		set = &p->sets[i];
		last = i + 1 == p->nscopes ||
		    compare_scopes(&o, set, set + 1) != 0;
		if (!last) {
			p->folded.duplicate += set->n;
			continue;
		}
		if (set->n > 0)
			set->n = rows_fold(b, p->stream, p->rows + set->first,
			    set->n, p->slots + p->nslots, &p->folded);
		set->first = p->nslots;
		p->nslots += set->n;
		p->sets[p->nsets++] = *set;
	}
	/* a set has no order of time */
	p->folded.duplicate += p->folded.older;
	p->folded.older = 0;
}

void
batch_fold(struct batch *b)
{
	struct part *p;

	for (p = b->parts; p < b->parts + b->nparts; p++) {
		if (p->n > p->slot_cap) {
			p->slot_cap = p->cap;
			p->slots =
			    xrealloc(p->slots, p->slot_cap * sizeof *p->slots);
		}
		p->folded = (struct tally){ 0 };
		if (!p->scoped)
			p->nslots = rows_fold(b, p->stream, p->rows, p->n,
			    p->slots, &p->folded);
		else if (p->stream->keyed)
			fold_sets(b, p);
	}
}
