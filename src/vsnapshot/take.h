/*
 * take: passes Singer messages on, and adds a snapshot after each record that
 * gives one.  See vsnapshot(1).  Other lines pass unread.
 */
#ifndef TAKE_H
#define TAKE_H

#include "line.h"
#include "moment.h"
#include "options.h"
#include "reject.h"
#include "singer.h"
#include "snapshot.h"
#include "stream.h"

struct take {
	const struct opts *o;
	struct writer *out;
	struct rejects *rej;
	struct singer message;
	struct scan *scan;
	struct streams streams;
	struct streams given; /* our own, whose SCHEMA went out */
	struct names columns;
	struct moment_cache days;
	int64_t latest_us;    /* the clock and a day, when last asked */
	struct stream *plain; /* --stream */
	char *id;             /* with it: the column of the id */
	struct buf b;         /* what goes out next */
	uint64_t number;      /* of the line at hand */
	uint64_t lines, others, unreadable; /* and the streams' records */
};

void take_init(struct take *, const struct opts *, struct writer *,
    struct rejects *);
void take_line(struct take *, struct slice line, uint64_t number, bool toolong);
/* The ledger; returns the status. */
int take_end(struct take *);
void take_release(struct take *);

#endif
