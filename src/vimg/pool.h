/*
 * pool: the threads of vimg.  Decoders (one a core) hash and decode, storers
 * write: one for a folder, which gathers objects for a moment and syncs them
 * together; several for a mount, where each sync is an upload.
 *
 *	main --give--> decoders --> storers --> main (pool_done, pool_fd)
 *
 * Photos come back in the order in which they are done.  These functions are
 * for the main thread; the pool's threads never touch stdout, and take no
 * signals.  All decoders share one budget of memory: a large picture decodes
 * alone.
 */
#ifndef VIMG_POOL_H
#define VIMG_POOL_H

#include "options.h"
#include "photo.h"
#include "store.h"

#define MOUNT_STORERS 6

struct pool;

/* store NULL: nothing is kept. */
struct pool *pool_new(const struct options *o, struct store *store);
/* Waits for the threads; their photos are done by then, or dropped. */
void pool_free(struct pool *p);
void pool_give(struct pool *p, struct photo *ph);
size_t pool_n(const struct pool *p);     /* given and not yet done */
size_t pool_waiting(struct pool *p);     /* of those, not yet decoded */
int pool_fd(const struct pool *p);       /* readable when one is done */
struct photo *pool_done(struct pool *p); /* NULL: none */

#endif
