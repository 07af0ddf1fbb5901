/*
 * pool: the threads of vimg.  Decoders hash and decode (one a core), storers
 * write what is to be kept: one for a folder, which waits a moment for more to
 * come, takes it all and syncs it at once; several for a mount, where each sync
 * is an upload.
 *
 *	main --give--> decoders --> storers --> main (pool_done, pool_fd)
 *
 * Photos come back in the order in which they are done.  These functions are
 * for the main thread.  The pool's own never touch stdout, and take no signals.
 * What decoding needs is held against a budget that all decoders share: a
 * large picture decodes alone.
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
/* Waits for the threads; what they still had is done by then, or dropped. */
void pool_free(struct pool *p);
void pool_give(struct pool *p, struct photo *ph);
size_t pool_n(const struct pool *p);     /* given and not yet done */
size_t pool_waiting(struct pool *p);     /* of those, not yet decoded */
int pool_fd(const struct pool *p);       /* readable when one is done */
struct photo *pool_done(struct pool *p); /* NULL: none */

#endif
