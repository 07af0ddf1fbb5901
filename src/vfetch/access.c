#include "access.h"

#include <stdlib.h>

#include "polite.h"
#include "robots.h"
#include "url.h"
#include "banned.h"

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

	for (hops = 0;; hops++) {
		ask.url = url;
		out = run_ask(r, &ask);
		next = out == ANSWERED && hops < POLITE_REDIRECTS ?
		    polite_robots_next(&r->answer, host) :
		    NULL;
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
	polite_robots_keep(r->via, host, buf_slice(text));
	return ANSWERED;
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
	enum outcome out = ANSWERED;

	*forbidden = false;
	if (!r->obey || !url_split(c->url, &u))
		return ANSWERED;
	if (!polite_robots_kept(r->via, u.host, &text))
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
