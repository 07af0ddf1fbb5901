/* draft: the three ways in which somebody asks; see query.h. */
#include "query.h"

#include <ctype.h>
#include <stdlib.h>

#include "url.h"
#include "banned.h"

static bool
find_site(const struct markets *ms, struct slice host, struct draft *d,
    struct buf *why)
{
	size_t i;

	for (i = 0; i < ms->n; i++) {
		d->m = ms->v[i];
		d->site = market_site(d->m, host);
		if (d->site != NULL)
			return true;
	}
	buf_addf(why, "no source has a site '%.*s'", SLICE_ARG(host));
	return false;
}

bool
draft_for_site(const struct markets *ms, const char *host, struct draft *d,
    struct buf *why)
{
	*d = (struct draft){ 0 };
	return find_site(ms, slice_of(host), d, why);
}

void
draft_release(struct draft *d)
{
	params_release(&d->params);
	free(d->kind);
	free(d->endpoint);
	free(d->note);
	*d = (struct draft){ 0 };
}

/* ---- a pasted URL ---- */

static bool
take_path(struct draft *d, struct slice path, struct buf *why)
{
	struct val_iter it = val_each(val_member(d->m->web, "paths"));
	struct slice name, value;
	struct val v;
	char *pattern;
	bool found;

	while (val_next(&it, NULL, &v)) {
		if ((pattern = val_cstr(v)) == NULL)
			continue;
		found = url_path_match(pattern, path, &name, &value);
		if (found && name.p != NULL)
			params_add(&d->params, name, value);
		free(pattern);
		if (found)
			return true;
	}
	buf_addf(why, "'%.*s' is no page of a catalog or a search",
	    SLICE_ARG(path));
	return false;
}

/* "x[]" for "x", "x[]" and "x[3]". */
static void
as_list(struct slice key, struct buf *out)
{
	const char *open = memchr(key.p, '[', key.len);
	size_t base = open == NULL ? key.len : (size_t)(open - key.p), i;

	for (i = base + 1; i < key.len && isdigit((unsigned char)key.p[i]); i++)
		;
	if (open != NULL && (i + 1 != key.len || key.p[i] != ']'))
		base = key.len; /* "x[a]": a name of its own */
	buf_add(out, key.p, base);
	buf_adds(out, "[]");
}

static bool
is_ignored(const struct draft *d, struct slice key)
{
	struct val_iter it = val_each(val_member(d->m->web, "ignore"));
	struct val v;
	char *name;
	size_t len;
	bool found = false;

	while (!found && val_next(&it, NULL, &v)) {
		if ((name = val_cstr(v)) == NULL)
			continue;
		len = strlen(name);
		if (len > 0 && name[len - 1] == '*')
			found = key.len >= len - 1 &&
			    memcmp(key.p, name, len - 1) == 0;
		else
			found = slice_is(key, name);
		free(name);
	}
	return found;
}

static bool
take_pair(struct draft *d, struct slice key, struct slice value,
    struct buf *why)
{
	struct val map = val_member(d->m->web, "parameters"), v;
	struct buf list = { 0 };
	char *name;

	v = val_get(map, key);
	as_list(key, &list);
	if (val_type(v) != SCAN_STRING)
		v = val_get(map, buf_slice(&list));
	if (val_type(v) != SCAN_STRING) /* "x[]" for "x" */
		v = val_get(map, (struct slice){ list.data, list.len - 2 });
	buf_release(&list);
	name = val_cstr(v);
	if (name != NULL && value.len > 0)
		params_add(&d->params, slice_of(name), value);
	else if (name != NULL)
		warn("parameter '%.*s' has no value, left out", SLICE_ARG(key));
	else if (is_ignored(d, key))
		warn("parameter '%.*s' asks nothing, left out", SLICE_ARG(key));
	else
		buf_addf(why, "parameter '%.*s' is unknown to '%s'",
		    SLICE_ARG(key), d->m->source->name);
	free(name);
	return why->len == 0;
}

/* A name that was encoded twice on its way here has still only one meaning; of
 * a value nobody knows. */
static bool
decode_name(struct slice key, struct buf *out)
{
	struct buf once = { 0 };
	bool ok = url_decode(key, true, &once);

	if (ok && memchr(buf_slice(&once).p, '%', once.len) != NULL)
		ok = url_decode(buf_slice(&once), true, out);
	else
		buf_addslice(out, buf_slice(&once));
	buf_release(&once);
	return ok;
}

static bool
take_url(const struct markets *ms, const char *text, struct draft *d,
    struct buf *why)
{
	struct buf k = { 0 }, v = { 0 };
	struct slice key, value;
	struct url u;
	bool ok;

	if (!url_split(text, &u)) {
		buf_adds(why, "no URL of a site");
		return false;
	}
	ok = find_site(ms, u.host, d, why) && take_path(d, u.path, why);
	while (ok && url_pair(&u.query, &key, &value)) {
		buf_reset(&k);
		buf_reset(&v);
		buf_grow(&v, 0);
		ok = decode_name(key, &k) && url_decode(value, true, &v);
		if (!ok)
			buf_addf(why, "'%.*s' is badly encoded",
			    (int)(value.p + value.len - key.p), key.p);
		ok = ok &&
		    (k.len == 0 ||
		        take_pair(d, buf_slice(&k), buf_slice(&v), why));
	}
	buf_release(&k);
	buf_release(&v);
	return ok;
}

