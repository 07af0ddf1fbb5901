/*
 * reject: what claimed to be data and is not, one NDJSON line each; see
 * vsnapshot(1), REJECTS.  Without a file the first few are said on stderr.
 */
#ifndef REJECT_H
#define REJECT_H

#include "line.h"

#define REJECT_VALUE 65536 /* bytes of the broken thing that are kept */

struct rejects {
	struct writer out;
	bool file;        /* else stderr */
	double threshold; /* share of what was read */
	uint64_t n, said;
	struct buf line;
};

struct reject {
	struct slice run;         /* JSON text; NULL p: not known */
	uint64_t input;           /* line of the input */
	struct slice line, index; /* as run: the record's own place */
	struct slice stream;      /* NULL p: none */
	const char *property;     /* may be NULL */
	const char *reason;
	struct slice value; /* the smallest broken thing */
};

void rejects_init(struct rejects *, const char *path, double threshold);
void rejects_add(struct rejects *, const struct reject *);
void rejects_close_or_die(struct rejects *);
/* 0, or 65 with a sentence: of `whole` that were read. */
int rejects_status(const struct rejects *, uint64_t whole);

#endif
