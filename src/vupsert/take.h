/*
 * take: lines of the input, one after another, into batches.
 */
#ifndef TAKE_H
#define TAKE_H

#include "batch.h"
#include "commit.h"
#include "line.h"
#include "reject.h"
#include "singer.h"

struct opts {
	const char *schema, *stream, *key, *rejects, *threshold_text;
	int64_t batch_rows, batch_bytes, batch_age, maxline, retry;
	bool allow_missing, soft, whole;
	double threshold;
};

/* What the loop works with. */
struct run {
	const struct opts *o;
	struct rejects *rej;
	struct pg *pg;
	struct streams streams;
	struct commit *commit;
	struct batch *batch;  /* being filled */
	struct stream *plain; /* --stream; NULL: Singer messages */
	struct scan *scan;
	struct singer message;
	struct fault fault;
	uint64_t line;    /* of the input, or of `file` */
	const char *file; /* of a BATCH; NULL: the input itself */
	uint64_t stray;   /* records without stream, all rejected */
	uint64_t states;  /* STATE messages that came */

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
	bool spilled;    /* what was given away last goes on */
	bool ended;      /* so did the input */

	/* bare records that wait for their columns: plain.c */
	struct {
		struct buf lines; /* number, length, text; 0 bytes: none */
		size_t n;
		size_t calm;     /* how many since the last new column */
		size_t patience; /* so many make an end of waiting */
		int64_t since_ms;
	} waiting;
};

/* The next line; a batch that is old enough is given away meanwhile. */
bool take_next(struct run *, struct reader *, struct slice *line);
void take_line(struct run *, struct reader *, struct slice line);
/* Gives away the last batch, without waiting for it. */
void take_end(struct run *);
void take_release(struct run *);

/* ---- for plain.c, bulk.c and version.c ---- */

/* Everything so far is committed, and the connection is ours, as is what the
 * streams say of their columns. */
void give_and_wait(struct run *);
/* A line that is no record of any stream; `stream` may be empty. */
void reject_line(struct run *, struct slice stream, const char *reason,
    struct slice value);
/* Of what r->fault says. */
void reject_record(struct run *, struct stream *, struct val record);
void take_record(struct run *, struct stream *, struct val record);
/* How many more rejects the threshold allows, those by the server aside. */
int64_t take_allowance(const struct run *);

#endif
