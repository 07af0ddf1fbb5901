#include "contract.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "file.h"
#include "jqrun.h"
#include "json.h"
#include "banned.h"

/* ---- small things of JSON ---- */

static char *
string_at(struct val object, const char *key, const char *where)
{
	char *s = val_cstr(val_member(object, key));

	if (s == NULL)
		die(EX_CONFIG, "'%s': '%s' is not a string", where, key);
	return s;
}

static bool
list_has(struct val list, const char *word)
{
	struct val_iter it = val_each(list);
	struct val v;

	if (val_is(list, word))
		return true;
	while (val_next(&it, NULL, &v))
		if (val_is(v, word))
			return true;
	return false;
}

/* A key that is not understood must not be passed over in silence. */
static void
refuse_unknown(struct val object, const char *const known[], const char *where)
{
	struct val_iter it = val_each(object);
	struct slice key;
	struct val v;
	int i;

	while (val_next(&it, &key, &v)) {
		for (i = 0; known[i] && !slice_is(key, known[i]); i++)
			;
		if (known[i] == NULL)
			die(EX_CONFIG, "'%s': unknown key '%.*s'", where,
			    SLICE_ARG(key));
	}
}

/* ---- properties ---- */

static bool
type_named(const char *name, enum type *t)
{
	static const struct {
		const char *name;
		enum type type;
	} names[] = { { "string", TYPE_STRING }, { "integer", TYPE_INTEGER },
		{ "number", TYPE_NUMBER }, { "boolean", TYPE_BOOLEAN },
		{ "array", TYPE_ARRAY }, { "object", TYPE_OBJECT } };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i].name, name) == 0) {
			*t = names[i].type;
			return true;
		}
	}
	return false;
}

/* "string", or ["string", "null"] */
static void
load_type(struct property *p, const char *where)
{
	struct val type = val_member(p->schema, "type"), v = type;
	struct val_iter it = val_each(type);
	bool more = val_type(type) != SCAN_ARRAY || val_next(&it, NULL, &v);
	size_t n = 0;
	char *name;

	for (; more; more = val_next(&it, NULL, &v)) {
		name = val_cstr(v);
		if (name != NULL && strcmp(name, "null") == 0)
			p->nullable = true;
		else if (name == NULL || !type_named(name, &p->type) || n++ > 0)
			die(EX_CONFIG,
			    "'%s': the type of '%s' is not one of "
			    "JSON's, and null",
			    where, p->name);
		free(name);
	}
	if (n == 0)
		die(EX_CONFIG, "'%s': '%s' has no type", where, p->name);
	if (p->type == TYPE_STRING &&
	    val_is(val_member(p->schema, "format"), "date-time"))
		p->type = TYPE_TIME;
}

static struct expr *
load_expr(struct contract *c, struct val text, const char *what)
{
	char *s = val_cstr(text), *where;
	struct expr *e;

	if (s == NULL)
		die(EX_CONFIG, "'%s': %s is not a string", c->doc->path, what);
	where = xasprintf("'%s', %s", c->doc->path, what);
	e = plan_add(c->plan, s, where);
	free(where);
	free(s);
	return e;
}

static void
add_expr(struct contract *c, struct property *p, struct val text)
{
	p->exprs = xrealloc(p->exprs, (p->n + 1) * sizeof(struct expr *));
	p->exprs[p->n++] = load_expr(c, text, p->name);
}

static void
load_exprs(struct contract *c, struct property *p)
{
	struct val jq = val_member(p->schema, "x-jq"), v;
	struct val_iter it = val_each(jq);
	size_t i;

	if (val_type(jq) == SCAN_STRING)
		add_expr(c, p, jq);
	while (val_next(&it, NULL, &v))
		add_expr(c, p, v);
	if ((p->n == 0) == (p->hash_of == NULL))
		die(EX_CONFIG, "'%s': '%s' needs either x-jq or x-hash",
		    c->doc->path, p->name);
	p->constant = p->n > 0;
	for (i = 0; i < p->n; i++)
		p->constant = p->constant && expr_is_constant(p->exprs[i]);
}

