/*
 * singer: the messages that vnormalize writes; see vnormalize(1), OUTPUT.
 */
#ifndef SINGER_H
#define SINGER_H

#include "contract.h"
#include "json.h"
#include "person.h"

/* The union over all variants; one line. */
void singer_schema(struct buf *b, const struct catalogue *k,
    const struct stream *s, const struct person *p);
void singer_closing_schema(struct buf *b, const struct catalogue *k);
void singer_look_schema(struct buf *b, const struct catalogue *k);
/* {"item.search-2026-09":3,...}: all contracts of the source. */
void singer_contracts(struct json *j, const struct catalogue *k);

#endif
