#include "stream.h"

#include <inttypes.h>
#include <stdlib.h>

#include "utf8.h"
#include "banned.h"

#define NAME_MAX_BYTES 63  /* NAMEDATALEN - 1 */
#define TABLE_MAX_BYTES 58 /* room for _seen and _full */
#define NO_PROPERTY SIZE_MAX
#define HASH_BYTES 9 /* "_89abcdef" behind a name that cannot stay */

static uint64_t
fnv1a(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325;
	size_t i;

	for (i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3;
	return h;
}

/* catalog/heap.c: every table has these already. */
static const char *const system_columns[] = { "tableoid", "cmax", "xmax",
	"cmin", "xmin", "ctid", NULL };
/* What the tables beside a stream's own are called. */
static const char *const beside[] = { "_seen", "_full", NULL };

/* Whole: one of these; else: does the name end in one? */
static bool
is_one_of(struct slice name, const char *const *list, bool whole)
{
	size_t n;

	for (; *list != NULL; list++) {
		n = strlen(*list);
		if (name.len >= n && (!whole || name.len == n) &&
		    memcmp(name.p + name.len - n, *list, n) == 0)
			return true;
	}
	return false;
}

static bool
is_taken(struct slice name, bool table)
{
	return name.len == 0 ||
	    (table ? is_one_of(name, beside, false) :
	             is_one_of(name, system_columns, true));
}

/* Does it look like what name_fit makes of another name? */
static bool
is_made(struct slice name, size_t max, bool table)
{
	size_t i, stem = name.len - HASH_BYTES;

	if (name.len < HASH_BYTES || name.p[stem] != '_')
		return false;
	for (i = stem + 1; i < name.len; i++)
		if (memchr("0123456789abcdef", name.p[i], 16) == NULL)
			return false;
	return name.len > max - 4 ||
	    is_taken((struct slice){ name.p, stem }, table);
}

static char *
name_fit(const struct letters *l, struct slice name, bool table)
{
	size_t max = table ? TABLE_MAX_BYTES : NAME_MAX_BYTES;
	size_t n = max - HASH_BYTES;
	size_t held = letters_span(l, name);

	if (name.len <= max && held == name.len && !is_taken(name, table) &&
	    !is_made(name, max, table))
		return xstrndup(name.p, name.len);
	if (held < n)
		n = held;
	n = utf8_cut(name, n);
	return xasprintf("%.*s_%08" PRIx32, (int)n, name.len > 0 ? name.p : "",
	    (uint32_t)(fnv1a(name) ^ fnv1a(name) >> 32));
}

/* ---- what a property may hold, and the column that holds it ---- */

#define ACCEPT(t) (1u << (t))
#define ACCEPT_ANY 0xffu

static void
allow(struct column *c, unsigned accepts, enum value_type t)
{
	c->accepts |= accepts;
	c->type = value_join(c->type, t);
}

static enum value_type
string_type(struct val property)
{
	struct val format = val_member(property, "format");

	if (val_is(format, "date-time"))
		return VALUE_TIMESTAMPTZ;
	if (val_is(format, "date"))
		return VALUE_DATE;
	if (val_is(format, "time"))
		return VALUE_TIME;
	return val_is(format, "uuid") ? VALUE_UUID : VALUE_TEXT;
}

/* Integers that may leave 64 bits, by the SCHEMA's own word. */
static enum value_type
integer_type(struct val property)
{
	static const char *const limits[] = { "minimum", "maximum" };
	struct val limit;
	int64_t n;
	int i;

	for (i = 0; i < 2; i++) {
		limit = val_member(property, limits[i]);
		if (val_type(limit) == SCAN_NUMBER && !val_int64(limit, &n))
			return VALUE_NUMERIC;
	}
	return VALUE_INT8;
}

static void
allow_type(struct column *c, struct val property, struct val type)
{
	if (val_is(type, "null"))
		allow(c, ACCEPT(SCAN_NULL), VALUE_TYPES);
	else if (val_is(type, "boolean"))
		allow(c, ACCEPT(SCAN_TRUE) | ACCEPT(SCAN_FALSE), VALUE_BOOL);
	else if (val_is(type, "integer"))
		allow(c, ACCEPT_INTEGER, integer_type(property));
	else if (val_is(type, "number"))
		allow(c, ACCEPT(SCAN_NUMBER), VALUE_NUMERIC);
	else if (val_is(type, "string"))
		allow(c, ACCEPT(SCAN_STRING), string_type(property));
	else if (val_is(type, "object"))
		allow(c, ACCEPT(SCAN_OBJECT), VALUE_JSONB);
	else if (val_is(type, "array"))
		allow(c, ACCEPT(SCAN_ARRAY), VALUE_JSONB);
	else
		allow(c, ACCEPT_ANY, VALUE_JSONB);
}

/* type, or the union of anyOf and oneOf; without either: anything. */
static void
allow_property(struct column *c, struct val property)
{
	static const char *const unions[] = { "anyOf", "oneOf" };
	struct val type = val_member(property, "type"), v;
	struct val_iter it;
	bool said = val_type(type) != SCAN_NONE;
	int i;

	if (val_type(type) == SCAN_STRING)
		allow_type(c, property, type);
	for (it = val_each(type); val_next(&it, NULL, &v);)
		allow_type(c, property, v);
	for (i = 0; !said && i < 2; i++)
		for (it = val_each(val_member(property, unions[i]));
		     val_next(&it, NULL, &v); said = true)
			allow_property(c, v);
	if (!said)
		allow(c, ACCEPT_ANY, VALUE_JSONB);
}

/* ---- columns ---- */

/* A key, and what orders a stream, is text where others are jsonb: several
 * types, and none of them a container. */
static enum value_type
join(const struct column *c, enum value_type t)
{
	enum value_type joined = value_join(c->type, t);

	if ((c->key || c->order) && joined == VALUE_JSONB &&
	    c->type != VALUE_JSONB && t != VALUE_JSONB)
		return VALUE_TEXT;
	return joined;
}

void
column_widen(struct column *c, enum value_type t)
{
	c->type = join(c, t);
}

static void
column_release(struct column *c)
{
	free(c->property);
	free(c->name);
	free(c->description);
}

static int
find_column(const struct stream *s, struct slice property)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (s->columns[i].property_len == property.len &&
		    memcmp(s->columns[i].property, property.p, property.len) ==
		        0)
			return i;
	return -1;
}

