/*
 * replace: rewrites a part, to forget a seller or to renew its manifest.  Run,
 * lines and the bodies' hashes stay; the new object gets a fresh key and a
 * manifest, and only when both are proven the old ones are removed.  After a
 * kill, run it again with the same input.
 */
#ifndef VRAW_REPLACE_H
#define VRAW_REPLACE_H

#include "raw_manifest.h"
#include "raw_spool.h"

/* The part's own records, with a manifest as it is written today.  Returns the
 * exit status. */
int replace_itself(const struct raw_manifest *old,
    const struct raw_spool_opts *, struct writer *out);
/* What a newer revision stands for. */
void replace_remove(const struct raw_manifest *old);

#endif
