/*
 * raw_part: a run and its parts on their way into the raw layer: the contents
 * of their manifests, and their paths.
 */
#ifndef RAW_PART_H
#define RAW_PART_H

#include "publish.h"
#include "raw_name.h"

struct raw_part {
	int number;               /* from 1 */
	int revision;             /* 0, or how often it was rewritten */
	struct piece piece;       /* the compressed object */
	char raw_sha256[SHA_HEX]; /* of what is compressed */
	uint64_t records, raw_bytes;
	int64_t first_line, last_line, first_at, last_at;
};

struct raw_run {
	char source[RAW_NAME_MAX], flow[RAW_NAME_MAX], id[RAW_RUN_MAX];
	int64_t at; /* the time in its id */
	struct raw_part *parts;
	int n;
	bool complete;        /* has its closing record */
	int total;            /* parts of the run; 0: not the last */
	struct piece closing; /* that record's body, as JSON text */
	const char *replaces; /* manifest that this one stands for */
};

/* The caller frees. */
char *raw_part_folder(const char *root, const struct raw_run *);
/* Without its folder; the suffix is RAW_OBJECT or RAW_MANIFEST. */
char *raw_part_name(const struct raw_run *, const struct raw_part *,
    const char *suffix);
char *raw_part_path(const char *root, const struct raw_run *,
    const struct raw_part *, const char *suffix);

#endif
