/*
 * verdict: what an answer of a marketplace means, judged by the rules of its
 * source description.  A refusal is never emptiness: an answer that is not
 * plainly data gets another verdict.
 *
 *	rules -> refused:<name>, gone, ...     the first rule that holds
 *	error -> failed:<cause>
 *	a body that was cut -> failed:truncated
 *	one that is no UTF-8, whatever charset it claims -> failed:charset
 *	JSON whose hits are an array -> empty or ok
 *	JSON of a kind that has no hits -> ok
 *	anything else -> unreadable
 *
 * A rule holds when all of its conditions do: kind, status, type, not_type,
 * form, header, has, lacks, equals, differs, contains.  "equals" and
 * "differs" compare numbers as text: 106 is "106".  "differs" needs another
 * value there; null is none.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

enum answer_form {
	FORM_NONE, /* no body, or an empty one */
	FORM_JSON,
	FORM_TEXT,
	FORM_BASE64, /* any other bytes */
	FORM_ERROR   /* no answer at all */
};

struct answer_header {
	struct slice name, value;
};

struct answer {
	struct slice kind;     /* "search" */
	struct slice endpoint; /* its name; empty: by the shape */
	int status;            /* 0: none */
	const struct answer_header *headers;
	size_t nheaders; /* names compare without case */
	enum answer_form form;
	bool cut;           /* the body ended before its time */
	struct slice bytes; /* the body's own, decoded */
	struct val json;    /* FORM_JSON: the body */
	struct slice error; /* FORM_ERROR: its cause */
};

/* What the source description says of the hits of a kind of request. */
struct hits {
	struct slice endpoint;
	struct paths each;               /* to the array */
	struct paths id, promoted;       /* from an element */
	struct paths label;              /* a text, from an element, ... */
	struct slice label_has;          /* ... in which this means promoted */
	struct paths total, total_pages; /* from the body */
};

struct verdict {
	char name[64];           /* "ok", "refused:rate-limit" ... */
	const struct hits *hits; /* NULL when none fits */
	struct val each;         /* the array of hits, or SCAN_NONE */
	size_t found;            /* its elements */
	/* as stated; not known when it is 0 beside hits */
	bool has_total, has_pages;
	int64_t total, total_pages;
};

struct verdict_rules;

struct verdict_rules *verdict_load(const struct source *s); /* dies (78) */
void verdict_free(struct verdict_rules *r);
/*
 * A count, however a site writes it: 6, 6.0, 6e0, "6", " 6 ".  False: it is
 * none, or beyond what an int64_t holds.
 */
bool verdict_count(struct val v, int64_t *n);
/* Allocates nothing; the result borrows from the rules and the answer. */
struct verdict verdict_of(const struct verdict_rules *r,
    const struct answer *a);
/*
 * Is one hit a paid placement?  The path of "promoted" exists and is neither
 * false nor null (of an object {"flag": x} it must name the member), or the
 * text of "promoted_label": {"path", "contains"} holds the word.
 */
bool hit_promoted(const struct hits *h, struct val element);

#endif
