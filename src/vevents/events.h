/*
 * events: lines of one owner after another in, what happened out; vevents(1).
 * One owner is held in memory, up to a limit; of one beyond it, one listing.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "options.h"
#include "reject.h"
#include "write.h"

struct events {
	const struct opts *o;
	struct rejects *rej;
	struct limits limits;
	struct look_reader reader;
	struct owner owner;
	struct judge judge;
	struct write write;
	bool open;           /* an owner is being read */
	bool alone;          /* too large: listing by listing */
	bool ended;          /* the last line said so */
	struct buf id, item; /* of the last line, to see the order */
	uint64_t lines, used, owners, large, items;
	uint64_t by_type[EVENT_TYPES], by_state[STATE_ABSENT];
};

void events_init(struct events *, const struct opts *, struct writer *,
    struct rejects *);
/* Dies (65) when the line is out of order. */
void events_line(struct events *, struct slice line, uint64_t number,
    bool toolong);
/* The last owner, the ledger; returns the status. */
int events_end(struct events *);
void events_release(struct events *);

#endif