static struct column *
column_called(const struct stream *s, const char *name)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->columns[i].name, name) == 0)
			return &s->columns[i];
	return NULL;
}

/* Takes the name, which the table has.  No property fills the column yet. */
static struct column *
append(struct stream *s, char *name)
{
	struct column *c;
	uint64_t seed = fnv1a(slice_of(name));
	size_t room = (size_t)s->n + 1;

	s->columns = xrealloc(s->columns, room * sizeof *s->columns);
	s->met = xrealloc(s->met, room * sizeof *s->met);
	s->met[s->n] = s->n;
	c = &s->columns[s->n];
	*c = (struct column){ .type = VALUE_TYPES, .ordinal = s->n };
	c->name = name;
	c->property = xstrdup(name);
	c->property_len = NO_PROPERTY;
	memcpy(c->seed, &seed, sizeof c->seed);
	s->n++;
	return c;
}

/*
 * The new column of a property, or the one that the table has for it already.
 * NULL: the column is another property's; names that differ do so only when
 * their hashes are the same.
 */
static struct column *
add_column(struct stream *s, struct slice property)
{
	char *name = name_fit(s->letters, property, false);
	struct column *c = column_called(s, name);

	if (c == NULL)
		c = append(s, name);
	else
		free(name);
	if (c->property_len != NO_PROPERTY)
		return NULL;
	free(c->property);
	c->property = xmalloc(property.len + 1);
	if (property.len > 0)
		memcpy(c->property, property.p, property.len);
	c->property[property.len] = '\0';
	c->property_len = property.len;
	return c;
}

static void
add_properties(struct stream *s, struct val properties)
{
	struct val_iter it = val_each(properties);
	struct column *c;
	struct slice name = { 0 };
	struct val v;
	int i;

	while (val_next(&it, &name, &v)) {
		if ((i = find_column(s, name)) < 0) {
			c = add_column(s, name);
		} else {
			c = &s->columns[i];
			c->type = VALUE_TYPES;
			c->accepts = 0;
		}
		if (c == NULL) {
			warn("%s: '%.*s' is left out: another property has its "
			     "column's name",
			    s->name, SLICE_ARG(name));
			continue;
		}
		allow_property(c, v);
		if (c->type == VALUE_TYPES) /* null, or nothing, is no type */
			allow(c, ACCEPT_ANY, VALUE_JSONB);
		free(c->description);
		c->description = val_cstr(val_member(v, "description"));
	}
}

