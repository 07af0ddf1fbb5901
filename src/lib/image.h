/*
 * image: what a picture's bytes say of themselves, JPEG, PNG or WebP, read so
 * that a hostile file does no harm.
 *
 *	bytes -> format, by their first bytes
 *	      -> width, height, what decoding will need
 *	      -> limits: too many pixels, too much memory; the gate
 *	      -> decoded whole, by rows, each averaged into small canvases
 *	      -> perceptual hash, dominant colour, smaller copies
 *
 * Nothing of the picture's size is allocated before the limits were held
 * against it.  All of the coded data is read, so that a picture that is cut
 * or broken is seen, though a JPEG is only rebuilt at a half, a quarter or an
 * eighth (as long as its shorter edge keeps IMAGE_SHORT pixels).
 *
 * width and height are those of the stored picture; an orientation in its
 * metadata is not looked at.  Transparent parts stand on white.  An animated
 * PNG is its default image, an animated WebP is unsupported.
 *
 * Behind the picture's end there may be padding (NUL, FF, blanks, line ends)
 * of IMAGE_PADDING bytes at most, and nothing else.
 *
 * The reasons, all permanent but "truncated": not-an-image, html, unsupported,
 * too-many-pixels, corrupt, truncated, trailing-data.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define IMAGE_SHORT 128 /* pixels of the shorter edge */
#define IMAGE_PADDING ((size_t)64 << 10)
#define IMAGE_SCANS 64      /* of a progressive JPEG, at most */
#define IMAGE_EDGE_MAX 2048 /* of a smaller copy */

enum image_format { IMAGE_NONE, IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP };

struct image_limits {
	int64_t pixels;
	size_t memory; /* bytes that decoding may take */
	/* Asked before anything large is allocated, and told when it is free
	 * again: may wait.  May be NULL. */
	void (*take)(void *arg, size_t bytes);
	void (*give)(void *arg, size_t bytes);
	void *arg;
};

/* A smaller copy, wanted at that edge (the longer one); JPEG, quality 80.
 * width 0: none was made, it would have taken more memory than allowed, or
 * cannot be encoded; the others are made all the same. */
struct image_copy {
	int edge, width, height;
	struct buf jpeg; /* the caller releases */
};

struct image {
	enum image_format format;
	int width, height;        /* 0: not known */
	uint8_t red, green, blue; /* the dominant colour */
	bool has_phash;           /* a flat picture has none */
	uint64_t phash;
};

const char *image_format_name(enum image_format f); /* "jpeg" */
const char *image_format_ext(enum image_format f);  /* "jpg" */

/* NULL: all is well; else the reason why not, static. */
const char *image_decode(struct slice bytes, const struct image_limits *l,
    struct image *im, struct image_copy *copies, int n);

#endif
