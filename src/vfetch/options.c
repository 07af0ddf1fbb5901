#include "options.h"

#include <stdlib.h>

#include "utf8.h"
#include "banned.h"

/* An option for each of the usual parameters: --brand 53 is --param brand=53 */
static const char *const usual[] = { "brand", "catalog", "color", "currency",
	"material", "order", "price-from", "price-to", "search-text", "size",
	"status" };
#define USUAL (sizeof usual / sizeof *usual)

static const char *const usual_help[USUAL] = { "brand ids", "catalog ids",
	"color ids", "currency of the prices", "material ids",
	"how hits are sorted", "lowest price", "highest price",
	"words to look for", "size ids", "condition ids" };

static void
gather_params(struct options *o, const struct opt_list usual_values[USUAL])
{
	char *name, *dash, *pair;
	size_t i;
	int k;

	for (k = 0; k < o->params.n; k++) {
		if (strchr(o->params.v[k], '=') == NULL)
			die(EX_USAGE, "--param wants NAME=VALUE, not '%s'",
			    o->params.v[k]);
		o->params.v[k] = xstrdup(o->params.v[k]); /* as below */
	}
	for (i = 0; i < USUAL; i++) {
		name = xstrdup(usual[i]);
		while ((dash = strchr(name, '-')) != NULL)
			*dash = '_';
		for (k = 0; k < usual_values[i].n; k++) {
			pair = xasprintf("%s=%s", name, usual_values[i].v[k]);
			o->params.v = xrealloc(o->params.v,
			    (size_t)(o->params.n + 1) * sizeof *o->params.v);
			o->params.v[o->params.n++] = pair;
		}
		free(name);
		free(usual_values[i].v);
	}
}

static size_t
key_len(const char *pair)
{
	return strcspn(pair, "=");
}

static void
check_notes(const struct opt_list *notes)
{
	size_t len;
	int i, k;

	for (i = 0; i < notes->n; i++) {
		len = key_len(notes->v[i]);
		if (len == 0 || notes->v[i][len] == '\0' ||
		    !utf8_valid(slice_of(notes->v[i])))
			die(EX_USAGE, "--note wants KEY=VALUE, not '%s'",
			    notes->v[i]);
		for (k = 0; k < i; k++)
			if (key_len(notes->v[k]) == len &&
			    memcmp(notes->v[k], notes->v[i], len) == 0)
				die(EX_USAGE, "--note '%.*s' is given twice",
				    (int)len, notes->v[i]);
	}
}

int
options_parse(struct options *o, int argc, char *argv[])
{
	struct opt_list values[USUAL] = { { NULL, 0 } };
	struct opt table[USUAL + 13] = {
		{ 0, "base-url", "URL", OPT_STRING, &o->base_url,
		    "connect there (a simulator)" },
		{ 0, "budget", "N", OPT_NUMBER, &o->budget,
		    "at most N requests in this run" },
		{ 'n', "dry-run", NULL, OPT_FLAG, &o->dry_run,
		    "print the requests, make none" },
		{ 0, "endpoint", "NAME", OPT_STRING, &o->endpoint,
		    "generation of the API" },
		{ 0, "flow", "NAME", OPT_STRING, &o->flow,
		    "name of the flow in the records" },
		{ 0, "max-pages", "N", OPT_NUMBER, &o->pages.max_pages,
		    "at most N pages of a query" },
		{ 0, "note", "KEY=VALUE", OPT_LIST, &o->notes,
		    "a note in the closing record" },
		{ 0, "param", "NAME=VALUE", OPT_LIST, &o->params,
		    "any parameter, by its name in vpipe" },
		{ 0, "since", "DURATION", OPT_DURATION, &o->pages.since_ms,
		    "only listings no older than that" },
		{ 0, "site", "HOST", OPT_STRING, &o->site,
		    "site to ask, without a URL" },
		{ 0, "source", "NAME", OPT_STRING, &o->source,
		    "look for sites in this source only" },
		{ 0, "state", "FILE", OPT_STRING, &o->state,
		    "closing records with the watermarks" },
	};
	size_t i;
	int first;

	for (i = 0; i < USUAL; i++)
		table[12 + i] = (struct opt){ 0, usual[i], "VALUE", OPT_LIST,
			&values[i], usual_help[i] };
	o->budget = -1;
	first = opt_parse(argc, argv,
	    "catalog|requests|check|resume [OPTION]... "
	    "[URL... | - | SOURCE]",
	    "Fetches catalog and search pages; raw records on "
	    "standard output.",
	    table);
	gather_params(o, values);
	check_notes(&o->notes);
	if (first == argc)
		die(EX_USAGE,
		    "nothing to do: 'catalog', 'requests', 'check' or "
		    "'resume'; see --help");
	o->mode = argv[first++];
	if (strcmp(o->mode, "catalog") != 0 &&
	    strcmp(o->mode, "requests") != 0 && strcmp(o->mode, "check") != 0 &&
	    strcmp(o->mode, "resume") != 0)
		die(EX_USAGE, "no such command '%s'; see --help", o->mode);
	if (o->flow == NULL)
		o->flow = o->mode;
	if (*o->flow == '\0' ||
	    strspn(o->flow, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
	        strlen(o->flow))
		die(EX_USAGE, "--flow does not take '%s'", o->flow);
	return first;
}

void
options_release(struct options *o)
{
	while (o->params.n > 0)
		free((char *)o->params.v[--o->params.n]);
	free(o->params.v);
	free(o->notes.v);
}

static void
put_notes(const struct opt_list *notes, struct json *j)
{
	size_t len;
	int i;

	json_key(j, "notes");
	json_object(j);
	for (i = 0; i < notes->n; i++) {
		len = key_len(notes->v[i]);
		json_keys(j, (struct slice){ notes->v[i], len });
		json_cstr(j, notes->v[i] + len + 1);
	}
	json_end(j);
}

void
options_put(const struct options *o, struct json *j)
{
	int i;

	json_object(j);
	json_key(j, "command");
	json_cstr(j, o->mode);
	json_key(j, "endpoint");
	json_cstr(j, o->endpoint);
	json_key(j, "budget");
	if (o->budget < 0)
		json_null(j);
	else
		json_int(j, o->budget);
	json_key(j, "max_pages");
	json_int(j, o->pages.max_pages);
	json_key(j, "since_ms");
	json_int(j, o->pages.since_ms);
	json_key(j, "state");
	json_bool(j, o->state != NULL);
	json_key(j, "params");
	json_array(j);
	for (i = 0; i < o->params.n; i++)
		json_cstr(j, o->params.v[i]);
	json_end(j);
	put_notes(&o->notes, j);
	json_end(j);
}
