/* record: the raw records of a run that vpipe did not fetch; vpipe-raw(7) has
 * their members. */
#ifndef VWRAP_RECORD_H
#define VWRAP_RECORD_H

#include "body.h"
#include "options.h"
#include "raw_name.h"

struct run {
	const struct options *o;
	char id[RAW_RUN_MAX];
	int64_t line; /* of the record, from 1 */
};

/* Replaces the buffer's content by the record, without a newline. */
void record_answer(struct buf *, const struct run *, enum form,
    struct slice body, const char *sha256);
/* The last: line - 1 answers came before. */
void record_closing(struct buf *, const struct run *);

#endif
