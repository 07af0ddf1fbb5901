/*
 * history: what happened to each listing of an owner.  The lines of one, in
 * order, with their context, as judge.h takes them: its looks, and where a
 * complete sweep first lacks it or its seller's account is gone, an absence.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "context.h"

struct absence { /* a complete sweep, NONE: of the account */
	uint32_t whole;
	int64_t at, seen_at;
	text_id run, site;
};

struct history {
	const struct context *c;
	const struct owner *o;
	struct judge *judge;
	uint32_t listing;
	/* when the account was gone */
	struct absence *fled;
	size_t nfled;
	/* of the listing */
	struct absence *absences;
	size_t n, cap;
	struct buf text;  /* numbers of the line in hand */
	uint64_t refused; /* sights that the rules did not take, and why */
	const char *why;
};

void history_init(struct history *, const struct context *, struct judge *);
void history_release(struct history *);
/* Marks the sales that counters prove cancelled, where no others can be. */
void history_cancel(struct history *, struct owner *);
/* Judges one; judge_end was called.  Its owner's own, with a sight. */
void history_judge(struct history *, uint32_t listing);

/* ---- its parts ---- */

/* R12: when the account was gone. */
void find_fled(struct history *);
/* R13: what she was when a page of hers was a 404. */
void add_parted(const struct history *, struct look *, int64_t at);
void add_absence(struct absence **v, size_t *n, size_t *cap, struct absence);
void set_bool(struct look *, enum field, bool yes);

#endif
