/*
 * take: lines of the input, one after another, into batches.
 */
#ifndef TAKE_H
#define TAKE_H

#include "batch.h"
#include "line.h"
#include "singer.h"

struct opts {
	const char *schema, *stream, *key, *rejects, *threshold;
	int64_t batch_rows, batch_bytes, batch_age, maxline, retry;
	bool allow_missing;
	double share; /* threshold as a number */
};

/* What the loop works with. */
struct run {
	const struct opts *o;
	struct pg *pg;
	struct streams streams;
	struct batch *batch;  /* being filled */
	struct stream *plain; /* --stream; NULL: Singer messages */
	struct scan *scan;
	struct singer message;
	struct fault fault;
	uint64_t line;        /* of the input */
	uint64_t stray;       /* records without stream, all rejected */
	uint64_t unversioned; /* ACTIVATE_VERSION messages passed over */

	/* the scope that is being read; stream NULL: none */
	struct {
		struct stream *stream;
		uint32_t number;
		uint64_t due, got, kept;
		bool faulty;       /* a record of it was rejected */
		struct buf fields; /* of the x-replace columns */
		uint64_t line;
	} scope;
	uint32_t scopes; /* numbers handed out */
	bool spilled;    /* a piece of it was given away already */
};

/* The next line; a batch that is old enough is given away meanwhile. */
bool take_next(struct run *, struct reader *, struct slice *line);
void take_line(struct run *, struct reader *, struct slice line);
/* Gives away what is left, without waiting for it. */
void take_end(struct run *);
void take_release(struct run *);

#endif
