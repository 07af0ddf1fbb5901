#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "conf.h"
#include "cookie.h"
#include "file.h"
#include "json.h"
#include "stop.h"
#include "url.h"
#include "utf8.h"
#include "banned.h"

#define MARGIN_MS 60000    /* spent on the way */
#define UNKNOWN_MS 3600000 /* life of a token that names none */
#define REDIRECTS 3

static void
forget(struct session *s)
{
	struct binding *b;

	for (b = s->values; b != NULL && b->name != NULL; b++) {
		free((char *)b->name);
		free((char *)b->value);
	}
	free(s->values);
	s->values = NULL;
}

static void
headers_clear(struct session *s)
{
	int i;

	for (i = 0; i < SESSION_HEADERS; i++) {
		free(s->header[i]);
		s->header[i] = NULL;
	}
}

void
session_release(struct session *s)
{
	forget(s);
	headers_clear(s);
	*s = (struct session){ 0 };
}

static void
add_value(struct session *s, struct slice name, struct slice value)
{
	size_t n = 0;

	while (s->values != NULL && s->values[n].name != NULL)
		n++;
	s->values = xrealloc(s->values, (n + 2) * sizeof *s->values);
	s->values[n] = (struct binding){ xstrndup(name.p, name.len),
		xstrndup(value.p, value.len) };
	s->values[n + 1] = (struct binding){ NULL, NULL };
}

/* ---- the file ---- */

static char *
file_path(const struct site *site)
{
	char *folder = conf_in_data("state/session"), *path;

	if (!file_mkdirs(folder, 0700))
		die_errno(EX_IOERR, "cannot make '%s'", folder);
	path = xasprintf("%s/%s.json", folder, site->host);
	free(folder);
	return path;
}

static void
store(const struct run *r, const struct session *s)
{
	char *path = file_path(s->site), at[CLOCK_LEN];
	const struct binding *b;
	struct buf out = { 0 };
	struct json j;

	json_start(&j, &out);
	json_object(&j);
	json_key(&j, "via");
	json_cstr(&j, r->via);
	json_key(&j, "expires_at");
	json_cstr(&j, clock_format(s->expires_at, at));
	json_key(&j, "values");
	json_object(&j);
	for (b = s->values; b != NULL && b->name != NULL; b++) {
		json_key(&j, b->name);
		json_cstr(&j, b->value);
	}
	json_end(&j);
	json_end(&j);
	buf_addc(&out, '\n');
	if (!file_replace(path, buf_slice(&out), 0600))
		die_errno(EX_IOERR, "cannot write '%s'", path);
	buf_release(&out);
	free(path);
}

static void
take_stored(struct session *s, struct val values)
{
	struct val_iter it = val_each(values);
	struct slice name;
	struct val v;
	char *key, *value;

	while (val_next(&it, &name, &v)) {
		key = xstrndup(name.p, name.len);
		if ((value = val_cstr(v)) != NULL)
			add_value(s, slice_of(key), slice_of(value));
		free(key);
		free(value);
	}
}

/* What others may read is a secret no more, nor surely ours. */
static bool
is_private(const char *path)
{
	static bool said; /* a process says it once */
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & 077) == 0)
		return true;
	if (!said)
		warn("'%s' is open to others, its mode must be 0600: not used",
		    path);
	said = true;
	return false;
}

/* False: there is none, it is open to others, it has expired, or it is for
 * another base URL (the simulator's token is nothing to the site). */
static bool
load(const struct run *r, const struct site *site, struct session *s)
{
	char *path = file_path(site), *expires = NULL;
	struct scan *scan = scan_new();
	struct buf b = { 0 };
	struct val v, via;
	const char *why;
	size_t at;

	if (is_private(path) && file_read(path, &b)) {
		buf_grow(&b, LINE_PADDING);
		if (scan_parse(scan, buf_slice(&b), &at, &why)) {
			v = scan_root(scan);
			via = val_member(v, "via");
			expires = val_cstr(val_member(v, "expires_at"));
			if (expires != NULL &&
			    clock_parse(expires, strlen(expires),
			        &s->expires_at) &&
			    s->expires_at > clock_now_ms() + MARGIN_MS &&
			    (r->via != NULL ? val_is(via, r->via) :
			                      val_type(via) == SCAN_NULL))
				take_stored(s, val_member(v, "values"));
		}
	}
	free(expires);
	free(path);
	buf_release(&b);
	scan_free(scan);
	return s->values != NULL;
}

