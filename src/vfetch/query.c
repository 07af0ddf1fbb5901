#include "query.h"

#include <stdlib.h>

#include "opt.h"
#include "url.h"
#include "utf8.h"
#include "banned.h"

#define ID_DIGITS 19 /* as many as 64 bits hold */

static bool
is_integer(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool
is_decimal(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 &&
	    (s[n] == '\0' || (s[n] == '.' && is_integer(s + n + 1)));
}

static bool
is_among(struct val list, const char *s)
{
	struct val_iter it = val_each(list);
	struct val v;

	if (val_type(list) != SCAN_ARRAY)
		return true;
	while (val_next(&it, NULL, &v))
		if (val_is(v, s))
			return true;
	return false;
}

/* One spelling of an id, or one thing would be two queries; and no segment
 * that leads to another path. */
static bool
is_segment(const struct parameter *p, const char *s)
{
	if (p->type == TYPE_INTEGER)
		return *s != '0' && strlen(s) <= ID_DIGITS;
	/* of a part of a segment nobody knows how a site reads a %2F */
	if (p->prefix != NULL && strchr(s, '/') != NULL)
		return false;
	return strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static bool
check_value(const struct parameter *p, const char *s, struct buf *why)
{
	if (!utf8_valid(slice_of(s))) {
		buf_addf(why, "parameter '%s' is not valid UTF-8", p->name);
		return false;
	}
	if ((p->type == TYPE_INTEGER && !is_integer(s)) ||
	    (p->type == TYPE_DECIMAL && !is_decimal(s)) ||
	    (p->sent == NULL && !is_segment(p, s)) || !is_among(p->values, s)) {
		buf_addf(why, "parameter '%s' does not take '%s'", p->name, s);
		return false;
	}
	return true;
}

static bool
settle_param(const struct endpoint *e, struct param *a, struct buf *why)
{
	const struct parameter *p = endpoint_parameter(e, slice_of(a->name));
	size_t i;

	if (p == NULL) {
		buf_addf(why, "'%s' has no parameter '%s'", e->name, a->name);
		return false;
	}
	if (p->why != NULL) {
		buf_addf(why, "parameter '%s' is not honoured by '%s': %s",
		    a->name, e->name, p->why);
		return false;
	}
	param_canonical(a, p->list);
	if (a->n == 0) { /* dropped, it would ask for everything */
		buf_addf(why, "parameter '%s' has no value", a->name);
		return false;
	}
	if (a->n > 1 && !p->list) {
		buf_addf(why, "parameter '%s' takes one value, not %zu",
		    a->name, a->n);
		return false;
	}
	for (i = 0; i < a->n; i++)
		if (!check_value(p, a->v[i], why))
			return false;
	return true;
}

/* page, per_page and time are no filters: they say where to look. */
static bool
settle_paging(struct query *q, const struct param *a, bool *taken,
    struct buf *why)
{
	const struct paging *p = &q->endpoint->paging;
	const char *text = a->v[a->n - 1];
	int64_t n = 0;
	bool ok = a->n == 1 && is_integer(text) && opt_number(text, &n);

	*taken = true;
	if (strcmp(a->name, "page") == 0 && p->page != NULL &&
	    p->token == NULL) {
		q->page = n;
		ok = ok && n > 0;
	} else if (strcmp(a->name, "per_page") == 0 && p->per_page != NULL) {
		q->per_page = n;
		ok = ok && n > 0 && n <= p->max_per_page;
	} else if (strcmp(a->name, "time") == 0 && p->pin != NULL) {
		free(q->time);
		q->time = xstrdup(text);
	} else {
		*taken = false;
		return true;
	}
	if (!ok)
		buf_addf(why, "parameter '%s' does not take '%s'", a->name,
		    text);
	return ok;
}

static void
add_defaults(struct query *q)
{
	struct val_iter it = val_each(q->endpoint->defaults);
	struct slice name;
	struct val v;
	char *value;

	while (val_next(&it, &name, &v)) {
		if (params_get(&q->params, name) != NULL ||
		    (value = val_cstr(v)) == NULL)
			continue;
		params_add(&q->params, name, slice_of(value));
		free(value);
	}
}

static bool
is_newest_first(const struct query *q)
{
	struct val_iter it = val_each(q->endpoint->newest_first);
	const struct param *a;
	struct slice name;
	struct val v;

	if (val_type(q->endpoint->newest_first) != SCAN_OBJECT)
		return val_true(q->endpoint->newest_first);
	while (val_next(&it, &name, &v)) {
		a = params_get(&q->params, name);
		if (a == NULL || a->n != 1 || !val_is(v, a->v[0]))
			return false;
	}
	return true;
}

/* A thing has one name, wherever it was asked for. */
static char *
make_name(const struct query *q)
{
	const struct param *a;
	struct buf b = { 0 };
	char mark = '?';
	size_t i, k;

	buf_addf(&b, "%s/%s", q->site->host, q->endpoint->kind);
	for (i = 0; i < q->params.n; i++) {
		a = &q->params.v[i];
		if (endpoint_parameter(q->endpoint, slice_of(a->name))
		        ->prefix != NULL)
			continue;
		buf_addf(&b, "%c%s=", mark, a->name);
		mark = '&';
		for (k = 0; k < a->n; k++) {
			if (k > 0)
				buf_addc(&b, ',');
			url_encode(&b, slice_of(a->v[k]));
		}
	}
	return buf_take(&b);
}

/* Logs are kept, and a seller is a person. */
static char *
make_title(const struct query *q)
{
	const struct parameter *p;
	size_t i;

	for (i = 0; i < q->params.n; i++) {
		p = endpoint_parameter(q->endpoint,
		    slice_of(q->params.v[i].name));
		if (p->subject != NULL && strcmp(p->subject, "user_id") == 0)
			return xasprintf("%s/%s of a seller", q->site->host,
			    q->endpoint->kind);
	}
	return xstrdup(q->name);
}

/* Moves the draft's parameters to the query, one by one. */
static bool
settle_params(struct params *from, struct query *q, struct buf *why)
{
	struct param *a;
	bool taken;
	size_t i;

	for (i = 0; i < from->n; i++) {
		a = &from->v[i];
		if (!settle_paging(q, a, &taken, why))
			return false;
		if (taken)
			continue;
		if (!settle_param(q->endpoint, a, why))
			return false;
		q->params.v = xrealloc(q->params.v,
		    (q->params.n + 1) * sizeof *q->params.v);
		q->params.v[q->params.n++] = *a;
		*a = (struct param){ .name = xstrdup(a->name) };
	}
	return true;
}

/* What stands in the path cannot be left out, unless it may. */
static bool
path_is_whole(const struct query *q, struct buf *why)
{
	const struct endpoint *e = q->endpoint;
	const struct parameter *p;

	for (p = e->parameters; p < e->parameters + e->nparameters; p++)
		if (p->sent == NULL && p->why == NULL && p->prefix == NULL &&
		    params_find(&q->params, p->name) == NULL) {
			buf_addf(why, "'%s' needs a parameter '%s'", e->name,
			    p->name);
			return false;
		}
	return true;
}

bool
query_settle(struct draft *d, const char *endpoint, struct query *q,
    struct buf *why)
{
	const char *kind = d->kind != NULL ? d->kind : "search";
	const char *name = endpoint != NULL ? endpoint : d->endpoint;

	*q = (struct query){ .m = d->m, .site = d->site, .page = 1 };
	q->endpoint = market_endpoint(d->m, kind, name);
	if (q->endpoint == NULL) {
		buf_addf(why, "'%s' has no endpoint '%s' for kind '%s'",
		    d->m->source->name, name != NULL ? name : "current", kind);
		return false;
	}
	if (q->endpoint->paging.per_page != NULL)
		q->per_page = q->endpoint->paging.max_per_page;
	if (settle_params(&d->params, q, why))
		add_defaults(q);
	if (why->len > 0 || !path_is_whole(q, why)) {
		query_release(q);
		return false;
	}
	params_sort(&q->params);
	q->note = d->note;
	d->note = NULL;
	q->newest_first = is_newest_first(q);
	q->name = make_name(q);
	q->title = make_title(q);
	return true;
}

void
query_release(struct query *q)
{
	params_release(&q->params);
	free(q->time);
	free(q->name);
	free(q->title);
	free(q->note);
	*q = (struct query){ 0 };
}

void
query_put_catalog(const struct query *q, struct json *j)
{
	const struct param *a = params_find(&q->params, "catalog");

	if (a == NULL || a->n != 1)
		return;
	json_key(j, "catalog_id");
	if (is_integer(a->v[0]) && (a->v[0][0] != '0' || a->v[0][1] == '\0'))
		json_raw(j, slice_of(a->v[0]));
	else
		json_cstr(j, a->v[0]);
}

void
query_put_subjects(const struct query *q, struct json *j)
{
	const struct parameter *p;
	size_t i;

	for (i = 0; i < q->params.n; i++) {
		p = endpoint_parameter(q->endpoint,
		    slice_of(q->params.v[i].name));
		if (p == NULL || p->subject == NULL)
			continue;
		json_key(j, p->subject);
		json_cstr(j, q->params.v[i].v[0]);
	}
}
