#include "pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "ids.h"
#include "json.h"
#include "stop.h"
#include "banned.h"

/* Share of a page's ids, paid placements aside, that makes it a known one. */
#define HOLDS_PERCENT 95
#define HOLDS_RUNNING 2
/* No site has so many; one that never ends would be asked for ever. */
#define PAGES_MOST 5000
/* So many pages of a walk may fail and be asked in parts, the smallest of which
 * are quarters; more is no page's fault. */
#define LOST_MOST 4
#define PARTS_MOST 4

struct walk {
	struct run *r;
	const struct query *q;
	const struct pages_options *o;
	struct ids known; /* the state's */
	struct ids seen;  /* in this walk, all */
	struct ids fresh; /* in this walk, paid placements aside */
	bool has_state;
	int64_t page, first_at;
	int64_t asked, answered;
	int64_t totals[2];       /* first and last; -1: not said */
	int64_t total, pages;    /* the most that was said; -1, 0: not */
	int64_t per_page;        /* what the site gives; 0: not said */
	int64_t hits;            /* of the pages that brought something */
	int64_t listed;          /* ids in seen, paid placements aside */
	int64_t fullest;         /* page's hits */
	int running;             /* pages that hold, one after another */
	int barren;              /* pages running that brought nothing new */
	bool hole;               /* one was passed over */
	int64_t lost[LOST_MOST]; /* pages that failed */
	size_t nlost;
	char *pin, *token;
	char why[80]; /* empty: goes on */
	bool walked, gap;
};

/* What a page brought. */
struct found {
	size_t hits, fresh, organic, listed, known, old;
	bool barren; /* nothing that an earlier page had not */
};

/* The page at which the site's window ends; 0: it has none. */
static int64_t
window_pages(const struct query *q, int64_t per_page)
{
	int64_t window = q->endpoint->paging.window;

	return window > 0 ? (window + per_page - 1) / per_page : 0;
}

static int64_t
asked_per_page(const struct query *q)
{
	return q->per_page > 0 ? q->per_page : q->endpoint->paging.max_per_page;
}

int64_t
pages_last(const struct query *q, const struct pages_options *o)
{
	int64_t last = window_pages(q, asked_per_page(q)),
	        ours = q->page + o->max_pages - 1;

	if (o->max_pages > 0 && (last == 0 || ours < last))
		last = ours;
	return last > 0 && last < q->page ? q->page : last;
}

/* ---- one page ---- */

/* The session's headers, whose values must stand in no record. */
static const char *const *
headers_for(struct run *r, struct session *s, const struct query *q)
{
	const struct binding *b;

	for (b = s->values; b != NULL && b->name != NULL; b++)
		mask_add(&r->mask, slice_of(b->value), q->site->host);
	return session_headers(s, q->endpoint);
}

static enum outcome
ask(struct run *r, struct session *s, const struct query *q, int64_t page,
    struct part part, const char *url)
{
	struct call c = { .kind = q->endpoint->kind,
		.site = q->site,
		.url = url,
		.query = q,
		.page = page,
		.part = part,
		.renewable = val_type(q->m->session) == SCAN_OBJECT };
	enum outcome out;

	/* a visit that nobody makes is not put off beside its request */
	out = run_goes_on(r) ? session_open(r, s, q->site) : PUT_OFF;
	if (out == ANSWERED) {
		c.headers = headers_for(r, s, q);
		out = run_ask(r, &c);
		if (out != UNAUTHORIZED)
			return out;
		info("'%s' wants a new session", q->site->host);
		out = session_renew(r, s);
		c.headers = headers_for(r, s, q);
		c.renewable = false;
		c.attempt = 1;
		if (out == ANSWERED)
			return run_ask(r, &c);
		run_count_unasked(r, FAILED); /* it was asked once */
		return out;
	}
	run_count_unasked(r, out);
	return out;
}

