/*
 * raw_unpack: objects of the raw layer back to records, piece by piece: memory
 * stays flat.  What returns false could not be decompressed to its end.
 */
#ifndef RAW_UNPACK_H
#define RAW_UNPACK_H

#include "line.h"
#include "publish.h"

/* What an object holds; no record has the line 0. */
struct raw_contents {
	int64_t records, raw_bytes, first_line, last_line;
};

/* Into a file of raw_spool_file, read from its beginning; or a reason. */
bool raw_unpack(const char *object, int *fd, const char **why);
bool raw_unpack_piece(const struct piece *from, int *fd, const char **why);
/* To the writer; or a reason.  Ends early, and false, when stopped. */
bool raw_unpack_to(const char *object, struct writer *out, const char **why);
/* SHA-256 of the records. */
bool raw_unpack_hash(const char *object, char sha256[SHA_HEX]);
bool raw_unpack_count(const char *object, struct raw_contents *c);

#endif
