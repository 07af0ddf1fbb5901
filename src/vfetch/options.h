/* options: the command line. */
#ifndef VFETCH_OPTIONS_H
#define VFETCH_OPTIONS_H

#include "json.h"
#include "opt.h"
#include "pages.h"

struct options {
	const char *source, *site, *endpoint, *flow, *base_url, *state;
	struct opt_list params; /* NAME=VALUE, the short forms too */
	struct opt_list notes;  /* KEY=VALUE, for the closing record */
	int64_t budget;
	struct pages_options pages;
	bool dry_run;
	const char *mode;
};

/* Dies (64) when they make no sense; returns the index of the first operand
 * behind the command. */
int options_parse(struct options *o, int argc, char *argv[]);
void options_release(struct options *o);
/* Adds them as an object, for the closing record. */
void options_put(const struct options *o, struct json *j);

#endif
