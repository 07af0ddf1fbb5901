#include "record.h"

#include "clock.h"
#include "banned.h"

/*
 * The text of a string without escapes: our own names, times and ids have
 * none.  SCAN_NULL gives no text and is fine.
 */
static bool
plain(struct val object, const char *key, struct slice *out)
{
	struct val v = val_member(object, key);
	struct slice t = val_text(v);

	*out = (struct slice){ NULL, 0 };
	if (val_type(v) == SCAN_NULL)
		return true;
	if (val_type(v) != SCAN_STRING || memchr(t.p, '\\', t.len) != NULL)
		return false;
	*out = (struct slice){ t.p + 1, t.len - 2 };
	return true;
}

static bool
needed(struct val object, const char *key, struct slice *out)
{
	return plain(object, key, out) && out->len > 0;
}

static int
digit64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void
decode64(struct buf *b, struct slice s)
{
	uint32_t bits = 0;
	int have = 0, d;
	size_t i;

	buf_reset(b);
	for (i = 0; i < s.len; i++) {
		if ((d = digit64(s.p[i])) < 0)
			continue;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_addc(b, (char)(bits >> have & 0xff));
		}
	}
}

static void
read_headers(struct record *r)
{
	struct val_iter it = val_each(val_member(r->root, "headers"));
	struct answer *a = &r->answer;
	struct slice name, t;
	struct val v;

	while (a->nheaders < RECORD_HEADERS && val_next(&it, &name, &v)) {
		t = val_text(v);
		if (val_type(v) != SCAN_STRING)
			continue;
		r->headers[a->nheaders++] =
		    (struct answer_header){ name, { t.p + 1, t.len - 2 } };
	}
	a->headers = r->headers;
}

static void
read_body(struct record *r)
{
	struct answer *a = &r->answer;
	struct val text = val_member(r->root, "body_text");
	struct val base64 = val_member(r->root, "body_base64");
	struct val error = val_member(r->root, "error");

	r->body = val_member(r->root, "body");
	if (r->body.s != NULL) {
		a->form = FORM_JSON;
		a->json = r->body;
		a->bytes = val_text(r->body);
	} else if (val_string(text, &r->bytes, &a->bytes)) {
		a->form = a->bytes.len > 0 ? FORM_TEXT : FORM_NONE;
	} else if (base64.s != NULL) {
		a->form = FORM_BASE64;
		a->cut = !val_true(val_member(r->root, "whole"));
		decode64(&r->bytes, val_text(base64));
		a->bytes = buf_slice(&r->bytes);
	} else if (error.s != NULL) {
		a->form = FORM_ERROR;
		if (!needed(error, "cause", &a->error))
			a->error = SLICE("unknown");
	}
}

/* What the columns of time take, too: RFC 3339, with the T. */
static bool
is_time(struct slice s)
{
	int64_t ms;

	return s.len > 10 && s.p[10] == 'T' && clock_parse(s.p, s.len, &ms);
}

static int
count_bodies(struct val root)
{
	static const char *const keys[] = { "body", "body_text", "body_base64",
		"error" };
	size_t i;
	int n = 0;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		n += val_member(root, keys[i]).s != NULL;
	return n;
}

/* Sessions and the like are means, not observations. */
static bool
gets_look(struct slice kind)
{
	static const char *const without[] = { "run", "session", "robots",
		"image", "label", NULL };
	int i;

	for (i = 0; without[i] != NULL; i++)
		if (slice_is(kind, without[i]))
			return false;
	return true;
}

bool
record_read(struct record *r, struct val root, const char **why)
{
	struct val v = val_member(root, "v");
	int64_t version, status;

	r->root = root;
	r->answer = (struct answer){ .form = FORM_NONE };
	*why = "not a raw record";
	if (val_type(root) != SCAN_OBJECT || !val_int64(v, &version))
		return false;
	*why = "a raw record of another version";
	if (version != 1)
		return false;
	*why = "a raw record without source, kind, run, line or fetched_at";
	if (!needed(root, "source", &r->source) ||
	    !needed(root, "kind", &r->kind) || !needed(root, "run", &r->run) ||
	    !plain(root, "site", &r->site) ||
	    !needed(root, "fetched_at", &r->fetched_at) ||
	    !val_int64(val_member(root, "line"), &r->line))
		return false;
	*why = "'fetched_at' is no time";
	if (!is_time(r->fetched_at))
		return false;
	*why = "a raw record with more than one of body, body_text, "
	       "body_base64 and error";
	if (count_bodies(root) > 1)
		return false;
	r->request = val_member(root, "request");
	r->has_look = gets_look(r->kind); /* whatever was asked (law 9) */
	if (val_int64(val_member(root, "status"), &status))
		r->answer.status = (int)status;
	r->answer.kind = r->kind;
	plain(r->request, "endpoint", &r->answer.endpoint);
	read_headers(r);
	read_body(r);
	return true;
}

void
record_release(struct record *r)
{
	buf_release(&r->bytes);
}
