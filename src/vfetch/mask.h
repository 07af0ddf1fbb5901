/*
 * mask: keeps the secrets of a run, the values of its sessions and of every
 * cookie that an answer set, out of its records and messages.
 *
 * Not secret, because masking them would destroy ordinary text: values of less
 * than 8 characters, numbers (an id, a price, a time), parts of the site's
 * name.
 *
 * A secret is found as it is, with %XX, also twice, and with JSON's \uXXXX and
 * \/.  In JSON only strings and keys are changed, so that it stays valid.
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
