#include "extract.h"

#include <stdlib.h>

#include "json.h"
#include "line.h"
#include "banned.h"

enum from { FROM_JSON, FROM_SCRIPT, FROM_FLIGHT, FROM_TEXT, FROM_WHOLE };

/* A condition on an object. */
struct with {
	struct path *path;
	struct val literal; /* SCAN_NULL: it need but be there */
	struct path *raw;   /* or: the same text as there, if it is there */
	bool segment;       /* it begins a segment of the URL */
};

struct part {
	struct slice name;
	enum from from;
	struct query *query;
	struct with *with;
	size_t nwith;
	enum { GIVE_ALL, GIVE_COUNT, GIVE_BROKEN } give;
};

struct extract {
	struct val text; /* x-from */
	struct part *parts;
	size_t n;
	bool made, readable;
	struct buf document;
	struct scan *scan; /* of the document */
	struct scan *row;  /* of a row or script in hand */
};

/* ---- reading x-from ---- */

static struct path *
load_path(const char *text, const char *where)
{
	const char *why = "it must not end in []";
	struct path *path = path_compile(text, &why);

	if (path == NULL || path->each)
		die(EX_CONFIG, "'%s': x-from: '%s': %s", where, text, why);
	return path;
}

static struct path *
load_raw(const char *text, const char *where)
{
	if (strncmp(text, "$raw.", 5) != 0)
		die(EX_CONFIG, "'%s': x-from: '%s' does not begin with $raw.",
		    where, text);
	return load_path(text + 4, where);
}

static void
load_with(struct part *p, struct val with, const char *where)
{
	struct val_iter it = val_each(with);
	struct slice key;
	struct val v, segment;
	struct with *w;
	char *text;

	while (val_next(&it, &key, &v)) {
		p->with = xrealloc(p->with, (p->nwith + 1) * sizeof *p->with);
		w = &p->with[p->nwith++];
		*w = (struct with){ .literal = v };
		text = xstrndup(key.p, key.len);
		w->path = load_path(text, where);
		free(text);
		segment = val_member(v, "segment");
		text = val_cstr(segment.s ? segment : v);
		w->segment = segment.s != NULL;
		if (w->segment || (text && strncmp(text, "$raw.", 5) == 0))
			w->raw = load_raw(text ? text : "", where);
		else if (val_type(v) >= SCAN_ARRAY)
			die(EX_CONFIG,
			    "'%s': x-from: a list or object is no "
			    "condition",
			    where);
		free(text);
	}
}

static void
load_from(struct part *p, struct val v, const char *where)
{
	static const char *const names[] = { "json", "html-script",
		"html-flight", "html-text", "html-whole", NULL };
	static const bool has_path[] = { false, true, false, true, false };
	static const bool has_with[] = { true, true, true, false, false };
	struct val from = val_member(v, "from"), path = val_member(v, "path");
	char *xpath = val_cstr(path);
	int i;

	for (i = 0; names[i] != NULL && !val_is(from, names[i]); i++)
		;
	if (names[i] == NULL)
		die(EX_CONFIG,
		    "'%s': x-from: '%.*s' is from none of: json, "
		    "html-script, html-flight, html-text, html-whole",
		    where, SLICE_ARG(p->name));
	p->from = (enum from)i;
	if (has_path[i] != (xpath != NULL) ||
	    (!has_with[i] && val_member(v, "with").s != NULL))
		die(EX_CONFIG,
		    "'%s': x-from: '%.*s' lacks a path, or has "
		    "what %s does not take",
		    where, SLICE_ARG(p->name), names[i]);
	if (xpath != NULL && (p->query = query_new(xpath)) == NULL)
		die(EX_CONFIG, "'%s': x-from: no XPath: '%s'", where, xpath);
	free(xpath);
}

static void
load_part(struct part *p, struct slice name, struct val v, const char *where)
{
	static const char *const known[] = { "from", "path", "with", "give",
		NULL };
	struct val_iter it = val_each(v);
	static const char *const gives[] = { "all", "count", "broken", NULL };
	struct val give = val_member(v, "give"), member;
	struct slice key;
	int i;

	*p = (struct part){ .name = { xstrndup(name.p, name.len), name.len } };
	while (val_next(&it, &key, &member)) {
		for (i = 0; known[i] && !slice_is(key, known[i]); i++)
			;
		if (known[i] == NULL)
			die(EX_CONFIG, "'%s': x-from: unknown key '%.*s'",
			    where, SLICE_ARG(key));
	}
	load_from(p, v, where);
	load_with(p, val_member(v, "with"), where);
	for (i = 0; give.s && gives[i] && !val_is(give, gives[i]); i++)
		;
	if (gives[i] == NULL)
		die(EX_CONFIG,
		    "'%s': x-from: give is none of: all, count, "
		    "broken",
		    where);
	p->give = i;
}

struct extract *
extract_new(struct val from, const char *where)
{
	struct val_iter it = val_each(from);
	struct extract *e;
	struct slice name;
	struct val v;

	if (val_type(from) != SCAN_OBJECT || val_count(from) == 0)
		die(EX_CONFIG,
		    "'%s': 'x-from' is neither json nor an object "
		    "of parts",
		    where);
	e = xcalloc(1, sizeof *e);
	e->text = from;
	e->parts = xcalloc(val_count(from), sizeof *e->parts);
	while (val_next(&it, &name, &v))
		load_part(&e->parts[e->n++], name, v, where);
	e->scan = scan_new();
	e->row = scan_new();
	return e;
}

