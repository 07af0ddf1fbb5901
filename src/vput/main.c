/* vput: raw records on stdin to objects and manifests in the raw layer.  See
 * vput(1). */
#include <stdlib.h>
#include <unistd.h>

#include "ledger.h"
#include "opt.h"
#include "raw_publish.h"
#include "raw_spool.h"
#include "stop.h"
#include "banned.h"

struct opts {
	const char *raw;
	struct raw_spool_opts spool;
};

/* The raw folder; the caller frees. */
static char *
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "level", "N", OPT_NUMBER, &o->spool.level,
		    "zstd level (3)" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->spool.max_line,
		    "longest record (16M)" },
		{ 0, "part-size", "SIZE", OPT_SIZE, &o->spool.part_size,
		    "compressed bytes of a part, at most (64M)" },
		{ 0, "raw", "DIR", OPT_STRING, &o->raw, "the raw folder" },
		{ 0, "check", NULL, OPT_MOVED, NULL, "vraw check" },
		{ 0, "list", NULL, OPT_MOVED, NULL, "vraw list" },
		{ 0, "renew", NULL, OPT_MOVED, NULL, "vraw renew" },
		{ 0, "replaces", NULL, OPT_MOVED, NULL, "vraw replace" },
		{ 0, "wrap", NULL, OPT_MOVED, NULL, "vwrap" },
		{ 0 },
	};
	int n = opt_parse(argc, argv, "[OPTION]... [DIR]",
	    "Publish the raw records on stdin into the raw layer, "
	    "whole or not at all.",
	    table);

	raw_spool_check(&o->spool);
	if (argc - n > (o->raw == NULL))
		die(EX_USAGE, "'%s' is one operand too many; see --help",
		    argv[argc - 1]);
	return raw_name_root(n < argc ? argv[n] : o->raw);
}

static void
say_ledger(const struct raw_spool *sp, uint64_t known)
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
publish(const struct place *to, const struct raw_spool *sp, struct writer *out)
{
	uint64_t known = 0;
	int status = EX_OK, i;

	for (i = 0; i < sp->n && status == EX_OK && !stopped; i++)
		status = raw_publish(to, &sp->runs[i], out, &known);
	if (!stopped && status == EX_OK) {
		if (sp->n == 0)
			warn("no records, nothing is published");
		say_ledger(sp, known);
	}
	return status;
}

int
main(int argc, char *argv[])
{
	struct opts o = { .spool = RAW_SPOOL_DEFAULTS };
	char *raw = options(&o, argc, argv);
	struct place to = raw_place(raw);
	struct raw_spool sp;
	struct writer out;
	int status;

	place_open(&to);
	writer_init(&out, STDOUT_FILENO);
	raw_spool_fill(&sp, STDIN_FILENO, &o.spool);

	status = publish(&to, &sp, &out);

	raw_spool_release(&sp);
	writer_close_or_die(&out); /* a full disk shows up here */
	free(raw);
	return stopped ? stop_again() : status;
}
