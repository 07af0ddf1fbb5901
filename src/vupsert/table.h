/*
 * table: the tables of a stream, made and widened; never narrowed.
 *
 * In one transaction, under the table's own advisory lock, so that several
 * vupserts can start at once.  Without a change nothing is written.
 * Columns that vupsert made carry a comment; a column of its own that SCHEMA
 * no longer has becomes a column of the stream that is always null, as a row
 * is replaced whole.  Columns that others added are left alone.
 */
#ifndef TABLE_H
#define TABLE_H

#include "stream.h"

/* Dies when the table cannot be had; afterwards the stream's columns have the
 * types that the table's have. */
void table_prepare(struct pg *, const char *schema, struct stream *);
/* From bigint to numeric; false: a view, or the like, stands in the way. */
bool table_make_numeric(struct pg *, const char *schema, struct stream *,
    const char *property);

#endif
