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
/* The same for files that people write: leaves out a byte order mark, dies
 * (78) of UTF-16. */
bool file_read_text(const char *path, struct buf *b);
/* Writes beside, syncs, renames: readers see the old or the new.  False with
 * errno; nothing is left behind then. */
bool file_replace(const char *path, struct slice s, mode_t mode);
/*
 * open(2) for writing.  A regular file gets mode 0600, whatever the umask and
 * its mode before.  -1 with errno.
 */
int file_create(const char *path, int flags);
/* mkdir -p; false with errno. */
bool file_mkdirs(const char *path, mode_t mode);
/*
 * Opens (makes) the file and takes an exclusive flock on it.  wait: until it is
 * free, or half a second after a signal; else gives up at once.  Returns the
 * descriptor; closing it unlocks, as does the end of the process.  -1 with
 * errno (EWOULDBLOCK: somebody else has it).
 */
int file_lock(const char *path, bool wait);

#endif
