/*
 * reject: lines, records and values that could not be read, a line of NDJSON
 * each:
 *
 *	program, run, part, line, index, stream, contract, property, reason,
 *	kept, and value: the smallest broken thing, REJECT_VALUE bytes of it at
 *	most ("cut":true), as value_base64 when it is not UTF-8
 *
 * Unknown members are null; ops.reject has the same columns.  Without a file
 * the first few are said on stderr.  A kept one lost a property only, and is no
 * failure.
 *
 * Several threads may call rejects_add and rejects_sync_or_die; the rest is for
 * one alone.
 */
#ifndef REJECT_H
#define REJECT_H

#include <pthread.h>

#include "line.h"
#include "scan.h"

#define REJECT_VALUE 65536

struct rejects {
	uint64_t n, kept; /* what was rejected: elements, kept ones */

	pthread_mutex_t lock;
	struct writer out;
	bool file;        /* else stderr */
	bool dirty;       /* lines were added since the last sync */
	double threshold; /* a share */
	const char *part; /* NULL: not of a published part */
	uint64_t said;
	struct buf line;
};

struct reject {
	struct slice run;     /* p NULL: not known */
	int64_t line, index;  /* negative: none */
	const char *contract; /* may be NULL, as the next two */
	const char *stream, *property;
	/* Its own run, line, index and contract, where it has them, come before
	 * those above. */
	struct val record;
	const char *reason;
	bool kept;
	struct slice value; /* p NULL: none */
	uint64_t elements;  /* how many it stands for; 0 for a kept one */
};

/* From 0 to 1; dies (64) when the text says anything else. */
double rejects_share(const char *text);
/* path NULL: no file; else it is made, and emptied.  path and part are
 * borrowed. */
void rejects_init(struct rejects *r, const char *path, double threshold,
    const char *part);
void rejects_add(struct rejects *r, const struct reject *one);
/* What was added is on disk. */
void rejects_sync_or_die(struct rejects *r);
void rejects_close_or_die(struct rejects *r);

bool rejects_exceed(const struct rejects *r, uint64_t n, uint64_t whole);
/*
 * 0, or 65 and a sentence: n of whole "lines" were rejected.  Call it after
 * rejects_close_or_die.
 */
int rejects_status(const struct rejects *r, uint64_t n, uint64_t whole,
    const char *what);

#endif
