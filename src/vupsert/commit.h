/*
 * commit: batches into transactions, in a thread of its own, so that the next
 * batch is read while the server works on this one.
 *
 * There are two batches: the reader of the input fills one, the writer has the
 * other, or is idle.  The connection, and what the streams say of their
 * columns, belong to the writer between commit_give and commit_wait, and to the
 * reader at any other time.
 *
 * A batch is one transaction, repeated until it is in: when the connection is
 * lost (marker.h says whether a COMMIT without answer took place), and when the
 * server rolled it back.  When the server refuses a value, the batch is halved
 * until the row is found, which becomes a reject.  Rejects are on
 * disk before COMMIT; after it the STATE lines of the batch go to stdout.
 *
 * `whole`: all batches are one transaction, each behind a savepoint, to which a
 * repeated batch goes back.  When the connection is lost, nobody has the
 * batches before: that ends the run with 75.
 */
#ifndef COMMIT_H
#define COMMIT_H

#include <pthread.h>

#include "batch.h"
#include "marker.h"
#include "reject.h"

struct commit {
	struct pg *pg;
	const char *schema;
	struct rejects *rej;
	struct scan *scan; /* of a record that the server refuses */
	struct writer out;
	struct marker marker;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch batches[2];
	struct batch *job; /* being written; NULL: the writer is idle */
	bool quit;
	bool whole;       /* one transaction for all */
	bool inside;      /* a transaction goes on */
	bool dirty;       /* it may have changed a table */
	bool without_ops; /* warned that there is no ops.load */
	struct buf held;  /* STATE lines that wait for its COMMIT */
	uint64_t refused; /* rows, by the server, in all batches before */
};

/* All of them are for the reader's thread.  The schema is that of the tables;
 * all is borrowed until commit_stop. */
void commit_start(struct commit *, struct pg *, const char *schema, bool whole,
    struct rejects *);
/* Hands the batch over and returns an empty one; waits for the one before. */
struct batch *commit_give(struct commit *, struct batch *);
void commit_wait(struct commit *); /* until everything given is committed */
/* Waits, ends the thread, closes stdout. */
void commit_stop(struct commit *);

#endif
