/*
 * ids: a set of the ids of hits, as JSON texts, in the order in which they
 * came first.
 */
#ifndef VFETCH_IDS_H
#define VFETCH_IDS_H

#include "buf.h"

struct ids {
	struct buf text; /* the ids, one behind the other */
	size_t *end;     /* where the i-th ends in text */
	size_t n, cap;
	size_t *slot; /* hash table: index + 1, 0 is free */
	size_t slots; /* a power of two, over twice n */
};

bool ids_add(struct ids *s, struct slice id); /* true when it is new */
bool ids_has(const struct ids *s, struct slice id);
struct slice ids_get(const struct ids *s, size_t i);
void ids_reset(struct ids *s);
void ids_release(struct ids *s);

#endif
