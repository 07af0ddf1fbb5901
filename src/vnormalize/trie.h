/*
 * trie: many paths, found in one walk over a value.
 *
 *	.id .price.amount .price.currency_code
 *
 *	id -> 0    price -> amount -> 1
 *	                 -> currency_code -> 2
 */
#ifndef TRIE_H
#define TRIE_H

#include "scan.h"

struct trie;

struct trie *trie_new(void);
void trie_free(struct trie *t); /* NULL is fine */
/* The path must outlive the trie; its keys are borrowed. */
void trie_add(struct trie *t, const struct path *path, int slot);
void trie_ready(struct trie *t); /* no path is added after this */
/* Sets found[slot] of every path, to SCAN_NONE where it does not exist. */
void trie_walk(const struct trie *t, struct val v, struct val *found);

#endif
