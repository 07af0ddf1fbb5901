/*
 * layer: the manifests below some folders, the revisions of a part together.
 *
 *	struct layer l;
 *	struct raw_manifest m;
 *	size_t i, n;
 *	int bad;
 *
 *	layer_find(&l, o, operands);
 *	for (i = 0; i < l.n && !stopped; i += n) {
 *		n = layer_newest(&l, i, DEPTH_SIZE, &m, &bad);
 *		... m.text is NULL when none of the n is whole ...
 *		raw_manifest_release(&m);
 *	}
 *	layer_release(&l);
 *
 * Memory grows with the number of manifests, by their paths.
 */
#ifndef VRAW_LAYER_H
#define VRAW_LAYER_H

#include "options.h"
#include "proof.h"

struct layer {
	char **paths; /* sorted by run, part and revision */
	size_t n;
	uint64_t unnamed; /* objects that no manifest speaks for */
	uint64_t temporary;
};

/* Below the operands or, without any, below the raw folder, there only with the
 * source, flow and time of the options.  Dies (74) when it cannot read. */
void layer_find(struct layer *, const struct options *, char *const operands[]);
void layer_release(struct layer *);

/* Of the revisions paths[i], [i + 1] ... of one part: reads the newest that is
 * whole, and says what is wrong with the *bad newer ones.  Returns the number
 * of revisions. */
size_t layer_newest(const struct layer *, size_t i, enum depth,
    struct raw_manifest *, int *bad);

#endif
