#include "access.h"

#include <stdlib.h>
#include <unistd.h>

#include "polite.h"
#include "robots.h"
#include "url.h"
#include "banned.h"

/* On a base URL of loopback nothing leaves the machine, whatever its name. */
static bool
may_follow(const struct run *r, const struct call *c, struct slice host,
    const char *url)
{
	struct url u;

	if (!url_split(url, &u))
		return false;
	return (r->base.connect != NULL && r->base.loopback) ||
	    polite_same_site(host, u.host) ||
	    polite_same_site(slice_of(c->site->host), u.host) ||
	    market_site(r->m, u.host) != NULL;
}

/*
 * RFC 9309, 2.3.1: what is not there (4xx, or too many redirects) forbids
 * nothing; what cannot be reached forbids everything.  So does what stands at
 * a foreign host: nobody has said that we may ask there.
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

	for (hops = 0;; hops++) {
		ask.url = url;
		out = run_ask(r, &ask);
		next = out == ANSWERED && hops < POLITE_REDIRECTS ?
		    polite_robots_next(&r->answer) :
		    NULL;
		if (next == NULL)
			break;
		free(url);
		url = next;
		if (!may_follow(r, c, host, url)) {
			warn("robots.txt of '%.*s' redirects to '%s', which is "
			     "not asked: its rules are not known",
			    SLICE_ARG(host), url);
			run_worse(r, EX_NOPERM);
			out = FAILED;
			break;
		}
	}
	free(url);
	if (out != ANSWERED)
		return out;
	if (r->answer.status / 100 == 2)
		buf_addslice(text, buf_slice(&r->answer.body));
	polite_robots_keep(r->via, host, buf_slice(text));
	return ANSWERED;
}

/* Kept by us, or meanwhile by another process; else read. */
static enum outcome
get_robots(struct run *r, const struct call *c, struct slice host,
    struct buf *text)
{
	enum outcome out = ANSWERED;
	int fd;

	if (polite_robots_kept(r->via, host, text))
		return ANSWERED;
	fd = polite_robots_lock(host);
	if (fd < 0)
		return PUT_OFF;
	if (!polite_robots_kept(r->via, host, text))
		out = read_robots(r, c, host, text);
	close(fd);
	return out;
}

bool
access_robots_due(const struct run *r, const char *url)
{
	struct buf text = { 0 };
	struct url u;
	bool due;

	due = r->obey && url_split(url, &u) &&
	    !polite_robots_kept(r->via, u.host, &text);
	buf_release(&text);
	return due;
}

enum outcome
access_robots(struct run *r, const struct call *c, bool *forbidden)
{
	struct buf text = { 0 };
	struct slice target;
	struct url u;
	enum outcome out;

	*forbidden = false;
	if (!r->obey || !url_split(c->url, &u))
		return ANSWERED;
	out = get_robots(r, c, u.host, &text);
	if (out == ANSWERED) {
		target = slice_of(u.path.len > 0 ? u.path.p : "/");
		*forbidden = !robots_allow(buf_slice(&text), "vpipe", target);
		if (*forbidden)
			out = FAILED;
	}
	buf_release(&text);
	return out;
}
