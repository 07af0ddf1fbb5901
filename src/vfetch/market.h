/*
 * market: what vfetch takes from a source description: sites, session,
 * pasted URLs, endpoints with their parameters and paging.
 *
 * Everything borrows from the description, which stays loaded.  A description
 * that makes no sense ends the program (78) before any request.
 */
#ifndef VFETCH_MARKET_H
#define VFETCH_MARKET_H

#include "source.h"
#include "verdict.h"

struct site {
	char *host;
	struct val v;			/* its whole entry */
};

enum parameter_type { TYPE_TEXT, TYPE_INTEGER, TYPE_DECIMAL };

struct parameter {
	char *name;			/* ours: "catalog" */
	char *sent;			/* theirs: "attribute_ids[catalog]" */
	char *why;			/* not NULL: not honoured, and why */
	enum parameter_type type;
	bool list, repeat;		/* several values: by comma, or again */
	struct val values;		/* those it may have, or SCAN_NONE */
	struct val proof;		/* for vfetch check */
};

struct paging {
	char *page, *per_page;		/* parameter names; NULL: has none */
	char *token;			/* NULL: pages are numbers */
	struct paths token_from;	/* where the next token stands */
	char *pin;			/* replayed from the first answer */
	struct paths pin_from;
	int64_t max_per_page;
	int64_t window;			/* most hits that paging reaches; 0: all */
	struct val proof;
};

struct endpoint {
	char *kind, *name, *url;
	bool current;
	struct parameter *parameters;
	size_t nparameters;
	struct val headers, fixed, defaults, newest_first;
	struct paging paging;
	int64_t cap;			/* totals stop counting here; 0: never */
	struct paths listing_time;	/* n 0: it says nowhere */
};

struct market {
	struct source *source;
	struct verdict_rules *rules;
	char *group;
	struct site *sites;
	size_t nsites;
	struct endpoint *endpoints;
	size_t nendpoints;
	char **headers;			/* may stand in raw records */
	size_t nheaders;
	struct val session, web;	/* SCAN_NONE: has none */
};

struct market *market_load(const char *source);	/* dies (78) */
void market_free(struct market *m);

/* "www." in front may be missing. */
const struct site *market_site(const struct market *m, struct slice host);
/* The named endpoint, or the current one when name is NULL. */
const struct endpoint *market_endpoint(const struct market *m,
    const char *kind, const char *name);
const struct parameter *endpoint_parameter(const struct endpoint *e,
    struct slice name);

/* A name in a template, and what stands for it. */
struct binding {
	const char *name, *value;
};

/*
 * Adds the text with {name} replaced: {site} is the site's host, any other
 * name a member of its entry, or one of the bindings (ended by a zero entry,
 * may be NULL).  What is nowhere becomes nothing.
 */
void market_expand(struct buf *out, struct slice text, const struct site *s,
    const struct binding *b);

#endif