enum outcome
pages_ask(struct run *r, struct session *s, const struct query *q, int64_t page,
    struct part part, const char *url)
{
	struct tally *t = &r->kinds[q->endpoint - q->m->endpoints];
	enum outcome out = ask(r, s, q, page, part, url);

	t->requests++;
	if (out == ANSWERED)
		t->answered++;
	else if (out == PUT_OFF)
		t->put_off++;
	else
		t->failed++;
	if (out == ANSWERED && run_is_gone(r))
		t->gone++;
	return out;
}

static void
stop(struct walk *w, const char *why, bool walked)
{
	snprintf(w->why, sizeof w->why, "%s", why);
	w->walked = walked;
}

static bool
is_old(const struct walk *w, struct val hit)
{
	struct val v = paths_find(hit, &w->q->endpoint->listing_time);
	struct buf tmp = { 0 };
	struct slice text;
	int64_t at;
	bool known;

	if (val_int64(v, &at)) {
		at *= 1000; /* Unix seconds */
		known = true;
	} else {
		known = val_string(v, &tmp, &text) &&
		    clock_parse(text.p, text.len, &at);
	}
	buf_release(&tmp);
	return known && at < w->r->began_at - w->o->since_ms;
}

static struct found
take_hits(struct walk *w)
{
	const struct verdict *v = &w->r->verdict;
	struct val_iter it = val_each(v->each);
	struct found f = { 0 };
	struct slice id;
	struct val hit;
	bool is_new;

	while (val_next(&it, NULL, &hit)) {
		f.hits++;
		id = val_text(paths_find(hit, &v->hits->id));
		if (id.len == 0)
			continue;
		is_new = ids_add(&w->seen, id);
		f.fresh += is_new;
		if (hit_promoted(v->hits, hit))
			continue;
		f.organic++;
		f.listed += is_new;
		f.known += ids_has(&w->known, id);
		f.old += w->o->since_ms > 0 && is_old(w, hit);
		if (w->q->endpoint->keeps_state)
			ids_add(&w->fresh, id);
	}
	/* other advertisements do not make another page */
	f.barren = f.organic > 0 ? f.listed == 0 : f.fresh == 0;
	w->listed += (int64_t)f.listed;
	if (!f.barren)
		w->hits += (int64_t)f.hits;
	if ((int64_t)f.hits > w->fullest)
		w->fullest = (int64_t)f.hits;
	return f;
}

/* Keeps what the next page is asked with. */
static void
take_paging(struct walk *w)
{
	const struct paging *p = &w->q->endpoint->paging;
	const struct verdict *said = &w->r->verdict;
	struct val root = scan_root(w->r->scan), v;
	struct slice text;

	if (w->pin == NULL && p->pin != NULL) {
		v = paths_find(root, &p->pin_from);
		text = val_text(v);
		w->pin = val_type(v) == SCAN_NUMBER ?
		    xstrndup(text.p, text.len) :
		    val_cstr(v);
	}
	free(w->token);
	w->token = NULL;
	if (p->token != NULL) {
		v = paths_find(root, &p->token_from);
		text = val_text(v);
		w->token = val_type(v) == SCAN_NUMBER ?
		    xstrndup(text.p, text.len) :
		    val_cstr(v);
	}
	if (said->has_total) {
		w->totals[1] = said->total;
		if (w->totals[0] < 0)
			w->totals[0] = w->totals[1];
		if (w->total < said->total)
			w->total = said->total;
	}
}

/* What it says of pages, the parts of one counting otherwise. */
static void
take_pages(struct walk *w)
{
	const struct paths *from = &w->q->endpoint->paging.per_page_from;
	const struct verdict *said = &w->r->verdict;
	int64_t n;

	if (said->has_pages && w->pages < said->total_pages)
		w->pages = said->total_pages;
	if (verdict_count(paths_find(scan_root(w->r->scan), from), &n) && n > 0)
		w->per_page = n;
}

/* ---- when to stop ---- */

