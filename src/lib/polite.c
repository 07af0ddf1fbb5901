#include "polite.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "clock.h"
#include "conf.h"
#include "file.h"
#include "opt.h"
#include "pace.h"
#include "retry.h"
#include "stop.h"
#include "url.h"
#include "banned.h"

void
polite_live_or_die(const struct http_base *base)
{
	const char *pin = getenv("VPIPE_NOW");

	if (base->connect != NULL && base->loopback)
		return;
	if (conf_get("VPIPE_CONTACT") == NULL)
		die(EX_CONFIG,
		    "VPIPE_CONTACT is not set: a marketplace is to "
		    "know whom to write to");
	if (!conf_yes("VPIPE_LIVE"))
		die(EX_CONFIG,
		    "VPIPE_LIVE is not 'yes': no go-ahead for hosts "
		    "that are not loopback");
	/* a clock that is moved instead of waited for keeps no pace */
	if (pin != NULL && *pin != '\0')
		die(EX_CONFIG, "VPIPE_NOW is for tests, not for a live host");
}

int
polite_rate(const char *key)
{
	int64_t n = 0;

	opt_number(conf_get(key), &n); /* the table of settings checks it */
	return (int)n;
}

bool
polite_obeys_robots(void)
{
	return strcmp(conf_get("VPIPE_ROBOTS"), "obey") == 0;
}

char *
polite_agent(void)
{
	const char *contact = conf_get("VPIPE_CONTACT"), *c;

	for (c = contact; c != NULL && *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			die(EX_CONFIG, "VPIPE_CONTACT is no line of text");
	return contact == NULL ?
	    xstrdup("vpipe/" VPIPE_VERSION) :
	    xasprintf("vpipe/%s (+%s)", VPIPE_VERSION, contact);
}

void
polite_run_id(char id[POLITE_RUN_ID], int64_t at, const char *flow)
{
	uint64_t random = (uint64_t)retry_random(INT64_MAX - 1) << 1 |
	    (uint64_t)retry_random(1);
	char text[CLOCK_LEN];

	snprintf(id, POLITE_RUN_ID, "%s-%s-%016" PRIx64,
	    clock_compact(at, text), flow, random);
}

int64_t
polite_asked_pause(const struct http_answer *a)
{
	int64_t longest = 0, ms;
	struct slice text;
	int n;

	for (n = 0; (text = http_header(a, "retry-after", n)).p != NULL; n++)
		if (retry_after(text, clock_now_ms(), &ms) && ms > longest)
			longest = ms;
	if (longest <= PACE_DAY_MS)
		return longest;
	warn("a Retry-After asks for %" PRId64 " days: one day is kept",
	    longest / PACE_DAY_MS);
	return PACE_DAY_MS;
}

/*
 * The file in the cache: its first line is a comment of ours, "# TIME FROM",
 * FROM being the base URL or "live"; the rest is robots.txt as it came.
 */
static char *
cache_path(struct slice host)
{
	char *folder = conf_in_data("state/robots"), *path;

	path = xasprintf("%s/%.*s", folder, SLICE_ARG(host));
	free(folder);
	return path;
}

bool
polite_robots_kept(const char *via, struct slice host, struct buf *text)
{
	char *path = cache_path(host), *line, *space;
	struct buf b = { 0 }; /* robots.txt may hold a NUL */
	int64_t at, now = clock_now_ms();
	bool ok = false;

	if (file_read(path, &b) && strncmp(b.data, "# ", 2) == 0 &&
	    (line = strchr(b.data, '\n')) != NULL) {
		*line++ = '\0';
		space = strchr(b.data + 2, ' ');
		ok = space != NULL &&
		    strcmp(space + 1, via ? via : "live") == 0 &&
		    clock_parse(b.data + 2, (size_t)(space - b.data) - 2,
		        &at) &&
		    at <= now && now - at < PACE_DAY_MS;
		if (ok)
			buf_add(text, line, (size_t)(b.data + b.len - line));
	}
	buf_release(&b);
	free(path);
	return ok;
}

void
polite_robots_keep(const char *via, struct slice host, struct slice text)
{
	char *folder = conf_in_data("state/robots");
	char *path = cache_path(host), at[CLOCK_LEN];
	struct buf b = { 0 };

	if (!file_mkdirs(folder, 0755))
		die_errno(EX_IOERR, "cannot make '%s'", folder);
	free(folder);
	buf_addf(&b, "# %s %s\n", clock_format(clock_now_ms(), at),
	    via ? via : "live");
	buf_addslice(&b, text);
	if (!file_replace(path, buf_slice(&b), 0600))
		die_errno(EX_IOERR, "cannot write '%s'", path);
	buf_release(&b);
	free(path);
}

void
polite_robots_trim(struct http_answer *a)
{
	struct buf *b = &a->body;

	if (a->status / 100 != 2 || a->cause == NULL ||
	    strcmp(a->cause, "too-large") != 0)
		return;
	while (b->len > 0 && b->data[b->len - 1] != '\n' &&
	    b->data[b->len - 1] != '\r')
		b->len--;
	a->cause = NULL;
}

int
polite_robots_lock(struct slice host)
{
	char *folder = conf_in_data("state/robots");
	char *path = cache_path(host), *name = xasprintf("%s.lock", path);
	int fd;

	if (!file_mkdirs(folder, 0755))
		die_errno(EX_IOERR, "cannot make '%s'", folder);
	fd = file_lock(name, true);
	if (fd < 0 && !stopped)
		die_errno(EX_IOERR, "cannot lock '%s'", name);
	free(folder);
	free(path);
	free(name);
	return fd;
}

char *
polite_robots_next(const struct http_answer *a)
{
	struct url u;

	if (a->status / 100 != 3 || a->location == NULL)
		return NULL;
	return url_split(a->location, &u) ? xasprintf("https://%s", u.host.p) :
	                                    xstrdup(a->location);
}

bool
polite_same_site(struct slice host, struct slice other)
{
	size_t n;

	if (host.len > 4 && strncasecmp(host.p, "www.", 4) == 0) {
		host.p += 4;
		host.len -= 4;
	}
	if (other.len < host.len)
		return false;
	n = other.len - host.len;
	return strncasecmp(other.p + n, host.p, host.len) == 0 &&
	    (n == 0 || other.p[n - 1] == '.');
}
