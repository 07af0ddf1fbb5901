/*
 * raw_manifest: the file that proves a part, written and read.  vpipe-raw(7)
 * has its members.
 */
#ifndef RAW_MANIFEST_H
#define RAW_MANIFEST_H

#include "raw_part.h"
#include "raw_unpack.h"

/* As read; zero is a valid one. */
struct raw_manifest {
	char *text;          /* the line, NUL-terminated, no newline */
	char *path, *object; /* of the two files */
	char source[RAW_NAME_MAX], flow[RAW_NAME_MAX], run[RAW_RUN_MAX];
	int64_t run_at; /* Unix milliseconds */
	int part, revision;
	uint64_t bytes;
	char sha256[SHA_HEX];
	struct raw_contents contents;
	bool complete;
	int total;          /* its "parts"; 0: null */
	bool names_anybody; /* as older versions wrote them, see personal.h */
};

void raw_manifest_write(struct buf *b, const struct raw_run *,
    const struct raw_part *);
/* False: not a whole manifest, with a short reason; nothing to release. */
bool raw_manifest_read(const char *path, struct raw_manifest *,
    const char **why);
void raw_manifest_release(struct raw_manifest *);
/* The whole manifest of the part's newest revision in the folder. */
bool raw_manifest_newest(const char *dir, const char *run, int part,
    struct raw_manifest *);

#endif