/* A site may give fewer than it was asked for; a page that is the only one
 * does not tell. */
static int64_t
page_size(const struct walk *w)
{
	int64_t asked = asked_per_page(w->q), n = w->per_page;

	if (n == 0 && w->answered > 1)
		n = w->fullest;
	return n > 0 && (asked == 0 || n < asked) ? n : asked > 0 ? asked : 1;
}

/* Is there a total that counts, and that what was seen does not refute? */
static bool
is_counted(const struct walk *w)
{
	int64_t cap = w->q->endpoint->cap;

	return w->total >= 0 && w->listed <= w->total &&
	    (cap == 0 || w->total < cap);
}

/* What stands on pages that were not asked, or that failed and are asked again
 * at the end. */
static int64_t
skipped(const struct walk *w)
{
	return (w->q->page - 1 + (int64_t)w->nlost) * page_size(w);
}

/* By what the site says: was a page's worth not shown? */
static bool
is_missing(const struct walk *w)
{
	if (is_counted(w))
		return w->total - w->hits - skipped(w) >= page_size(w);
	return w->hole || w->page < w->pages;
}

static bool
is_last(const struct walk *w)
{
	if (w->q->endpoint->paging.token != NULL)
		return w->token == NULL || *w->token == '\0';
	if (w->page <= w->pages)
		return w->page == w->pages && (w->hole || !is_missing(w));
	/* sites cut pages short: what they say there is tells better */
	return is_counted(w) && (int64_t)w->seen.n + skipped(w) >= w->total;
}

static bool
is_known(struct walk *w, const struct found *f)
{
	bool holds = false;

	if (f->organic == 0)
		return false; /* says nothing either way */
	if (w->has_state && w->q->newest_first)
		holds = f->known * 100 >= f->organic * HOLDS_PERCENT;
	if (w->o->since_ms > 0)
		holds = holds || f->old == f->organic;
	w->running = holds ? w->running + 1 : 0;
	return w->running == HOLDS_RUNNING;
}

/* A page that brings nothing, before the last that the site names: the next
 * one tells whether it was an accident. */
static bool
is_passed_over(struct walk *w, bool used_up)
{
	if (w->barren > 1 || used_up || w->page >= w->pages || !is_missing(w) ||
	    w->q->endpoint->paging.token != NULL)
		return false;
	w->hole = true;
	return true;
}

static void
decide(struct walk *w, const struct found *f)
{
	const struct endpoint *e = w->q->endpoint;
	int64_t limit = window_pages(w->q, page_size(w));
	int64_t most = w->o->max_pages > 0 ? w->o->max_pages : PAGES_MOST;
	bool known = is_known(w, f), last = is_last(w);
	/* a capped total ends where the window does, not where the hits do */
	bool capped = e->cap > 0 && w->total >= e->cap;
	bool used_up =
	    limit > 0 && (w->page >= limit || w->hits >= e->paging.window);

	w->barren = f->barren ? w->barren + 1 : 0;
	if (run_is_gone(w->r))
		stop(w, "gone", false);
	else if (known)
		stop(w, "watermark", true);
	else if (f->hits > 0 && last && !capped)
		stop(w, "end", !is_missing(w));
	else if (f->hits > 0 && (last || used_up))
		stop(w, "page-limit", !is_counted(w) || !is_missing(w));
	else if (f->barren && !is_passed_over(w, used_up))
		stop(w, f->hits > 0 ? "no-new" : "empty", !is_missing(w));
	else if (w->answered >= most)
		stop(w, "max-pages", false);
	w->gap = strcmp(w->why, "page-limit") == 0 &&
	    ((w->has_state && w->q->newest_first) || w->o->since_ms > 0);
}

static void
stop_outcome(struct walk *w, enum outcome out)
{
	if (stopped)
		stop(w, "signal", false);
	else if (out == PUT_OFF)
		stop(w, w->r->stop, false);
	else
		stop(w, w->r->verdict.name, false);
}

