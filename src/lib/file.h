/*
 * file: whole files on local folders (never on an S3 mount: see publish.h).
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "buf.h"

/* Appends the file to b; false with errno when it cannot be read. */
bool file_read(const char *path, struct buf *b);
/* The same of what people write: a byte order mark is left out, and UTF-16
 * dies (78). */
bool file_read_text(const char *path, struct buf *b);
/* Writes beside, syncs, renames: readers see the old or the new.  False with
 * errno; nothing is left behind then. */
bool file_replace(const char *path, struct slice s, mode_t mode);
/*
 * open(2) of a file that is written: ours alone, 0600 whatever the umask and
 * whatever it was before; what is no regular file (a pipe, a device) stays as
 * it is.  -1 with errno.
 */
int file_create(const char *path, int flags);
/* mkdir -p; false with errno. */
bool file_mkdirs(const char *path, mode_t mode);
/*
 * Opens (makes) the file and takes an exclusive flock on it.  wait: until it
 * is free, or a signal has stopped us, and then for half a second more; else
 * give up at once.  Returns the descriptor, closing which unlocks (as does our
 * end, whatever it be); -1 with errno (EWOULDBLOCK: somebody else has it).
 */
int file_lock(const char *path, bool wait);

#endif
