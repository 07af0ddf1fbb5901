/*
 * clock: now, monotonic time, RFC 3339 (always UTC).
 *
 * VPIPE_NOW pins the wall clock, for tests and simulated hours.  At
 * "2026-09-20T10:00:00Z" it stands still, from "2026-09-20T10:00:00Z+" it runs
 * on.  It is read at the first call; call once before there are threads, then
 * any may.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_LEN 32 /* room for a time and its NUL */

int64_t clock_now_ms(void);      /* Unix time in milliseconds, pinned or not */
int64_t clock_mono_ms(void);     /* never pinned: for pauses and time-outs */
void clock_sleep_ms(int64_t ms); /* returns early when stopped */
/* Lets time pass: sleeps as above, or moves on a clock that stands still. */
void clock_pass_ms(int64_t ms);

/* "2026-11-21T01:18:55.123Z"; returns s. */
char *clock_format(int64_t ms, char s[CLOCK_LEN]);
/* "20261121T011855Z", the form used in run ids. */
char *clock_compact(int64_t ms, char s[CLOCK_LEN]);
/* Any RFC 3339 time, also with an offset; false when it is none. */
bool clock_parse(const char *s, size_t len, int64_t *ms);

#endif
