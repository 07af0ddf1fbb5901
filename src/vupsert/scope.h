/*
 * scope: makes a scope's rows the set of its records (x-replace, SCOPE).
 *
 * Rows of scopes are spooled to a temporary table.  Unless the last scope goes
 * on, whole scopes are compared with the table then: what differs is written,
 * what a scope no longer holds is deleted.  A scope larger than a batch is
 * spooled piece by piece, in one transaction.  set.c has a better way, where
 * it can go.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include "batch.h"

/* Takes the scoped part of a batch. */
enum pg_outcome scope_write(struct pg *, const struct batch *, struct part *,
    struct tally *);
/* The fields of a SCOPE message's values, in the order of s->scope. */
bool scope_fields(struct buf *, const struct stream *, struct val scope,
    const char **why);
#endif
