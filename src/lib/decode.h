/*
 * decode: a whole body, out of its Content-Encoding (RFC 9110, 8.4).
 *
 * Known are gzip (all of its members), deflate (with zlib's frame or without),
 * br and zstd (all of its frames), up to DECODE_LAYERS of them one in another.
 * As with gzip(1), bytes after the last whole member are padding.  A body that
 * cannot be decoded to its end is left as it came.
 */
#ifndef DECODE_H
#define DECODE_H

#include "buf.h"

/* What http asks for, and what decode_body understands. */
#define DECODE_ACCEPT "deflate, gzip, br, zstd"
#define DECODE_LAYERS 4

enum decoded {
	DECODE_OK,
	DECODE_CUT,       /* it ends too early; decoded as far as it goes */
	DECODE_TOO_LARGE, /* as far as the ceiling of the body */
	DECODE_WRONG      /* unknown coding, or not of it: as it came */
};

/* codings: as in the header, in the order in which they were applied, such as
 * "deflate, gzip".  An empty body stays empty. */
enum decoded decode_body(struct slice codings, struct buf *body);

#endif
