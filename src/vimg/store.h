/*
 * store: bytes under the name of their SHA-256, in a folder or on an S3 mount
 * (s3fs), written once.
 *
 *	<root>/sha256/ab/cd/abcd....jpg
 *
 * An object is written under its final name (the hash, so that there is nothing
 * to rename), by O_EXCL, synced, closed, read again and compared byte by byte.
 * A killed writer may leave half an object, which has no record; the next
 * writer reads it, removes it and writes it anew.  Nothing is truncated or
 * overwritten in place.
 *
 * A folder is synced once for all objects of a call (syncfs), a mount for every
 * object (there a sync is the upload; it is tried again on the same descriptor,
 * see publish.h).  Objects that were there already are synced as well: their
 * writer may not have come to it.
 *
 * Two processes may store the same object at once: the second waits for the
 * first by flock, and finds it known.  On a mount of two machines both write
 * it, with the same bytes.
 *
 * Several threads may call store_put.  When it fails it has said why, once, and
 * none of the call's objects counts as stored.
 */
#ifndef STORE_H
#define STORE_H

#include <stdatomic.h>

#include "publish.h"

#define STORE_FOLDERS 131072

struct store {
	struct place to;
	int fd;           /* of the root: errors of syncfs since then */
	atomic_bool said; /* said why it failed */
	atomic_uchar made[STORE_FOLDERS / 8]; /* bits: folders, by hash */
};

struct store_item {
	const char *path; /* below the root, see store_path */
	const char *bytes;
	size_t len;
	bool known; /* out: it was there, and has been read */
};

/* Dies (78) when it must be a mount and is none; else makes the folder. */
void store_open(struct store *s, const char *root, bool mount,
    const char *setting);
void store_close(struct store *s);
/* "<prefix>/ab/cd/<sha256>.<ext>"; the caller frees. */
char *store_path(const char *prefix, const char *sha256, const char *ext);
/* EX_OK: all of them are stored; else the status to end with. */
int store_put(struct store *s, struct store_item *items, size_t n);
/* Is an object of that size there?  Says nothing of its bytes. */
bool store_has(const struct store *s, const char *path, uint64_t len);
/* Appends the object; false when it cannot be read, or is larger. */
bool store_read(const struct store *s, const char *path, size_t most,
    struct buf *b);

#endif
