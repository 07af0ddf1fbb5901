/*
 * batch: the rows of one transaction, in memory.
 *
 * A row's fields (value.h) stand one behind another in the arena, in the order
 * of its stream's columns, and behind them the text of its record, for the
 * reject that it may become:
 *
 *	at            at+key    at+rest              at+len
 *	| position    | key     | rest               | record's text |
 *
 * Rows are addressed by offset, as the arena moves when it grows.
 */
#ifndef BATCH_H
#define BATCH_H

#include <openssl/evp.h>

#include "stream.h"

#define HASH_LEN 16

struct row {
	size_t at;
	uint32_t key, rest, len, text_len;
	uint64_t line;       /* of the input */
	uint32_t scope;      /* of its stream's scopes, from 1; 0: none */
	char hash[HASH_LEN]; /* of the rest; only with a side table */
	bool refused;        /* by the server, with a message */
};

/*
 * What rows of one key are folded into: the winner, with the first and last
 * times of all.
 */
struct slot {
	const struct row *row;
	struct slice first, last; /* fields of x-seen's column */
};

/*
 * A set that is whole: the values of its x-replace columns, in the arena, and
 * its rows, as far as they are here; of the sets of a part, its slots.
 */
struct scope {
	size_t at, len;
	size_t first, n;
	uint32_t number;
};

/*
 * The rows of one stream, in order of arrival, and as batch_fold leaves them.
 * Those inside a scope have a part of their own; it is folded where the table
 * finds a set by its key.
 */
struct part {
	struct stream *stream;
	bool scoped;
	struct scope *scopes; /* in order of arrival */
	size_t nscopes;
	struct scope *sets; /* the last one of each scope, sorted */
	size_t nsets;
	struct row *rows;
	size_t n, cap;
	struct slot *slots;
	size_t nslots, slot_cap;
	struct tally folded; /* the rows that are in no slot */
};

/* What batch_add works with; memory that is kept. */
struct scratch {
	struct buf text;
	EVP_MD_CTX *sha; /* making one costs as much as using it */
	struct val *values;
	int room; /* for values */
};

struct batch {
	struct buf arena;
	struct part *parts; /* one for each stream */
	int nparts;
	size_t rows;
	struct buf states; /* lines for stdout, after COMMIT */
	struct buf loads;  /* theirs for ops.load, NUL-terminated */
	struct scratch scratch;
	int64_t since_ms;          /* when its first line came; 0: empty */
	const struct stream *open; /* a scope of it goes on; NULL: none */
	bool more;                 /* the transaction goes on: do not commit */
	int64_t allowed; /* more rows refused by the server than that, since
	                    the start, hold its STATE back */
};

/* Where a record comes from, and how to read it. */
struct origin {
	uint64_t line;
	uint32_t scope;     /* as in struct row */
	struct val version; /* of its table, that the message says */
	bool lenient;       /* a required property may be missing */
};

/* Why a record cannot be a row.  reason is filled in; value borrows. */
struct fault {
	const struct column *column; /* NULL: the record as a whole */
	struct buf reason;
	struct slice value;
	bool too_wide; /* a wider column would take it */
};

void batch_release(struct batch *);
void batch_reset(struct batch *); /* empty, memory kept */
bool batch_is_empty(const struct batch *);

/* Takes back the rows of a scope that ended short, as far as they are here. */
void batch_drop_scope(struct batch *, struct stream *, uint32_t number);
/* Does the last row of the stream's scope have these values? */
bool batch_in_scope(struct batch *, struct stream *, struct slice fields);
/* A line for stdout, and what of it is for ops.load (p NULL: nothing). */
void batch_add_state(struct batch *, struct slice line, struct slice load);
/* Holds the batch's STATE back when the server has refused too many rows. */
void batch_judge(struct batch *, uint64_t refused);
/* False: a fault, and nothing was added. */
bool batch_add(struct batch *, struct stream *, struct val record,
    const struct origin *, struct fault *);
/* Notes that the scope with this number is whole; its fields are copied. */
void batch_add_scope(struct batch *, struct stream *, uint32_t number,
    struct slice fields);

static inline const char *
row_fields(const struct batch *b, const struct row *r)
{
	return b->arena.data + r->at;
}

struct slice row_text(const struct batch *, const struct row *);

/*
 * Folds n rows into slots, which are sorted by key; returns how many.  Those
 * that lost are counted as older or duplicate.
 */
size_t rows_fold(const struct batch *, const struct stream *,
    const struct row *rows, size_t n, struct slot *slots, struct tally *);
/* Folds all parts, when nothing is added any more. */
void batch_fold(struct batch *);

#endif