void
extract_free(struct extract *e)
{
	struct part *p;
	size_t i;

	if (e == NULL)
		return;
	for (p = e->parts; p < e->parts + e->n; p++) {
		for (i = 0; i < p->nwith; i++) {
			path_free(p->with[i].path);
			path_free(p->with[i].raw);
		}
		free(p->with);
		query_free(p->query);
		free((char *)p->name.p);
	}
	free(e->parts);
	scan_free(e->scan);
	scan_free(e->row);
	buf_release(&e->document);
	free(e);
}

bool
extract_is(const struct extract *e, struct val from)
{
	return slice_eq(val_text(e->text), val_text(from));
}

/* ---- conditions ---- */

/* The text of a string without its quotes, of anything else as it stands. */
static struct slice
bare(struct val v)
{
	struct slice t = val_text(v);

	return val_type(v) == SCAN_STRING ?
	    (struct slice){ t.p + 1, t.len - 2 } :
	    t;
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_';
}

/* https://x/items/ID-some-words?a=b: behind a slash, and ended */
static bool
has_segment(struct slice url, struct slice id)
{
	const char *end = url.p + url.len, *at = url.p, *found;

	while (id.len > 0 && at < end &&
	    (found = memmem(at, (size_t)(end - at), id.p, id.len)) != NULL) {
		at = found + id.len;
		if (found > url.p && found[-1] == '/' &&
		    (at == end || !is_word(*at)))
			return true;
	}
	return false;
}

static bool
holds(const struct with *w, struct val object, struct val raw)
{
	struct val v = val_path(object, w->path), want;

	if (v.s == NULL)
		return false;
	if (w->raw == NULL)
		return val_type(w->literal) == SCAN_NULL ||
		    slice_eq(val_text(v), val_text(w->literal));
	want = val_path(raw, w->raw);
	if (val_type(want) <= SCAN_NULL)
		return true; /* nobody said which; all are meant */
	return w->segment ? has_segment(bare(v), bare(want)) :
	                    slice_eq(bare(v), bare(want));
}

static bool
matches(const struct part *p, struct val v, struct val raw)
{
	size_t i;

	for (i = 0; i < p->nwith; i++)
		if (!holds(&p->with[i], v, raw))
			return false;
	return true;
}

/* ---- making the document ---- */

struct making {
	struct extract *e;
	const struct part *part;
	struct val raw;
	struct json j;
	int64_t n, broken; /* what was found; rows that are no JSON */
};

static void
add_value(struct making *m, struct slice json)
{
	m->n++;
	if (m->part->give == GIVE_ALL)
		json_raw(&m->j, json);
}

/* The outermost objects that match, in order. */
static void
add_objects(struct making *m, struct val v)
{
	enum scan_type t = val_type(v);
	struct val_iter it = val_each(v);
	struct val inner;

	if (t == SCAN_OBJECT && matches(m->part, v, m->raw)) {
		add_value(m, val_text(v));
		return;
	}
	while (t >= SCAN_ARRAY && val_next(&it, NULL, &inner))
		if (val_type(inner) >= SCAN_ARRAY)
			add_objects(m, inner);
}

/* A script that is no JSON is null: that it was there must not be lost. */
static void
add_script(void *arg, struct slice text)
{
	struct making *m = arg;
	const char *why;
	size_t at;

	if (scan_parse(m->e->row, text, &at, &why))
		add_objects(m, scan_root(m->e->row));
	else
		add_value(m, SLICE("null"));
}

static void
add_row(void *arg, struct slice text)
{
	struct making *m = arg;
	const char *why;
	size_t at;

	if (scan_parse(m->e->row, text, &at, &why))
		add_objects(m, scan_root(m->e->row));
	else
		m->broken++;
}

static void
add_text(void *arg, struct slice text)
{
	struct making *m = arg;

	m->n++;
	if (m->part->give == GIVE_ALL)
		json_str(&m->j, text);
}

static void
add_part(struct making *m, struct val body, struct page *page)
{
	const struct part *p = m->part;

	m->n = m->broken = 0;
	if (p->from == FROM_WHOLE) {
		json_bool(&m->j, page != NULL && page_is_whole(page));
		return;
	}
	if (p->give == GIVE_ALL)
		json_array(&m->j);
	if (p->from == FROM_JSON)
		add_objects(m, body);
	else if (p->from == FROM_SCRIPT && page != NULL)
		page_find(page, p->query, add_script, m);
	else if (p->from == FROM_FLIGHT && page != NULL)
		page_flight(page, add_row, m);
	else if (p->from == FROM_TEXT && page != NULL)
		page_find(page, p->query, add_text, m);
	if (p->give == GIVE_ALL)
		json_end(&m->j);
	else
		json_int(&m->j, p->give == GIVE_COUNT ? m->n : m->broken);
}

static void
make(struct extract *e, struct val raw, struct val body, struct page *page)
{
	struct making m = { .e = e, .raw = raw };

	buf_reset(&e->document);
	json_start(&m.j, &e->document);
	json_object(&m.j);
	for (m.part = e->parts; m.part < e->parts + e->n; m.part++) {
		json_keys(&m.j, m.part->name);
		add_part(&m, body, page);
	}
	json_end(&m.j);
	buf_grow(&e->document, LINE_PADDING);
}

void
extract_reset(struct extract *e)
{
	e->made = false;
}

struct val
extract_document(struct extract *e, struct val raw, struct val body,
    struct page *page)
{
	const char *why;
	size_t at;

	if (page != NULL && page_trouble(page) != NULL)
		return (struct val){ NULL, 0 };
	if (!e->made) {
		make(e, raw, body, page);
		e->made = true;
		/* what nests as deep as can be read is deeper in it */
		e->readable =
		    scan_parse(e->scan, buf_slice(&e->document), &at, &why);
	}
	return e->readable ? scan_root(e->scan) : (struct val){ NULL, 0 };
}
