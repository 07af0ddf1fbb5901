/*
 * bulk: the files of a BATCH message, records one a line, plain or gzipped
 * (https://sdk.meltano.com, "batch").
 */
#ifndef BULK_H
#define BULK_H

#include "take.h"

/* Dies (65), before any STATE behind it, when a file cannot be loaded whole. */
void bulk_take(struct run *);

#endif
