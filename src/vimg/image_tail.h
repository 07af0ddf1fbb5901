/*
 * image_tail: are the bytes behind a picture's end known and harmless?
 *
 *	picture  item item ...  trailer trailer ...
 *	         ^ where the    ^ image_tail_trim: known by their own ends
 *	           decoder ended
 *
 * Items are padding (NUL, FF, blanks, line ends), end marks again, further
 * JPEGs, each decoded whole (MPO, gain maps), and the video of a motion photo,
 * box by box, when the picture's XMP says that it is one.  Trailers are those
 * of Samsung (SEFT), Canon (VRD) and AFCP, by their own directories, and an
 * HTML comment without markup, as caches append.  Padding and end marks are
 * IMAGE_PADDING bytes at most.  Each is a bit of `lenient`.
 *
 * All else is "trailing-data", and so is a known item that holds the signature
 * of an archive, a document, a program or a script.  Any thread may call.
 */
#ifndef IMAGE_TAIL_H
#define IMAGE_TAIL_H

#include "image_canvas.h"

/* How much of it is left without its trailers, which are noted. */
size_t image_tail_trim(struct slice bytes, struct image *im);
/* How many bytes at its end are padding. */
size_t image_tail_padding(struct slice bytes);
/* Does it hold the signature of another format?  `video`: where an MP4 may be.
 */
bool image_tail_hides(struct slice s, const char *video);
/* Of a picture that was decoded (its end is j->end, that of what trim left
 * j->bytes); all: with the trailers.  NULL, or the reason. */
const char *image_tail(const struct image_job *j, struct slice all);

#endif
