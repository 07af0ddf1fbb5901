/* options: the command line; see vevents(1). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct opts {
	const char *source;
	int64_t lag_hours, item_days, sold_page_hours;
	int64_t maxline, memory;
	const char *rejects, *threshold_text;
	bool ended; /* a line says that the history ends */
	double threshold;
};

/* The index of the first FILE. */
int options(struct opts *, int argc, char *argv[]);

#endif
