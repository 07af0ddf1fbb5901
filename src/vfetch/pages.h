/*
 * pages: walks a query page by page, to its own stop.
 *
 *	end		the last page there is
 *	page-limit	the window of the site is used up
 *	watermark	two pages running hold only ids of the state, or (with
 *			--since) only listings older than asked
 *	no-new, empty	a page brings no new hits, or none at all
 *
 * These are "walked", unless the site's total says that a page's worth or more
 * was not shown.  gone, max-pages, budget, signal, refused:<name> and
 * failed:<cause> are not, and then the query keeps the state it began with.
 *
 * A site's total is only evidence.  A total that is 0 beside hits, or less than
 * was seen, is ignored; of totals that change the greatest counts.  "end" is
 * where page and total agree; without a total the walk goes on to a page that
 * brings nothing new.  Before the end of a total one such page is skipped, the
 * second ends the walk.
 *
 * Where pages are numbers and no state is kept (a seller's wardrobe), a page
 * that fails does not end the walk: after the other pages it is asked again, as
 * two pages of half the size (a server may fail at one address only), and a
 * half that fails as two halves.  Of a first page the halves are asked at once.
 * "end" is only said when all of them came.
 *
 * A query without pages is one request, and has no entry in the closing
 * record: a run may make many thousands of them.
 */
#ifndef VFETCH_PAGES_H
#define VFETCH_PAGES_H

#include "run.h"
#include "session.h"
#include "state.h"

struct pages_options {
	int64_t max_pages; /* 0: no limit of ours */
	int64_t since_ms;  /* 0: not asked */
};

/*
 * Walks the query and adds its entry of the closing record to *out.  `known`
 * is the state's JSON text (p NULL: none).
 */
void pages_walk(struct run *r, struct session *s, const struct query *q,
    const struct pages_options *o, struct slice known, struct json *out);
/* The last page that a walk can reach; 0: no limit. */
int64_t pages_last(const struct query *q, const struct pages_options *o);
/*
 * One page: opens the session, asks, renews the session once.  The answer is
 * in r->answer, its judgement in r->verdict.  `part` is what of the page the
 * URL asks for.
 */
enum outcome pages_ask(struct run *r, struct session *s, const struct query *q,
    int64_t page, struct part part, const char *url);

#endif
