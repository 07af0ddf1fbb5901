/*
 * keys: which keys a contract's elements have, whether it reads them or not,
 * and of which types their values are.  What came, went or changed in an answer
 * shows here, before anybody wrote a property for it.
 *
 * The first element of each page is looked at, and no other: the elements of a
 * page are alike, and this costs a hundredth of reading them all.  Keys that
 * could name somebody are left out: those that are no identifiers, such as
 * numbers.
 *
 *	keys_note(&c->keys, element);		once a page
 *	keys_write(&c->keys, &b, stream, variant, version);
 *	keys_release(&c->keys);
 *
 * Memory: KEYS_MAX keys of KEYS_TEXT bytes; what comes beyond is not noted.
 */
#ifndef KEYS_H
#define KEYS_H

#include "buf.h"
#include "scan.h"

#define KEYS_MAX 256
#define KEYS_TEXT 64

struct key;

struct keys {
	struct key *list;
	size_t n;
};

/* Of anything but an object: nothing. */
void keys_note(struct keys *k, struct val element);
/* A line for each key: {"stream":...,"key":"id","types":["number"]} */
void keys_write(const struct keys *k, struct buf *b, const char *stream,
    const char *variant, int64_t version);
void keys_release(struct keys *k);

#endif
