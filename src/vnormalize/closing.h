/*
 * closing: the records of the stream closing: how far each query about a seller
 * or an item was walked, and why it stopped.  Queries of catalogs stand in
 * manifests.  The shape is vpipe's own and needs no contract.
 */
#ifndef VNORMALIZE_CLOSING_H
#define VNORMALIZE_CLOSING_H

#include "normalize.h"

#define CLOSING_ENTITY "closing"
#define CLOSING_VERSION 1 /* rises with every edit of the record */

extern const char closing_schema[]; /* of its record, as JSON */

/* The record in hand is the closing record of a run. */
void closing_apply(struct normalizer *n, struct catalogue *k);

#endif
