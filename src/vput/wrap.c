/*
 * Bare bodies, as somebody's old scripts left them, to raw records.
 *
 * The files are read twice: first for the run id, which is made of the time
 * and of a hash over all that goes in, so that wrapping the same again is the
 * same run.  Nothing of this program's version or of the day enters.
 */
#include "vput.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "json.h"
#include "ledger.h"
#include "stop.h"
#include "banned.h"

#define RUN_RANDOM 16 /* hex digits at a run id's end */

struct wrapper {
	const struct wrap_opts *o;
	struct scan *scan;
	struct writer *out; /* NULL: only hash */
	struct sha sha;     /* over the options and all hashes */
	char run[RAW_RUN_MAX];
	int64_t line;
	struct buf record, stripped;
	uint64_t json, text, base64, too_large;
};

/* -- what a body is ------------------------------------------------------- */

/* Length of the UTF-8 sequence at p (RFC 3629), or 0. */
static size_t
sequence(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 :
	    *p < 0xc2          ? 0 :
	    *p < 0xe0          ? 2 :
	    *p < 0xf0          ? 3 :
	    *p < 0xf5          ? 4 :
	                         0,
	       i;

	if (len == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* no longer than needed, no surrogate, not above U+10FFFF */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static bool
is_utf8(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t len;

	for (; s.len > 0; p += len, s.len -= len)
		if ((len = sequence(p, s.len)) == 0)
			return false;
	return true;
}

/* A newline in valid JSON stands between tokens, or it were not valid. */
static struct slice
without_newlines(struct buf *b, struct slice s)
{
	const char *p = s.p, *end = s.p + s.len, *nl;

	if (memchr(p, '\n', s.len) == NULL)
		return s;
	buf_reset(b);
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		buf_add(b, p, (size_t)(nl - p));
	}
	return buf_slice(b);
}

enum form { FORM_JSON, FORM_TEXT, FORM_BASE64, FORM_OMITTED, FORM_TOO_LARGE };

static enum form
form_of(struct wrapper *w, struct slice body)
{
	const char *why;
	size_t at;

	if (strcmp(w->o->kind, "session") == 0)
		return FORM_OMITTED; /* it may hold a token */
	if (scan_parse(w->scan, slice_unmarked(body), &at, &why))
		return FORM_JSON;
	return is_utf8(body) ? FORM_TEXT : FORM_BASE64;
}

/* -- records -------------------------------------------------------------- */

static void
member(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_cstr(j, value);
}

static void
put_head(struct wrapper *w, struct json *j, const char *site, const char *kind)
{
	char t[CLOCK_LEN];

	buf_reset(&w->record);
	json_start(j, &w->record);
	json_object(j);
	json_key(j, "v");
	json_int(j, 1);
	member(j, "source", w->o->source);
	member(j, "site", site);
	member(j, "flow", w->o->flow);
	member(j, "kind", kind);
	member(j, "run", w->run);
	json_key(j, "line");
	json_int(j, w->line);
	json_key(j, "attempt");
	json_int(j, 1);
	member(j, "fetched_at", clock_format(w->o->at, t));
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
put_request(const struct wrap_opts *o, struct json *j)
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

/* Headers were not kept either; the type can be seen. */
static void
put_headers(struct json *j, enum form form, struct slice body)
{
	size_t i = 0;

	body = slice_unmarked(body);
	json_key(j, "headers");
	json_object(j);
	while (i < body.len && strchr(" \t\r\n", body.p[i]) != NULL)
		i++;
	if (form == FORM_JSON)
		member(j, "content-type", "application/json");
	else if (form == FORM_TEXT && i < body.len && body.p[i] == '<')
		member(j, "content-type", "text/html");
	json_end(j);
}

static void
put_body(struct wrapper *w, struct json *j, enum form form, struct slice body)
{
	switch (form) {
	case FORM_JSON:
		json_key(j, "body");
		json_raw(j,
		    without_newlines(&w->stripped, slice_unmarked(body)));
		break;
	case FORM_TEXT:
		json_key(j, "body_text");
		json_str(j, body);
		break;
	case FORM_BASE64:
		json_key(j, "body_base64");
		json_base64(j, body);
		break;
	case FORM_OMITTED:
		json_key(j, "body_omitted");
		json_bool(j, true);
		break;
	case FORM_TOO_LARGE: /* as vfetch says it */
		json_key(j, "error");
		json_object(j);
		member(j, "cause", "too-large");
		member(j, "message", "the record would be too long");
		json_end(j);
		break;
	}
}

static void
put_answer(struct wrapper *w, enum form form, struct slice body,
    const char *sha256)
{
	struct json j;

	put_head(w, &j, w->o->site, w->o->kind);
	put_request(w->o, &j);
	json_key(&j, "status");
	if (form == FORM_TOO_LARGE)
		json_null(&j);
	else
		json_int(&j, w->o->status);
	put_headers(&j, form, body);
	json_key(&j, "ms");
	json_int(&j, 0);
	member(&j, "sha256", form == FORM_TOO_LARGE ? NULL : sha256);
	put_body(w, &j, form, body);
	json_end(&j);
}

/* A body may be nested just too deep to stand inside of a record. */
static bool
record_parses(struct wrapper *w)
{
	const char *why;
	size_t at;

	buf_grow(&w->record, LINE_PADDING);
	memset(w->record.data + w->record.len, 0, LINE_PADDING);
	return scan_parse(w->scan, buf_slice(&w->record), &at, &why);
}

static void
emit(struct wrapper *w)
{
	writer_add(w->out, w->record.data, w->record.len);
	writer_add(w->out, "\n", 1);
}

/* One body too large costs itself, and not the dump. */
static enum form
put_too_large(struct wrapper *w, const char *where)
{
	warn("%s: longer than %" PRId64 " bytes as a record, left out as "
	     "'too-large'",
	    where, w->o->max_line);
	buf_release(&w->record);
	put_answer(w, FORM_TOO_LARGE, (struct slice){ NULL, 0 }, NULL);
	return FORM_TOO_LARGE;
}

/* toolong: the body is cut, or not even read. */
static void
wrap_body(struct wrapper *w, struct slice body, bool toolong, const char *where)
{
	enum form form = FORM_TOO_LARGE;
	char sha256[SHA_HEX];

	sha_of(body, sha256);
	sha_add(&w->sha, sha256, sizeof sha256);
	w->line++;
	if (w->out == NULL)
		return;
	if (!toolong) {
		form = form_of(w, body);
		put_answer(w, form, body, sha256);
	}
	if (form == FORM_JSON && !record_parses(w)) {
		form = FORM_TEXT;
		put_answer(w, form, body, sha256);
	}
	if (toolong || (int64_t)w->record.len > w->o->max_line)
		form = put_too_large(w, where);
	else if (form == FORM_BASE64 && slice_utf16(body))
		warn("%s: UTF-16, which is no JSON: kept as bytes", where);
	w->json += form == FORM_JSON;
	w->base64 += form == FORM_BASE64;
	w->text += form == FORM_TEXT || form == FORM_OMITTED;
	w->too_large += form == FORM_TOO_LARGE;
	emit(w);
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
put_closing(struct wrapper *w, struct json *j)
{
	char t[CLOCK_LEN];

	json_key(j, "body");
	json_object(j);
	member(j, "started_at", clock_format(w->o->at, t));
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
	member(j, "kind", w->o->kind);
	json_end(j);
	json_key(j, "versions");
	json_object(j);
	json_end(j);
	put_counts(j, w->line - 1);
	json_key(j, "queries");
	json_array(j);
	json_end(j);
	json_end(j);
}

static void
wrap_end(struct wrapper *w)
{
	struct json j;

	w->line++;
	put_head(w, &j, NULL, "run");
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
	put_closing(w, &j);
	json_end(&j);
	emit(w);
}

/* -- files ---------------------------------------------------------------- */

static void
each_line(struct wrapper *w, const char *file)
{
	struct reader in;
	struct slice line;
	char *where;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die_errno(EX_IOERR, "cannot read '%s'", file);
	reader_init(&in, fd, (size_t)w->o->max_line);
	in.name = file;
	while (reader_next(&in, &line)) {
		if (line.len == 0)
			continue;
		where = xasprintf("%s:%" PRIu64, file, in.lines);
		wrap_body(w, line, in.toolong, where);
		free(where);
	}
	reader_close_or_die(&in);
}

static void
whole_file(struct wrapper *w, const char *file)
{
	struct buf b = { 0 };
	struct stat st;

	if (stat(file, &st) != 0)
		die_errno(EX_IOERR, "cannot read '%s'", file);
	if (!S_ISREG(st.st_mode))
		die(EX_USAGE, "'%s' is no plain file: it is read twice", file);
	if (st.st_size > w->o->max_line) {
		buf_addf(&b, "%jd", (intmax_t)st.st_size);
		wrap_body(w, buf_slice(&b), true, file);
		buf_release(&b);
		return;
	}
	buf_grow(&b, (size_t)st.st_size + LINE_PADDING);
	if (!file_read(file, &b))
		die_errno(EX_IOERR, "cannot read '%s'", file);
	buf_grow(&b, LINE_PADDING);
	memset(b.data + b.len, 0, LINE_PADDING);
	wrap_body(w, buf_slice(&b), false, file);
	buf_release(&b);
}

/* Packed bytes would be taken for one body, and kept as base64. */
static void
refuse_packed(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char head[4] = { 0 };

	if (fd >= 0 && pread(fd, head, sizeof head, 0) > 0 &&
	    (memcmp(head, "\x1f\x8b", 2) == 0 ||
	        memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0))
		die(EX_DATAERR, "'%s' is packed: unpack it, as wrap does",
		    file);
	if (fd >= 0)
		close(fd);
}

/* Hashes all, and prints it when there is a writer. */
static void
pass(struct wrapper *w, char *const files[], char sha256[SHA_HEX])
{
	const struct wrap_opts *o = w->o;
	struct buf head = { 0 };
	int i;

	buf_addf(&head, "%s\n%s\n%s\n%s\n%s\n%" PRId64 "\n%" PRId64 "\n",
	    o->source, o->site, o->kind, o->endpoint ? o->endpoint : "",
	    o->catalog ? o->catalog : "", o->at, o->status);
	w->line = 0;
	sha_start(&w->sha);
	sha_add(&w->sha, head.data, head.len);
	for (i = 0; files[i] != NULL && !stopped; i++) {
		refuse_packed(files[i]);
		if (o->lines)
			each_line(w, files[i]);
		else
			whole_file(w, files[i]);
	}
	sha_end(&w->sha, sha256);
	buf_release(&head);
}

static void
wrap_check(const struct wrap_opts *o, char *const files[])
{
	static const char host[] = "abcdefghijklmnopqrstuvwxyz"
	                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	if (o->source == NULL || o->kind == NULL || o->site == NULL ||
	    o->at == INT64_MIN || files[0] == NULL)
		die(EX_USAGE,
		    "--wrap needs --source, --kind, --site, --at "
		    "and files");
	if (!raw_name_ok(slice_of(o->source)) ||
	    !raw_name_ok(slice_of(o->kind)) ||
	    strlen(o->flow) > RAW_RUN_MAX / 2 ||
	    !raw_name_ok(slice_of(o->flow)) ||
	    (o->endpoint != NULL && !raw_name_ok(slice_of(o->endpoint))))
		die(EX_USAGE,
		    "a source, kind, endpoint or flow is made of "
		    "letters, digits, '-' and '_'");
	if (*o->site == '\0' || o->site[strspn(o->site, host)] != '\0')
		die(EX_USAGE, "'%s' is no host", o->site);
	if (o->catalog != NULL &&
	    (*o->catalog == '\0' || !is_utf8(slice_of(o->catalog))))
		die(EX_USAGE, "--catalog does not take '%s'", o->catalog);
	if (strcmp(o->kind, "run") == 0)
		die(EX_USAGE, "'run' is no kind of answer");
}

void
wrap_files(const struct wrap_opts *asked, char *const files[],
    struct writer *out)
{
	struct wrap_opts o = *asked;
	struct wrapper w = { .o = &o, .scan = scan_new() };
	char first[SHA_HEX], again[SHA_HEX], t[CLOCK_LEN];

	if (o.flow == NULL)
		o.flow = "wrap";
	wrap_check(&o, files);
	pass(&w, files, first);
	snprintf(w.run, sizeof w.run, "%s-%s-%.*s", clock_compact(o.at, t),
	    o.flow, RUN_RANDOM, first);
	w.out = out;
	pass(&w, files, again);
	if (stopped)
		return;
	if (strcmp(first, again) != 0)
		die(EX_IOERR, "the files changed while they were read");
	wrap_end(&w);

	struct count c[] = { { "bodies", (uint64_t)w.line - 1, false },
		{ "json", w.json, false }, { "text", w.text, false },
		{ "base64", w.base64, false },
		{ "too_large", w.too_large, false }, { 0 } };

	if (w.too_large == 0)
		c[4] = (struct count){ 0 };
	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
	scan_free(w.scan);
	buf_release(&w.record);
	buf_release(&w.stripped);
}
