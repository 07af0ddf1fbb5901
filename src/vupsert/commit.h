/*
 * commit: batches into transactions, in a thread of its own, so that the next
 * batch is read while the server works on this one.
 *
 * There are two batches: one being filled by the reader of the input, one in
 * the writer's hands, or idle.  The connection, and what the streams say of
 * their columns, belong to the writer between commit_give and commit_wait,
 * and to the reader at any other time.
 *
 * A batch is one transaction, repeated until it is in: when the connection is
 * lost (marker.h says whether a COMMIT without answer took place), and when the
 * server rolled it back.  When it refuses a value, the batch is
 * halved until the one row is found, which becomes a reject.  Rejects are on
 * disk before COMMIT; after it the STATE lines of the batch go to stdout.
 */
#ifndef COMMIT_H
#define COMMIT_H

#include "batch.h"
#include "reject.h"

/* The schema is that of the tables. */
void commit_start(struct pg *, const char *schema, struct rejects *);
/* Hands the batch over and returns an empty one; waits for the one before. */
struct batch *commit_give(struct batch *);
void commit_wait(void); /* until everything given is committed */
void commit_stop(void); /* waits, ends the thread, closes stdout */

#endif
