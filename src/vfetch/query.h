/*
 * query: a question to a marketplace, in our own names of parameters.
 *
 * A draft is a pasted URL, a request object or options, as written.
 * query_settle checks it against an endpoint and makes a query of it, or says
 * why not: a parameter that the endpoint does not honour is refused by name,
 * never dropped.
 */
#ifndef VFETCH_QUERY_H
#define VFETCH_QUERY_H

#include "json.h"
#include "market.h"
#include "params.h"

struct draft {
	const struct market *m;
	const struct site *site;
	char *kind, *endpoint; /* NULL: "search", the current one */
	char *note;            /* JSON, for the record; or NULL */
	struct params params;
};

struct query {
	const struct market *m;
	const struct site *site;
	const struct endpoint *endpoint;
	struct params params; /* sorted; paging and time are not in */
	int64_t page;         /* where to begin */
	int64_t per_page;     /* 0: the endpoint takes none */
	char *time;           /* pinned by whoever asked; or NULL */
	bool newest_first;
	char *note;  /* of whoever asked: JSON, or NULL */
	char *name;  /* "HOST/search?catalog=1904" */
	char *title; /* the same, for people: whom it is
	                about is not said */
};

/* The sources at hand. */
struct markets {
	struct market **v;
	size_t n;
};

/* Each is false with the reason in why; the draft is to be released. */
bool draft_from_url(const struct markets *ms, const char *text, struct draft *d,
    struct buf *why);
bool draft_from_json(const struct markets *ms, struct val v, struct draft *d,
    struct buf *why);
bool draft_for_site(const struct markets *ms, const char *host, struct draft *d,
    struct buf *why);
void draft_release(struct draft *d);

/* endpoint: its name, or NULL for the draft's own or the current one. */
bool query_settle(struct draft *d, const char *endpoint, struct query *q,
    struct buf *why);
void query_release(struct query *q);
/* Adds "catalog_id" to the open object when exactly one was asked: a number
 * when it is written as one. */
void query_put_catalog(const struct query *q, struct json *j);
/* Adds what the query is about: "user_id", "item_id", always as text. */
void query_put_subjects(const struct query *q, struct json *j);
/* So many redirects are followed for it, one after another. */
int64_t query_redirects(const struct query *q);
/* The URL to ask instead, when `to` is a place where a page of the query may
 * have moved; the caller frees.  NULL: it is not. */
char *query_redirect(const struct query *q, const char *from, const char *to);
/*
 * The URL of a page.  A token goes alone; pin is the time to replay, or NULL.
 */
void query_url(const struct query *q, int64_t page, const char *token,
    const char *pin, struct buf *url);

#endif
