/* plan: the requests of a run, and how long they would take (--dry-run). */
#ifndef VFETCH_PLAN_H
#define VFETCH_PLAN_H

#include "pages.h"

struct plan {
	struct ids known; /* what stands in it already: robots, visits */
	int64_t requests;
	bool open_ended; /* unknown number of pages or redirects */
};

/* Adds the query's requests to the run's output, in order. */
void plan_query(struct plan *p, struct run *r, const struct query *q,
    const struct pages_options *o);
/* Says on stderr how many there are, and how long they take. */
void plan_say(const struct plan *p, const struct run *r);
void plan_release(struct plan *p);

#endif