/* ---- lists of properties ---- */

static bool
listed(const int *list, int n, int i)
{
	while (n > 0)
		if (list[--n] == i)
			return true;
	return false;
}

/* The columns that a message's list names, each once; false: no column. */
static bool
columns_named(const struct stream *s, struct val list, int **out, int *n)
{
	struct val_iter it = val_each(list);
	struct buf tmp = { 0 };
	struct slice name;
	struct val v;
	int i = 0;

	*n = 0;
	*out = xcalloc(val_count(list), sizeof **out);
	while (i >= 0 && val_next(&it, NULL, &v)) {
		i = val_string(v, &tmp, &name) ? find_column(s, name) : -1;
		if (i >= 0 && !listed(*out, *n, i))
			(*out)[(*n)++] = i;
	}
	buf_release(&tmp);
	return i >= 0;
}

/*
 * Sorts the columns into position, key and rest.  Keys stand as SCHEMA lists
 * them, but x-replace's first, which finds a scope by the index, and numbers
 * before text: an index that is decided by its first comparison.
 */
static int
by_place(const void *a, const void *b, void *arg)
{
	const struct column *x = a, *y = b;
	const int *rank_of = arg;
	int px = x->order && !x->key ? 0 : x->key ? 1 : 2;
	int py = y->order && !y->key ? 0 : y->key ? 1 : 2;

	if (px != py)
		return px - py;
	if (px == 1 && x->scope != y->scope)
		return y->scope - x->scope;
	if (px == 1 && (x->type == VALUE_TEXT) != (y->type == VALUE_TEXT))
		return (x->type == VALUE_TEXT) - (y->type == VALUE_TEXT);
	if (px == 1)
		return rank_of[x->ordinal] - rank_of[y->ordinal];
	return strcmp(x->name, y->name);
}

static void
arrange(struct stream *s, const int *key, int nkey)
{
	int *rank = xcalloc((size_t)s->n, sizeof *rank), i;

	s->nkey = nkey;
	s->npos = 0;
	for (i = 0; i < nkey; i++) {
		s->columns[key[i]].key = true;
		rank[key[i]] = i;
	}
	for (i = 0; i < s->n; i++)
		s->npos += s->columns[i].order && !s->columns[i].key;
	if (s->n > 0)
		qsort_r(s->columns, (size_t)s->n, sizeof *s->columns, by_place,
		    rank);
	free(rank);
	s->met = xrealloc(s->met, (size_t)s->n * sizeof *s->met);
	for (i = 0; i < s->n; i++)
		s->met[i] = i;
}

/* ---- a whole SCHEMA message ---- */

struct lists {
	int *key, *order, *seen, *scope;
	int nkey, norder, nseen, nscope;
};

static void
lists_release(struct lists *l)
{
	free(l->key);
	free(l->order);
	free(l->seen);
	free(l->scope);
}

static bool
read_lists(const struct stream *s, struct val message, struct lists *l,
    const char **why)
{
	struct val schema = val_member(message, "schema");
	struct val key = val_member(message, "key_properties");
	struct val seen = val_member(message, "x-seen");
	struct buf tmp = { 0 };
	struct slice name;

	if (val_type(key) == SCAN_NONE) /* misplaced in the wild */
		key = val_member(schema, "key_properties");
	*why = "'key_properties' names what is no property";
	if (!columns_named(s, key, &l->key, &l->nkey))
		return false;
	*why = "'x-order' names what is no property";
	if (!columns_named(s, val_member(message, "x-order"), &l->order,
	        &l->norder))
		return false;
	*why = "'x-replace' names what is no property";
	if (!columns_named(s, val_member(message, "x-replace"), &l->scope,
	        &l->nscope))
		return false;
	l->seen = xcalloc(1, sizeof *l->seen);
	if (val_type(seen) == SCAN_STRING) {
		*why = "'x-seen' names what is no property";
		l->nseen = val_string(seen, &tmp, &name) &&
		    (*l->seen = find_column(s, name)) >= 0;
		buf_release(&tmp);
		return l->nseen == 1;
	}
	return true;
}

