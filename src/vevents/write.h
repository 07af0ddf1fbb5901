/*
 * write: what was concluded of an owner, as Singer messages: for each stream a
 * SCOPE with the owner, then its records.
 */
#ifndef WRITE_H
#define WRITE_H

#include <stdio.h>

#include "judge.h"
#include "line.h"
#include "outline.h"

enum stream {
	S_EVENT,
	S_STATE,
	S_ITEM_OUTLINE,
	S_OWNER_OUTLINE,
	S_SWEEP, /* this and what follows: of sellers */
	S_INTERVAL,
	S_RELISTING,
	STREAMS
};

extern const char *const stream_entities[STREAMS];

/* Records of one stream; beyond some megabytes in a file without a name. */
struct spool {
	struct buf b;
	FILE *f; /* NULL: none yet */
	uint64_t records;
};

struct write {
	struct writer *out;
	struct spool spools[STREAMS];
	struct buf heads[STREAMS][2]; /* RECORD and SCOPE up to the owner */
	struct buf owner;             /* as JSON */
};

/* Writes the SCHEMAs. */
void write_init(struct write *, struct writer *, const char *source);
void write_release(struct write *);
void write_begin(struct write *, struct slice owner);
/* What was judged last. */
void write_listing(struct write *, const struct judge *, int64_t cancelled_at);
void write_context(struct write *, const struct context *,
    const struct outline *);
/* All of the owner goes out. */
void write_end(struct write *, bool seller);

#endif
