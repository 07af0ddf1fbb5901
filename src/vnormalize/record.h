/*
 * record: a raw record, one HTTP answer; see vnormalize(1), INPUT.
 */
#ifndef RECORD_H
#define RECORD_H

#include "verdict.h"

#define RECORD_HEADERS 64

struct record {
	struct val root, request, body;
	struct slice source, site, run, kind, fetched_at;
	int64_t line;
	bool has_look; /* it answers a request that gets one */
	struct answer answer;
	struct answer_header headers[RECORD_HEADERS];
	struct buf bytes; /* a body_text or body_base64, decoded */
};

/* False, and why, when the value is no raw record.  All borrows from the
 * value, and from *r until the next call. */
bool record_read(struct record *r, struct val root, const char **why);
void record_release(struct record *r);

#endif