/* Of keys and of what orders a stream: several types, none of them a container
 * or unknown. */
static void
scalars_as_text(struct stream *s, const struct lists *l)
{
	struct column *c;
	int i;

	for (i = 0; i < l->nkey + l->norder; i++) {
		c = &s->columns[i < l->nkey ? l->key[i] :
		                              l->order[i - l->nkey]];
		if (c->type == VALUE_JSONB &&
		    (c->accepts & (ACCEPT(SCAN_OBJECT) | ACCEPT(SCAN_ARRAY))) ==
		        0)
			c->type = VALUE_TEXT;
	}
}

static bool
lists_fit(const struct stream *s, const struct lists *l, const char **why)
{
	static const char *const taken[] = { "first_seen", "last_seen",
		"content_hash" };
	int i, j;

	*why = "'x-order', 'x-seen' and 'x-replace' need 'key_properties'";
	if (l->nkey == 0 && l->norder + l->nseen + l->nscope > 0)
		return false;
	*why = "'x-seen' needs an 'x-order', and goes with no 'x-replace'";
	if (l->nseen > 0 && (l->norder == 0 || l->nscope > 0))
		return false;
	*why = "'x-seen' is no date-time";
	if (l->nseen > 0 && s->columns[*l->seen].type != VALUE_TIMESTAMPTZ)
		return false;
	*why = "an object or array can neither be a key nor order a stream";
	for (i = 0; i < l->nkey + l->norder; i++) {
		j = i < l->nkey ? l->key[i] : l->order[i - l->nkey];
		if (s->columns[j].type == VALUE_JSONB)
			return false;
	}
	*why = "a property is called first_seen, last_seen or content_hash";
	for (i = 0; l->nseen > 0 && i < 3; i++)
		if (find_column(s, slice_of(taken[i])) >= 0)
			return false;
	return true;
}

static void
mark(struct stream *s, struct val required, const struct lists *l)
{
	struct val_iter it = val_each(required);
	struct buf tmp = { 0 };
	struct slice name;
	struct val v;
	int i;

	for (i = 0; i < s->n; i++)
		s->columns[i].order = s->columns[i].key = s->columns[i].scope =
		    s->columns[i].required = false;
	while (val_next(&it, NULL, &v))
		if (val_string(v, &tmp, &name) &&
		    (i = find_column(s, name)) >= 0)
			s->columns[i].required = true;
	buf_release(&tmp);
	for (i = 0; i < l->norder; i++)
		s->columns[l->order[i]].order = true;
	for (i = 0; i < l->nscope; i++)
		s->columns[l->scope[i]].scope = true;
	if (l->nseen > 0)
		s->columns[*l->seen].order = true;
}

/* Lists hold places before the columns are arranged: find them again. */
static int *
places_after(const struct stream *s, const int *ordinals, int n,
    bool without_keys, int *left)
{
	int *out = xcalloc((size_t)n, sizeof *out), i, j;

	*left = 0;
	for (i = 0; i < n; i++)
		for (j = 0; j < s->n; j++)
			if (s->columns[j].ordinal == ordinals[i] &&
			    !(without_keys && s->columns[j].key))
				out[(*left)++] = j;
	return out;
}

static void
settle(struct stream *s, const struct lists *l)
{
	int n, *seen;

	arrange(s, l->key, l->nkey);
	free(s->order);
	free(s->scope);
	s->order = places_after(s, l->order, l->norder, true, &s->norder);
	s->scope = places_after(s, l->scope, l->nscope, false, &s->nscope);
	seen = places_after(s, l->seen, l->nseen, false, &n);
	s->seen = n > 0 ? *seen : -1;
	free(seen);
	s->version = s->versioned ? find_column(s, SLICE(VERSION_COLUMN)) : -1;
	if (s->version >= 0 &&
	    (s->columns[s->version].key ||
	        s->columns[s->version].type > VALUE_NUMERIC))
		s->version = -1; /* somebody else's */
}

static void
columns_release(struct stream *s)
{
	int i;

	for (i = 0; i < s->n; i++)
		column_release(&s->columns[i]);
	free(s->columns);
	s->columns = NULL;
	s->n = 0;
}