static void
load_personal(struct contract *c, struct property *p)
{
	char *word = val_cstr(val_member(p->schema, "x-personal"));
	char *of = val_cstr(val_member(p->schema, "x-hash"));

	if (word != NULL && strcmp(word, "hash") == 0)
		p->hashed = true;
	else if (word != NULL && strcmp(word, "keep") != 0)
		die(EX_CONFIG,
		    "'%s': x-personal of '%s' is neither hash nor "
		    "keep",
		    c->doc->path, p->name);
	if (of != NULL) {
		/* it is made while the record is: so it comes later */
		p->hash_of = contract_property(c, of);
		if (p->hash_of == NULL || !p->hash_of->hashed)
			die(EX_CONFIG,
			    "'%s': x-hash of '%s' names no hashed "
			    "property before it",
			    c->doc->path, p->name);
		p->hashed = true;
	}
	free(word);
	free(of);
}

static const struct labels *
find_labels(const struct catalogue *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->nlabels; i++)
		if (strcmp(k->labels[i].name, name) == 0)
			return k->labels[i].labels;
	return NULL;
}

static void
load_map(struct catalogue *k, struct contract *c, struct property *p)
{
	char *name = val_cstr(val_member(p->schema, "x-map"));

	if (name == NULL)
		return;
	p->map = find_labels(k, name);
	if (p->map == NULL || p->type != TYPE_INTEGER)
		die(EX_CONFIG,
		    "'%s': x-map of '%s' needs a table '%s' and "
		    "the type integer",
		    c->doc->path, p->name, name);
	free(name);
}

static void
load_property(struct catalogue *k, struct contract *c, struct slice name,
    struct val schema, struct val required)
{
	static const char *const known[] = { "type", "format", "description",
		"x-jq", "x-map", "x-bad", "x-personal", "x-hash", NULL };
	struct property *p = &c->props[c->nprops];
	struct buf b = { 0 };

	*p = (struct property){ .schema = schema };
	p->name = xstrndup(name.p, name.len);
	refuse_unknown(schema, known, c->doc->path);
	load_type(p, c->doc->path);
	p->required = list_has(required, p->name);
	p->bad_null = val_type(val_member(schema, "x-bad")) == SCAN_NULL;
	if (p->bad_null && (!p->nullable || p->required))
		die(EX_CONFIG,
		    "'%s': x-bad makes '%s' null, which its type "
		    "or 'required' forbids",
		    c->doc->path, p->name);
	load_personal(c, p);
	load_exprs(c, p);
	load_map(k, c, p);
	json_escape(&b, name);
	buf_addc(&b, ':');
	p->prefix = buf_slice(&b);
	c->nprops++;
}

/* x-personal: drop says that something is left out on purpose. */
static bool
is_dropped(struct val schema, bool no_key)
{
	struct val personal = val_member(schema, "x-personal");

	return val_is(personal, "drop") ||
	    (no_key &&
	        (val_is(personal, "hash") || val_member(schema, "x-hash").s));
}

static void
load_properties(struct catalogue *k, struct contract *c, bool no_key)
{
	struct val schema = val_member(c->doc->root, "schema");
	struct val properties = val_member(schema, "properties"), v;
	struct val required = val_member(schema, "required");
	struct val keys = val_member(c->doc->root, "key_properties");
	struct val_iter it = val_each(properties);
	struct slice name;
	char *copy;

	c->props = xcalloc(val_count(properties) + 1, sizeof *c->props);
	while (val_next(&it, &name, &v)) {
		copy = xstrndup(name.p, name.len);
		if (!is_dropped(v, no_key))
			load_property(k, c, name, v, required);
		else if (list_has(keys, copy))
			c->dropped = true;
		free(copy);
	}
	it = val_each(keys);
	while (val_next(&it, NULL, &v)) {
		copy = val_cstr(v);
		if (!c->dropped &&
		    (copy == NULL || contract_property(c, copy) == NULL))
			die(EX_CONFIG, "'%s': the key names no property: %.*s",
			    c->doc->path, SLICE_ARG(val_text(v)));
		free(copy);
	}
}

struct property *
contract_property(struct contract *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->nprops; i++)
		if (strcmp(c->props[i].name, name) == 0)
			return &c->props[i];
	return NULL;
}

/* ---- x-when ---- */

static void
add_condition(struct contract *c, struct slice text, int test, struct val value)
{
	struct condition *w;
	char *s = xstrndup(text.p, text.len);
	const char *why = "";

	c->when = xrealloc(c->when, (c->nwhen + 1) * sizeof *c->when);
	w = &c->when[c->nwhen++];
	*w = (struct condition){
		.raw = strncmp(s, "$raw.", 5) == 0, .test = test, .value = value
	};
	w->path = path_compile(w->raw ? s + 4 : s, &why);
	if (w->path == NULL || w->path->each)
		die(EX_CONFIG, "'%s': x-when: '%s': %s", c->doc->path, s, why);
	free(s);
}