/* ---- pages that fail ---- */

/* The site failed at this, and at nothing else: the walk can go on. */
static bool
is_mendable(const struct walk *w, enum outcome out)
{
	return out == FAILED && !stopped && w->r->answer_of == w->q &&
	    strncmp(w->r->verdict.name, "failed:", 7) == 0;
}

/* May the page be asked in parts? */
static bool
may_lose(const struct walk *w, enum outcome out)
{
	const struct paging *p = &w->q->endpoint->paging;

	return is_mendable(w, out) && w->nlost < LOST_MOST &&
	    !w->q->endpoint->keeps_state && p->page != NULL &&
	    p->token == NULL && p->pin == NULL && p->per_page != NULL &&
	    w->q->per_page % 2 == 0 && w->q->page == 1 && w->o->max_pages == 0;
}

static void
note_answer(struct walk *w)
{
	w->answered++;
	if (w->answered == 1)
		w->first_at = w->r->answer_at;
	take_paging(w);
}

/* In a page numbering of its own. */
static enum outcome
ask_part(struct walk *w, struct session *s, int64_t page, struct part part,
    struct buf *url)
{
	struct query q = *w->q;
	enum outcome out;

	q.per_page /= part.of;
	query_url(&q, (page - 1) * part.of + part.n, NULL, NULL, url);
	out = pages_ask(w->r, s, w->q, page, part, url->data);
	w->asked += out != PUT_OFF;
	if (out == ANSWERED) {
		note_answer(w);
		if (!run_is_gone(w->r))
			take_hits(w);
	}
	return out;
}

/* Nothing stands there, if the total is to be believed. */
static bool
is_behind(const struct walk *w, int64_t page, struct part part)
{
	return w->totals[1] >= 0 &&
	    w->totals[1] <=
	    ((page - 1) * part.of + part.n - 1) * (w->q->per_page / part.of);
}

/* What failed, in halves; a half that fails, the same way. */
static bool
mend(struct walk *w, struct session *s, int64_t page, struct part whole,
    struct buf *url)
{
	struct part part = { 2 * whole.n - 1, 2 * whole.of };
	enum outcome out;
	int last = 2 * whole.n;

	for (; part.n <= last; part.n++) {
		if (part.n == last && is_behind(w, page, part))
			break;
		out = ask_part(w, s, page, part, url);
		if (is_mendable(w, out) && part.of < PARTS_MOST &&
		    w->q->per_page % (2 * part.of) == 0) {
			if (!mend(w, s, page, part, url))
				return false;
		} else if (out != ANSWERED) {
			stop_outcome(w, out);
			return false;
		} else if (run_is_gone(w->r)) {
			stop(w, "gone", false);
			return false;
		}
	}
	return true;
}

/* The walk goes on behind the page; a first one tells how far it is. */
static void
lose(struct walk *w, struct session *s, struct buf *url)
{
	if (w->answered == 0) {
		if (!mend(w, s, w->page, (struct part){ 1, 1 }, url))
			return;
		if (w->totals[1] < 0) {
			stop(w, "failed:total", false);
			return;
		}
		w->pages = (w->totals[1] + w->q->per_page - 1) / w->q->per_page;
	} else {
		w->lost[w->nlost++] = w->page;
	}
	if (++w->page > w->pages)
		stop(w, w->seen.n > 0 ? "end" : "empty", true);
}

/* At the end: what was lost, by another address. */
static void
mend_all(struct walk *w, struct session *s, struct buf *url)
{
	size_t i;

	for (i = 0; i < w->nlost && w->walked; i++)
		if (mend(w, s, w->lost[i], (struct part){ 1, 1 }, url))
			info("%s: page %" PRId64 " came in parts", w->q->title,
			    w->lost[i]);
}

/* ---- the walk ---- */

