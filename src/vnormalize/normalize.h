/*
 * normalize: raw records to typed records, by the contracts of the source.
 *
 *	line -> scan -> struct record -> verdict -> look
 *	                              -> contract of each stream
 *	                                 (-> page -> document, by x-from)
 *	                                 -> element -> record, or reject
 *
 * Memory: the longest line, the tree of a page, and what the contracts need;
 * nothing grows with the number of lines.
 */
#ifndef NORMALIZE_H
#define NORMALIZE_H

#include "contract.h"
#include "jqrun.h"
#include "opt.h"
#include "record.h"
#include "reject.h"

struct opts {
	struct opt_list streams; /* --stream; none: all */
	const char *contract;    /* --contract */
	const char *part, *rejects, *quality, *filter, *key, *engine;
	const char *threshold_text, *as_jq;
	double threshold;
	int64_t maxline;
	bool no_key, records_only, list_contracts, seller_keys;
	bool reference; /* --engine jq */
};

/* What a run of lines came to; parts of a ledger. */
struct totals {
	uint64_t lines, looks, without_look, unparsable;
	uint64_t elements, records, filtered, rejected;
};

struct normalizer {
	const struct opts *o;
	struct writer *out;
	struct rejects *rej;
	uint64_t whole; /* lines and elements so far */
	struct {        /* of one that lost whole pages; NULL: not too many */
		const char *stream; /* borrowed */
		uint64_t n, whole;
	} pages;
	struct scan *scan;
	struct page *page;     /* of the line, when it is HTML */
	struct person *person; /* NULL until a source needs it */
	struct catalogue **catalogues;
	size_t ncatalogues;
	struct record rec;
	struct buf message, time; /* a message; fetched_at as JSON */
	struct buf tmp;
	struct jqrun *filter;
	struct scan *filter_scan;
	struct buf filtered;
	jv reference;  /* --engine jq: values of an element */
	uint64_t line; /* of the input */
	struct totals totals;
	char *run; /* the run in hand, and its start */
	struct catalogue *run_catalogue;
	struct totals run_start;
};

void normalizer_init(struct normalizer *n, const struct opts *o,
    struct writer *out, struct rejects *rej);
/* toolong: the line was cut. */
void normalize(struct normalizer *n, struct slice line, bool toolong);
/* The line into n->rec, ready for choice_make, for who makes no records of it;
 * NULL and why when it is no raw record. */
struct catalogue *normalizer_read(struct normalizer *n, struct slice line,
    struct verdict *v, const char **why);
/* May its body hold elements? */
bool normalizer_is_data(const struct normalizer *n, const struct verdict *v);
/* The last STATE, the quality report, the ledger. */
void normalizer_end(struct normalizer *n);
/* 0, or 65 with a sentence when too much was rejected. */
int normalizer_status(const struct normalizer *n);
void normalizer_release(struct normalizer *n);

/* ---- sources.c: sources, and which of their streams are wanted ---- */

/* A source, loaded when first asked for; NULL when there is none. */
struct catalogue *normalizer_source(struct normalizer *n, struct slice name);
/* "item.search-2026-09" or "source/item.search-2026-09"; dies (78). */
struct contract *normalizer_contract(struct normalizer *n, const char *name,
    struct catalogue **k);
/* --contract: that one alone, no other and no look. */
void normalizer_choose_contract(struct normalizer *n);
/* --stream: dies (78) of one that no source has. */
void normalizer_check_streams(struct normalizer *n);

/*
 * ---- choice.c: which of a stream's contracts a line is read by ----
 *
 * The one that most elements fit; when two fit equally many, the first element
 * that fits only one of them decides.  The choice depends on the line alone.
 */

/* Made once a line, for all that ask. */
const struct choice *choice_make(struct normalizer *n, struct stream *s);

/* The elements of a contract that choice_make has looked at. */
struct walk {
	struct val_iter it;
	struct val one; /* the element itself, when `each` leads to one */
};

struct walk walk_elements(const struct contract *c);
bool walk_next(struct walk *w, struct val *v);

/* ---- element.c: one element of a contract ---- */

void element_line(struct normalizer *n, struct contract *c);
/* Counts it, and writes its record or its reject. */
void element_apply(struct normalizer *n, const struct catalogue *k,
    struct contract *c, struct val parent, struct val element, size_t index);
bool element_forgotten(struct normalizer *n, struct contract *c);

/* ---- state.c: STATE messages, the ledger, the quality report ---- */

void state_line(struct normalizer *n, struct catalogue *k);
void state_end(struct normalizer *n);
void state_quality(const struct normalizer *n);
void state_ledger(const struct normalizer *n);

#endif
