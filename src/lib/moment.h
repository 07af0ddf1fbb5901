/*
 * moment: an RFC 3339 time as microseconds, quickly.
 *
 * The database prints six digits behind the point; clock_parse keeps three.
 * Digits beyond the sixth are dropped.  A moment keeps its text for the output.
 */
#ifndef MOMENT_H
#define MOMENT_H

#include "buf.h"

#define MOMENT_TEXT 39 /* bytes; no time that is one is longer */

struct moment {
	int64_t us;  /* since 1970, UTC */
	uint8_t len; /* of the text; 0: no moment, "not known" */
	char text[MOMENT_TEXT];
};

#define MOMENT_DAYS 32

/* The last days met, by their last digits: the lines of an item share them. */
struct moment_cache {
	struct {
		char day[10];
		int64_t us;
	} days[MOMENT_DAYS];
};

/* False when it is no time. */
bool moment_parse(struct moment_cache *, struct slice, struct moment *);

/* With its text: "2026-09-01T00:00:00Z", and the point only where it is needed.
 * Years from 1 to 9999. */
struct moment moment_of(int64_t us);

static inline struct slice
moment_slice(const struct moment *m)
{
	return (struct slice){ m->text, m->len };
}

#endif
