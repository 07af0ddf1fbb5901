/*
 * command: the commands of vraw, a file each.  Operands end with NULL; options
 * checked their number.  Each returns the exit status, has said the reason, and
 * leaves the writer open.
 */
#ifndef VRAW_COMMAND_H
#define VRAW_COMMAND_H

#include "line.h"

struct options;

typedef int command_run(const struct options *, char *const operands[],
    struct writer *out);

struct command {
	const char *name;
	command_run *run;
	int least, most; /* operands; most -1: any number */
};

command_run list_parts, check_parts, unpack_parts, replace_part, renew_parts;

#endif
