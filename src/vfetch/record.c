#include "record.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "json.h"
#include "sha.h"
#include "utf8.h"
#include "banned.h"

#define ERROR_PAGE_MAX ((size_t)64 << 10) /* of what was not whole */
#define HEADERS_MOST 64

static void
put_time(struct json *j, const char *key, int64_t at)
{
	char text[CLOCK_LEN];

	json_key(j, key);
	json_cstr(j, clock_format(at, text));
}

static void
start(struct run *r, struct json *j, const char *kind, const char *site,
    int attempt, int64_t at)
{
	buf_reset(&r->line);
	r->masked = 0;
	json_start(j, &r->line);
	json_object(j);
	json_key(j, "v");
	json_int(j, 1);
	json_key(j, "source");
	json_cstr(j, r->m->source->name);
	json_key(j, "site");
	json_cstr(j, site);
	json_key(j, "flow");
	json_cstr(j, r->flow);
	json_key(j, "kind");
	json_cstr(j, kind);
	json_key(j, "run");
	json_cstr(j, r->id);
	json_key(j, "line");
	json_int(j, (int64_t)++r->lines);
	json_key(j, "attempt");
	json_int(j, attempt);
	put_time(j, "fetched_at", at);
}

static void
finish(struct run *r)
{
	buf_addc(&r->line, '\n');
	writer_add(&r->out, r->line.data, r->line.len);
	writer_flush(&r->out);
}

static void
put_query(struct json *j, const struct query *q, const struct call *c)
{
	size_t i, k;

	json_key(j, "query");
	json_cstr(j, q->name);
	query_put_catalog(q, j);
	query_put_subjects(q, j);
	if (c->page > 0) {
		json_key(j, "page");
		json_int(j, c->page);
	}
	if (c->part.of > 1) {
		json_key(j, "part");
		json_int(j, c->part.n);
		json_key(j, "parts");
		json_int(j, c->part.of);
	}
	if (q->per_page > 0) {
		json_key(j, "per_page");
		json_int(j, q->per_page);
	}
	json_key(j, "params");
	json_object(j);
	for (i = 0; i < q->params.n; i++) {
		json_key(j, q->params.v[i].name);
		json_array(j);
		for (k = 0; k < q->params.v[i].n; k++)
			json_cstr(j, q->params.v[i].v[k]);
		json_end(j);
	}
	json_end(j);
	if (q->note != NULL) {
		json_key(j, "note");
		json_raw(j, slice_of(q->note));
	}
}

static void
put_request(struct run *r, struct json *j, const struct call *c)
{
	json_key(j, "request");
	json_object(j);
	json_key(j, "method");
	json_cstr(j, "GET");
	json_key(j, "url");
	json_str(j, run_clean(r, slice_of(c->url), false));
	if (c->redirects > 0) {
		json_key(j, "redirects");
		json_int(j, c->redirects);
		json_key(j, "hops");
		json_raw(j, SLICE("["));
		buf_addslice(&r->line, buf_slice(&r->hops));
		buf_addc(&r->line, ']');
	}
	if (r->via != NULL) {
		json_key(j, "via");
		json_cstr(j, r->via);
	}
	if (c->query != NULL) {
		json_key(j, "endpoint");
		json_cstr(j, c->query->endpoint->name);
		put_query(j, c->query, c);
	}
	json_end(j);
}

/* The allow-list of the description; never cookies or authorization. */
static size_t
pick_headers(const struct run *r, struct answer_header *h)
{
	size_t i, n = 0;

	for (i = 0; i < r->m->nheaders && n < HEADERS_MOST; i++) {
		h[n].value = http_header(&r->answer, r->m->headers[i], 0);
		h[n].name = slice_of(r->m->headers[i]);
		if (h[n].value.p != NULL && utf8_valid(h[n].value))
			n++;
	}
	return n;
}

static enum answer_form
form_of(struct run *r)
{
	const struct http_answer *a = &r->answer;
	const char *why;
	size_t at;

	/* of a refusal the status is enough, though its page cannot be read */
	if (a->status == 0 ||
	    (a->cause != NULL && strcmp(a->cause, "truncated") != 0 &&
	        a->status / 100 == 2))
		return FORM_ERROR;
	if (a->cause != NULL)
		return FORM_BASE64;
	if (a->body.len == 0)
		return FORM_NONE;
	if (scan_parse(r->scan, slice_unmarked(buf_slice(&a->body)), &at, &why))
		return FORM_JSON;
	/* UTF-16 of plain letters is valid UTF-8, with a NUL beside each */
	return memchr(a->body.data, '\0', a->body.len) == NULL &&
	        utf8_valid(buf_slice(&a->body)) ?
	    FORM_TEXT :
	    FORM_BASE64;
}

/* Valid JSON has newlines between its tokens and nowhere else. */
static void
put_json(struct run *r, struct json *j, struct slice body)
{
	const char *p = body.p, *end = p + body.len, *nl;

	json_raw(j, SLICE(""));
	for (; p < end; p = nl + 1) {
		for (nl = p; nl < end && *nl != '\n' && *nl != '\r'; nl++)
			;
		buf_add(&r->line, p, (size_t)(nl - p));
	}
}

