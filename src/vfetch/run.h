/*
 * run: one run of vfetch, and the requests it makes.
 *
 * Every request goes through run_ask, which keeps budget, cool-down, robots.txt
 * and pace; tries again after passing failures; writes one raw record an
 * attempt; and says how it ended.  A refusal stops the whole run: all other
 * requests are put off.
 *
 * A redirect that stays on the host and asks the same is followed, once unless
 * its endpoint says otherwise, with the same manners; the record is that of the
 * last answer, and names the hops.
 */
#ifndef VFETCH_RUN_H
#define VFETCH_RUN_H

#include "http.h"
#include "line.h"
#include "market.h"
#include "mask.h"
#include "pace.h"
#include "polite.h"
#include "query.h"

#define RUN_BODY_MAX LINE_MAX_DEFAULT /* more fits into no record */

enum outcome {
	ANSWERED,     /* an answer that can be believed; also
	                 "it is gone" */
	UNAUTHORIZED, /* 401, and the caller can renew its session */
	REFUSED,      /* the run is over */
	FAILED,       /* this request is; others may go on */
	PUT_OFF       /* not asked: run->stop says why */
};

/* The n-th of so many equal parts of a page; of 0 or 1: all of it. */
struct part {
	int n, of;
};

struct call {
	const char *kind; /* "search", "session", "robots" */
	const struct site *site;
	const char *url;
	const char *const *headers; /* NULL-terminated; may be NULL */
	const struct query *query;  /* NULL: no page of a query */
	int64_t page;               /* 0: it has no pages */
	struct part part;           /* of the page */
	int64_t redirects;          /* followed to come to this url */
	int attempt;                /* those made already; counts on */
	bool renewable;             /* a 401 is UNAUTHORIZED */
};

struct tally {
	uint64_t requests, answered, failed, put_off;
	uint64_t gone; /* of a kind's: of those answered */
	uint64_t attempts, bytes;
};

struct run {
	const struct market *m;
	struct http_base base;
	const char *via; /* the base URL, or NULL */
	struct http *http;
	struct pace pace;
	bool obey; /* robots.txt */
	char *agent;
	int64_t budget;          /* requests left; -1: no limit */
	bool mute;               /* write no raw records (check) */
	int64_t chunk, in_chunk; /* requests until a pause: 0, never;
	                            and made since the last */

	char id[POLITE_RUN_ID];
	const char *flow;
	int64_t began_at;
	struct writer out;
	struct buf line;
	uint64_t lines;

	struct mask mask;  /* what must stand nowhere */
	struct buf clean;  /* the last text that it was taken from */
	struct buf hops;   /* JSON: the redirects of the call at hand */
	uint64_t masked;   /* in the line at hand */
	struct scan *scan; /* of the answer at hand */
	struct http_answer answer;
	int64_t answer_at;
	const struct query *answer_of; /* NULL: of no query's page */
	struct verdict verdict;        /* borrows from all of these */

	struct tally tally;
	struct tally *kinds; /* of each endpoint's own requests */
	const char *stop;    /* "budget", "signal", "refused",
	                        "cooling"; NULL: go on */
	int status;          /* the worst so far */
};

struct run_options {
	const char *flow, *base_url;
	int64_t budget;
	bool mute, chunks; /* chunks: pause between them */
};

void run_init(struct run *r, const struct market *m,
    const struct run_options *o);
void run_release(struct run *r);
/* Keeps the worst status, in STYLE's order. */
void run_worse(struct run *r, int status);
/* May anything be asked now?  Sets stop when not. */
bool run_goes_on(struct run *r);
enum outcome run_ask(struct run *r, const struct call *c);
/* The text without the run's secrets; counts them in r->masked.  Until the
 * next call. */
struct slice run_clean(struct run *r, struct slice text, bool json);
/* Did the last answer say that its subject is gone? */
bool run_is_gone(const struct run *r);
/* A request that its caller gives up before asking, or after UNAUTHORIZED. */
void run_count_unasked(struct run *r, enum outcome out);

#endif
