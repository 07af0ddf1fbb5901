/*
 * marker: was a transaction committed?
 *
 * A run has a row, (token, n): token is random, n the number of its last
 * transaction that wrote anything.  Each such transaction raises n, so the row
 * is committed with the rows of the batch or not at all.  An xid proves less:
 * one that never reached the disk is given out again after a crash, and then
 * names another transaction.
 *
 * When the connection is lost behind a COMMIT, the transaction that repeats it
 * begins with the same statement, which waits for the old backend if it still
 * works.  Then n was raised by this statement, and the batch is to be written;
 * or by the old transaction, and the batch was committed; or n is less than was
 * acknowledged: the server has lost commits (a standby took over without them),
 * and the run ends with 75.
 *
 * The row stands in ops.commit (schema/migration), else in a table beside those
 * of the streams, made if need be; without the right to make one there is none.
 * A run removes its row when it ends; any run removes those of killed runs
 * after a month.
 */
#ifndef MARKER_H
#define MARKER_H

#include "pg.h"

struct marker { /* zero before marker_find */
	bool looked;
	char *table; /* quoted; NULL: there is none */
	char token[33];
	uint64_t n;       /* of the last transaction that was acknowledged */
	unsigned seen_on; /* the connection on which n is known to be there */
	struct pg_statement next;
};

/* Finds or makes the table, unless that is done.  Outside of a transaction. */
void marker_find(struct marker *, struct pg *, const char *schema);
bool marker_is_kept(const struct marker *);

/* Before COMMIT, when the transaction has an xid; *written says that it has. */
enum pg_outcome marker_write(struct marker *, struct pg *, bool *written);
/* After COMMIT. */
void marker_acknowledge(struct marker *, const struct pg *);

/* The first statement of the transaction that repeats one whose COMMIT got no
 * answer: either it is written, or that one was committed. */
enum pg_outcome marker_claim(struct marker *, struct pg *, bool *committed);
/* On a new connection: dies (75) when acknowledged commits are missing. */
enum pg_outcome marker_check(struct marker *, struct pg *);
/* At the end of the run; checks as well. */
void marker_remove(struct marker *, struct pg *);

#endif
