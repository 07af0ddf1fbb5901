#include "verdict.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "banned.h"

struct equals {
	struct path *path;
	struct val value;
};

/* Conditions stay as they are in the description; SCAN_NONE: not asked. */
struct rule {
	char *verdict;
	struct val kind, status, type, not_type, form, header, contains;
	struct paths has, lacks;
	struct equals *equals, *differs;
	size_t nequals, ndiffers;
};

struct kind {
	struct slice name;
	struct hits *hits; /* one for each endpoint that says where */
	size_t n;
};

struct verdict_rules {
	struct rule *rules;
	size_t nrules;
	struct kind *kinds;
	size_t nkinds;
};

/* ---- loading ---- */

static struct slice
text_of(struct val v)
{
	struct slice t = val_text(v);

	return val_type(v) == SCAN_STRING ?
	    (struct slice){ t.p + 1, t.len - 2 } :
	    (struct slice){ NULL, 0 };
}

static struct equals *
load_equals(struct val object, size_t *n, const char *where)
{
	struct val_iter it = val_each(object);
	struct equals *list = NULL;
	struct slice key;
	struct val v;
	const char *why;
	char *text;

	while (val_next(&it, &key, &v)) {
		list = xrealloc(list, (*n + 1) * sizeof *list);
		text = xstrndup(key.p, key.len);
		list[*n] = (struct equals){ path_compile(text, &why), v };
		if (list[(*n)++].path == NULL)
			die(EX_CONFIG, "%s: '%s': %s", where, text, why);
		free(text);
	}
	return list;
}

static void
load_rule(struct rule *r, struct val v, const char *where)
{
	static const char *const known[] = { "verdict", "kind", "status",
		"type", "not_type", "form", "header", "contains", "has",
		"lacks", "equals", "differs", "note", NULL };
	struct val_iter it = val_each(v);
	struct slice key;
	struct val member;
	int i;

	while (val_next(&it, &key, &member)) {
		for (i = 0; known[i] && !slice_is(key, known[i]); i++)
			;
		/* a condition that is not understood must not be dropped */
		if (known[i] == NULL)
			die(EX_CONFIG, "%s: unknown condition '%.*s'", where,
			    SLICE_ARG(key));
	}
	if (memchr(val_text(v).p, '\\', val_text(v).len) != NULL)
		die(EX_CONFIG, "%s: a condition with an escape: write it plain",
		    where);
	*r = (struct rule){
		.verdict = val_cstr(val_member(v, "verdict")),
		.kind = val_member(v, "kind"),
		.status = val_member(v, "status"),
		.type = val_member(v, "type"),
		.not_type = val_member(v, "not_type"),
		.form = val_member(v, "form"),
		.header = val_member(v, "header"),
		.contains = val_member(v, "contains"),
		.has = paths_load(val_member(v, "has"), where),
		.lacks = paths_load(val_member(v, "lacks"), where),
	};
	if (r->verdict == NULL)
		die(EX_CONFIG, "%s: a rule without 'verdict'", where);
	r->equals = load_equals(val_member(v, "equals"), &r->nequals, where);
	r->differs = load_equals(val_member(v, "differs"), &r->ndiffers, where);
}

static void
load_hits(struct kind *k, struct val endpoint, const char *where)
{
	struct val hits = val_member(endpoint, "hits");
	struct val label = val_member(hits, "promoted_label");
	struct hits *h;

	if (val_type(hits) != SCAN_OBJECT)
		return;
	k->hits = xrealloc(k->hits, (k->n + 1) * sizeof *k->hits);
	h = &k->hits[k->n++];
	*h = (struct hits){
		.endpoint = text_of(val_member(endpoint, "name")),
		.each = paths_load(val_member(hits, "each"), where),
		.id = paths_load(val_member(hits, "id"), where),
		.promoted = paths_load(val_member(hits, "promoted"), where),
		.label = paths_load(val_member(label, "path"), where),
		.label_has = text_of(val_member(label, "contains")),
		.total = paths_load(val_member(endpoint, "total"), where),
		.total_pages =
		    paths_load(val_member(endpoint, "total_pages"), where),
	};
	if (h->each.n == 0 || h->id.n == 0)
		die(EX_CONFIG, "%s: 'hits' need 'each' and 'id'", where);
}

struct verdict_rules *
verdict_load(const struct source *s)
{
	struct verdict_rules *r = xcalloc(1, sizeof *r);
	const char *where = s->doc->path;
	struct val_iter it = val_each(val_member(s->doc->root, "verdicts"));
	struct val_iter endpoints;
	struct slice name;
	struct val v, endpoint;

	while (val_next(&it, NULL, &v)) {
		r->rules =
		    xrealloc(r->rules, (r->nrules + 1) * sizeof *r->rules);
		load_rule(&r->rules[r->nrules++], v, where);
	}
	it = val_each(val_member(s->doc->root, "endpoints"));
	while (val_next(&it, &name, &v)) {
		r->kinds =
		    xrealloc(r->kinds, (r->nkinds + 1) * sizeof *r->kinds);
		r->kinds[r->nkinds] = (struct kind){ .name = name };
		endpoints = val_each(v);
		while (val_next(&endpoints, NULL, &endpoint))
			load_hits(&r->kinds[r->nkinds], endpoint, where);
		r->nkinds++;
	}
	return r;
}

