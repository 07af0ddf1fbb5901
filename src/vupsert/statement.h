/*
 * statement: the SQL with which a stream's rows are looked up and written,
 * built once for each definition of the stream.
 */
#ifndef STATEMENT_H
#define STATEMENT_H

#include "stream.h"

/* What a parameter is made of: a column, or one of these. */
enum { ARG_FIRST = -1, ARG_LAST = -2, ARG_HASH = -3 };

/* A statement that takes rows as arrays, one for each argument. */
struct shape {
	struct pg_statement statement;
	int *args; /* columns ascend */
	int nargs;
};

struct writes {
	struct shape find;    /* what each key needs: one letter */
	struct shape raise;   /* side table: a greater position */
	struct shape stretch; /* side table: seen earlier, or later */
	struct shape replace; /* wide table: other values */
	struct shape held;    /* which sets have rows */
	struct shape compare; /* what each row of such sets needs: one letter */
	struct shape remove;  /* rows that their sets no longer hold */
	char *copy_wide, *copy_side;
	char *names, *types; /* of the columns, as array literals */
	int matching;        /* columns that have them, in both tables */
};

/*
 * The letters: a row is new; its position is greater, with other values or
 * the same; it is older or a duplicate, and was seen outside of the times that
 * are known.  Without any order: it exists.  What the look-up does not return
 * changes nothing: older or duplicate, told apart for the ledger only.
 */
enum {
	NEW = 'n',
	GREATER = 'g',
	GREATER_SAME = 's',
	OLDER = 'o',
	OLDER_SEEN = 'O',
	DUPLICATE = 'd',
	DUPLICATE_SEEN = 'D',
	EXISTS = 'x',
	GONE = 'r' /* no row of ours: one that its set no longer holds */
};

/* Built at the first call after write_forget. */
struct writes *writes_of(struct stream *);
enum value_type arg_type(const struct stream *, int arg);

#endif
