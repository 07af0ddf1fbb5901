/*
 * retry: when to try again, and after how long.  Arithmetic, no sockets.
 *
 * Only a closed list of causes is tried again; a refusal is none of them.  The
 * pause is "full jitter": random between 0 and a bound that doubles, so that
 * many clients do not come back in step.  Retry-After is a floor under it.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct retry_policy {
	int tries;               /* in all, the first included */
	int64_t base_ms, cap_ms; /* the bound after the first failure,
	                            and what it never exceeds */
};

#define RETRY_DEFAULT ((struct retry_policy){ 3, 1000, 30000 })

/* 408, 500, 502, 503, 504. */
bool retry_status(int status);
/* "resolve", "connect", "timeout", "reset", "truncated"; NULL is none. */
bool retry_cause(const char *cause);
/*
 * The pause after the attempt that failed (the first is 1), for a random
 * number in [0, 1000000]; floor_ms is what Retry-After asked for, or 0.
 */
int64_t retry_pause(const struct retry_policy *p, int attempt,
    int64_t millionths, int64_t floor_ms);
/* Uniform in [0, most], from the system. */
int64_t retry_random(int64_t most);
/*
 * Retry-After (RFC 9110, 10.2.3): seconds, also with a fraction, or a date as
 * http_date reads it (0 if it has passed).  Of several with commas between, the
 * longest.  False when it is neither.
 */
bool retry_after(struct slice text, int64_t now_ms, int64_t *ms);

#endif