static void
release_rule(struct rule *r)
{
	size_t i;

	for (i = 0; i < r->nequals; i++)
		path_free(r->equals[i].path);
	for (i = 0; i < r->ndiffers; i++)
		path_free(r->differs[i].path);
	free(r->equals);
	free(r->differs);
	paths_release(&r->has);
	paths_release(&r->lacks);
	free(r->verdict);
}

static void
release_hits(struct hits *h)
{
	paths_release(&h->each);
	paths_release(&h->id);
	paths_release(&h->promoted);
	paths_release(&h->label);
	paths_release(&h->total);
	paths_release(&h->total_pages);
}

void
verdict_free(struct verdict_rules *r)
{
	size_t i, k;

	if (r == NULL)
		return;
	for (i = 0; i < r->nrules; i++)
		release_rule(&r->rules[i]);
	for (k = 0; k < r->nkinds; k++) {
		for (i = 0; i < r->kinds[k].n; i++)
			release_hits(&r->kinds[k].hits[i]);
		free(r->kinds[k].hits);
	}
	free(r->kinds);
	free(r->rules);
	free(r);
}

/* ---- judging ---- */

typedef bool (*test_fn)(const struct answer *a, struct val want);

/* One value, or a list of which one must do.  Not asked: holds. */
static bool
any(const struct answer *a, struct val want, test_fn holds)
{
	struct val_iter it = val_each(want);
	struct val one;

	if (val_type(want) != SCAN_ARRAY)
		return want.s == NULL || holds(a, want);
	while (val_next(&it, NULL, &one))
		if (holds(a, one))
			return true;
	return false;
}

static bool
has_prefix(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	    strncasecmp(s.p, prefix.p, prefix.len) == 0;
}

static struct slice
header(const struct answer *a, struct slice name)
{
	size_t i;

	for (i = 0; i < a->nheaders; i++)
		if (a->headers[i].name.len == name.len &&
		    strncasecmp(a->headers[i].name.p, name.p, name.len) == 0)
			return a->headers[i].value;
	return (struct slice){ NULL, 0 };
}

static bool
is_kind(const struct answer *a, struct val want)
{
	return slice_eq(a->kind, text_of(want));
}

/* 429, or "4xx" */
static bool
is_status(const struct answer *a, struct val want)
{
	struct slice t = text_of(want);
	int64_t n;

	if (t.len == 3 && slice_eq((struct slice){ t.p + 1, 2 }, SLICE("xx")))
		return a->status / 100 == t.p[0] - '0';
	return val_int64(want, &n) && n == a->status;
}

static bool
is_type(const struct answer *a, struct val want)
{
	return has_prefix(header(a, SLICE("content-type")), text_of(want));
}

static bool
is_form(const struct answer *a, struct val want)
{
	static const char *const names[] = { [FORM_NONE] = "none",
		[FORM_JSON] = "json",
		[FORM_TEXT] = "text",
		[FORM_BASE64] = "base64",
		[FORM_ERROR] = "error" };

	return slice_is(text_of(want), names[a->form]);
}

static bool
holds_bytes(const struct answer *a, struct val want)
{
	struct slice t = text_of(want);

	return a->bytes.len >= t.len &&
	    memmem(a->bytes.p, a->bytes.len, t.p, t.len) != NULL;
}

static bool
headers_hold(const struct answer *a, struct val want)
{
	struct val_iter it = val_each(want);
	struct slice name, h;
	struct val prefix;

	while (val_next(&it, &name, &prefix)) {
		h = header(a, name);
		if (h.p == NULL || !has_prefix(h, text_of(prefix)))
			return false;
	}
	return true;
}

/* What a scalar says, be it a number or text. */
static struct slice
said(struct val v)
{
	return val_type(v) == SCAN_STRING ? text_of(v) : val_text(v);
}

/* One of the values, or the only one. */
static bool
is_one_of(struct val v, struct val values)
{
	struct val_iter it = val_each(values);
	struct val one;

	if (val_type(values) != SCAN_ARRAY)
		return slice_eq(said(v), said(values));
	while (val_next(&it, NULL, &one))
		if (slice_eq(said(v), said(one)))
			return true;
	return false;
}

static bool
shape_holds(const struct rule *r, const struct answer *a)
{
	struct val v;
	size_t i;

	for (i = 0; i < r->has.n; i++)
		if (val_path(a->json, r->has.v[i]).s == NULL)
			return false;
	for (i = 0; i < r->lacks.n; i++)
		if (val_path(a->json, r->lacks.v[i]).s != NULL)
			return false;
	for (i = 0; i < r->nequals; i++) {
		v = val_path(a->json, r->equals[i].path);
		if (v.s == NULL || !is_one_of(v, r->equals[i].value))
			return false;
	}
	for (i = 0; i < r->ndiffers; i++) {
		v = val_path(a->json, r->differs[i].path);
		if (val_type(v) <= SCAN_NULL ||
		    is_one_of(v, r->differs[i].value))
			return false;
	}
	return true;
}

