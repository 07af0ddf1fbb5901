/*
 * quality: the values of a property: how many, how many null, bad or with an
 * unknown label, smallest and greatest.  Drift shows here first.
 */
#ifndef QUALITY_H
#define QUALITY_H

#include "json.h"
#include "value.h"

#define QUALITY_TEXT 64 /* longer texts are cut, at a character */

struct extreme {
	bool set;
	unsigned char len;
	char text[QUALITY_TEXT];
};

struct quality {
	uint64_t records, nulls, invalids, unknown_labels;
	struct extreme min, max;
};

/* Begins an object for --quality: which contract it is about.  The caller adds
 * members, and ends it. */
void quality_begin(struct json *j, struct buf *b, const char *stream,
    const char *variant, int64_t version);
void quality_value(struct quality *q, enum type t, struct slice text);
void quality_write(const struct quality *q, struct buf *b, enum type t,
    const char *stream, const char *variant, int64_t version,
    const char *property);

#endif
