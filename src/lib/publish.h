/*
 * publish: copies a finished local file into a folder or onto an S3 mount
 * (s3fs), so that a file under its final name is whole, and proven to be.
 *
 *	publish_copy	a temporary key beside the final one, fsync, close
 *	publish_name	rename to the final key, open again, size and SHA-256
 *	publish_keep	it stays; nothing undoes it any more
 *	publish_undo	temporary or final key removed
 *
 * A file that was neither kept nor undone is undone when the process exits; a
 * killed process leaves a temporary key, or a whole file that no manifest
 * names.  Readers skip both, see publish_is_temporary.
 *
 * s3fs needs all of this, and folders get it, too: a key is written once, from
 * front to back, never truncated or appended to; nobody forks while it is open
 * (the child's close would publish half of it); close is checked; a rename is a
 * copy on the server, so the result is read again.  Only on mounts fsync is
 * tried again on the same descriptor: s3fs keeps the dirty pages, a local
 * kernel drops them and would call the second try a success.
 *
 * A function that returns false has said why (or was stopped by a signal).
 *
 * For the main thread; publish_write and publish_sync_file are for any.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sha.h"

#define PUBLISH_FUSE 0x65735546 /* statfs f_type of an s3fs mount */

struct place {
	const char *root;    /* all is published below; not owned */
	bool mount;          /* must be a mount: a dead one is a folder */
	const char *setting; /* that says so, for messages */
};

/* A range of a local file. */
struct piece {
	int fd;
	off_t at;
	uint64_t bytes;
	char sha256[SHA_HEX];
};

struct publication {
	char *path, *tmp; /* tmp is NULL once renamed */
	uint64_t bytes;
	char sha256[SHA_HEX];
	struct publication *next; /* those that exit would undo */
};

/* Dies (78) when the place must be a mount and is none, (75) when the server
 * of the mount is away; makes a folder that may be a plain one. */
void place_open(const struct place *);
/* Is the open file on a mount, if the place must be one?  It may have gone. */
bool place_holds(const struct place *, int fd);
void place_gone_say(const struct place *);

bool publish_copy(struct publication *, const struct place *, const char *path,
    const struct piece *);
bool publish_name(struct publication *);
void publish_keep(struct publication *);
void publish_undo(struct publication *);

/* fsync of the folder and of those above it up to the place's root. */
bool publish_sync(const struct place *, const char *dir);

/* The file is there, of that size and hash.  False without a word. */
bool publish_proven(const char *path, uint64_t bytes, const char *sha256);
/* The steps by themselves, for vimg's store; false with errno. */
bool publish_write(int fd, const char *p, size_t n);
bool publish_sync_file(int fd, const char *path);
/* A temporary key by its name: "....tmp-0123456789abcdef". */
bool publish_is_temporary(const char *name);

#endif