static bool
rule_holds(const struct rule *r, const struct answer *a)
{
	return any(a, r->kind, is_kind) && any(a, r->status, is_status) &&
	    any(a, r->form, is_form) && any(a, r->type, is_type) &&
	    (r->not_type.s == NULL || !any(a, r->not_type, is_type)) &&
	    headers_hold(a, r->header) && shape_holds(r, a) &&
	    any(a, r->contains, holds_bytes); /* most expensive last */
}

static const struct kind *
find_kind(const struct verdict_rules *r, struct slice name)
{
	size_t i;

	for (i = 0; i < r->nkinds; i++)
		if (slice_eq(r->kinds[i].name, name))
			return &r->kinds[i];
	return NULL;
}

bool
verdict_count(struct val v, int64_t *n)
{
	struct slice t = said(v);
	const char *p = t.p, *end = p + t.len;
	int64_t value = 0;
	int places = 0, power = 0;

	if (val_type(v) != SCAN_NUMBER && val_type(v) != SCAN_STRING)
		return false;
	for (; p < end && *p == ' '; p++)
		;
	for (; end > p && end[-1] == ' '; end--)
		;
	if (p == end || !isdigit((unsigned char)*p))
		return false;
	for (; p < end && (isdigit((unsigned char)*p) || *p == '.'); p++) {
		if (*p == '.' && places++ > 0)
			return false;
		if (*p == '.')
			continue;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return false;
		places += places > 0;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		for (p += 1 + (p + 1 < end && p[1] == '+');
		     p < end && isdigit((unsigned char)*p) && power < 100; p++)
			power = 10 * power + (*p - '0');
		if (!isdigit((unsigned char)p[-1]))
			return false;
	}
	/* 6.00 has two places: its digits are 600 */
	for (power -= places > 0 ? places - 1 : 0; power < 0; power++)
		if (value % 10 != 0)
			return false;
		else
			value /= 10;
	for (; power > 0 && value != 0; power--)
		if (__builtin_mul_overflow(value, 10, &value))
			return false;
	*n = value;
	return p == end;
}

static bool
find_each(const struct hits *h, const struct answer *a, struct verdict *v)
{
	v->each = paths_find(a->json, &h->each);
	if (val_type(v->each) != SCAN_ARRAY) {
		v->each = (struct val){ NULL, 0 };
		return false;
	}
	v->hits = h;
	v->found = val_count(v->each);
	v->has_total = verdict_count(paths_find(a->json, &h->total), &v->total);
	v->has_pages = verdict_count(paths_find(a->json, &h->total_pages),
	    &v->total_pages);
	if (v->found > 0) { /* there are some: no 0 counts them */
		v->has_total = v->has_total && v->total > 0;
		v->has_pages = v->has_pages && v->total_pages > 0;
	}
	return true;
}

/*
 * By the endpoint that was asked; an old dump may not know it, or know a name
 * that the description has dropped since: then the first whose array is there.
 */
static bool
find_hits(const struct kind *k, const struct answer *a, struct verdict *v)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (slice_eq(k->hits[i].endpoint, a->endpoint))
			return find_each(&k->hits[i], a, v);
	for (i = 0; i < k->n; i++)
		if (find_each(&k->hits[i], a, v))
			return true;
	return false;
}

static void
set_name(struct verdict *v, const char *name)
{
	snprintf(v->name, sizeof v->name, "%s", name);
}

struct verdict
verdict_of(const struct verdict_rules *r, const struct answer *a)
{
	struct verdict v = { .found = 0 };
	const struct kind *k = find_kind(r, a->kind);
	size_t i;

	for (i = 0; i < r->nrules; i++) {
		if (!rule_holds(&r->rules[i], a))
			continue;
		set_name(&v, r->rules[i].verdict);
		return v;
	}
	if (a->form == FORM_ERROR)
		snprintf(v.name, sizeof v.name, "failed:%.*s",
		    SLICE_ARG(a->error));
	else if (a->form == FORM_BASE64)
		set_name(&v, a->cut ? "failed:truncated" : "failed:charset");
	else if (a->form != FORM_JSON)
		set_name(&v, "unreadable");
	else if (k == NULL || k->n == 0)
		set_name(&v, "ok");
	else if (!find_hits(k, a, &v))
		set_name(&v, "unreadable");
	else
		set_name(&v, v.found == 0 ? "empty" : "ok");
	return v;
}

bool
hit_promoted(const struct hits *h, struct val element)
{
	enum scan_type t = val_type(paths_find(element, &h->promoted));
	struct slice label;

	if (t != SCAN_NONE && t != SCAN_NULL && t != SCAN_FALSE)
		return true;
	label = val_text(paths_find(element, &h->label));
	return h->label_has.len > 0 && label.len > 0 &&
	    memmem(label.p, label.len, h->label_has.p, h->label_has.len) !=
	    NULL;
}
