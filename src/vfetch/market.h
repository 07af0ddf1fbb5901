/*
 * market: what vfetch takes from a source description: sites, session,
 * pasted URLs, endpoints with their parameters and paging.
 *
 * Everything borrows from the description, which stays loaded.  A wrong
 * description ends the program (78) before any request.
 */
#ifndef VFETCH_MARKET_H
#define VFETCH_MARKET_H

#include "source.h"
#include "verdict.h"

struct site {
	char *host;
	struct val v; /* its whole entry */
};

enum parameter_type { TYPE_TEXT, TYPE_INTEGER, TYPE_DECIMAL };

struct parameter {
	char *name;    /* ours: "catalog" */
	char *sent;    /* theirs: "attribute_ids[catalog]";
	                  NULL: stands in the path */
	char *prefix;  /* not NULL: may be left out, stands in
	                  the path behind this; says where a
	                  thing is, not which: in no name */
	char *subject; /* "user_id": raw requests say whom
	                  or what they ask about; or NULL */
	char *why;     /* not NULL: not honoured, and why */
	enum parameter_type type;
	bool list, repeat; /* several values: by comma, or again */
	struct val values; /* those it may have, or SCAN_NONE */
	struct val proof;  /* for vfetch check */
};

/* All zero: a question has one answer. */
struct paging {
	bool paged;
	char *page, *per_page;   /* parameter names; NULL: has none */
	char *token;             /* NULL: pages are numbers */
	struct paths token_from; /* where the next token stands */
	char *pin;               /* replayed from the first answer */
	struct paths pin_from;
	struct paths per_page_from; /* where it says how many it gives */
	int64_t max_per_page;
	int64_t window; /* most hits that paging reaches; 0: all */
	struct val proof;
};

/* A page that moved within its own name.  Without such paths a redirect must
 * keep all that was asked, and is followed once. */
struct redirects {
	int64_t most; /* one after another; 0: none */
	char **paths; /* "/items/{item}-*" */
	size_t npaths;
};

/* After so many requests a pause, of anything between the two. */
struct chunk {
	int64_t requests; /* 0: no pauses */
	int64_t least_ms, most_ms;
};

struct endpoint {
	char *kind, *name, *url;
	bool current;
	bool keeps_state; /* its walks have a watermark */
	struct redirects redirects;
	struct parameter *parameters;
	size_t nparameters;
	struct val headers, fixed, defaults, newest_first;
	struct paging paging;
	int64_t cap;               /* totals stop counting here; 0: never */
	struct paths listing_time; /* n 0: it says nowhere */
};

struct market {
	struct source *source;
	struct verdict_rules *rules;
	char *group;
	struct site *sites;
	size_t nsites;
	struct endpoint *endpoints;
	size_t nendpoints;
	char **headers; /* may stand in raw records */
	size_t nheaders;
	struct chunk chunk;      /* of "tracking" */
	struct val session, web; /* SCAN_NONE: has none */
};

/* NULL: nothing is asked of it, it has no endpoints.  Dies (78). */
struct market *market_load(const char *source);
void market_free(struct market *m);

/* "www." in front may be missing. */
const struct site *market_site(const struct market *m, struct slice host);
/* The named endpoint, or the current one when name is NULL. */
const struct endpoint *market_endpoint(const struct market *m, const char *kind,
    const char *name);
const struct parameter *endpoint_parameter(const struct endpoint *e,
    struct slice name);

/* A name in a template, and what stands for it. */
struct binding {
	const char *name, *value;
};

/*
 * Adds the text with {name} replaced: {site} is the site's host, any other
 * name a member of its entry, or one of the bindings (ended by a zero entry,
 * may be NULL).  An unknown name becomes nothing.
 */
void market_expand(struct buf *out, struct slice text, const struct site *s,
    const struct binding *b);

#endif
