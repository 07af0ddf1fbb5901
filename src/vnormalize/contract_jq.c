/* A contract as a jq program: for --as-jq, and for the reference engine. */
#include "contract.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "banned.h"

void
contract_to_reference(const struct catalogue *k, const struct contract *c,
    struct buf *b)
{
	size_t i, e;

	buf_adds(b, plan_prelude);
	buf_adds(b, k->prelude);
	buf_adds(b, plan_variables);
	buf_addc(b, '[');
	for (i = 0; i < c->nprops; i++) {
		buf_adds(b, i > 0 ? ", [" : "[");
		for (e = 0; e < c->props[i].n; e++) {
			if (e > 0)
				buf_adds(b, ", ");
			expr_to_jq(c->props[i].exprs[e], b);
		}
		buf_addc(b, ']');
	}
	buf_adds(b, ", [");
	if (c->where != NULL)
		buf_addf(b, "(%s)?", expr_text(c->where));
	buf_adds(b, "]]");
}

/* A path that stands alone reads as jq is written; null where it is absent. */
static void
add_value(const struct property *p, struct buf *b)
{
	size_t e;

	if (p->n == 1 && expr_is_path(p->exprs[0])) {
		buf_addf(b, "%s", expr_text(p->exprs[0]));
		return;
	}
	/* not first(): in jq 1.6 a ? inside it swallows its break */
	buf_addc(b, '[');
	for (e = 0; e < p->n; e++) {
		expr_to_jq(p->exprs[e], b);
		buf_adds(b, ", ");
	}
	buf_adds(b, "null][0]");
}

static void
add_property(const struct catalogue *k, const struct property *p, struct buf *b)
{
	size_t i;

	json_escape(b, slice_of(p->name));
	buf_adds(b, ": (");
	add_value(p, b);
	for (i = 0; i < k->nlabels; i++)
		if (k->labels[i].labels == p->map)
			buf_addf(b, " | label_%s", k->labels[i].name);
	if (p->map == NULL &&
	    (p->type == TYPE_NUMBER || p->type == TYPE_INTEGER))
		buf_adds(b, " | decimal");
	buf_addc(b, ')');
}

static void
add_condition_jq(const struct condition *w, struct buf *b)
{
	const char *step = "";
	size_t i;

	buf_addf(b, "[%s | there([", w->raw ? "$raw" : "$one");
	for (i = 0; i < w->path->n; i++) {
		buf_adds(b, step);
		step = ",";
		if (w->path->steps[i].key.p != NULL)
			json_escape(b, w->path->steps[i].key);
		else
			buf_addf(b, "%zu", w->path->steps[i].index);
	}
	if (w->test == COND_EQUALS)
		buf_addf(b, "])] == [%.*s]", SLICE_ARG(val_text(w->value)));
	else
		buf_addf(b, "])] %s []", w->test == COND_HAS ? "!=" : "==");
}

/* It knows of no other contract: half of the elements have to fit this one. */
static void
add_when(const struct contract *c, struct buf *b)
{
	size_t i;

	if (c->nwhen == 0)
		return;
	buf_adds(b, "  | select([$each[] | select(. != null) | . as $one\n");
	for (i = 0; i < c->nwhen; i++) {
		buf_adds(b, i > 0 ? "      and " : "    | ");
		add_condition_jq(&c->when[i], b);
		buf_addc(b, '\n');
	}
	buf_adds(b, "    ] | (map(select(.)) | length) * 2 >= length)\n");
}

/* ([what each path of `each` leads to, as a list][0] // empty) */
static void
add_each(const struct contract *c, struct buf *b)
{
	struct val_iter it = val_each(c->each_text);
	struct val v = c->each_text;
	size_t i, len;
	char *path;

	buf_adds(b, "  | ([");
	for (i = 0; i < c->each.n; i++) {
		if (val_type(c->each_text) == SCAN_ARRAY)
			val_next(&it, NULL, &v);
		path = val_cstr(v);
		len = strlen(path) - (c->each.v[i]->each ? 2 : 0);
		/* "." is the body itself */
		buf_addf(b, "%s((.body%.*s)? | %s)", i > 0 ? ", " : "",
		    (int)(len > 1 ? len : 0), path,
		    c->each.v[i]->each ? "arrays" : "objects | [.]");
		free(path);
	}
	buf_adds(b, "][0] // empty) as $each\n");
}

/* Pairs of the element above and the element, depth first. */
static void
add_tree(const struct contract *c, struct buf *b)
{
	char *path = val_cstr(c->recurse_text);

	buf_addf(b,
	    "  | [$each[] | [null, .]\n"
	    "      | recurse(.[1] | . as $above | (%.*s)? | arrays | .[]\n"
	    "          | [$above, .])]\n"
	    "  | to_entries[] | .key as $index | .value[0] as $parent\n"
	    "  | .value[1] | select(. != null)\n",
	    (int)(strlen(path) - 2), path);
	free(path);
}

static void
add_elements(const struct contract *c, struct buf *b)
{
	struct val_iter it = val_each(c->within_text);
	struct val v;
	size_t i, len;
	char *path;

	add_each(c, b);
	add_when(c, b);
	if (c->recurse != NULL) {
		add_tree(c, b);
		return;
	}
	buf_adds(b,
	    "  | $each | to_entries[] | .key as $index | .value\n"
	    "  | select(. != null)\n");
	if (c->within.n == 0)
		return;
	buf_adds(b, "  | . as $parent | first(");
	if (val_type(c->within_text) == SCAN_STRING) {
		path = val_cstr(c->within_text);
		buf_addf(b, "[%s]", path);
		free(path);
	}
	for (i = 0; val_next(&it, NULL, &v); i++) {
		path = val_cstr(v);
		len = strlen(path) - (c->within.v[i]->each ? 2 : 0);
		buf_addf(b, "%s(%.*s | values | [%s])", i > 0 ? ", " : "",
		    (int)len, path, c->within.v[i]->each ? ".[]" : ".");
		free(path);
	}
	buf_adds(b, ")[] | select(. != null)\n");
}

void
contract_to_jq(const struct catalogue *k, const struct contract *c,
    struct buf *b)
{
	const char *comma = "";
	size_t i;

	if (c->extract != NULL)
		die(EX_CONFIG,
		    "'%s' is not for jq: it reads what x-from "
		    "finds",
		    c->name);
	buf_addf(b, "# %s, version %" PRId64 "; for jq -c of raw records\n",
	    c->name, c->version);
	buf_adds(b, plan_prelude);
	buf_adds(b, k->prelude);
	buf_addf(b,
	    "{\"variant\": \"%s\", \"version\": %" PRId64 "} as $contract\n",
	    c->variant ? c->variant : "", c->version);
	buf_addf(b, "  | select(.source == \"%s\" and (.kind | IN(",
	    k->source->name);
	buf_addf(b, "%.*s[])))\n", SLICE_ARG(val_text(c->kinds)));
	buf_adds(b, "  | . as $raw\n");
	add_elements(c, b);
	if (c->where != NULL)
		buf_addf(b, "  | select(%s)\n", expr_text(c->where));
	buf_addf(b,
	    "  | {\"type\": \"RECORD\", \"stream\": \"%s\", "
	    "\"record\": {\n",
	    c->stream->name);
	for (i = 0; i < c->nprops; i++) {
		if (c->props[i].hash_of != NULL)
			continue; /* jq has no HMAC */
		buf_addf(b, "%s      ", comma);
		add_property(k, &c->props[i], b);
		comma = ",\n";
	}
	buf_adds(b, "},\n    \"time_extracted\": $raw.fetched_at}\n");
}
