/* options: the command line; see vraw(1). */
#ifndef VRAW_OPTIONS_H
#define VRAW_OPTIONS_H

#include "command.h"
#include "raw_spool.h"

struct options {
	const struct command *command;
	const char *raw; /* the raw folder; NULL: VPIPE_RAW */
	const char *source, *flow;
	int64_t since; /* Unix milliseconds; INT64_MIN: all */
	bool verify;
	struct raw_spool_opts spool;
};

/* The index of the first operand; that of list is in `raw` already. */
int options(struct options *, int argc, char *argv[]);

#endif
