/*
 * stream: a stream by its SCHEMA, and where its rows go.
 *
 * The columns stand in an order that makes the fields of a row contiguous for
 * each of its two tables:
 *
 *	| position ...      | key ...      | rest, by name ...          |
 *	|<-- <table>_seen ---------------->|
 *	                    |<--------- <table> (with x-seen) --------->|
 *	|<------------------ <table> (without x-seen) ----------------->|
 *
 * The position is what orders a stream (x-order, x-seen) and is no key.  A
 * stream with x-seen keeps it in the side table, so that the wide row is
 * written only when its values differ.
 */
#ifndef STREAM_H
#define STREAM_H

#include "letters.h"
#include "value.h"

struct column {
	char *property; /* as SCHEMA and records call it */
	size_t property_len;
	char *name; /* as the table calls it; a hash of the property is
	               behind what the server would refuse */
	enum value_type type; /* of the column: as wide as the table's */
	unsigned accepts;     /* 1 << enum scan_type, and ACCEPT_INTEGER; 0:
	                         no property fills it */
	bool required, order, key, scope;
	bool stuck;        /* it could not be widened: do not try again */
	int ordinal;       /* its place in SCHEMA, and in a new table */
	char *description; /* may be NULL */
	char seed[8];      /* stands for the name in a content hash */
};

#define ACCEPT_INTEGER (1u << 8) /* numbers without fraction only */

/* What other targets call them: https://sdk.meltano.com */
#define VERSION_COLUMN "_sdc_table_version"
#define DELETED_COLUMN "_sdc_deleted_at"

#define COLUMNS_MAX 1600 /* MaxHeapAttributeNumber; dropped ones count */

enum fit { FIT_YES, FIT_WIDER, FIT_NEVER };

/* See vupsert(1), Ledger. */
struct tally {
	uint64_t inserted, updated, unchanged, older, duplicate, rejected,
	    deleted;
};

struct stream {
	int number; /* of its streams */
	const struct letters *letters;
	char *name, *table;
	char *wide, *side, *view; /* quoted, with their schema */
	struct column *columns;   /* see above */
	int n, npos, nkey;
	int *order, norder;    /* columns that decide, in x-order's order; keys
	                          are left out, being equal */
	int seen;              /* its first and last are kept; -1: none */
	int *scope, nscope;    /* x-replace */
	bool keyed;            /* the table's key begins with these: table.c */
	bool fresh;            /* its table was empty: write.c */
	char *definition;      /* the SCHEMA message, to know a repeated one */
	int *met;              /* columns in the order of the last record */
	int room;              /* columns that its table can have */
	char *left_out;        /* a property that found no room */
	bool strict;           /* ordered or in sets: times are RFC 3339's */
	bool versioned;        /* a version came: a column was asked for */
	int version;           /* its column; -1: none */
	struct writes *writes; /* statements: write.c */
	bool spooled;          /* rows of scopes await their end: scope.c */
	unsigned generation;   /* of the table's columns; 0: no table yet */

	uint64_t records;   /* counted by the reader of the input, as are */
	uint64_t refused;   /* those rejected before they reached a batch */
	uint64_t unknown;   /* values of properties without a column */
	uint64_t naive;     /* times without a zone */
	uint64_t bare;      /* records without a version */
	struct tally tally; /* counted by the writer, after its COMMIT */
};

/* The streams met so far, in order of their first SCHEMA. */
struct streams {
	const char *schema; /* of the database */
	struct letters letters;
	struct stream **v;
	int n;
};

struct stream *streams_find(struct streams *, struct slice name);
struct stream *streams_add(struct streams *, struct slice name);
void streams_release(struct streams *);

/*
 * Takes a SCHEMA message.  False: *why is what is wrong with it.  The types of
 * columns that the stream had already only grow.
 */
bool stream_define(struct stream *, struct val message, const char **why);
/* For lines that are bare records: a stream without properties yet. */
bool stream_define_plain(struct stream *, const char *keys, const char **why);
/*
 * Do the columns take all that such a record brings?  FIT_NEVER: *misfit would
 * be one more than a table holds.
 */
enum fit stream_fits(struct stream *, struct val record, struct slice *misfit);
/* If not: makes and widens them; true: something was to do.  stream_arrange
 * when all records are through, then table_prepare. */
bool stream_infer(struct stream *, struct val record);
void stream_arrange(struct stream *);

/* Makes a column for the version of a record.  False: it is a key, or no
 * integer, or the stream has an order of its own. */
bool stream_take_version(struct stream *);

int stream_room(const struct stream *);
/* Drops n columns, the last of SCHEMA, unless they say which row stays;
 * returns how many.  The stream's `left_out` is the first of them. */
int stream_leave_out(struct stream *, int n);
/* To what holds both types. */
void column_widen(struct column *, enum value_type);

/* Adds a column that is always null, and that no property fills, unless it is
 * there. */
void stream_add_null(struct stream *, const char *name, enum value_type);

/* The column of a property, -1 when there is none.  `hint` is the property's
 * place in its record: records of a stream are mostly written alike. */
int stream_column(struct stream *, struct slice property, int hint);

static inline bool
stream_has_side(const struct stream *s)
{
	return s->seen >= 0;
}

#endif
