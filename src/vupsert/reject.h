/*
 * reject: records that could not be stored, one a line of NDJSON, and a few
 * of them in words on stderr.  Both threads reject.
 */
#ifndef REJECT_H
#define REJECT_H

#include "buf.h"

struct reject {
	uint64_t line;        /* of the input */
	const char *stream;   /* NULL: unknown */
	const char *property; /* NULL: the record as a whole */
	const char *reason;
	struct slice value;  /* the smallest broken thing, as it came */
	struct slice record; /* asked for run, line, index and contract */
};

void rejects_open(const char *path); /* NULL: words only */
void rejects_add(const struct reject *);
void rejects_sync_or_die(void); /* what was added is on disk */
void rejects_close_or_die(void);

#endif