/* ---- the visit ---- */

/* "exp" of a JSON Web Token (RFC 7519), in Unix seconds: the second of its
 * three parts, in base64url. */
static bool
jwt_expiry(const char *token, int64_t *ms)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                          "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *p = strchr(token, '.'), *digit;
	struct scan *scan = scan_new();
	struct buf b = { 0 };
	uint32_t bits = 0;
	const char *why;
	size_t at;
	int have = 0;
	bool ok;

	for (; p != NULL && *++p != '\0' && *p != '.' &&
	     (digit = strchr(abc, *p)) != NULL;) {
		bits = bits << 6 | (uint32_t)(digit - abc);
		if ((have += 6) < 8)
			continue;
		have -= 8;
		buf_addc(&b, (char)(bits >> have));
	}
	buf_grow(&b, LINE_PADDING);
	ok = scan_parse(scan, buf_slice(&b), &at, &why) &&
	    val_int64(val_member(scan_root(scan), "exp"), ms) &&
	    *ms < INT64_MAX / 1000;
	if (ok)
		*ms *= 1000;
	buf_release(&b);
	scan_free(scan);
	return ok;
}

static struct slice
taken_from(const struct http_answer *a, const char *url, struct val from)
{
	char *header = val_cstr(val_member(from, "header"));
	char *name = val_cstr(val_member(from, "cookie"));
	struct slice s = { NULL, 0 };

	if (header != NULL)
		s = http_header(a, header, 0);
	if (s.p == NULL && name != NULL)
		s = cookie_of(a, url, name);
	free(header);
	free(name);
	if (s.p == NULL || (cookie_fits(s) && utf8_valid(s)))
		return s;
	warn("a session's value that is longer than %d bytes, or no text: not "
	     "used",
	    COOKIE_MAX);
	return (struct slice){ NULL, 0 };
}

/* Takes the token from the answer at hand; false when it brings none. */
static bool
take(struct run *r, struct session *s, const char *url)
{
	struct val token = val_member(r->m->session, "token"), v;
	struct val_iter it = val_each(val_member(r->m->session, "extra"));
	struct slice text = taken_from(&r->answer, url, token), name;
	char *key;

	if (text.p == NULL)
		return false;
	forget(s);
	add_value(s, SLICE("token"), text);
	if (!val_is(val_member(token, "expires"), "jwt") ||
	    !jwt_expiry(s->values[0].value, &s->expires_at))
		s->expires_at = clock_now_ms() + UNKNOWN_MS;
	while (val_next(&it, &name, &v)) {
		key = xstrndup(name.p, name.len);
		text = taken_from(&r->answer, url, v);
		if (text.p != NULL)
			add_value(s, slice_of(key), text);
		free(key);
	}
	return true;
}

/* The next URL when the site sends us on within itself, else NULL. */
static char *
within(const struct run *r, const struct site *site)
{
	struct url u;

	if (r->answer.status / 100 != 3 || r->answer.location == NULL ||
	    !url_split(r->answer.location, &u) || !slice_is(u.host, site->host))
		return NULL;
	return xasprintf("https://%s%s", site->host, u.host.p + u.host.len);
}