static void
put_body(struct run *r, struct json *j, const struct call *c,
    enum answer_form form)
{
	struct slice body = buf_slice(&r->answer.body);

	if (form != FORM_ERROR && strcmp(c->kind, "session") == 0) {
		json_key(j, "body_omitted");
		json_bool(j, true);
	} else if (form == FORM_ERROR) {
		json_key(j, "error");
		json_object(j);
		json_key(j, "cause");
		json_cstr(j, r->answer.cause);
		json_key(j, "message");
		if (utf8_valid(slice_of(r->answer.message)))
			json_str(j,
			    run_clean(r, slice_of(r->answer.message), false));
		else
			json_null(j);
		json_end(j);
	} else if (form == FORM_JSON) {
		json_key(j, "body");
		put_json(r, j, run_clean(r, slice_unmarked(body), true));
	} else if (form == FORM_BASE64) {
		if (r->answer.cause == NULL) {
			json_key(j, "whole");
			json_bool(j, true);
		}
		json_key(j, "body_base64");
		json_base64(j, run_clean(r, body, false));
	} else {
		json_key(j, "body_text");
		json_str(j, run_clean(r, body, false));
	}
}

static void
put_answer(struct run *r, const struct call *c, int attempt,
    enum answer_form form, const struct answer_header *h, size_t n)
{
	char sum[SHA_HEX];
	struct json j;
	size_t i;

	start(r, &j, c->kind, c->site->host, attempt, r->answer_at);
	put_request(r, &j, c);
	json_key(&j, "status");
	if (form == FORM_ERROR)
		json_null(&j);
	else
		json_int(&j, r->answer.status);
	json_key(&j, "headers");
	json_object(&j);
	for (i = 0; i < n; i++) {
		json_keys(&j, h[i].name);
		json_str(&j, run_clean(r, h[i].value, false));
	}
	json_end(&j);
	json_key(&j, "ms");
	json_int(&j, r->answer.ms);
	json_key(&j, "sha256");
	if (form == FORM_ERROR) {
		json_null(&j);
	} else {
		sha_of(buf_slice(&r->answer.body), sum);
		json_cstr(&j, sum);
	}
	put_body(r, &j, c, form);
	if (r->masked > 0) {
		json_key(&j, "masked");
		json_int(&j, (int64_t)r->masked);
	}
	json_end(&j);
}

/* Escapes and base64 make a body longer than it came. */
static bool
fits(const struct run *r)
{
	return r->line.len <= LINE_MAX_DEFAULT;
}

static void
take_too_large(struct run *r, struct answer *a)
{
	r->lines--; /* its number is not used up */
	buf_release(&r->line);
	r->answer.cause = "too-large";
	snprintf(r->answer.message, sizeof r->answer.message,
	    "the record would be longer than %zu bytes", LINE_MAX_DEFAULT);
	*a = (struct answer){ .kind = a->kind,
		.endpoint = a->endpoint,
		.form = FORM_ERROR,
		.cut = true,
		.error = slice_of(r->answer.cause),
		.headers = a->headers };
	r->verdict = verdict_of(r->m->rules, a);
}

void
record_answer(struct run *r, const struct call *c, int attempt)
{
	struct answer_header h[HEADERS_MOST];
	struct answer a = { .kind = slice_of(c->kind), .headers = h };

	if (r->answer.cause != NULL && r->answer.status / 100 != 2 &&
	    r->answer.body.len > ERROR_PAGE_MAX)
		r->answer.body.len = ERROR_PAGE_MAX;
	/* the scanner reads a little past the end; no more bytes will come */
	r->answer.body.max = 0;
	buf_grow(&r->answer.body, LINE_PADDING);
	if (c->query != NULL)
		a.endpoint = slice_of(c->query->endpoint->name);
	a.form = form_of(r);
	a.cut = r->answer.cause != NULL;
	/* what is not in the record takes no part in the judgement: whoever
	 * judges the record later comes to the same */
	if (a.form == FORM_ERROR) {
		a.error = slice_of(r->answer.cause);
	} else {
		a.nheaders = pick_headers(r, h);
		a.status = r->answer.status;
		a.bytes = buf_slice(&r->answer.body);
	}
	if (a.form == FORM_JSON)
		a.json = scan_root(r->scan);
	if (a.form == FORM_BASE64 && slice_utf16(a.bytes))
		warn("'%s': the body is UTF-16, which is no JSON", c->url);
	r->verdict = verdict_of(r->m->rules, &a);
	if (r->mute)
		return;
	put_answer(r, c, attempt, a.form, h, a.nheaders);
	if (!fits(r)) {
		take_too_large(r, &a);
		put_answer(r, c, attempt, a.form, h, a.nheaders);
	}
	finish(r);
}

void
record_run(struct run *r, struct slice body)
{
	struct json j;

	start(r, &j, "run", NULL, 1, clock_now_ms());
	json_key(&j, "request");
	json_null(&j);
	json_key(&j, "status");
	json_null(&j);
	json_key(&j, "headers");
	json_object(&j);
	json_end(&j);
	json_key(&j, "ms");
	json_int(&j, 0);
	json_key(&j, "sha256");
	json_null(&j);
	json_key(&j, "body");
	json_raw(&j, body);
	json_end(&j);
	finish(r);
}
