/*
 * source: a source description, schema/sources/<source>/source.json, read once
 * and kept; and lists of paths, as source descriptions and contracts have them.
 * Their users know what the keys mean.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "scan.h"

/* A JSON file that stays in memory. */
struct doc {
	char *path; /* of the file, for messages */
	struct buf text;
	struct scan *scan;
	struct val root;
};

/* Dies (78) when the file cannot be read or is no JSON. */
struct doc *doc_load(const char *path);
void doc_free(struct doc *d);

struct source {
	char *name;
	int64_t version;
	char *folder;    /* where it and its contracts are */
	struct doc *doc; /* doc->root: the whole description */
};

/* NULL when no folder of sources has it; dies (78) when it is broken. */
struct source *source_load(const char *name);
void source_free(struct source *s);

/* "x" or ["x", "y"]: the first path that exists wins, null and false too. */
struct paths {
	struct path **v;
	size_t n;
};

/* Dies (78), naming `where`, when one is no path.  SCAN_NONE gives none. */
struct paths paths_load(struct val text_or_list, const char *where);
void paths_release(struct paths *p);
struct val paths_find(struct val v, const struct paths *p);

#endif
