#include "market.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "banned.h"

/* A description is read by one function a part; each names what it misses. */

static __attribute__((noreturn)) void
broken(const struct source *s, const char *what)
{
	die(EX_CONFIG, "'%s': %s", s->doc->path, what);
}

/* A file name, part of a path: nothing that leads elsewhere. */
static bool
is_word(const char *s)
{
	return s != NULL && *s != '\0' &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static void
load_sites(struct market *m)
{
	struct val_iter it =
	    val_each(val_member(m->source->doc->root, "sites"));
	struct val v;
	struct site *s;

	while (val_next(&it, NULL, &v)) {
		m->sites =
		    xrealloc(m->sites, (m->nsites + 1) * sizeof *m->sites);
		s = &m->sites[m->nsites++];
		s->v = v;
		s->host = val_cstr(val_member(v, "host"));
		if (s->host == NULL || strpbrk(s->host, "/?#@") != NULL)
			broken(m->source, "a site without a host");
	}
	if (m->nsites == 0)
		broken(m->source, "no sites");
}

static void
load_headers(struct market *m)
{
	struct val_iter it =
	    val_each(val_member(m->source->doc->root, "headers"));
	struct val v;
	char *name, *c;

	while (val_next(&it, NULL, &v)) {
		if ((name = val_cstr(v)) == NULL)
			broken(m->source, "a header that is no text");
		for (c = name; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		/* whatever a description says, no secret goes into raw */
		if (strstr(name, "cookie") != NULL ||
		    strstr(name, "auth") != NULL ||
		    strstr(name, "token") != NULL)
			broken(m->source, "a header that may hold a secret");
		m->headers = xrealloc(m->headers,
		    (m->nheaders + 1) * sizeof *m->headers);
		m->headers[m->nheaders++] = name;
	}
}

/* It has a place in the url, of its own unless it may be left out, and says
 * one thing. */
static void
check_path_parameter(const struct source *s, const struct endpoint *e,
    const struct parameter *p)
{
	char *place =
	    xasprintf("%s{%s}", p->prefix == NULL ? "/" : "", p->name);

	if (p->sent != NULL || p->list || strstr(e->url, place) == NULL)
		broken(s, "a parameter in the path that has no place there");
	free(place);
}

/* Left out, it takes what joins it to the path along; and nothing may hang on
 * it. */
static void
read_optional(const struct source *s, struct parameter *p, struct val v)
{
	bool optional = val_true(val_member(v, "optional"));

	p->prefix = val_cstr(val_member(v, "prefix"));
	if (optional != (p->prefix != NULL) ||
	    (optional &&
	        (*p->prefix == '\0' || p->subject != NULL ||
	            !val_is(val_member(v, "in"), "path"))))
		broken(s,
		    "a parameter that is optional is one in the path, "
		    "behind a 'prefix' and without a 'subject'");
}

static struct parameter
read_parameter(const struct source *s, const struct endpoint *e,
    struct slice name, struct val v)
{
	struct parameter p = { .name = xstrndup(name.p, name.len) };
	struct val type = val_member(v, "type"), list = val_member(v, "list");

	p.sent = val_cstr(val_member(v, "name"));
	p.subject = val_cstr(val_member(v, "subject"));
	if (p.subject != NULL && strcmp(p.subject, "user_id") != 0 &&
	    strcmp(p.subject, "item_id") != 0)
		broken(s, "a parameter with a subject that nobody reads");
	read_optional(s, &p, v);
	p.list = val_is(list, "comma") || val_is(list, "repeat");
	p.repeat = val_is(list, "repeat");
	p.values = val_member(v, "values");
	p.proof = val_member(v, "proof");
	p.type = val_is(type, "integer") ? TYPE_INTEGER :
	    val_is(type, "decimal")      ? TYPE_DECIMAL :
	                                   TYPE_TEXT;
	if (val_type(val_member(v, "honoured")) == SCAN_FALSE) {
		p.why = val_cstr(val_member(v, "why"));
		if (p.why == NULL)
			p.why = xstrdup("it does not filter");
	} else if (val_is(val_member(v, "in"), "path")) {
		check_path_parameter(s, e, &p);
	} else if (p.sent == NULL) {
		broken(s, "a parameter without a name");
	}
	return p;
}

static void
load_parameters(struct market *m, struct endpoint *e, struct val v)
{
	struct val_iter it = val_each(val_member(v, "parameters"));
	struct slice name;

	while (val_next(&it, &name, &v)) {
		e->parameters = xrealloc(e->parameters,
		    (e->nparameters + 1) * sizeof *e->parameters);
		e->parameters[e->nparameters++] =
		    read_parameter(m->source, e, name, v);
	}
}

static void
load_paging(struct market *m, struct endpoint *e, struct val v)
{
	struct paging *p = &e->paging;
	struct val token = val_member(v, "token"), pin = val_member(v, "pin");
	int64_t pages = 0;

	if (val_type(v) <= SCAN_NULL)
		return;
	p->paged = true;
	p->page = val_cstr(val_member(v, "page"));
	p->per_page = val_cstr(val_member(v, "per_page"));
	val_int64(val_member(v, "max_per_page"), &p->max_per_page);
	val_int64(val_member(v, "max_pages"), &pages);
	p->proof = val_member(v, "proof");
	p->per_page_from =
	    paths_load(val_member(v, "per_page_from"), m->source->doc->path);
	p->pin = val_cstr(val_member(pin, "parameter"));
	p->pin_from = paths_load(val_member(pin, "from"), m->source->doc->path);
	if (val_is(val_member(v, "style"), "token")) {
		p->token = val_cstr(val_member(token, "parameter"));
		p->token_from =
		    paths_load(val_member(token, "from"), m->source->doc->path);
		if (p->token == NULL || p->token_from.n == 0)
			broken(m->source, "paging by token without a token");
	} else if (p->page == NULL) {
		broken(m->source, "paging by page without a page");
	}
	if (pages > 0 && p->max_per_page <= 0)
		broken(m->source, "max_pages without max_per_page");
	p->window = pages * p->max_per_page;
}

static void
load_redirects(struct market *m, struct endpoint *e, struct val v)
{
	struct redirects *r = &e->redirects;
	struct val_iter it = val_each(val_member(v, "paths"));
	struct val path;
	char *text;

	if (val_type(v) <= SCAN_NULL)
		return;
	while (val_next(&it, NULL, &path)) {
		if ((text = val_cstr(path)) == NULL ||
		    strchr(text, '{') == NULL)
			broken(m->source, "a redirect that names nothing");
		r->paths =
		    xrealloc(r->paths, (r->npaths + 1) * sizeof *r->paths);
		r->paths[r->npaths++] = text;
	}
	if (!val_int64(val_member(v, "most"), &r->most) || r->most < 1 ||
	    r->npaths == 0)
		broken(m->source, "redirects without 'most' or 'paths'");
}

static void
load_chunk(struct market *m, struct val v)
{
	struct val pause = val_member(v, "pause_s");
	struct chunk *c = &m->chunk;

	if (val_type(val_member(v, "chunk")) <= SCAN_NULL)
		return;
	if (!val_int64(val_member(v, "chunk"), &c->requests) ||
	    !val_int64(val_at(pause, 0), &c->least_ms) ||
	    !val_int64(val_at(pause, 1), &c->most_ms) || c->requests < 1 ||
	    c->least_ms < 0 || c->most_ms < c->least_ms || c->most_ms > 86400)
		broken(m->source,
		    "'chunk' is no number of requests, or "
		    "'pause_s' no two numbers of seconds");
	c->least_ms *= 1000;
	c->most_ms *= 1000;
}

static void
load_endpoint(struct market *m, const char *kind, struct val v)
{
	struct endpoint *e;

	m->endpoints =
	    xrealloc(m->endpoints, (m->nendpoints + 1) * sizeof *m->endpoints);
	e = &m->endpoints[m->nendpoints++];
	*e = (struct endpoint){ .kind = xstrdup(kind) };
	e->name = val_cstr(val_member(v, "name"));
	e->url = val_cstr(val_member(v, "url"));
	if (e->name == NULL || e->url == NULL ||
	    strncmp(e->url, "https://", 8) != 0)
		broken(m->source, "an endpoint without a name or an https url");
	e->current = val_is(val_member(v, "state"), "current");
	e->headers = val_member(v, "headers");
	e->fixed = val_member(v, "fixed");
	e->defaults = val_member(v, "defaults");
	e->newest_first = val_member(v, "newest_first");
	e->keeps_state = val_type(e->newest_first) > SCAN_NULL;
	val_int64(val_member(v, "cap"), &e->cap);
	if (val_type(val_member(v, "listing_time")) > SCAN_NULL)
		e->listing_time = paths_load(val_member(v, "listing_time"),
		    m->source->doc->path);
	load_parameters(m, e, v);
	load_paging(m, e, val_member(v, "paging"));
	load_redirects(m, e, val_member(v, "redirects"));
}

static void
load_kind(struct market *m, struct slice name, struct val list)
{
	/* a key may live in a buffer that the next key overwrites */
	char *kind = xstrndup(name.p, name.len);
	struct val_iter it = val_each(list);
	struct val v;

	while (val_next(&it, NULL, &v))
		load_endpoint(m, kind, v);
	free(kind);
}

struct market *
market_load(const char *name)
{
	struct market *m = xcalloc(1, sizeof *m);
	struct val_iter kinds;
	struct slice kind;
	struct val v, root;

	m->source = source_load(name);
	if (m->source == NULL)
		die(EX_CONFIG, "no source '%s'", name);
	root = m->source->doc->root;
	kinds = val_each(val_member(root, "endpoints"));
	if (!val_next(&kinds, &kind, &v)) {
		source_free(m->source);
		free(m);
		return NULL;
	}
	m->rules = verdict_load(m->source);
	m->group = val_cstr(val_member(val_member(root, "budget"), "group"));
	if (!is_word(m->group))
		broken(m->source, "no budget group");
	m->session = val_member(root, "session");
	m->web = val_member(root, "web");
	load_sites(m);
	load_headers(m);
	load_chunk(m, val_member(root, "tracking"));
	kinds = val_each(val_member(root, "endpoints"));
	while (val_next(&kinds, &kind, &v))
		load_kind(m, kind, v);
	return m;
}

static void
endpoint_release(struct endpoint *e)
{
	size_t i;

	for (i = 0; i < e->nparameters; i++) {
		free(e->parameters[i].name);
		free(e->parameters[i].sent);
		free(e->parameters[i].prefix);
		free(e->parameters[i].why);
		free(e->parameters[i].subject);
	}
	for (i = 0; i < e->redirects.npaths; i++)
		free(e->redirects.paths[i]);
	free(e->redirects.paths);
	free(e->parameters);
	free(e->kind);
	free(e->name);
	free(e->url);
	free(e->paging.page);
	free(e->paging.per_page);
	free(e->paging.token);
	free(e->paging.pin);
	paths_release(&e->paging.token_from);
	paths_release(&e->paging.pin_from);
	paths_release(&e->paging.per_page_from);
	paths_release(&e->listing_time);
}

void
market_free(struct market *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nendpoints; i++)
		endpoint_release(&m->endpoints[i]);
	for (i = 0; i < m->nsites; i++)
		free(m->sites[i].host);
	for (i = 0; i < m->nheaders; i++)
		free(m->headers[i]);
	free(m->endpoints);
	free(m->sites);
	free(m->headers);
	free(m->group);
	verdict_free(m->rules);
	source_free(m->source);
	free(m);
}

static bool
same_host(const char *a, struct slice b)
{
	return strlen(a) == b.len && strncasecmp(a, b.p, b.len) == 0;
}

const struct site *
market_site(const struct market *m, struct slice host)
{
	size_t i;

	for (i = 0; i < m->nsites; i++)
		if (same_host(m->sites[i].host, host) ||
		    (strncmp(m->sites[i].host, "www.", 4) == 0 &&
		        same_host(m->sites[i].host + 4, host)))
			return &m->sites[i];
	return NULL;
}

const struct endpoint *
market_endpoint(const struct market *m, const char *kind, const char *name)
{
	const struct endpoint *e;

	for (e = m->endpoints; e < m->endpoints + m->nendpoints; e++)
		if (strcmp(e->kind, kind) == 0 &&
		    (name == NULL ? e->current : strcmp(e->name, name) == 0))
			return e;
	return NULL;
}

const struct parameter *
endpoint_parameter(const struct endpoint *e, struct slice name)
{
	size_t i;

	for (i = 0; i < e->nparameters; i++)
		if (slice_is(name, e->parameters[i].name))
			return &e->parameters[i];
	return NULL;
}

static void
expand_name(struct buf *out, struct slice name, const struct site *s,
    const struct binding *b)
{
	struct slice text;
	struct buf tmp = { 0 };

	if (slice_is(name, "site")) {
		buf_adds(out, s->host);
		return;
	}
	for (; b != NULL && b->name != NULL; b++)
		if (slice_is(name, b->name)) {
			buf_adds(out, b->value != NULL ? b->value : "");
			return;
		}
	if (val_string(val_get(s->v, name), &tmp, &text))
		buf_addslice(out, text);
	buf_release(&tmp);
}

void
market_expand(struct buf *out, struct slice text, const struct site *s,
    const struct binding *b)
{
	const char *p = text.p, *end = p + text.len, *close;

	for (; p < end; p++) {
		close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;
		if (close == NULL) {
			buf_addc(out, *p);
			continue;
		}
		expand_name(out,
		    (struct slice){ p + 1, (size_t)(close - p - 1) }, s, b);
		p = close;
	}
}
