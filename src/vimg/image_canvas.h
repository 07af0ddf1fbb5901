/*
 * image_canvas: a picture averaged down while its rows come by (box filter).
 * Rows come in order, or, of an interlaced picture, pixel by pixel in any
 * order; the result is the same.  For image.c and its decoders, in any thread.
 */
#ifndef IMAGE_CANVAS_H
#define IMAGE_CANVAS_H

#include "image.h"

struct canvas {
	struct image_copy *copy; /* NULL: for the hash and the colour */
	int w, h;                /* of what comes */
	int tw, th;              /* of what it becomes */
	bool scattered;          /* pixels come in any order */
	int row;                 /* target row at hand */
	uint32_t *sum;           /* 3 a cell: of a row, or all when scattered */
	uint8_t *rgb;            /* tw * th * 3 */
};

#define CANVAS_COPIES 8

/* All that one pass over a picture fills. */
struct canvases {
	struct canvas v[1 + CANVAS_COPIES];
	int n;
};

void canvas_init(struct canvas *c); /* sizes are set; allocates */
void canvas_pixel(struct canvas *c, int x, int y, const uint8_t *rgb);
void canvas_end(struct canvas *c);
void canvas_release(struct canvas *c);

size_t canvases_memory(const struct canvases *all);
void canvases_init(struct canvases *all);
void canvases_row(struct canvases *all, int y, const uint8_t *rgb);
void canvases_release(struct canvases *all);

/*
 * The factor (1, 2, 4, 8) by which a picture may be decoded smaller for a copy
 * of that edge, or (edge 0) for its hash.  Each has its own, so that neither a
 * copy nor the hash depends on which other copies are made.
 */
int image_reduction(const struct image *im, int edge);

/* The decoders.  They set what they learn of im; bytes begin as they should. */
struct image_job {
	struct slice bytes;
	const struct image_limits *limits;
	struct image *im;
	struct image_copy *copies;
	int ncopies;
	bool without[CANVAS_COPIES]; /* those left out for their memory */
	int by;      /* the reduction of this pass; 0: the hash's */
	bool unseen; /* decoded to be proven, and not looked at */
	struct canvases canvases;
	size_t taken; /* memory told to the gate */
	size_t end;   /* where the picture ends */
};

/* The canvases of this pass, for a picture that comes as w x h. */
void image_plan(struct image_job *j, int w, int h, bool scattered);
/* Holds the limits against size and need, and passes the gate. */
const char *image_admit(struct image_job *j, size_t memory);

/* Decodes a further JPEG that begins there like the first; returns its length,
 * and adds its lenient bits to the first one's. */
const char *image_second(const struct image_job *of, struct slice bytes,
    size_t *len);

const char *image_jpeg(struct image_job *j);
const char *image_png(struct image_job *j);
const char *image_webp(struct image_job *j);
/* A canvas as JPEG; false when libjpeg would not. */
bool image_encode(const struct canvas *c, struct buf *jpeg);

#endif
