/*
 * write: rows of one stream into its tables, inside a transaction.
 *
 * One look-up says what each key needs; new rows go by binary COPY, changed
 * ones by UPDATE from arrays, the others nowhere.  A table that was empty needs
 * no look-ups until a key repeats.
 * The look-up stays true until COMMIT because write_lock lets one vupsert at a
 * time write a table; if another program writes there, the counts no longer
 * agree and the outcome is PG_AGAIN.
 */
#ifndef WRITE_H
#define WRITE_H

#include "batch.h"
#include "statement.h"

/* Waits for the table's turn.  Dies (75) when somebody has altered its columns
 * since write_note: rows in binary would be misread. */
enum pg_outcome write_lock(struct pg *, struct stream *);
enum pg_outcome write_note(struct pg *, struct stream *);
/* The slots are of rows that were folded: one a key, sorted, also below. */
enum pg_outcome write_slots(struct pg *, const struct batch *, struct stream *,
    const struct slot *, size_t n, struct tally *);
/* After the stream's columns changed. */
void write_forget(struct stream *);

/* ---- for set.c ---- */

/* Rows whose keys are not there. */
enum pg_outcome write_new(struct pg *, const struct batch *, struct stream *,
    const struct slot *, size_t n);
/* Rows that are there, with other values. */
enum pg_outcome write_changed(struct pg *, const struct batch *,
    struct stream *, const struct slot *, size_t n);
/* A statement with the rows of these slots, and `more` parameters. */
enum pg_outcome write_run(struct pg *, struct shape *, const struct batch *,
    const struct stream *, const struct slot *, size_t n,
    const struct pg_param *more, int nmore);
/* The beginning of a parameter that is an array of one dimension. */
void write_array(struct buf *, enum value_type, size_t n);
/* The result's letters, and the numbers of the slots that each is of. */
void write_letters(const struct pg *, char *letters);
/* The slots whose letter is one of two. */
size_t write_choose(const struct slot *, const char *letters, size_t n,
    const char *two, struct slot *out);

#endif
