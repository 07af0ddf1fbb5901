#include "options.h"

#include "line.h"
#include "opt.h"
#include "raw_name.h"
#include "utf8.h"
#include "banned.h"

static void
check_names(const struct options *o)
{
	static const char host[] = "abcdefghijklmnopqrstuvwxyz"
	                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	if (!raw_name_ok(slice_of(o->source)) ||
	    !raw_name_ok(slice_of(o->kind)) ||
	    strlen(o->flow) > RAW_RUN_MAX / 2 ||
	    !raw_name_ok(slice_of(o->flow)) ||
	    (o->endpoint != NULL && !raw_name_ok(slice_of(o->endpoint))))
		die(EX_USAGE,
		    "a source, kind, endpoint or flow is made of "
		    "letters, digits, '-' and '_'");
	if (*o->site == '\0' || o->site[strspn(o->site, host)] != '\0')
		die(EX_USAGE, "'%s' is no host", o->site);
	if (o->catalog != NULL &&
	    (*o->catalog == '\0' || !utf8_valid(slice_of(o->catalog))))
		die(EX_USAGE, "--catalog does not take '%s'", o->catalog);
	if (strcmp(o->kind, "run") == 0)
		die(EX_USAGE, "'run' is no kind of answer");
}

int
options(struct options *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "at", "TIME", OPT_TIME, &o->at,
		    "when the bodies were fetched" },
		{ 0, "catalog", "ID", OPT_STRING, &o->catalog,
		    "the one catalog that was asked" },
		{ 0, "endpoint", "NAME", OPT_STRING, &o->endpoint,
		    "the endpoint that answered" },
		{ 0, "flow", "NAME", OPT_STRING, &o->flow,
		    "the flow in the run id (wrap)" },
		{ 0, "kind", "KIND", OPT_STRING, &o->kind, "kind of request" },
		{ 0, "lines", NULL, OPT_FLAG, &o->lines,
		    "each line of a FILE is a body" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->max_line,
		    "longest record (16M)" },
		{ 0, "site", "HOST", OPT_STRING, &o->site,
		    "the site that answered" },
		{ 0, "source", "NAME", OPT_STRING, &o->source, "the source" },
		{ 0, "status", "CODE", OPT_NUMBER, &o->status,
		    "HTTP status of the answers (200)" },
		{ 0 },
	};
	int first;

	*o = (struct options){ .at = INT64_MIN,
		.flow = "wrap",
		.status = 200,
		.max_line = LINE_MAX_DEFAULT };
	first = opt_parse(argc, argv,
	    "--source NAME --kind KIND --site HOST --at TIME [OPTION]... "
	    "FILE...",
	    "Bare bodies to raw records on stdout, ended by the record that "
	    "closes their run.",
	    table);
	if (o->max_line < 1 || o->max_line > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
	if (o->source == NULL || o->kind == NULL || o->site == NULL ||
	    o->at == INT64_MIN || first == argc)
		die(EX_USAGE,
		    "--source, --kind, --site, --at and a FILE are needed");
	check_names(o);
	return first;
}
