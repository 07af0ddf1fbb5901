/*
 * personal: which entries of a closing record (one a query) name a seller or
 * her item.
 *
 * Those of catalogs hold the fetch watermark and name nobody: they stand in
 * manifests and in ops.  The others go from the raw record to staging and
 * nowhere else (law 10).
 */
#ifndef PERSONAL_H
#define PERSONAL_H

#include "scan.h"

/* Is it about a seller or an item?  Any query but a search counts as one. */
bool personal_entry(struct val entry);
/* Does the body of a closing record hold such an entry? */
bool personal_closing(struct val body);

#endif