static void
load_when(struct contract *c)
{
	static const char *const known[] = { "has", "lacks", "equals", NULL };
	struct val when = val_member(c->doc->root, "x-when"), v;
	struct val_iter it;
	struct slice key;
	int test;

	refuse_unknown(when, known, c->doc->path);
	for (test = COND_HAS; test <= COND_LACKS; test++) {
		it = val_each(val_member(when, known[test]));
		while (val_next(&it, NULL, &v)) {
			key = val_text(v);
			if (val_type(v) != SCAN_STRING)
				die(EX_CONFIG, "'%s': x-when lists paths",
				    c->doc->path);
			add_condition(c,
			    (struct slice){ key.p + 1, key.len - 2 }, test, v);
		}
	}
	it = val_each(val_member(when, "equals"));
	while (val_next(&it, &key, &v))
		add_condition(c, key, COND_EQUALS, v);
}

static bool
holds(const struct condition *w, struct val start)
{
	struct val v = val_path(start, w->path);

	switch (w->test) {
	case COND_HAS:
		return v.s != NULL;
	case COND_LACKS:
		return v.s == NULL;
	case COND_EQUALS:
		break;
	}
	return v.s != NULL && slice_eq(val_text(v), val_text(w->value));
}

bool
contract_is_for(const struct contract *c, struct val raw)
{
	size_t i;

	for (i = 0; i < c->nwhen; i++)
		if (c->when[i].raw && !holds(&c->when[i], raw))
			return false;
	return true;
}

bool
contract_fits(const struct contract *c, struct val element)
{
	size_t i;

	for (i = 0; i < c->nwhen; i++)
		if (!c->when[i].raw && !holds(&c->when[i], element))
			return false;
	return true;
}

struct val
contract_elements(const struct contract *c, struct val body, bool *one)
{
	struct val v;
	size_t i;

	for (i = 0; i < c->each.n; i++) {
		*one = !c->each.v[i]->each;
		v = val_path(body, c->each.v[i]);
		if (val_type(v) == (*one ? SCAN_OBJECT : SCAN_ARRAY))
			return v;
	}
	return (struct val){ NULL, 0 };
}

bool
contract_has_kind(const struct contract *c, struct slice kind)
{
	struct val_iter it = val_each(c->kinds);
	struct val v;
	struct slice t;

	while (val_next(&it, NULL, &v)) {
		t = val_text(v);
		if (t.len == kind.len + 2 &&
		    memcmp(t.p + 1, kind.p, kind.len) == 0)
			return true;
	}
	return false;
}

/* ---- a file ---- */

static void
load_plan(struct catalogue *k, struct contract *c)
{
	struct buf b = { 0 };
	struct json j;

	json_start(&j, &b);
	json_object(&j);
	json_key(&j, "variant");
	json_cstr(&j, c->variant);
	json_key(&j, "version");
	json_int(&j, c->version);
	json_end(&j);
	c->plan = plan_new(k->functions, b.data);
	buf_release(&b);
}

static void
load_from(struct catalogue *k, struct contract *c)
{
	struct val from = val_member(c->doc->root, "x-from");
	size_t i;

	if (val_is(from, "json"))
		return;
	for (i = 0; i < k->nextracts && c->extract == NULL; i++)
		if (extract_is(k->extracts[i], from))
			c->extract = k->extracts[i];
	if (c->extract != NULL)
		return;
	c->extract = extract_new(from, c->doc->path);
	k->extracts = xrealloc(k->extracts,
	    (k->nextracts + 1) * sizeof(struct extract *));
	k->extracts[k->nextracts++] = c->extract;
}

/* x-recurse: the path from an element to the array of those under it. */
static void
load_recurse(struct contract *c)
{
	const char *why = "it does not end in []";
	char *text;

	c->recurse_text = val_member(c->doc->root, "x-recurse");
	if (c->recurse_text.s == NULL)
		return;
	if (c->within.n > 0)
		die(EX_CONFIG,
		    "'%s': x-recurse and x-within do not go together",
		    c->doc->path);
	text = string_at(c->doc->root, "x-recurse", c->doc->path);
	c->recurse = path_compile(text, &why);
	if (c->recurse == NULL || !c->recurse->each)
		die(EX_CONFIG, "'%s': x-recurse: '%s': %s", c->doc->path, text,
		    why);
	free(text);
}

