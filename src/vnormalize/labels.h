/*
 * labels: a table of localised labels and the stable ids they stand for,
 * <source>/labels/<name>.json:
 *
 *	{"labels": {"en": {"Very good": 2, ...}, "fr": {...}}}
 *
 * A label is looked up whatever its language and the case of its ASCII
 * letters; two languages must not use one label for two ids.  In jq the table
 * is the function label_<name>, which gives the id, or null.
 */
#ifndef LABELS_H
#define LABELS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct labels;

struct labels *labels_load(const char *path); /* dies (78) */
void labels_free(struct labels *l);
bool labels_find(const struct labels *l, struct slice label, int64_t *id);
/* "spaced": a text with plain spaces for no-break, thin and other ones, as
 * labels_find reads it; for the labels and for prelude.jq. */
void labels_spaces_to_jq(struct buf *b);
void labels_to_jq(const struct labels *l, const char *name, struct buf *b);

#endif
