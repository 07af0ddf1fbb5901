#include "access.h"

#include <stdlib.h>

#include "clock.h"
#include "conf.h"
#include "file.h"
#include "robots.h"
#include "url.h"
#include "banned.h"

#define DAY_MS 86400000
#define REDIRECTS 5			/* RFC 9309, 2.3.1.2 */

void
access_live_or_die(const struct http_base *base)
{
	const char *pin = getenv("VPIPE_NOW");

	if (base->connect != NULL && base->loopback)
		return;
	if (conf_get("VPIPE_CONTACT") == NULL)
		die(EX_CONFIG, "VPIPE_CONTACT is not set: a marketplace is to "
		    "know whom to write to");
	if (!conf_yes("VPIPE_LIVE"))
		die(EX_CONFIG, "VPIPE_LIVE is not 'yes': no go-ahead for hosts "
		    "that are not loopback");
	/* a clock that is moved instead of waited for keeps no pace */
	if (pin != NULL && *pin != '\0')
		die(EX_CONFIG, "VPIPE_NOW is for tests, not for a live host");
}

/*
 * The file in the cache: its first line is a comment of ours, "# TIME FROM",
 * FROM being the base URL or "live"; the rest is robots.txt as it came.
 */
static char *
cache_path(struct slice host)
{
	char *folder = conf_path(NULL, "state/robots"), *path;

	path = xasprintf("%s/%.*s", folder, SLICE_ARG(host));
	free(folder);
	return path;
}

/* Appends the rules; false when they are missing, old or from elsewhere. */
static bool
cache_load(const struct run *r, struct slice host, struct buf *text)
{
	char *path = cache_path(host), *line, *space;
	struct buf b = { 0 };
	int64_t at, now = clock_now_ms();
	bool ok = false;

	if (file_read(path, &b) && strncmp(b.data, "# ", 2) == 0 &&
	    (line = strchr(b.data, '\n')) != NULL) {
		*line++ = '\0';
		space = strchr(b.data + 2, ' ');
		ok = space != NULL &&
		    strcmp(space + 1, r->via ? r->via : "live") == 0 &&
		    clock_parse(b.data + 2, (size_t)(space - b.data) - 2,
		    &at) && at <= now && now - at < DAY_MS;
		if (ok)
			buf_adds(text, line);
	}
	buf_release(&b);
	free(path);
	return ok;
}

static void
cache_store(const struct run *r, struct slice host, struct slice text)
{
	char *folder = conf_path(NULL, "state/robots");
	char *path = cache_path(host), at[CLOCK_LEN];
	struct buf b = { 0 };

	if (!file_mkdirs(folder, 0755))
		die_errno(EX_IOERR, "cannot make '%s'", folder);
	free(folder);
	buf_addf(&b, "# %s %s\n", clock_format(clock_now_ms(), at),
	    r->via ? r->via : "live");
	buf_addslice(&b, text);
	if (!file_replace(path, buf_slice(&b), 0644))
		die_errno(EX_IOERR, "cannot write '%s'", path);
	buf_release(&b);
	free(path);
}

/* The same site's next URL of a redirect, https; NULL: it leads elsewhere. */
static char *
same_host(const struct run *r, struct slice host)
{
	const char *to = r->answer.location, *rest;
	struct url u;

	if (to == NULL || r->answer.status / 100 != 3 ||
	    !url_split(to, &u) || !slice_eq(u.host, host))
		return NULL;
	rest = u.host.p + u.host.len;
	return xasprintf("https://%.*s%s", SLICE_ARG(host), rest);
}

/*
 * RFC 9309, 2.3.1: what is not there (4xx, or a redirect to another host)
 * forbids nothing; what cannot be reached forbids everything.
 */
static enum outcome
read_robots(struct run *r, const struct call *c, struct slice host,
    struct buf *text)
{
	char *url = xasprintf("https://%.*s/robots.txt", SLICE_ARG(host));
	struct call ask = { .kind = "robots", .site = c->site };
	enum outcome out;
	char *next;
	int hops;

	for (hops = 0; ; hops++) {
		ask.url = url;
		out = run_ask(r, &ask);
		next = out == ANSWERED && hops < REDIRECTS ?
		    same_host(r, host) : NULL;
		if (next == NULL)
			break;
		free(url);
		url = next;
	}
	free(url);
	if (out != ANSWERED)
		return out;
	if (r->answer.status / 100 == 2)
		buf_addslice(text, buf_slice(&r->answer.body));
	cache_store(r, host, buf_slice(text));
	return ANSWERED;
}

bool
access_robots_due(const struct run *r, const char *url)
{
	struct buf text = { 0 };
	struct url u;
	bool due;

	due = r->obey && url_split(url, &u) && !cache_load(r, u.host, &text);
	buf_release(&text);
	return due;
}

enum outcome
access_robots(struct run *r, const struct call *c, bool *forbidden)
{
	struct buf text = { 0 };
	struct slice target;
	struct url u;
	enum outcome out = ANSWERED;

	*forbidden = false;
	if (!r->obey || !url_split(c->url, &u))
		return ANSWERED;
	if (!cache_load(r, u.host, &text))
		out = read_robots(r, c, u.host, &text);
	if (out == ANSWERED) {
		target = slice_of(u.path.len > 0 ? u.path.p : "/");
		*forbidden = !robots_allow(buf_slice(&text), "vpipe", target);
		if (*forbidden)
			out = FAILED;
	}
	buf_release(&text);
	return out;
}
