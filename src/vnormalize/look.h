/*
 * look: the record of stream look that every answer gives: what was asked,
 * when, and the verdict (law 9).
 */
#ifndef LOOK_H
#define LOOK_H

#include "record.h"

extern const char look_schema[]; /* of its record, as JSON */

/* Is this hit of a seller who is to be forgotten? */
typedef bool (*look_gone)(void *arg, struct val hit, size_t index);

/* Appends the record's object.  forgotten: its seller is to be forgotten. */
void look_write(struct buf *b, const struct record *r, const struct verdict *v,
    int64_t version, bool forgotten, look_gone gone, void *arg);

#endif
