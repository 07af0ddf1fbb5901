#include "options.h"

#include <stdlib.h>

#include "conf.h"
#include "decimal.h"
#include "line.h"
#include "opt.h"
#include "reject.h"
#include "banned.h"

struct given {
	const char *days, *round, *within, *threshold;
	int64_t step, resamples, seed;
	bool weekly;
};

static double
age(struct slice text, const char *option)
{
	double v = -1;

	if (text.len > 0 && decimal_valid(text))
		v = strtod(text.p, NULL);
	if (!(v >= 0 && v <= ROW_AGE_MAX))
		die(EX_USAGE, "%s: an age is from 0 to %.0f days, not '%.*s'",
		    option, ROW_AGE_MAX, SLICE_ARG(text));
	return v;
}

static void
list_days(struct options *o, const char *list)
{
	size_t n = 0, len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (n == STUDY_DAYS_MAX)
			die(EX_USAGE, "--days lists %d days at most",
			    STUDY_DAYS_MAX);
		o->days[n++] = age((struct slice){ list, len }, "--days");
		if (list[len] == '\0')
			break;
	}
	o->question.days = o->days;
	o->question.ndays = n;
}

static void
check(struct options *o, const struct given *g)
{
	struct question *q = &o->question;

	if (o->max_line < 1 || o->max_line > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
	if ((g->days != NULL) + (g->step >= 0) + g->weekly > 1)
		die(EX_USAGE, "--days, --step and --weekly exclude each other");
	if (g->step == 0 || g->step > (int64_t)ROW_AGE_MAX)
		die(EX_USAGE, "--step is from 1 to %.0f", ROW_AGE_MAX);
	if (g->resamples > STUDY_RESAMPLES_MAX)
		die(EX_USAGE, "--resamples is from 0 to %d",
		    STUDY_RESAMPLES_MAX);
	q->step = g->weekly ? 7 : g->step > 0 ? (double)g->step : 1;
	q->resamples = (size_t)g->resamples;
	q->seed = (uint64_t)g->seed;
	q->within =
	    g->within != NULL ? age(slice_of(g->within), "--within") : -1;
	if (g->round != NULL)
		o->round = age(slice_of(g->round), "--round");
	if (g->days != NULL)
		list_days(o, g->days);
	o->threshold =
	    rejects_share(g->threshold != NULL ? g->threshold :
	                                         conf_get("VPIPE_REJECTS"));
}

int
options(struct options *o, int argc, char *argv[])
{
	struct given g = { .step = -1, .resamples = 200, .seed = 1 };
	const struct opt table[] = {
		{ 0, "days", "DAY[,DAY]...", OPT_STRING, &g.days,
		    "days of the curve (all up to the window)" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->max_line,
		    "reject longer lines (16M)" },
		{ 0, "rejects", "FILE", OPT_STRING, &o->rejects,
		    "write what was rejected" },
		{ 0, "resamples", "N", OPT_NUMBER, &g.resamples,
		    "for intervals; 0: none of them (200)" },
		{ 0, "round", "DAYS", OPT_STRING, &g.round,
		    "ages to the nearest multiple (none)" },
		{ 0, "seed", "N", OPT_NUMBER, &g.seed, "of the resamples (1)" },
		{ 0, "step", "DAYS", OPT_NUMBER, &g.step,
		    "days from one point of the curve to the next (1)" },
		{ 0, "threshold", "SHARE", OPT_STRING, &g.threshold,
		    "end with 65 when more is rejected (0.05)" },
		{ 0, "weekly", NULL, OPT_FLAG, &g.weekly, "as --step 7" },
		{ 0, "within", "DAYS", OPT_STRING, &g.within,
		    "print the share sold within so many days" },
		{ 0 }
	};
	int first;

	*o = (struct options){ .max_line = LINE_MAX_DEFAULT };
	first = opt_parse(argc, argv, "[OPTION]... [FILE]...",
	    "Grouped intervals to curves of the time to sale.", table);
	check(o, &g);
	return first;
}
