/* options: the command line; see vsnapshot(1). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct opts {
	const char *stream, *key; /* plain NDJSON */
	int64_t maxline;
	const char *rejects, *threshold_text;
	double threshold;
};

/* The index of the first FILE. */
int options(struct opts *, int argc, char *argv[]);

#endif
