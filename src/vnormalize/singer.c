#include "singer.h"

#include <stdlib.h>

#include "closing.h"
#include "look.h"
#include "banned.h"

/* JSON of a file on one line. */
static void
add_compact(struct json *j, struct val v)
{
	struct buf b = { 0 };

	val_write(&b, v);
	json_raw(j, buf_slice(&b));
	buf_release(&b);
}

/* May the property be null in one of the stream's contracts? */
static bool
nullable_in(const struct stream *s, const char *name)
{
	const struct property *p;
	size_t i;

	for (i = 0; i < s->n; i++) {
		p = contract_property(s->variants[i], name);
		if (p != NULL && p->nullable)
			return true;
	}
	return false;
}

/* The schema of a property as the file has it, without how it is made; null
 * where another contract may say null. */
static void
add_property(struct json *j, const struct stream *s, const struct property *p)
{
	struct val_iter it = val_each(p->schema);
	struct slice key;
	struct val v;

	json_key(j, p->name);
	json_object(j);
	while (val_next(&it, &key, &v)) {
		if (slice_is(key, "x-jq") || slice_is(key, "x-map") ||
		    slice_is(key, "x-bad") || slice_is(key, "x-hash"))
			continue;
		json_keys(j, key);
		if (slice_is(key, "type") && val_type(v) == SCAN_STRING &&
		    nullable_in(s, p->name)) {
			json_array(j);
			add_compact(j, v);
			json_cstr(j, "null");
			json_end(j);
		} else {
			add_compact(j, v);
		}
	}
	json_end(j);
}

static bool
seen_in(const struct stream *s, size_t variants, const char *name)
{
	size_t i;

	for (i = 0; i < variants; i++)
		if (contract_property(s->variants[i], name) != NULL)
			return true;
	return false;
}

static void
add_properties(struct json *j, const struct stream *s)
{
	size_t i, k;
	struct contract *c;

	json_key(j, "properties");
	json_object(j);
	for (i = 0; i < s->n; i++) {
		c = s->variants[i];
		for (k = 0; k < c->nprops; k++)
			if (!seen_in(s, i, c->props[k].name))
				add_property(j, s, &c->props[k]);
	}
	json_end(j);
}

/* Required is what all variants require. */
static void
add_required(struct json *j, const struct stream *s)
{
	const struct property *p, *other;
	size_t i, k;
	bool all;

	json_key(j, "required");
	json_array(j);
	for (k = 0; k < s->variants[0]->nprops; k++) {
		p = &s->variants[0]->props[k];
		all = p->required;
		for (i = 1; i < s->n && all; i++) {
			other = contract_property(s->variants[i], p->name);
			all = other != NULL && other->required;
		}
		if (all)
			json_cstr(j, p->name);
	}
	json_end(j);
}

static void
copy_key(struct json *j, const struct contract *c, const char *key)
{
	struct val v = val_member(c->doc->root, key);

	if (v.s == NULL)
		return;
	json_key(j, key);
	add_compact(j, v);
}

static void
add_variants(struct json *j, const struct stream *s)
{
	const struct contract *c;
	size_t i, k;

	json_key(j, "x-variants");
	json_object(j);
	for (i = 0; i < s->n; i++) {
		c = s->variants[i];
		json_key(j, c->variant ? c->variant : "");
		json_object(j);
		json_key(j, "version");
		json_int(j, c->version);
		json_key(j, "columns");
		json_array(j);
		for (k = 0; k < c->nprops; k++)
			json_cstr(j, c->props[k].name);
		json_end(j);
		copy_key(j, c, "x-snapshot");
		json_end(j);
	}
	json_end(j);
}

static void
start_schema(struct json *j, struct buf *b, const char *stream)
{
	json_start(j, b);
	json_object(j);
	json_key(j, "type");
	json_cstr(j, "SCHEMA");
	json_key(j, "stream");
	json_cstr(j, stream);
}

void
singer_schema(struct buf *b, const struct catalogue *k, const struct stream *s,
    const struct person *p)
{
	struct json j;

	start_schema(&j, b, s->name);
	json_key(&j, "schema");
	json_object(&j);
	json_key(&j, "type");
	json_cstr(&j, "object");
	add_properties(&j, s);
	add_required(&j, s);
	json_end(&j);
	copy_key(&j, s->variants[0], "key_properties");
	json_key(&j, "x-source");
	json_cstr(&j, k->source->name);
	json_key(&j, "x-entity");
	json_cstr(&j, s->entity);
	copy_key(&j, s->variants[0], "x-order");
	copy_key(&j, s->variants[0], "x-seen");
	add_variants(&j, s);
	json_key(&j, "x-key");
	json_cstr(&j, p ? person_fingerprint(p) : NULL);
	json_end(&j);
	buf_addc(b, '\n');
}

/* A stream that has no contract, but a fixed shape. */
static void
fixed_schema(struct buf *b, const struct catalogue *k, const char *entity,
    const char *schema, struct slice key, struct slice order)
{
	struct json j;
	char *stream = xasprintf("%s_%s", k->source->name, entity);

	start_schema(&j, b, stream);
	json_key(&j, "schema");
	json_raw(&j, slice_of(schema));
	json_key(&j, "key_properties");
	json_raw(&j, key);
	json_key(&j, "x-source");
	json_cstr(&j, k->source->name);
	json_key(&j, "x-entity");
	json_cstr(&j, entity);
	json_key(&j, "x-order");
	json_raw(&j, order);
	json_end(&j);
	buf_addc(b, '\n');
	free(stream);
}

void
singer_look_schema(struct buf *b, const struct catalogue *k)
{
	fixed_schema(b, k, "look", look_schema, SLICE("[\"run\",\"line\"]"),
	    SLICE("[\"contract\"]"));
}

/* Of several entries of one query the last counts. */
void
singer_closing_schema(struct buf *b, const struct catalogue *k)
{
	fixed_schema(b, k, CLOSING_ENTITY, closing_schema,
	    SLICE("[\"run\",\"query\"]"),
	    SLICE("[\"line\",\"index\",\"contract\"]"));
}

void
singer_contracts(struct json *j, const struct catalogue *k)
{
	size_t i;

	json_object(j);
	for (i = 0; i < k->n; i++) {
		json_key(j, k->contracts[i].name);
		json_int(j, k->contracts[i].version);
	}
	json_key(j, "source"); /* its rules make the looks */
	json_int(j, k->source->version);
	json_key(j, CLOSING_ENTITY);
	json_int(j, CLOSING_VERSION);
	json_end(j);
}
