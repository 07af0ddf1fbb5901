/* query_url: where a query's pages are, and may have moved to; see query.h. */
#include "query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "url.h"
#include "utf8.h"
#include "banned.h"

static void
add_pair(struct buf *url, const char *name, const char *value)
{
	buf_addc(url, strchr(url->data, '?') == NULL ? '?' : '&');
	url_encode(url, slice_of(name));
	buf_addc(url, '=');
	url_encode(url, slice_of(value));
}

static void
add_number(struct buf *url, const char *name, int64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, n);
	add_pair(url, name, text);
}

static void
add_param(struct buf *url, const struct parameter *p, const struct param *a)
{
	struct buf joined = { 0 };
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (p->repeat) {
			add_pair(url, p->sent, a->v[i]);
			continue;
		}
		if (i > 0)
			buf_addc(&joined, ',');
		buf_adds(&joined, a->v[i]);
	}
	if (!p->repeat)
		add_pair(url, p->sent, joined.data);
	buf_release(&joined);
}

static void
add_fixed(struct buf *url, const struct query *q)
{
	struct val_iter it = val_each(q->endpoint->fixed);
	struct slice name;
	struct val v;
	char *key, *value;

	while (val_next(&it, &name, &v)) {
		key = xstrndup(name.p, name.len);
		if ((value = val_cstr(v)) != NULL)
			add_pair(url, key, value);
		free(key);
		free(value);
	}
}

/* The endpoint's url, the parameters of its path in their places. */
static void
add_path(struct buf *url, const struct query *q)
{
	struct binding *b = xcalloc(q->params.n + 1, sizeof *b);
	const struct parameter *p;
	struct buf value = { 0 };
	size_t i;

	for (i = 0; i < q->params.n; i++) {
		p = endpoint_parameter(q->endpoint,
		    slice_of(q->params.v[i].name));
		if (p->prefix != NULL)
			buf_adds(&value, p->prefix);
		url_encode(&value, slice_of(q->params.v[i].v[0]));
		b[i].name = q->params.v[i].name;
		b[i].value = buf_take(&value);
	}
	market_expand(url, slice_of(q->endpoint->url), q->site, b);
	for (i = 0; i < q->params.n; i++)
		free((char *)b[i].value);
	free(b);
}

void
query_url(const struct query *q, int64_t page, const char *token,
    const char *pin, struct buf *url)
{
	const struct paging *p = &q->endpoint->paging;
	const struct parameter *given;
	size_t i;

	buf_reset(url);
	add_path(url, q);
	if (token != NULL) {
		add_pair(url, p->token, token);
		return;
	}
	for (i = 0; i < q->params.n; i++) {
		given = endpoint_parameter(q->endpoint,
		    slice_of(q->params.v[i].name));
		if (given->sent != NULL)
			add_param(url, given, &q->params.v[i]);
	}
	add_fixed(url, q);
	if (p->page != NULL)
		add_number(url, p->page, page);
	if (p->per_page != NULL)
		add_number(url, p->per_page, q->per_page);
	if (pin != NULL && p->pin != NULL)
		add_pair(url, p->pin, pin);
}

/* Does the path stand for the same thing as the query? */
static bool
names_it(const struct query *q, struct slice path)
{
	const struct redirects *r = &q->endpoint->redirects;
	const struct param *a;
	struct slice name, value;
	size_t i;

	for (i = 0; i < r->npaths; i++) {
		if (!url_path_match(r->paths[i], path, &name, &value))
			continue;
		a = params_get(&q->params, name);
		if (a != NULL && slice_is(value, a->v[0]))
			return true;
	}
	return false;
}

static bool
has_segment(struct slice path, const char *value)
{
	const char *p = path.p, *end = p + path.len, *slash;
	struct buf text = { 0 };
	bool found = false;

	for (; !found && p < end; p = slash + 1) {
		slash = memchr(p, '/', (size_t)(end - p));
		if (slash == NULL)
			slash = end;
		buf_reset(&text);
		found = url_decode((struct slice){ p, (size_t)(slash - p) },
		            false, &text) &&
		    slice_is(buf_slice(&text), value);
	}
	buf_release(&text);
	return found;
}

static bool
has_pair(struct slice query, struct slice key, struct slice value)
{
	struct slice k, v;

	while (url_pair(&query, &k, &v))
		if (slice_eq(k, key) && slice_eq(v, value))
			return true;
	return false;
}

/* Does the other address still ask all that we asked? */
static bool
keeps_it(const struct query *q, const struct url *old, const struct url *new)
{
	struct slice query = old->query, key, value;
	const struct parameter *p;
	size_t i;

	while (url_pair(&query, &key, &value))
		if (!has_pair(new->query, key, value))
			return false;
	for (i = 0; i < q->params.n; i++) {
		p = endpoint_parameter(q->endpoint,
		    slice_of(q->params.v[i].name));
		if (p->sent == NULL && p->prefix == NULL &&
		    !has_segment(new->path, q->params.v[i].v[0]))
			return false;
	}
	return true;
}

int64_t
query_redirects(const struct query *q)
{
	const struct redirects *r = &q->endpoint->redirects;

	return r->npaths > 0 ? r->most : 1;
}

char *
query_redirect(const struct query *q, const char *from, const char *to)
{
	struct url old, new;
	char *next;

	if (!utf8_valid(slice_of(to)) || !url_split(from, &old) ||
	    !url_split(to, &new) || old.host.len != new.host.len ||
	    strncasecmp(old.host.p, new.host.p, old.host.len) != 0 ||
	    !(q->endpoint->redirects.npaths > 0 ? names_it(q, new.path) :
	                                          keeps_it(q, &old, &new)))
		return NULL;
	/* https, as everything we ask, and without a fragment */
	next = xasprintf("https://%.*s%.*s%s%.*s", SLICE_ARG(old.host),
	    SLICE_ARG(new.path), new.query.p != NULL ? "?" : "",
	    SLICE_ARG(new.query));
	if (strcmp(next, from) == 0) { /* it goes in a circle */
		free(next);
		return NULL;
	}
	return next;
}
