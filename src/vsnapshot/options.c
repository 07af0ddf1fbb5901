#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "line.h"
#include "opt.h"
#include "reject.h"
#include "banned.h"

#define DAYS_MAX 1000000 /* no farther: hours become microseconds */

static void
check_take(const struct opts *o)
{
	if (o->source != NULL || o->item_days >= 0 || o->sold_page_hours >= 0)
		die(EX_USAGE,
		    "--source, --item-days and --sold-page-hours "
		    "go with events");
	if ((o->key != NULL) != (o->stream != NULL))
		die(EX_USAGE, "--stream and --key go together");
}

static void
check_events(struct opts *o)
{
	if (o->stream != NULL || o->key != NULL)
		die(EX_USAGE, "--stream and --key go with take");
	if (o->source == NULL || *o->source == '\0')
		die(EX_USAGE, "events needs --source NAME");
	if (o->item_days < 0)
		o->item_days = 40;
	if (o->sold_page_hours < 0)
		o->sold_page_hours = 240;
	if (o->item_days > DAYS_MAX || o->sold_page_hours > 24 * DAYS_MAX)
		die(EX_USAGE, "--item-days is at most %d, --sold-page-hours %d",
		    DAYS_MAX, 24 * DAYS_MAX);
}

int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "item-days", "N", OPT_NUMBER, &o->item_days,
		    "events: most that counters can judge (40)" },
		{ 0, "key", "COLUMN[,COLUMN]", OPT_STRING, &o->key,
		    "take, with --stream: what identifies an item" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->maxline,
		    "reject longer lines (16M)" },
		{ 0, "rejects", "FILE", OPT_STRING, &o->rejects,
		    "write what was rejected" },
		{ 0, "sold-page-hours", "N", OPT_NUMBER, &o->sold_page_hours,
		    "events: a later 404 proves nothing (240)" },
		{ 0, "source", "NAME", OPT_STRING, &o->source,
		    "events: streams are NAME_event, NAME_item_state" },
		{ 0, "stream", "NAME", OPT_STRING, &o->stream,
		    "take: lines are bare items of this stream" },
		{ 0, "threshold", "SHARE", OPT_STRING, &o->threshold_text,
		    "end with 65 when more is rejected (0.05)" },
		{ 0 }
	};
	int first;

	o->item_days = o->sold_page_hours = -1;
	first = opt_parse(argc, argv, "take|events [OPTION]... [FILE]...",
	    "Looks to snapshots, an item's history to events.", table);
	if (first == argc)
		die(EX_USAGE, "nothing to do: 'take' or 'events'; see --help");
	o->events = strcmp(argv[first], "events") == 0;
	if (!o->events && strcmp(argv[first], "take") != 0)
		die(EX_USAGE, "no such command '%s'; see --help", argv[first]);
	if (o->events)
		check_events(o);
	else
		check_take(o);
	if (o->maxline < 1 || o->maxline > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
	o->threshold = rejects_share(o->threshold_text != NULL ?
	        o->threshold_text :
	        conf_get("VPIPE_REJECTS"));
	return first + 1;
}