static void
walk_page(struct walk *w, struct session *s, struct buf *url)
{
	enum outcome out;
	struct found f;

	query_url(w->q, w->page, w->token, w->pin, url);
	out = pages_ask(w->r, s, w->q, w->page, (struct part){ 0 }, url->data);
	w->asked += out != PUT_OFF;
	if (out != ANSWERED) {
		if (may_lose(w, out) && (w->answered == 0 || w->pages > 0))
			lose(w, s, url);
		else
			stop_outcome(w, out);
		return;
	}
	note_answer(w);
	take_pages(w);
	f = take_hits(w);
	decide(w, &f);
	w->page++;
}

static void
put_total(struct json *j, const char *key, int64_t n)
{
	json_key(j, key);
	if (n < 0)
		json_null(j);
	else
		json_int(j, n);
}

static void
put_state(struct walk *w, struct slice known, struct json *j)
{
	struct buf b = { 0 };

	json_key(j, "state");
	if (!w->q->endpoint->keeps_state) {
		json_null(j);
	} else if (w->walked && w->answered > 0) {
		state_next(&b, w->first_at, &w->fresh, &w->known);
		json_raw(j, buf_slice(&b));
		buf_release(&b);
	} else if (known.p != NULL) {
		json_raw(j, known);
	} else {
		json_null(j);
	}
}

static void
report(struct walk *w, struct slice known, struct json *j)
{
	json_object(j);
	json_key(j, "query");
	json_cstr(j, w->q->name);
	json_key(j, "site");
	json_cstr(j, w->q->site->host);
	query_put_catalog(w->q, j);
	query_put_subjects(w->q, j);
	json_key(j, "kind");
	json_cstr(j, w->q->endpoint->kind);
	json_key(j, "endpoint");
	json_cstr(j, w->q->endpoint->name);
	json_key(j, "asked");
	json_int(j, w->asked);
	json_key(j, "answered");
	json_int(j, w->answered);
	json_key(j, "stop");
	json_cstr(j, w->why);
	json_key(j, "walked");
	json_bool(j, w->walked);
	json_key(j, "gap");
	json_bool(j, w->gap);
	put_total(j, "total_first", w->totals[0]);
	put_total(j, "total_last", w->totals[1]);
	put_state(w, known, j);
	json_end(j);
}

static void
ask_once(struct run *r, struct session *s, const struct query *q)
{
	struct buf url = { 0 };

	query_url(q, 0, NULL, NULL, &url);
	pages_ask(r, s, q, 0, (struct part){ 0 }, url.data);
	buf_release(&url);
}

void
pages_walk(struct run *r, struct session *s, const struct query *q,
    const struct pages_options *o, struct slice known, struct json *out)
{
	struct walk w = { .r = r,
		.q = q,
		.o = o,
		.page = q->page,
		.totals = { -1, -1 },
		.total = -1,
		.has_state = known.p != NULL };
	struct buf url = { 0 };

	if (!q->endpoint->paging.paged) {
		ask_once(r, s, q);
		return;
	}
	if (known.p != NULL)
		state_ids(known, &w.known);
	if (q->time != NULL)
		w.pin = xstrdup(q->time);
	while (w.why[0] == '\0')
		walk_page(&w, s, &url);
	mend_all(&w, s, &url);
	/* begun in the middle, or at an old time: it says nothing of the top */
	if (q->page != 1 || q->time != NULL)
		w.walked = false;
	if (w.gap)
		warn("%s: a gap: the page limit came before known listings",
		    q->title);
	info("%s: %" PRId64 " pages, %zu items, %s", q->title, w.answered,
	    w.seen.n, w.why);
	/* where nothing was asked there is nothing but a state to tell */
	if (w.asked > 0 || q->endpoint->keeps_state)
		report(&w, known, out);
	ids_release(&w.known);
	ids_release(&w.seen);
	ids_release(&w.fresh);
	free(w.pin);
	free(w.token);
	buf_release(&url);
}
