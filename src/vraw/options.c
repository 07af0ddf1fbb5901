#include "options.h"

#include "opt.h"
#include "raw_name.h"
#include "banned.h"

static const struct command commands[] = {
	{ "list", list_parts, 0, 1 },
	{ "check", check_parts, 0, -1 },
	{ "unpack", unpack_parts, 1, -1 },
	{ "replace", replace_part, 1, 1 },
	{ "renew", renew_parts, 0, -1 },
	{ 0 },
};

static const char synopsis[] = "list [OPTION]... [DIR]\n"
                               "       vraw check [OPTION]... [FILE | DIR]...\n"
                               "       vraw unpack [OPTION]... PART...\n"
                               "       vraw replace [OPTION]... PART\n"
                               "       vraw renew [OPTION]... [FILE | DIR]...";

static const char purpose[] =
    "List, check, unpack and replace parts of the raw layer.\n\n"
    "  list      print the manifests of what is whole\n"
    "  check     hold objects against their manifests\n"
    "  unpack    print the records of parts\n"
    "  replace   stdin stands for that part from now on\n"
    "  renew     rewrite manifests that name sellers";

static const struct command *
command_named(const char *name)
{
	const struct command *c;

	for (c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	die(EX_USAGE, "no such command '%s'; see --help", name);
}

static void
check_operands(const struct command *c, int n, char *const operands[])
{
	if (n < c->least)
		die(EX_USAGE, "%s needs a PART; see --help", c->name);
	if (c->most >= 0 && n > c->most)
		die(EX_USAGE, "'%s' is one operand too many; see --help",
		    operands[n - 1]);
}

/* An option that its command would not look at is a mistake. */
static void
check_options(const struct options *o)
{
	command_run *run = o->command->run;

	if ((o->source != NULL || o->flow != NULL || o->verify ||
	        o->since != INT64_MIN) &&
	    run != list_parts)
		die(EX_USAGE,
		    "--flow, --since, --source and --verify go with list");
	if (o->spool.level >= 0 && run != replace_part && run != renew_parts)
		die(EX_USAGE, "--level goes with replace and renew");
	if (o->spool.max_line >= 0 && run != replace_part)
		die(EX_USAGE, "--max-line goes with replace");
	if (o->raw != NULL && (run == unpack_parts || run == replace_part))
		die(EX_USAGE, "--raw goes with list, check and renew");
}

/* list DIR is list --raw DIR. */
static void
take_folder(struct options *o, const char *dir)
{
	if (o->raw != NULL)
		die(EX_USAGE, "'%s' is one operand too many; see --help", dir);
	o->raw = dir;
}

static int
parse(struct options *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "flow", "NAME", OPT_STRING, &o->flow,
		    "list: only that flow" },
		{ 0, "level", "N", OPT_NUMBER, &o->spool.level,
		    "replace, renew: zstd level (3)" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->spool.max_line,
		    "replace: longest record (16M)" },
		{ 0, "raw", "DIR", OPT_STRING, &o->raw,
		    "list, check, renew: the raw folder" },
		{ 0, "since", "TIME", OPT_TIME, &o->since,
		    "list: runs that began then or later" },
		{ 0, "source", "NAME", OPT_STRING, &o->source,
		    "list: only that source" },
		{ 0, "verify", NULL, OPT_FLAG, &o->verify,
		    "list: hash the objects, too" },
		{ 0 },
	};

	return opt_parse(argc, argv, synopsis, purpose, table);
}

int
options(struct options *o, int argc, char *argv[])
{
	const struct raw_spool_opts usual = RAW_SPOOL_DEFAULTS;
	int first;

	*o = (struct options){ .since = INT64_MIN,
		.spool = { .part_size = INT64_MAX, /* a part stays a part */
		    .level = -1,
		    .max_line = -1 } };
	first = parse(o, argc, argv);
	if (first == argc)
		die(EX_USAGE,
		    "nothing to do: 'list', 'check', 'unpack', 'replace' or "
		    "'renew'; see --help");
	o->command = command_named(argv[first++]);
	check_operands(o->command, argc - first, argv + first);
	check_options(o);
	if (o->command->run == list_parts && first < argc)
		take_folder(o, argv[first++]);
	if (o->spool.level < 0)
		o->spool.level = usual.level;
	if (o->spool.max_line < 0)
		o->spool.max_line = usual.max_line;
	raw_spool_check(&o->spool);
	return first;
}
