/*
 * raw_publish: publishes a run into the raw layer, whole or not at all:
 *
 *	objects under temporary keys	a full disk shows up here
 *	manifests under temporary keys
 *	objects to their names, read again
 *	manifests to their names, read again, the last part's last
 *
 * SIGTERM stops it until the first manifest has its name; a failure removes the
 * objects that no manifest names.
 */
#ifndef RAW_PUBLISH_H
#define RAW_PUBLISH_H

#include "line.h"
#include "raw_part.h"

/* The raw folder, which VPIPE_RAW_MOUNT may want to be a mount; the root is
 * borrowed. */
struct place raw_place(const char *root);

/* Publishes the run and prints its manifests.  Returns the exit status; the
 * reason was said.  Adds to *known the records that were there already. */
int raw_publish(const struct place *, const struct raw_run *,
    struct writer *out, uint64_t *known);

#endif