static void
load_elements(struct contract *c)
{
	c->each_text = val_member(c->doc->root, "each");
	c->each = paths_load(c->each_text, c->doc->path);
	if (c->each.n == 0)
		die(EX_CONFIG, "'%s': 'each' is no path", c->doc->path);
	c->within_text = val_member(c->doc->root, "x-within");
	c->within = paths_load(c->within_text, c->doc->path);
	load_recurse(c);
	if (val_member(c->doc->root, "x-where").s != NULL)
		c->where = load_expr(c, val_member(c->doc->root, "x-where"),
		    "x-where");
	if (val_member(c->doc->root, "x-seller").s != NULL)
		c->seller = load_expr(c, val_member(c->doc->root, "x-seller"),
		    "x-seller");
}

/* x-snapshot: what a record says of its entity's state, see vnormalize(1). */
static void
load_snapshot(struct contract *c)
{
	static const char *const known[] = { "kind", "state", "evidence",
		NULL };
	static const char *const states[] = { "live", "reserved", "sold",
		"hidden", NULL };
	struct val snapshot = val_member(c->doc->root, "x-snapshot");
	const char *where = c->doc->path;
	char *state;
	int i;

	if (snapshot.s == NULL)
		return;
	if (val_type(snapshot) != SCAN_OBJECT)
		die(EX_CONFIG, "'%s': 'x-snapshot' is not an object", where);
	refuse_unknown(snapshot, known, where);
	free(string_at(snapshot, "kind", where));
	for (i = 1; known[i] != NULL; i++) {
		if (val_member(snapshot, known[i]).s == NULL)
			continue;
		free(string_at(snapshot, known[i], where));
		/* one of the two would be passed over */
		if (contract_property(c, known[i]) != NULL)
			die(EX_CONFIG,
			    "'%s': '%s' is a property and stands "
			    "in 'x-snapshot'",
			    where, known[i]);
	}
	state = val_cstr(val_member(snapshot, "state"));
	for (i = 0; state && states[i] && strcmp(state, states[i]) != 0; i++)
		;
	if (state != NULL && states[i] == NULL)
		die(EX_CONFIG, "'%s': 'x-snapshot': the state is not '%s'",
		    where, state);
	free(state);
}

void
contract_load(struct catalogue *k, struct contract *c, const char *path,
    bool no_key)
{
	static const char *const known[] = { "stream", "variant", "version",
		"description", "kinds", "x-from", "each", "x-within",
		"x-recurse", "x-when", "x-where", "x-seller", "x-optional",
		"x-snapshot", "key_properties", "x-order", "x-seen", "schema",
		NULL };
	char *stream;

	c->doc = doc_load(path);
	refuse_unknown(c->doc->root, known, path);
	stream = string_at(c->doc->root, "stream", path);
	c->variant = val_cstr(val_member(c->doc->root, "variant"));
	c->name = c->variant ? xasprintf("%s.%s", stream, c->variant) :
	                       xstrdup(stream);
	if (!val_int64(val_member(c->doc->root, "version"), &c->version) ||
	    c->version < 1)
		die(EX_CONFIG, "'%s': 'version' is not an integer from 1 on",
		    path);
	c->kinds = val_member(c->doc->root, "kinds");
	if (val_count(c->kinds) == 0)
		die(EX_CONFIG, "'%s': 'kinds' is not a list of kinds", path);
	load_from(k, c);
	c->optional = val_true(val_member(c->doc->root, "x-optional"));
	load_plan(k, c);
	load_elements(c);
	load_when(c);
	load_properties(k, c, no_key);
	load_snapshot(c);
	plan_ready(c->plan);
	free(stream);
}

void
contract_release(struct contract *c)
{
	size_t i;

	for (i = 0; i < c->nprops; i++) {
		free(c->props[i].name);
		free((char *)c->props[i].prefix.p);
		free(c->props[i].exprs);
		buf_release(&c->props[i].id);
	}
	for (i = 0; i < c->nwhen; i++)
		path_free(c->when[i].path);
	free(c->props);
	free(c->when);
	paths_release(&c->within);
	path_free(c->recurse);
	paths_release(&c->each);
	plan_free(c->plan);
	jqrun_free(c->reference);
	buf_release(&c->line);
	keys_release(&c->keys);
	free(c->name);
	free(c->variant);
	doc_free(c->doc);
}
