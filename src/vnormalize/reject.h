/*
 * reject: what claimed to be data and is not, one NDJSON line each; see
 * vnormalize(1), REJECTS.  Without a file the first few are said on stderr.
 * A kept one lost a property only; it is no failure.
 */
#ifndef REJECT_H
#define REJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "line.h"

#define REJECT_VALUE 65536 /* bytes of the broken thing that are kept */

struct rejects {
	struct writer out;
	bool file;        /* else stderr */
	double threshold; /* share of lines and elements */
	const char *part; /* NULL: not of a published part */
	uint64_t n, kept, said;
	uint64_t whole; /* lines and elements so far */
	struct {        /* whole pages of one stream; NULL: of none too many */
		const char *stream; /* borrowed */
		uint64_t n, whole;
	} pages;
	struct buf line;
};

struct reject {
	struct slice run;                         /* NULL p: not known */
	int64_t line, index;                      /* negative: none */
	const char *stream, *contract, *property; /* may be NULL */
	const char *reason;
	bool kept;
	struct slice value; /* the smallest broken thing */
	uint64_t elements;  /* how many it stands for; 0 for a kept one */
};

void rejects_init(struct rejects *r, const char *path, double threshold,
    const char *part);
void rejects_add(struct rejects *r, const struct reject *one);
/* Rejects of a stream that lost whole pages: other streams' elements must not
 * make them few. */
void rejects_pages(struct rejects *r, const char *stream, uint64_t n,
    uint64_t whole);
bool rejects_exceed(const struct rejects *r);
/* 0, or 65 with a sentence; call it after rejects_close_or_die. */
int rejects_status(const struct rejects *r);
void rejects_close_or_die(struct rejects *r);

#endif
