/* closing: the closing record of a run, and its ledger. */
#ifndef VFETCH_CLOSING_H
#define VFETCH_CLOSING_H

#include "options.h"
#include "run.h"

/* queries: the JSON array that pages_walk filled. */
void closing_write(struct run *r, const struct options *o, struct slice queries,
    uint64_t rejected, int status);
/* On stderr, and as metrics. */
void closing_say(const struct tally *t, uint64_t rejected);

#endif
