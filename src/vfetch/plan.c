#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "access.h"
#include "clock.h"
#include "json.h"
#include "url.h"
#include "banned.h"

static void
add(struct plan *p, struct run *r, const char *kind, const char *url,
    const struct query *q, int64_t page)
{
	struct json j;

	buf_reset(&r->line);
	json_start(&j, &r->line);
	json_object(&j);
	json_key(&j, "n");
	json_int(&j, ++p->requests);
	json_key(&j, "kind");
	json_cstr(&j, kind);
	json_key(&j, "method");
	json_cstr(&j, "GET");
	json_key(&j, "url");
	json_cstr(&j, url);
	if (q != NULL) {
		json_key(&j, "query");
		json_cstr(&j, q->name);
	}
	if (page > 0) {
		json_key(&j, "page");
		json_int(&j, page);
	}
	json_end(&j);
	buf_addc(&r->line, '\n');
	writer_add(&r->out, r->line.data, r->line.len);
}

/* What comes before a request to the host, once. */
static void
add_robots(struct plan *p, struct run *r, const char *url)
{
	char *robots;
	struct url u;

	if (!url_split(url, &u))
		return;
	robots = xasprintf("https://%.*s/robots.txt", SLICE_ARG(u.host));
	if (ids_add(&p->known, slice_of(robots)) && access_robots_due(r, url))
		add(p, r, "robots", robots, NULL, 0);
	free(robots);
}

static void
add_session(struct plan *p, struct run *r, const struct query *q)
{
	char *template = val_cstr(val_member(q->m->session, "url"));
	struct buf url = { 0 };

	if (template != NULL && ids_add(&p->known, slice_of(q->site->host)) &&
	    session_due(r, q->site)) {
		market_expand(&url, slice_of(template), q->site, NULL);
		add_robots(p, r, url.data);
		add(p, r, "session", url.data, NULL, 0);
	}
	free(template);
	buf_release(&url);
}

void
plan_query(struct plan *p, struct run *r, const struct query *q,
    const struct pages_options *o)
{
	bool paged = q->endpoint->paging.paged;
	int64_t page = q->page, last = paged ? pages_last(q, o) : page;
	struct buf url = { 0 };

	/* further tokens stand in answers that nobody has yet */
	if (q->endpoint->paging.token != NULL || last == 0) {
		p->open_ended |= last != page;
		last = page;
	}
	p->open_ended |= q->endpoint->redirects.most > 0;
	add_session(p, r, q);
	query_url(q, page, NULL, q->time, &url);
	add_robots(p, r, url.data);
	for (; page <= last; page++) {
		query_url(q, page, NULL, q->time, &url);
		add(p, r, q->endpoint->kind, url.data, q, paged ? page : 0);
	}
	buf_release(&url);
}

void
plan_say(const struct plan *p, const struct run *r)
{
	int64_t now = clock_now_ms(), s;
	int64_t cooling = pace_cooling(&r->pace, now);
	const char *most = p->open_ended ? "at least" : "at most";
	int64_t pauses =
	    r->chunk > 0 && p->requests > 0 ? (p->requests - 1) / r->chunk : 0;
	char until[CLOCK_LEN];

	if (cooling > 0)
		say("'%s' cools down: nothing is asked before %s", r->m->group,
		    clock_format(cooling, until));
	if (r->pace.minute == 0) {
		say("%s %" PRId64 " requests, not paced on loopback", most,
		    p->requests);
		return;
	}
	s = (pace_foresee(&r->pace, now, p->requests) - now + 999) / 1000;
	s += pauses * (r->m->chunk.least_ms + r->m->chunk.most_ms) / 2000;
	if (pauses > 0)
		say("with %" PRId64 " pauses between chunks of %" PRId64,
		    pauses, r->chunk);
	say("%s %" PRId64 " requests, the last in %" PRId64 " h %" PRId64
	    " min %" PRId64 " s, at %d a minute and %d an hour",
	    most, p->requests, s / 3600, s / 60 % 60, s % 60, r->pace.minute,
	    r->pace.hour);
}

void
plan_release(struct plan *p)
{
	ids_release(&p->known);
}
