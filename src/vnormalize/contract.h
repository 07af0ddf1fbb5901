/*
 * contract: what a contract file says, ready to be applied.
 *
 *	schema/sources/<source>/<stream>[.<variant>].json
 *
 * See vnormalize(1), CONTRACTS, for the keys.  A source's contracts are all
 * *.json of its folder but source.json; they are loaded with it, all of them,
 * so that a broken one is found at once.
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "extract.h"
#include "keys.h"
#include "labels.h"
#include "person.h"
#include "plan.h"
#include "quality.h"
#include "source.h"
#include "verdict.h"

struct property {
	char *name;
	struct slice prefix; /* "name": with its colon, owned */
	enum type type;
	bool nullable, required;
	bool bad_null;            /* x-bad: a bad value becomes null, counted */
	bool hashed;              /* x-personal: hash */
	struct property *hash_of; /* x-hash: that one's id, hashed */
	struct expr **exprs;      /* the first that exists wins */
	size_t n;
	const struct labels *map; /* x-map */
	struct val schema;        /* as in the file */
	struct quality quality;
	bool constant;   /* the same for a whole line: made once */
	size_t from, to; /* then: its text in the contract's line; or empty */
	struct buf id;   /* of a hashed one: its text in this record */
	bool has_id;
};

/* One condition of x-when. */
struct condition {
	bool raw; /* on $raw, else on an element */
	struct path *path;
	enum { COND_HAS, COND_LACKS, COND_EQUALS } test;
	struct val value;
};

struct stream;

struct contract {
	char *name; /* "item.search-2026-09" */
	char *variant;
	int64_t version;
	struct doc *doc;
	struct val kinds;
	struct extract *extract; /* x-from; NULL: json */
	struct val each_text;
	struct paths each; /* to an array; without [], to the element */
	struct val within_text;
	struct paths within; /* x-within; none: the element itself */
	struct val recurse_text;
	struct path *recurse; /* x-recurse, or NULL */
	struct condition *when;
	size_t nwhen;
	struct property *props;
	size_t nprops;
	struct expr *where;  /* x-where, or NULL */
	struct expr *seller; /* x-seller, or NULL */
	bool optional;       /* x-optional: no match is no reject */
	bool dropped;        /* --no-key took a key column */
	bool used;           /* a line of one of its kinds came */
	bool unwanted;       /* --contract chose another */
	struct plan *plan;
	struct jqrun *reference; /* --engine jq: all properties */
	struct stream *stream;
	struct buf line;  /* texts of its constant properties */
	struct keys keys; /* of its elements, for --quality */
	/* of the line in hand, when it has its kind: */
	struct val elements; /* SCAN_NONE: `each` leads nowhere */
	bool one;            /* `each` leads to the element itself */
};

/* Which of a stream's contracts the line in hand is read by. */
struct choice {
	bool made;
	struct contract *match; /* NULL: none */
	struct contract *other; /* no element tells it from the match */
	struct contract *empty; /* one without elements, if nothing fits */
	size_t fits;            /* how many elements fit the match */
	bool due;               /* some contract must match */
	const char *trouble;    /* with the page itself, or NULL */
};

/* A stream of a source: all its variants, and its ledger. */
struct stream {
	char *entity; /* "item" */
	char *name;   /* "<source>_item" */
	struct contract **variants;
	size_t n;
	bool wanted;
	bool hashes; /* some property is hashed */
	struct choice choice;
	uint64_t elements, records, filtered, rejected;
	uint64_t unknown_labels;
	bool unread; /* a page of several elements was rejected as a whole */
};

struct catalogue { /* a source with all that belongs to it */
	struct source *source;
	struct verdict_rules *rules;
	struct functions *functions;
	char *prelude;  /* labels and prelude.jq, as jq */
	bool announced; /* its SCHEMA messages are out */
	struct contract *contracts;
	size_t n;
	struct extract **extracts; /* each x-from once */
	size_t nextracts;
	struct stream *streams; /* the last one is look */
	struct stream *closing; /* among them; it has no contract, either */
	bool closing_announced;
	size_t nstreams;
	struct {
		char *name;
		struct labels *labels;
	} * labels;
	size_t nlabels;
};

/* NULL when there is no such source; dies (78) when something is broken. */
struct catalogue *catalogue_load(const char *source, bool no_key);
void catalogue_free(struct catalogue *c);

/* One file, and what its properties need; for catalogue_load. */
void contract_load(struct catalogue *k, struct contract *c, const char *path,
    bool no_key);
void contract_release(struct contract *c);

/* Where its elements stand: the array, or with *one the element.  SCAN_NONE:
 * no path of `each` leads to one. */
struct val contract_elements(const struct contract *c, struct val body,
    bool *one);
bool contract_has_kind(const struct contract *c, struct slice kind);
/* x-when: its conditions on the record, and those on an element. */
bool contract_is_for(const struct contract *c, struct val raw);
bool contract_fits(const struct contract *c, struct val element);
struct property *contract_property(struct contract *c, const char *name);

/* The program of --as-jq. */
void contract_to_jq(const struct catalogue *k, const struct contract *c,
    struct buf *b);
/* All properties by libjq: [[value] or []], as the reference engine. */
void contract_to_reference(const struct catalogue *k, const struct contract *c,
    struct buf *b);

#endif
