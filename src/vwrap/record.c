#include "record.h"

#include "clock.h"
#include "banned.h"

static void
member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_cstr(j, value);
}

static void
put_head(struct json *j, struct buf *to, const struct run *r, const char *site,
    const char *kind)
{
	char t[CLOCK_LEN];

	buf_reset(to);
	json_start(j, to);
	json_object(j);
	json_key(j, "v");
	json_int(j, 1);
	member(j, "source", r->o->source);
	member(j, "site", site);
	member(j, "flow", r->o->flow);
	member(j, "kind", kind);
	member(j, "run", r->id);
	json_key(j, "line");
	json_int(j, r->line);
	json_key(j, "attempt");
	json_int(j, 1);
	member(j, "fetched_at", clock_format(r->o->at, t));
}

/* An id of digits is a number; "007" is none. */
static void
put_catalog(struct json *j, const char *id)
{
	json_key(j, "catalog_id");
	if (strspn(id, "0123456789") == strlen(id) &&
	    (*id != '0' || id[1] == '\0'))
		json_raw(j, slice_of(id));
	else
		json_cstr(j, id);
}

static void
put_request(const struct options *o, struct json *j)
{
	struct buf query = { 0 };

	buf_addf(&query, "%s/%s", o->site, o->kind);
	if (o->catalog != NULL)
		buf_addf(&query, "?catalog=%s", o->catalog);
	json_key(j, "request");
	json_object(j);
	member(j, "method", "GET");
	member(j, "url", NULL); /* nobody kept it */
	if (o->endpoint != NULL)
		member(j, "endpoint", o->endpoint);
	member(j, "query", query.data);
	if (o->catalog != NULL)
		put_catalog(j, o->catalog);
	json_key(j, "params");
	json_object(j);
	if (o->catalog != NULL) {
		json_key(j, "catalog");
		json_array(j);
		json_cstr(j, o->catalog);
		json_end(j);
	}
	json_end(j);
	json_end(j);
	buf_release(&query);
}

void
record_answer(struct buf *to, const struct run *r, enum form form,
    struct slice body, const char *sha256)
{
	struct json j;

	put_head(&j, to, r, r->o->site, r->o->kind);
	put_request(r->o, &j);
	json_key(&j, "status");
	if (form == FORM_TOO_LARGE)
		json_null(&j);
	else
		json_int(&j, r->o->status);
	body_put_headers(&j, form, body);
	json_key(&j, "ms");
	json_int(&j, 0);
	member(&j, "sha256", form == FORM_TOO_LARGE ? NULL : sha256);
	body_put(&j, form, body);
	json_end(&j);
}

static void
put_counts(struct json *j, int64_t n)
{
	static const char *const zeros[] = { "failed", "put_off" };
	size_t i;

	json_key(j, "ledger");
	json_object(j);
	json_key(j, "requests");
	json_int(j, n);
	json_key(j, "answered");
	json_int(j, n);
	for (i = 0; i < 2; i++) {
		json_key(j, zeros[i]);
		json_int(j, 0);
	}
	json_end(j);
}

/* No query was walked: nobody knows what the dump leaves out. */
static void
put_closing(struct json *j, const struct run *r)
{
	char t[CLOCK_LEN];

	json_key(j, "body");
	json_object(j);
	member(j, "started_at", clock_format(r->o->at, t));
	member(j, "ended_at", t);
	member(j, "stop", "end");
	json_key(j, "complete");
	json_bool(j, true);
	json_key(j, "status");
	json_int(j, EX_OK);
	json_key(j, "options");
	json_object(j);
	json_key(j, "wrapped");
	json_bool(j, true);
	member(j, "kind", r->o->kind);
	json_end(j);
	json_key(j, "versions");
	json_object(j);
	json_end(j);
	put_counts(j, r->line - 1);
	json_key(j, "queries");
	json_array(j);
	json_end(j);
	json_end(j);
}

void
record_closing(struct buf *to, const struct run *r)
{
	struct json j;

	put_head(&j, to, r, NULL, "run");
	json_key(&j, "request");
	json_null(&j);
	json_key(&j, "status");
	json_null(&j);
	json_key(&j, "headers");
	json_object(&j);
	json_end(&j);
	json_key(&j, "ms");
	json_int(&j, 0);
	member(&j, "sha256", NULL);
	put_closing(&j, r);
	json_end(&j);
}
