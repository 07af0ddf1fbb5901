/*
 * raw_name: how things of the raw layer are named.
 *
 *	<root>/<source>/<flow>/dt=YYYY-MM-DD/hh=HH/<run>.<part>[.rN].ndjson.zst
 *	                                           <run>.<part>[.rN].manifest.json
 *
 * A run is "<compact time>-<flow>-<16 hex digits>", a part four digits from
 * 0001, N how often the part was rewritten.
 */
#ifndef RAW_NAME_H
#define RAW_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define RAW_RUN_MAX 96     /* a run id and its NUL */
#define RAW_NAME_MAX 64    /* a source, a flow and their NUL */
#define RAW_PARTS_MAX 9999 /* what four digits number */
#define RAW_OBJECT ".ndjson.zst"
#define RAW_MANIFEST ".manifest.json"

/* May it name a folder: letters, digits, '-' and '_'? */
bool raw_name_ok(struct slice name);
/* Is it a run id of that flow?  The time in it, Unix milliseconds. */
bool raw_name_run(struct slice run, struct slice flow, int64_t *at);
/* What a manifest's name says, without its folder; false for other names. */
bool raw_name_manifest(const char *name, struct slice *run, int *part,
    int *revision);
/* The raw folder without a slash at its end: the operand or, where that is
 * NULL, VPIPE_RAW.  Dies (64) of an empty one.  The caller frees. */
char *raw_name_root(const char *operand);

#endif
