/*
 * events: history lines in, events and one state an item out; see
 * vsnapshot(1).  One item is held: its events, not its lines.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "judge.h"
#include "line.h"
#include "options.h"
#include "reject.h"

struct events {
	const struct opts *o;
	struct writer *out;
	struct rejects *rej;
	struct look_reader reader;
	struct judge judge;
	bool open;        /* lines of judge.item.id were taken */
	struct buf id;    /* the last item's, to see the order */
	struct moment at; /* of its last line */
	int64_t ord;
	struct buf b;          /* what goes out next */
	struct buf head[2][2]; /* event, item_state: RECORD and SCOPE up to
	                          the values */
	uint64_t lines, used, items;
	uint64_t by_type[EVENT_TYPES], by_state[STATE_ABSENT];
};

void events_init(struct events *, const struct opts *, struct writer *,
    struct rejects *);
/* Dies (65) when the line is out of order. */
void events_line(struct events *, struct slice line, uint64_t number,
    bool toolong);
/* The last item, the ledger; returns the status. */
int events_end(struct events *);
void events_release(struct events *);

#endif
