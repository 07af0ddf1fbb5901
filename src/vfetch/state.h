/*
 * state: the fetch watermarks.  A query's state, from its newest closing
 * record, is when it was last walked, and the newest ids seen then.
 *
 * The file is NDJSON, oldest first: manifests ({"closing":{...}}), raw records
 * of runs ({"body":{...}}) or their bodies ({"queries":[...]}).  One state is
 * kept per query that the file names.
 */
#ifndef VFETCH_STATE_H
#define VFETCH_STATE_H

#include "buf.h"
#include "ids.h"

#define STATE_IDS 3000

struct states {
	struct state_entry *v;
	size_t n;
};

/* Dies (74) when the file cannot be read; broken lines are skipped, aloud. */
void states_load(struct states *s, const char *path);
void states_release(struct states *s);
/* The state's JSON text; p NULL when there is none. */
struct slice states_find(const struct states *s, const char *query);
/* The ids of a state. */
void state_ids(struct slice state, struct ids *ids);
/* The next state: ids seen now, then known ones, bounded. */
void state_next(struct buf *out, int64_t at, const struct ids *now,
    const struct ids *old);

#endif
