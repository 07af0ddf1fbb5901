/*
 * mask: the secrets that a run knows, and what keeps them out of its records
 * and messages, should an answer repeat them: the values of its sessions and
 * of every cookie that an answer set.
 *
 * No secret, for masking it would destroy what is ordinary: less than 8
 * characters, a number (an id, a price, a time), a part of the site's name.
 *
 * A secret is found however it is written: as it is, with %XX, also twice, and
 * with JSON's \uXXXX and \/.  Of JSON only strings and keys are changed, so
 * that it stays valid and its numbers what they are.
 */
#ifndef VFETCH_MASK_H
#define VFETCH_MASK_H

#include "http.h"

#define MASK_MOST 64 /* so many are remembered; the oldest makes room */

struct mask {
	struct buf v[MASK_MOST];
	size_t next;     /* to be overwritten */
	bool first[256]; /* some secret begins so */
};

void mask_add(struct mask *m, struct slice value, const char *host);
/* What the answer's Set-Cookie lines set. */
void mask_learn(struct mask *m, const struct http_answer *a, const char *host);
/* How many it replaced; then, and only then, *out is the text without them. */
uint64_t mask_text(const struct mask *m, struct slice text, bool json,
    struct buf *out);
void mask_release(struct mask *m);

#endif
