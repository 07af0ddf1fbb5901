/* vupsert: Singer messages on stdin to tables; STATE on stdout after COMMIT.
 * See vupsert(1). */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger.h"
#include "opt.h"
#include "stop.h"
#include "take.h"
#include "banned.h"

/*
 * Look-ups go by index whatever the planner thinks of a table it has no
 * statistics of; text that comes back is what JSON would say; who waited for a
 * lock sees what the other wrote; and STATE promises rows that outlive a crash.
 */
static const char setup[] =
    "set timezone to 'UTC'; set jit to off; "
    "set enable_seqscan to off; set enable_hashjoin to off; "
    "set enable_mergejoin to off; set plan_cache_mode to force_generic_plan; "
    "set default_transaction_isolation to 'read committed'; "
    "select set_config('synchronous_commit', 'on', false) "
    "where current_setting('synchronous_commit') = 'off'";

/* The index of the first FILE. */
static int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "allow-missing", NULL, OPT_FLAG, &o->allow_missing,
		    "take a record that lacks a required property" },
		{ 0, "batch-age", "DURATION", OPT_DURATION, &o->batch_age,
		    "longest wait before a commit (5s)" },
		{ 0, "batch-bytes", "SIZE", OPT_SIZE, &o->batch_bytes,
		    "bytes of a transaction's rows (32M)" },
		{ 0, "batch-rows", "N", OPT_NUMBER, &o->batch_rows,
		    "rows of a transaction (20000)" },
		{ 0, "key", "COLUMN[,COLUMN]", OPT_STRING, &o->key,
		    "with --stream: what identifies a record" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->maxline,
		    "reject longer lines (16M)" },
		{ 0, "rejects", "FILE", OPT_STRING, &o->rejects,
		    "write what cannot be stored, as NDJSON" },
		{ 0, "retry", "DURATION", OPT_DURATION, &o->retry,
		    "how long to try to reconnect (1m)" },
		{ 0, "schema", "NAME", OPT_STRING, &o->schema,
		    "schema of the tables (public)" },
		{ 0, "single-transaction", NULL, OPT_FLAG, &o->whole,
		    "commit all of the input at its end, or nothing" },
		{ 0, "soft", NULL, OPT_FLAG, &o->soft,
		    "mark the rows of older versions, do not delete them" },
		{ 0, "stream", "NAME", OPT_STRING, &o->stream,
		    "lines are bare records of this stream" },
		{ 0, "threshold", "SHARE", OPT_STRING, &o->threshold_text,
		    "end with 65 when more is rejected (0.05)" },
		{ 0 }
	};
	int first = opt_parse(argc, argv, "[OPTION]... [FILE]...",
	    "Write Singer messages into PostgreSQL; repeat STATE after COMMIT.",
	    table);

	if (o->key != NULL && o->stream == NULL)
		die(EX_USAGE, "--key goes with --stream");
	o->threshold = rejects_share(o->threshold_text);
	if (o->batch_rows < 1 || o->batch_bytes < 1 || o->maxline < 1)
		die(EX_USAGE,
		    "--batch-rows, --batch-bytes and --max-line are at "
		    "least 1");
	if (o->maxline + o->batch_bytes > (int64_t)BUF_MAX / 2)
		die(EX_USAGE, "--batch-bytes and --max-line exceed %d MiB",
		    (int)(BUF_MAX >> 21));
	return first;
}

/* ---- the end ---- */

static void
account(const struct stream *s, struct count *c)
{
	const struct tally *t = &s->tally;
	const struct count mine[] = { { "records", s->records, false },
		{ "inserted", t->inserted, false },
		{ "updated", t->updated, false },
		{ "unchanged", t->unchanged, false },
		{ "older", t->older, false },
		{ "duplicate", t->duplicate, false },
		{ "rejected", t->rejected + s->refused, false },
		{ "deleted", t->deleted, true } };

	memcpy(c, mine, sizeof mine);
	c[sizeof mine / sizeof *mine] = (struct count){ 0 };
}

static int
report(const struct run *r)
{
	struct count total[9] = { { 0 } }, one[9];
	int i, j;

	account(&(struct stream){ .records = r->stray, .refused = r->stray },
	    total);
	for (i = 0; i < r->streams.n; i++) {
		account(r->streams.v[i], one);
		ledger_say(r->streams.v[i]->name, one);
		ledger_metrics(r->streams.v[i]->name, one);
		for (j = 0; one[j].name != NULL; j++)
			total[j].n += one[j].n;
		if (r->streams.v[i]->unknown > 0)
			warn("%s: %" PRIu64 " values of properties that the "
			     "SCHEMA lacks were left out",
			    r->streams.v[i]->name, r->streams.v[i]->unknown);
	}
	if (r->streams.n != 1 || r->stray > 0)
		ledger_say(NULL, total);
	ledger_metrics_write();
	if (!ledger_closes(total))
		return EX_SOFTWARE;
	if (r->states > 0 && rejects_exceed(r->rej, total[6].n, total[0].n))
		say("STATE is held back");
	return rejects_status(r->rej, total[6].n, total[0].n, "records");
}

int
main(int argc, char *argv[])
{
	struct opts o = { .schema = "public",
		.threshold_text = "0.05",
		.batch_rows = 20000,
		.batch_bytes = 32 << 20,
		.batch_age = 5000,
		.maxline = LINE_MAX_DEFAULT,
		.retry = 60000 };
	struct rejects rej;
	struct commit commit;
	struct run r = { .o = &o, .rej = &rej, .commit = &commit };
	struct reader in;
	struct slice line;
	const char *why;
	int status, first;
	bool cut;

	first = options(&o, argc, argv);
	rejects_init(&rej, o.rejects, o.threshold, NULL);
	r.pg = pg_open(setup, o.retry);
	letters_ask(&r.streams.letters, r.pg);
	r.streams.schema = o.schema;
	r.scan = scan_new();
	if (o.stream != NULL) {
		r.plain = streams_add(&r.streams, slice_of(o.stream));
		if (!stream_define_plain(r.plain, o.key, &why))
			die(EX_USAGE, "--key '%s': %s", o.key, why);
	}
	commit_start(&commit, r.pg, o.schema, o.whole, &rej);
	r.batch = commit_give(&commit, NULL);
	reader_init(&in, STDIN_FILENO, (size_t)o.maxline);
	reader_files(&in, argc - first, argv + first,
	    o.stream != NULL ? "records" : "Singer messages");

	while (!stopped && take_next(&r, &in, &line))
		take_line(&r, &in, line);

	cut = stopped && o.whole;
	if (!cut)
		take_end(&r);
	commit_stop(&commit);
	reader_close_or_die(&in);
	rejects_close_or_die(&rej);
	if (cut)
		say("stopped: nothing of the input is written");
	status = cut ? EX_TEMPFAIL : report(&r);
	take_release(&r);
	pg_close(r.pg);
	return stopped ? stop_again() : status;
}
