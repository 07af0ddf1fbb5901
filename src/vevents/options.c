#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "line.h"
#include "opt.h"
#include "reject.h"
#include "source.h"
#include "utf8.h"
#include "banned.h"

#define DAYS_MAX 1000000 /* no farther: hours become microseconds */

/* What the source's description says of its counters and pages. */
static void
describe(struct opts *o)
{
	struct source *s = source_load(o->source);
	struct val t = s == NULL ? (struct val){ NULL, 0 } :
	                           val_member(s->doc->root, "tracking");
	struct {
		const char *name;
		int64_t *to, otherwise;
	} all[] = { { "counter_lag_hours", &o->lag_hours, 24 },
		{ "arithmetic_item_days", &o->item_days, 40 },
		{ "sold_page_hours", &o->sold_page_hours, 240 } };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (*all[i].to < 0 &&
		    !val_int64(val_member(t, all[i].name), all[i].to))
			*all[i].to = all[i].otherwise;
	source_free(s);
}

static void
check(struct opts *o)
{
	if (o->source == NULL || *o->source == '\0')
		die(EX_USAGE, "--source NAME is due: of whom are the lines?");
	if (!utf8_valid(slice_of(o->source)))
		die(EX_USAGE, "--source is not UTF-8");
	describe(o);
	if (o->item_days > DAYS_MAX || o->sold_page_hours > 24 * DAYS_MAX ||
	    o->lag_hours > 24 * DAYS_MAX)
		die(EX_USAGE,
		    "--item-days is at most %d, --lag-hours and "
		    "--sold-page-hours %d",
		    DAYS_MAX, 24 * DAYS_MAX);
	if (o->maxline < 1 || o->maxline > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
}

int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "ended", NULL, OPT_FLAG, &o->ended,
		    "end with 75 unless {\"type\":\"end\"} is the last line" },
		{ 0, "item-days", "N", OPT_NUMBER, &o->item_days,
		    "most that counters can judge (the source's, or 40)" },
		{ 0, "lag-hours", "N", OPT_NUMBER, &o->lag_hours,
		    "counters follow by so much (the source's, or 24)" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->maxline,
		    "reject longer lines (16M)" },
		{ 0, "memory", "SIZE", OPT_SIZE, &o->memory,
		    "judge larger owners listing by listing (64M)" },
		{ 0, "rejects", "FILE", OPT_STRING, &o->rejects,
		    "write what was rejected" },
		{ 0, "sold-page-hours", "N", OPT_NUMBER, &o->sold_page_hours,
		    "a later 404 proves nothing (the source's, or 240)" },
		{ 0, "source", "NAME", OPT_STRING, &o->source,
		    "whose lines they are; streams are NAME_event, ..." },
		{ 0, "threshold", "SHARE", OPT_STRING, &o->threshold_text,
		    "end with 65 when more is rejected (0.05)" },
		{ 0 }
	};
	int first;

	o->item_days = o->sold_page_hours = o->lag_hours = -1;
	first = opt_parse(argc, argv, "--source NAME [OPTION]... [FILE]...",
	    "Looks at sellers' listings to what happened to them.", table);
	check(o);
	o->threshold = rejects_share(o->threshold_text != NULL ?
	        o->threshold_text :
	        conf_get("VPIPE_REJECTS"));
	return first;
}
