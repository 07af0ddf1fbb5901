/* options: the command line; see vwrap(1). */
#ifndef VWRAP_OPTIONS_H
#define VWRAP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *source, *kind, *site, *endpoint, *catalog, *flow;
	int64_t at; /* Unix milliseconds */
	int64_t status, max_line;
	bool lines; /* each line of a file is a body */
};

/* The index of the first FILE; there is one. */
int options(struct options *, int argc, char *argv[]);

#endif
