/* vput: lines on stdin to objects and manifests in the raw layer.  See
 * vput(1). */
#include "vput.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf.h"
#include "ledger.h"
#include "opt.h"
#include "stop.h"
#include "banned.h"

struct opts {
	bool check, list, renew;
	const char *raw, *replaces;
	struct list_opts ls;
	struct raw_spool_opts spool;
};

static void
publish_ledger(const struct raw_spool *sp, uint64_t known)
{
	uint64_t parts = 0;
	int i;

	for (i = 0; i < sp->n; i++)
		parts += (uint64_t)sp->runs[i].n;
	struct count c[] = { { "lines", sp->lines, false },
		{ "published", sp->lines - sp->dropped - known, false },
		{ "known", known, false }, { "dropped", sp->dropped, false },
		{ "parts", parts, true }, { "runs", (uint64_t)sp->n, true },
		{ 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

static int
publish(const struct opts *o, const struct place *to, struct writer *out)
{
	struct raw_spool sp;
	uint64_t known = 0;
	int status = EX_OK, i;

	raw_spool_fill(&sp, STDIN_FILENO, &o->spool);
	for (i = 0; i < sp.n && status == EX_OK && !stopped; i++)
		status = raw_publish(to, &sp.runs[i], out, &known);
	if (!stopped && status == EX_OK) {
		if (sp.n == 0)
			warn("no records, nothing is published");
		publish_ledger(&sp, known);
	}
	raw_spool_release(&sp);
	return status;
}

/* -- options -------------------------------------------------------------- */

static void
options_check(const struct opts *o)
{
	if (o->check + o->list + o->renew + (o->replaces != NULL) > 1)
		die(EX_USAGE,
		    "--check, --list, --renew and --replaces exclude each "
		    "other");
	raw_spool_check(&o->spool);
}

static int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "check", NULL, OPT_FLAG, &o->check,
		    "hold objects against their manifests" },
		{ 0, "flow", "NAME", OPT_STRING, &o->ls.flow,
		    "--list: only that flow" },
		{ 0, "level", "N", OPT_NUMBER, &o->spool.level,
		    "zstd level (3)" },
		{ 0, "list", NULL, OPT_FLAG, &o->list,
		    "print the manifests of what is whole" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->spool.max_line,
		    "longest record (16M)" },
		{ 0, "part-size", "SIZE", OPT_SIZE, &o->spool.part_size,
		    "compressed bytes of a part, at most (64M)" },
		{ 0, "raw", "DIR", OPT_STRING, &o->raw, "the raw folder" },
		{ 0, "renew", NULL, OPT_FLAG, &o->renew,
		    "rewrite manifests that name sellers" },
		{ 0, "replaces", "MANIFEST", OPT_STRING, &o->replaces,
		    "stdin stands for that part from now on" },
		{ 0, "since", "TIME", OPT_TIME, &o->ls.since,
		    "--list: runs that began then or later" },
		{ 0, "source", "NAME", OPT_STRING, &o->ls.source,
		    "--list: only that source" },
		{ 0, "verify", NULL, OPT_FLAG, &o->ls.verify,
		    "--list: hash the objects, too" },
		{ 0, "wrap", NULL, OPT_MOVED, NULL, "vwrap" },
		{ 0 },
	};
	int n = opt_parse(argc, argv, "[OPTION]... [RAW | FILE...]",
	    "Publish the raw records on stdin into the raw layer, "
	    "whole or not at all.",
	    table);

	options_check(o);
	return n;
}

/* The raw folder without a slash at its end: RAW, --raw, VPIPE_RAW.  The
 * caller frees. */
static char *
raw_folder(const struct opts *o, int n, char *operands[])
{
	bool given = n > 0 && !o->check && !o->renew;

	if (given && (n > 1 || o->raw != NULL || o->replaces != NULL))
		die(EX_USAGE, "'%s' is one operand too many, see --help",
		    operands[n - 1]);
	return raw_name_root(given ? operands[0] : o->raw);
}

int
main(int argc, char *argv[])
{
	struct opts o = {
		.spool = RAW_SPOOL_DEFAULTS,
		.ls = { .since = INT64_MIN },
	};
	int first = options(&o, argc, argv), status = EX_OK;
	char *raw = raw_folder(&o, argc - first, argv + first);
	struct place to = raw_place(raw);
	struct writer out;

	writer_init(&out, STDOUT_FILENO);
	if (o.list) {
		status = list_print(to.root, &o.ls, &out);
	} else if (o.check) {
		status = list_check(to.root, argv + first);
	} else if (o.renew) {
		status = list_renew(&to, argv + first, &o.spool, &out);
	} else if (o.replaces != NULL) {
		status = replace_part(to.mount, o.replaces, &o.spool, &out);
	} else {
		place_open(&to);
		status = publish(&o, &to, &out);
	}
	writer_close_or_die(&out);
	free(raw);
	return stopped ? stop_again() : status;
}
