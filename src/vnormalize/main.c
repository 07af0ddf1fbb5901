/* vnormalize: raw records on stdin to typed records on stdout.
 * See vnormalize(1). */

#include <stdlib.h>
#include <unistd.h>

#include "conf.h"
#include "json.h"
#include "line.h"
#include "normalize.h"
#include "singer.h"
#include "stop.h"
#include "banned.h"

/* The index of the first FILE. */
static int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "as-jq", "CONTRACT", OPT_STRING, &o->as_jq,
		    "print a jq program that does the same as CONTRACT" },
		{ 0, "contract", "CONTRACT", OPT_STRING, &o->contract,
		    "apply this one only, and write no looks" },
		{ 0, "contracts", NULL, OPT_FLAG, &o->list_contracts,
		    "print all contracts with their versions" },
		{ 0, "engine", "auto|jq", OPT_STRING, &o->engine,
		    "jq: run all expressions in libjq" },
		{ 0, "filter", "PROGRAM", OPT_STRING, &o->filter,
		    "a jq program that each record passes" },
		{ 0, "key", "FILE", OPT_STRING, &o->key,
		    "the key of the sellers' pseudonyms" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->maxline,
		    "reject longer lines (512M)" },
		{ 0, "no-key", NULL, OPT_FLAG, &o->no_key,
		    "no pseudonyms: drop what would be hashed" },
		{ 0, "part", "NUMBER", OPT_STRING, &o->part,
		    "the lines are this part of a published run" },
		{ 0, "quality", "FILE", OPT_STRING, &o->quality,
		    "write counts and extremes of each property" },
		{ 0, "records-only", NULL, OPT_FLAG, &o->records_only,
		    "write no SCHEMA and no STATE" },
		{ 0, "rejects", "FILE", OPT_STRING, &o->rejects,
		    "write what was rejected" },
		{ 0, "seller-keys", NULL, OPT_FLAG, &o->seller_keys,
		    "print the pseudonyms of the sellers SOURCE:ID" },
		{ 0, "stream", "NAME", OPT_LIST, &o->streams,
		    "this stream only; may be repeated" },
		{ 0, "threshold", "SHARE", OPT_STRING, &o->threshold_text,
		    "end with 65 when more is rejected (0.05)" },
		{ 0 }
	};
	int first = opt_parse(argc, argv, "[OPTION]... [FILE]...",
	    "Raw records to typed records, by contract.", table);

	if (o->seller_keys && o->no_key)
		die(EX_USAGE, "--seller-keys and --no-key exclude each other");
	if (first < argc && (o->as_jq != NULL || o->list_contracts))
		die(EX_USAGE, "'%s' is one argument too many", argv[first]);
	o->reference = o->engine != NULL && strcmp(o->engine, "jq") == 0;
	if (o->engine != NULL && !o->reference &&
	    strcmp(o->engine, "auto") != 0)
		die(EX_USAGE, "the engine is auto or jq, not '%s'", o->engine);
	if (o->maxline < 1 || o->maxline > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
	o->threshold = rejects_share(o->threshold_text != NULL ?
	        o->threshold_text :
	        conf_get("VPIPE_REJECTS"));
	return first;
}

/* --as-jq, --contracts: what is known of the contracts, and no input. */
static int
print_contracts(struct normalizer *n, const struct opts *o, struct writer *out)
{
	struct buf b = { 0 };
	struct catalogue *k;
	struct contract *c;
	char **names;
	struct json j;
	size_t i;

	if (o->as_jq != NULL) {
		c = normalizer_contract(n, o->as_jq, &k);
		contract_to_jq(k, c, &b);
	} else {
		names = conf_sources();
		json_start(&j, &b);
		json_object(&j);
		for (i = 0; names[i] != NULL; i++) {
			k = normalizer_source(n, slice_of(names[i]));
			json_key(&j, names[i]);
			singer_contracts(&j, k);
			free(names[i]);
		}
		json_end(&j);
		buf_addc(&b, '\n');
		free(names);
	}
	writer_add(out, b.data, b.len);
	buf_release(&b);
	writer_close_or_die(out);
	normalizer_release(n);
	return EX_OK;
}

/* --seller-keys: of lines SOURCE:ID, a line each. */
static int
print_seller_keys(struct reader *in, const struct opts *o, struct writer *out)
{
	struct person *p = person_new(o->key, false);
	char hex[SELLER_HEX + 1];
	const char *colon;
	struct slice line, source;

	while (!stopped && reader_next(in, &line)) {
		colon = memchr(line.p, ':', line.len);
		if (colon == NULL || colon == line.p)
			die(EX_DATAERR, "'%.*s' is not SOURCE:ID",
			    SLICE_ARG(line));
		source = (struct slice){ line.p, (size_t)(colon - line.p) };
		line.p = colon + 1;
		line.len -= source.len + 1;
		person_hash(p, source, line, hex);
		writer_add(out, hex, SELLER_HEX);
		writer_add(out, "\n", 1);
	}
	person_free(p);
	reader_close_or_die(in);
	writer_close_or_die(out);
	return stopped ? stop_again() : EX_OK;
}

int
main(int argc, char *argv[])
{
	struct opts o = { .maxline = LINE_MAX_MOST };
	struct normalizer n;
	struct reader in;
	struct writer out;
	struct rejects rej;
	struct slice line;
	int status, first;

	first = options(&o, argc, argv);
	writer_init(&out, STDOUT_FILENO);
	rejects_init(&rej, o.rejects, o.threshold, o.part);
	normalizer_init(&n, &o, &out, &rej);
	if (o.as_jq != NULL || o.list_contracts)
		return print_contracts(&n, &o, &out);
	reader_init(&in, STDIN_FILENO, (size_t)o.maxline);
	reader_files(&in, argc - first, argv + first, "raw records");
	reader_tie(&in, &out);
	if (o.seller_keys)
		return print_seller_keys(&in, &o, &out);

	while (!stopped && reader_next(&in, &line))
		normalize(&n, line, in.toolong);

	normalizer_end(&n);
	reader_close_or_die(&in);
	writer_close_or_die(&out); /* a full disk shows up here */
	rejects_close_or_die(&rej);
	status = stopped ? stop_again() : normalizer_status(&n);
	normalizer_release(&n);
	free(o.streams.v);
	return status;
}