/* What is pasted brings its spaces along. */
bool
draft_from_url(const struct markets *ms, const char *text, struct draft *d,
    struct buf *why)
{
	size_t len;
	char *trimmed;
	bool ok;

	*d = (struct draft){ 0 };
	while (isspace((unsigned char)*text))
		text++;
	for (len = strlen(text); len > 0; len--)
		if (!isspace((unsigned char)text[len - 1]))
			break;
	trimmed = xstrndup(text, len);
	ok = take_url(ms, trimmed, d, why);
	free(trimmed);
	return ok;
}

/* ---- a request object ---- */

static bool
take_value(struct draft *d, const char *name, struct val v, struct buf *why)
{
	struct buf tmp = { 0 };
	struct slice text = val_text(v);
	bool ok = true;

	if (val_type(v) == SCAN_STRING)
		ok = val_string(v, &tmp, &text) &&
		    memchr(text.p, '\0', text.len) == NULL;
	else if (val_type(v) != SCAN_NUMBER)
		ok = false;
	if (!ok)
		buf_addf(why, "parameter '%s' is neither text nor number",
		    name);
	else if (text.len == 0)
		buf_addf(why, "parameter '%s' has no value", name);
	else
		params_add(&d->params, slice_of(name), text);
	buf_release(&tmp);
	return why->len == 0;
}

/* A filter without a value asks for everything: nobody means that. */
static bool
take_values(struct draft *d, const char *name, struct val v, struct buf *why)
{
	struct val_iter it = val_each(v);
	struct val one;
	bool ok = true;

	if (val_type(v) != SCAN_ARRAY)
		return take_value(d, name, v, why);
	if (val_count(v) == 0)
		buf_addf(why, "parameter '%s' has no value", name);
	while (ok && val_next(&it, NULL, &one))
		ok = take_value(d, name, one, why);
	return why->len == 0;
}

static bool
take_params(struct draft *d, struct val params, struct buf *why)
{
	struct val_iter it = val_each(params);
	struct slice key;
	struct val v;
	char *name;
	bool ok = true;

	if (val_type(params) > SCAN_NULL && val_type(params) != SCAN_OBJECT) {
		buf_adds(why, "'params' is no object");
		return false;
	}
	while (ok && val_next(&it, &key, &v)) {
		name = xstrndup(key.p, key.len);
		ok = take_values(d, name, v, why);
		free(name);
	}
	return ok;
}

/* The members of a request; what else stands in it would go unasked. */
static bool
check_members(struct val request, struct buf *why)
{
	static const char *const texts[] = { "url", "site", "source", "kind",
		"endpoint", NULL };
	struct val_iter it = val_each(request);
	struct slice key;
	struct val v;
	int i;

	if (val_type(request) != SCAN_OBJECT)
		buf_adds(why, "a request is an object");
	while (why->len == 0 && val_next(&it, &key, &v)) {
		for (i = 0; texts[i] && !slice_is(key, texts[i]); i++)
			;
		if (texts[i] == NULL && !slice_is(key, "params") &&
		    !slice_is(key, "note"))
			buf_addf(why, "a request has no member '%.*s'",
			    SLICE_ARG(key));
		else if (texts[i] != NULL && val_type(v) != SCAN_STRING &&
		    val_type(v) != SCAN_NULL)
			buf_addf(why, "'%s' is no text", texts[i]);
	}
	return why->len == 0;
}

/* Goes into the record as it is; it asks nothing. */
static bool
take_note(struct draft *d, struct val note, struct buf *why)
{
	struct slice text = val_text(note);

	if (val_type(note) <= SCAN_NULL)
		return true;
	if (val_type(note) != SCAN_OBJECT || val_lone(note)) {
		buf_adds(why, "'note' is no object of valid text");
		return false;
	}
	d->note = xstrndup(text.p, text.len);
	return true;
}

/* By its 'url' or its 'site'; of both, both must name the same one. */
static bool
take_place(const struct markets *ms, struct val v, struct draft *d,
    struct buf *why)
{
	char *url = val_cstr(val_member(v, "url"));
	char *site = val_cstr(val_member(v, "site"));
	struct draft other = { 0 };

	if (url != NULL)
		draft_from_url(ms, url, d, why);
	if (why->len == 0 && site != NULL)
		find_site(ms, slice_of(site), url ? &other : d, why);
	if (url == NULL && site == NULL)
		buf_adds(why, "a request needs a 'site' or a 'url'");
	else if (why->len == 0 && other.site != NULL && other.site != d->site)
		buf_addf(why, "'site' is '%s', 'url' is of '%s'",
		    other.site->host, d->site->host);
	free(url);
	free(site);
	return why->len == 0;
}

bool
draft_from_json(const struct markets *ms, struct val v, struct draft *d,
    struct buf *why)
{
	struct val source = val_member(v, "source");

	*d = (struct draft){ 0 };
	if (!check_members(v, why) || !take_place(ms, v, d, why))
		return false;
	if (val_type(source) > SCAN_NULL &&
	    !val_is(source, d->m->source->name)) {
		buf_addf(why, "site '%s' is not of that source", d->site->host);
		return false;
	}
	d->kind = val_cstr(val_member(v, "kind"));
	d->endpoint = val_cstr(val_member(v, "endpoint"));
	return take_note(d, val_member(v, "note"), why) &&
	    take_params(d, val_member(v, "params"), why);
}
