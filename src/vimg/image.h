/*
 * image: decodes JPEG, PNG and WebP so that a hostile file does no harm.
 *
 *	bytes -> format, by their first bytes
 *	      -> width, height, what decoding will need
 *	      -> limits: too many pixels, too much memory; the gate
 *	      -> decoded whole, by rows, each averaged into small canvases
 *	      -> perceptual hash, dominant colour, smaller copies
 *
 * The limits are checked before anything of the picture's size is allocated.
 * All of the coded data is read, so that a cut or broken picture is noticed,
 * though a JPEG is rebuilt at a half, a quarter or an eighth (if its shorter
 * edge keeps IMAGE_SHORT pixels).
 *
 * width and height are those of the stored picture; an orientation in its
 * metadata is ignored.  Transparent parts stand on white.  An animated PNG is
 * its default image, an animated WebP is unsupported.
 *
 * Known faults that viewers accept are accepted, each as a bit of `lenient`
 * (image_tail.h has what may follow a picture).  A JPEG may lack its end mark
 * when all rows are there; a PNG may have broken ancillary chunks, and some
 * more data than pixels.
 *
 * A lack of memory ends the program (70), so that no picture is called unfit
 * for it.
 *
 * Any thread may call, several at once: they share only limits->arg.
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

/* What a picture has that a strict reader would refuse; names in image.c. */
enum image_lenient {
	IMAGE_NO_END = 1 << 0,    /* a JPEG without its end mark */
	IMAGE_END_AGAIN = 1 << 1, /* more than one end mark */
	IMAGE_STRAY = 1 << 2,     /* a few bytes between markers */
	IMAGE_PADDED = 1 << 3,    /* padding behind it */
	IMAGE_MORE = 1 << 4,      /* further JPEGs behind it */
	IMAGE_TRAILER = 1 << 5,   /* a camera maker's trailer */
	IMAGE_MOTION = 1 << 6,    /* the video of a motion photo */
	IMAGE_COMMENT = 1 << 7,   /* an HTML comment behind it */
	IMAGE_BAD_CHUNK = 1 << 8, /* a PNG's ancillary chunk is broken */
	IMAGE_MORE_DATA = 1 << 9, /* a PNG's data goes on behind its pixels */
	IMAGE_LENIENCES = 10
};

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
	unsigned lenient; /* of enum image_lenient */
};

const char *image_format_name(enum image_format f); /* "jpeg" */
const char *image_format_ext(enum image_format f);  /* "jpg" */
/* Adds their names, with blanks between them: "more-pictures padding". */
void image_lenient_add(struct buf *out, unsigned lenient);

/* NULL: all is well; else the reason why not, static. */
const char *image_decode(struct slice bytes, const struct image_limits *l,
    struct image *im, struct image_copy *copies, int n);

#endif
