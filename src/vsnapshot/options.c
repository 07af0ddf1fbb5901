#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "line.h"
#include "opt.h"
#include "reject.h"
#include "banned.h"

int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "key", "COLUMN[,COLUMN]", OPT_STRING, &o->key,
		    "with --stream: what identifies an item" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->maxline,
		    "reject longer lines (16M)" },
		{ 0, "rejects", "FILE", OPT_STRING, &o->rejects,
		    "write what was rejected" },
		{ 0, "stream", "NAME", OPT_STRING, &o->stream,
		    "lines are bare items of this stream" },
		{ 0, "threshold", "SHARE", OPT_STRING, &o->threshold_text,
		    "end with 65 when more is rejected (0.05)" },
		{ 0 }
	};
	int first;

	first = opt_parse(argc, argv, "take [OPTION]... [FILE]...",
	    "Passes typed records on, and adds snapshots of them.", table);
	if (first == argc)
		die(EX_USAGE, "nothing to do: 'take'; see --help");
	if (strcmp(argv[first], "take") != 0)
		die(EX_USAGE, "no such command '%s'; see --help", argv[first]);
	if ((o->key != NULL) != (o->stream != NULL))
		die(EX_USAGE, "--stream and --key go together");
	if (o->maxline < 1 || o->maxline > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
	o->threshold = rejects_share(o->threshold_text != NULL ?
	        o->threshold_text :
	        conf_get("VPIPE_REJECTS"));
	return first + 1;
}
