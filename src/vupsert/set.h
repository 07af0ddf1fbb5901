/*
 * set: sets of rows that are whole in memory, into a table whose key begins
 * with what says of which set a row is.
 *
 * One look-up says which sets have rows.  Those of the others go by COPY; where
 * there are some, they are compared with ours, and differences alone are
 * written.  All costs as much as the sets have rows, whatever the table holds.
 * scope.c has the way for all other sets.
 */
#ifndef SET_H
#define SET_H

#include "batch.h"

/* Of a part that is folded; under write_lock. */
enum pg_outcome set_write(struct pg *, const struct batch *, struct part *,
    struct tally *);

#endif
