/*
 * proof: does an object hold what its manifest says?
 */
#ifndef VRAW_PROOF_H
#define VRAW_PROOF_H

#include "raw_manifest.h"

/* The checks: of the size; also of the hash; also of the lines. */
enum depth { DEPTH_SIZE, DEPTH_HASH, DEPTH_LINES };

/* The manifest of a part that is named by its manifest or its object; NULL for
 * other names.  The caller frees. */
char *proof_path(const char *part);
/* As that, but dies (64). */
char *proof_path_or_die(const char *part);
/* The manifest, when its object is as it says; false with a reason. */
bool proof_read(const char *manifest, enum depth, struct raw_manifest *,
    const char **why);

#endif
