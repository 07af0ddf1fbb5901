/* vredact: raw records on stdin, without forgotten sellers on stdout.
 * See vredact(1). */

#include <inttypes.h>
#include <unistd.h>

#include "ledger.h"
#include "opt.h"
#include "redact.h"
#include "stop.h"
#include "banned.h"

static int
options(struct opts *o, const char **known, int argc, char *argv[])
{
	const struct opt table[] = { { 0, "key", "FILE", OPT_STRING, &o->key,
		                         "the key of the sellers' pseudonyms" },
		{ 0, "known", "FILE", OPT_STRING, known,
		    "numbers of theirs; what is found is added" },
		{ 0 } };

	return opt_parse(argc, argv, "[OPTION]... [FILE]...",
	    "Raw records without forgotten sellers.", table);
}

static void
say_ledger(const struct redaction *r)
{
	struct count c[] = { { "lines", r->lines, false },
		{ "redacted", r->redacted, false },
		{ "unchanged", r->unchanged, false },
		{ "elements", r->elements, true },
		{ "bodies", r->bodies, true }, { "pages", r->pages, true },
		{ 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

int
main(int argc, char *argv[])
{
	struct opts o = { .maxline = LINE_MAX_MOST, .records_only = true };
	const char *known = NULL;
	struct normalizer n;
	struct redaction r = { .n = &n };
	struct reader in;
	struct writer out;
	struct rejects rej;
	struct slice line;
	struct buf b = { 0 };
	int first = options(&o, &known, argc, argv);

	writer_init(&out, STDOUT_FILENO);
	rejects_init(&rej, NULL, 1, NULL);
	normalizer_init(&n, &o, &out, &rej);
	r.known = known_new(known);
	reader_init(&in, STDIN_FILENO, (size_t)o.maxline);
	reader_files(&in, argc - first, argv + first, "raw records");
	reader_tie(&in, &out);

	while (!stopped && reader_next(&in, &line)) {
		if (in.toolong)
			die(EX_DATAERR, "line %" PRIu64 " is too long",
			    in.lines);
		buf_reset(&b);
		redact(&r, line, &b);
		buf_addc(&b, '\n');
		writer_add(&out, b.data, b.len);
	}

	reader_close_or_die(&in);
	if (!stopped)
		known_save_or_die(r.known);
	writer_close_or_die(&out);
	if (!stopped)
		say_ledger(&r);
	known_free(r.known);
	edits_release(&r.edits);
	buf_release(&b);
	normalizer_release(&n);
	return stopped ? stop_again() : EX_OK;
}