/* What a column is already, it stays at least. */
static void
keep_types(struct stream *s, const struct stream *old)
{
	struct column *c;
	int i, j;

	for (i = 0; i < s->n; i++) {
		c = &s->columns[i];
		j = find_column(old,
		    (struct slice){ c->property, c->property_len });
		if (j >= 0)
			column_widen(c, old->columns[j].type);
	}
}

bool
stream_define(struct stream *s, struct val message, const char **why)
{
	struct val schema = val_member(message, "schema");
	struct stream old = *s;
	struct lists l = { 0 };
	bool ok;

	s->columns = NULL;
	s->n = 0;
	*why = "the schema has no properties";
	add_properties(s, val_member(schema, "properties"));
	ok = s->n > 0 && read_lists(s, message, &l, why);
	if (ok)
		scalars_as_text(s, &l);
	ok = ok && lists_fit(s, &l, why);
	if (ok) {
		s->strict = l.norder + l.nseen + l.nscope > 0;
		mark(s, val_member(schema, "required"), &l);
		keep_types(s, &old);
		settle(s, &l);
	}
	columns_release(&old);
	lists_release(&l);
	return ok;
}

/* ---- lines that are bare records ---- */

bool
stream_define_plain(struct stream *s, const char *keys, const char **why)
{
	struct lists l = { 0 };
	size_t n;

	s->seen = -1;
	l.key = xcalloc(keys ? strlen(keys) : 0, sizeof *l.key);
	for (; keys != NULL && *keys != '\0'; keys += n + (keys[n] == ',')) {
		n = strcspn(keys, ",");
		if (n == 0 ||
		    add_column(s, (struct slice){ keys, n }) == NULL) {
			*why = "a key is empty, or named twice";
			lists_release(&l);
			return false;
		}
		l.key[l.nkey] = l.nkey;
		l.nkey++;
	}
	settle(s, &l);
	lists_release(&l);
	return true;
}

void
stream_arrange(struct stream *s)
{
	struct lists l = { .nkey = s->nkey,
		.norder = s->norder,
		.nscope = s->nscope,
		.nseen = s->seen >= 0 };
	int i;

	l.key = xcalloc((size_t)s->nkey, sizeof *l.key);
	for (i = 0; i < s->nkey; i++)
		l.key[i] = s->npos + i;
	l.order = s->order;
	l.scope = s->scope;
	l.seen = xmalloc(sizeof *l.seen);
	*l.seen = s->seen;
	for (i = 0; i < s->n; i++)
		s->columns[i].ordinal = i;
	s->order = s->scope = NULL;
	settle(s, &l);
	lists_release(&l);
}

/* What the value is, as if a SCHEMA had said no more than that. */
static enum value_type
type_of(struct val v)
{
	static const enum value_type types[] = {
		[SCAN_NONE] = VALUE_TYPES,
		[SCAN_NULL] = VALUE_TYPES,
		[SCAN_FALSE] = VALUE_BOOL,
		[SCAN_TRUE] = VALUE_BOOL,
		[SCAN_NUMBER] = VALUE_NUMERIC,
		[SCAN_STRING] = VALUE_TEXT,
		[SCAN_ARRAY] = VALUE_JSONB,
		[SCAN_OBJECT] = VALUE_JSONB,
	};
	int64_t n;

	return val_int64(v, &n) ? VALUE_INT8 : types[val_type(v)];
}

static bool
takes(const struct column *c, enum value_type t)
{
	return c->accepts != 0 && join(c, t) == c->type;
}

enum fit
stream_fits(struct stream *s, struct val record, struct slice *misfit)
{
	struct val_iter it = val_each(record);
	enum fit fit = FIT_YES;
	struct slice name = { 0 };
	struct val v;
	int i, hint = 0;

	while (val_next(&it, &name, &v)) {
		i = stream_column(s, name, hint++);
		if (val_type(v) == SCAN_NULL ||
		    (i >= 0 && takes(&s->columns[i], type_of(v))))
			continue;
		if (i < 0 && s->n >= stream_room(s)) {
			*misfit = name;
			return FIT_NEVER;
		}
		fit = FIT_WIDER;
	}
	return fit;
}