static enum outcome
visit(struct run *r, struct session *s)
{
	struct call c = { .kind = "session", .site = s->site };
	char *template = val_cstr(val_member(r->m->session, "url"));
	struct buf url = { 0 };
	enum outcome out;
	bool found = false;
	char *next;
	int hops;

	if (template == NULL)
		die(EX_CONFIG, "'%s': a session without a url",
		    r->m->source->doc->path);
	market_expand(&url, slice_of(template), s->site, NULL);
	for (hops = 0;; hops++) {
		c.url = url.data;
		out = run_ask(r, &c);
		if (out != ANSWERED || (found = take(r, s, c.url)) ||
		    hops == REDIRECTS || (next = within(r, s->site)) == NULL)
			break;
		buf_reset(&url);
		buf_adds(&url, next);
		free(next);
	}
	free(template);
	buf_release(&url);
	if (out == ANSWERED && found) {
		s->visited = true;
		store(r, s);
		return ANSWERED;
	}
	if (out == ANSWERED) {
		warn("'%s' opened no session, status %d", s->site->host,
		    r->answer.status);
		snprintf(r->verdict.name, sizeof r->verdict.name,
		    "failed:session");
		run_worse(r, EX_UNAVAILABLE);
	}
	s->hopeless = out != PUT_OFF;
	return out == ANSWERED ? FAILED : out;
}

bool
session_due(const struct run *r, const struct site *site)
{
	struct session s = { .site = site };
	bool due;

	if (val_type(r->m->session) != SCAN_OBJECT)
		return false;
	due = !load(r, site, &s);
	session_release(&s);
	return due;
}

/*
 * One process visits, the others wait and take what it has got.  dead: a token
 * that was refused, whoever opened it; NULL: there is none.
 */
static enum outcome
share(struct run *r, struct session *s, const char *dead)
{
	struct session other = { .site = s->site };
	char *path = file_path(s->site), *name = xasprintf("%s.lock", path);
	enum outcome out;
	int fd;

	if ((fd = file_lock(name, false)) < 0) {
		progress("waiting for another process to open a session");
		fd = file_lock(name, true);
	}
	if (fd < 0 && !stopped)
		die_errno(EX_IOERR, "cannot lock '%s'", name);
	free(name);
	free(path);
	if (fd < 0)
		return run_goes_on(r) ? FAILED : PUT_OFF;
	if (load(r, s->site, &other) &&
	    (dead == NULL || strcmp(other.values[0].value, dead) != 0)) {
		session_release(s);
		*s = other;
		out = ANSWERED;
	} else {
		session_release(&other);
		out = visit(r, s);
	}
	close(fd);
	return out;
}

enum outcome
session_open(struct run *r, struct session *s, const struct site *site)
{
	if (val_type(r->m->session) != SCAN_OBJECT)
		return ANSWERED;
	if (s->site != site) {
		session_release(s);
		s->site = site;
		load(r, site, s);
	}
	/* after a visit the site's 401 decides: our clocks may differ */
	if (s->values != NULL &&
	    (s->visited || s->expires_at > clock_now_ms() + MARGIN_MS))
		return ANSWERED;
	return s->hopeless ? FAILED : share(r, s, NULL);
}

enum outcome
session_renew(struct run *r, struct session *s)
{
	char *dead;
	enum outcome out;

	if (s->hopeless)
		return FAILED;
	dead = xstrdup(s->values[0].value);
	out = share(r, s, dead);
	free(dead);
	return out;
}

const char *const *
session_headers(struct session *s, const struct endpoint *e)
{
	struct val_iter it = val_each(e->headers);
	struct buf b = { 0 };
	struct slice name;
	struct val v;
	size_t n = 0, len;
	char *template;

	headers_clear(s);
	while (n < SESSION_HEADERS && val_next(&it, &name, &v)) {
		buf_reset(&b);
		buf_addf(&b, "%.*s: ", SLICE_ARG(name));
		len = b.len;
		if ((template = val_cstr(v)) == NULL)
			continue;
		market_expand(&b, slice_of(template), s->site, s->values);
		free(template);
		if (b.len > len) /* else there is nothing to say */
			s->header[n++] = xstrndup(b.data, b.len);
	}
	buf_release(&b);
	return (const char *const *)s->header;
}
