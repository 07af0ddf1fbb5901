/*
 * pace: how often a group of sites may be asked, and its cool-down.
 *
 * A group's file in the data folder is shared by all processes and read and
 * written under a lock.  It holds the instants of the requests of the last
 * hour, and of those that wait for their turn, and the cool-down:
 *
 *	not-before 2026-11-21T01:33:55.000Z	nobody asks before
 *	pause 900000				the last cool-down; doubles
 *	asked 2026-11-21T01:18:50.412Z		oldest first
 *
 * A refusal starts a cool-down of 15 minutes; each refusal after it doubles it,
 * up to 6 hours; an answer sets it back to 15 minutes.  A server's Retry-After
 * is a floor, up to a day; a file with more (an older version's) is cut to a
 * day with a warning.  Only the operator ends a cool-down early, by
 * pace_resume; the pace is kept then, too.  Without limits (loopback) nothing
 * is paced, but the cool-down holds.
 *
 * Nothing here sleeps: pace_take says when, and its caller waits.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_FIRST_MS (15 * 60000)
#define PACE_MOST_MS (6 * 3600000)
#define PACE_DAY_MS (24 * 3600000)

struct pace {
	char *path;
	int minute, hour; /* most requests in each; 0: no limit */
};

/* Makes the folder; dies (74) when it cannot. */
void pace_init(struct pace *p, const char *folder, const char *group,
    int minute, int hour);
void pace_release(struct pace *p);

/* Until when the group cools down; 0 when it does not. */
int64_t pace_cooling(const struct pace *p, int64_t now);
/* Takes the next free instant, not before now, and writes it down.  When a
 * signal ended the wait for the lock it returns now and writes nothing: look
 * at `stopped` before asking. */
int64_t pace_take(const struct pace *p, int64_t now);
/* When the last of n requests would go out; changes nothing. */
int64_t pace_foresee(const struct pace *p, int64_t now, int64_t n);

void pace_refused(const struct pace *p, int64_t now, int64_t retry_after_ms);
/* A Retry-After that came without a refusal. */
void pace_hold(const struct pace *p, int64_t now, int64_t until);
void pace_answered(const struct pace *p, int64_t now);
/* Ends the cool-down; returns when it would have ended, 0: there is none.  The
 * next refusal still doubles it. */
int64_t pace_resume(const struct pace *p, int64_t now);

#endif