bool
stream_infer(struct stream *s, struct val record)
{
	struct val_iter it = val_each(record);
	struct slice name = { 0 };
	struct column *c;
	struct val v;
	bool wider = false;
	int i;

	while (val_next(&it, &name, &v)) {
		if (val_type(v) == SCAN_NULL)
			continue;
		i = find_column(s, name);
		if (i < 0 && s->n >= stream_room(s))
			continue;
		c = i < 0 ? add_column(s, name) : &s->columns[i];
		if (c == NULL || takes(c, type_of(v)))
			continue;
		c->accepts = ACCEPT_ANY;
		column_widen(c, type_of(v));
		wider = true;
	}
	return wider;
}

void
stream_add_null(struct stream *s, const char *name, enum value_type type)
{
	if (column_called(s, name) != NULL)
		return;
	append(s, xstrdup(name))->type = type;
	stream_arrange(s);
}

bool
stream_take_version(struct stream *s)
{
	int i = find_column(s, SLICE(VERSION_COLUMN));
	struct column *c;

	s->versioned = true;
	if (s->strict || (i < 0 && s->n >= stream_room(s)))
		return false;
	c = i < 0 ? add_column(s, SLICE(VERSION_COLUMN)) : &s->columns[i];
	if (c == NULL || c->key)
		return false;
	column_widen(c, VALUE_INT8);
	c->accepts |= ACCEPT_INTEGER;
	stream_arrange(s);
	return s->version >= 0;
}

int
stream_room(const struct stream *s)
{
	return s->room - (s->seen >= 0 || s->nscope > 0 ? 2 : 0);
}

/* From the end of SCHEMA, and none that decides which row stays. */
int
stream_leave_out(struct stream *s, int n)
{
	struct column *c;
	int i, last, left = 0;

	if (n <= 0)
		return 0;
	for (; left < n; left++) {
		for (last = -1, i = 0; i < s->n; i++) {
			c = &s->columns[i];
			if (!c->key && !c->order && !c->scope &&
			    (last < 0 || c->ordinal > s->columns[last].ordinal))
				last = i;
		}
		if (last < 0)
			break;
		free(s->left_out);
		s->left_out = xstrdup(s->columns[last].property);
		column_release(&s->columns[last]);
		s->columns[last] = s->columns[--s->n];
	}
	stream_arrange(s);
	return left;
}

/* ---- finding ---- */

int
stream_column(struct stream *s, struct slice property, int hint)
{
	const struct column *c;
	int i;

	if (hint < s->n) {
		c = &s->columns[s->met[hint]];
		if (c->property_len == property.len &&
		    memcmp(c->property, property.p, property.len) == 0)
			return s->met[hint];
	}
	i = find_column(s, property);
	if (i >= 0 && hint < s->n)
		s->met[hint] = i;
	return i;
}

struct stream *
streams_find(struct streams *l, struct slice name)
{
	int i;

	for (i = 0; i < l->n; i++)
		if (slice_is(name, l->v[i]->name))
			return l->v[i];
	return NULL;
}

static char *
qualified(const char *schema, const char *table, const char *suffix)
{
	struct buf b = { 0 };
	char *name = xasprintf("%s%s", table, suffix);

	pg_identifier(&b, schema);
	buf_addc(&b, '.');
	pg_identifier(&b, name);
	free(name);
	return buf_take(&b);
}

struct stream *
streams_add(struct streams *l, struct slice name)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->letters = &l->letters;
	s->number = l->n;
	s->name = xstrndup(name.p, name.len);
	s->table = name_fit(s->letters, name, true);
	s->wide = qualified(l->schema, s->table, "");
	s->side = qualified(l->schema, s->table, "_seen");
	s->view = qualified(l->schema, s->table, "_full");
	s->seen = s->version = -1;
	s->room = COLUMNS_MAX;
	l->v = xrealloc(l->v, (size_t)(l->n + 1) * sizeof *l->v);
	l->v[l->n++] = s;
	return s;
}

static void
stream_free(struct stream *s)
{
	columns_release(s);
	free(s->name);
	free(s->table);
	free(s->wide);
	free(s->side);
	free(s->view);
	free(s->order);
	free(s->scope);
	free(s->definition);
	free(s->left_out);
	free(s->met);
	free(s);
}

void
streams_release(struct streams *l)
{
	int i;

	for (i = 0; i < l->n; i++)
		stream_free(l->v[i]);
	free(l->v);
	letters_release(&l->letters);
	*l = (struct streams){ .schema = l->schema };
}
