#include "normalize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "closing.h"
#include "json.h"
#include "look.h"
#include "singer.h"
#include "banned.h"

/* ---- what a source begins with ---- */

static void
need_person(struct normalizer *n, const struct catalogue *k)
{
	bool hashes = false;
	size_t i;

	for (i = 0; i < k->nstreams; i++)
		hashes =
		    hashes || (k->streams[i].wanted && k->streams[i].hashes);
	for (i = 0; i < k->n; i++) /* who is forgotten is known by key */
		hashes = hashes || k->contracts[i].seller != NULL;
	if (n->person == NULL && hashes)
		n->person = person_new(n->o->key, n->o->no_key);
}

static void
write_schemas(struct normalizer *n, const struct catalogue *k)
{
	const struct stream *s;
	size_t i;

	if (n->o->records_only)
		return;
	for (i = 0; i < k->nstreams; i++) {
		s = &k->streams[i];
		/* that of closings comes with the first of them */
		if (!s->wanted || s == k->closing ||
		    (s->n > 0 && s->variants[0]->dropped))
			continue;
		buf_reset(&n->message);
		if (s->n == 0)
			singer_look_schema(&n->message, k);
		else
			singer_schema(&n->message, k, s, n->person);
		writer_add(n->out, n->message.data, n->message.len);
	}
}

static struct catalogue *
source_of_line(struct normalizer *n)
{
	struct catalogue *k = normalizer_source(n, n->rec.source);

	if (k == NULL)
		die(EX_CONFIG, "no description of the source '%.*s'",
		    SLICE_ARG(n->rec.source));
	if (!k->announced) {
		need_person(n, k);
		write_schemas(n, k);
		k->announced = true;
	}
	return k;
}

void
normalizer_init(struct normalizer *n, const struct opts *o, struct writer *out,
    struct rejects *rej)
{
	*n = (struct normalizer){ .o = o, .out = out, .rej = rej };
	n->scan = scan_new();
	n->page = page_new();
	n->reference = jv_null();
	if (o->filter != NULL) {
		n->filter = jqrun_new(EX_USAGE, o->filter, "--filter");
		n->filter_scan = scan_new();
	}
	if (o->contract != NULL)
		normalizer_choose_contract(n);
	else if (o->streams.n > 0)
		normalizer_check_streams(n);
}

/* ---- a line ---- */

static void
unparsable(struct normalizer *n, struct slice line, const char *reason)
{
	n->totals.unparsable++;
	rejects_add(n->rej,
	    &(struct reject){ .line = (int64_t)n->line,
	        .index = -1,
	        .reason = reason,
	        .value = line,
	        .elements = 1 });
}

static void
not_json(struct normalizer *n, struct slice line, size_t at, const char *why)
{
	char *reason = xasprintf("not JSON: %s at byte %zu", why, at + 1);

	unparsable(n, line, reason);
	free(reason);
}

static void
too_long(struct normalizer *n, struct slice line)
{
	char *reason =
	    xasprintf("longer than %" PRId64 " bytes", n->o->maxline);

	unparsable(n, line, reason);
	free(reason);
}

/* ---- contracts ---- */

static bool
is_data(const struct normalizer *n, const struct verdict *v)
{
	return (n->rec.answer.form == FORM_JSON ||
	           n->rec.answer.form == FORM_TEXT) &&
	    (strcmp(v->name, "ok") == 0 || strcmp(v->name, "empty") == 0);
}

static void
apply_within(struct normalizer *n, const struct catalogue *k,
    struct contract *c, struct val parent, size_t index)
{
	struct val_iter it;
	struct val v, inner = { NULL, 0 };
	size_t i;

	for (i = 0; i < c->within.n; i++) {
		inner = val_path(parent, c->within.v[i]);
		if (val_type(inner) > SCAN_NULL)
			break;
	}
	if (i == c->within.n)
		return;
	if (!c->within.v[i]->each) {
		element_apply(n, k, c, parent, inner, index);
		return;
	}
	it = val_each(inner);
	while (val_next(&it, NULL, &v))
		element_apply(n, k, c, parent, v, index);
}

static void
apply_one(struct normalizer *n, const struct catalogue *k, struct contract *c,
    struct val v, size_t index)
{
	if (c->within.n == 0 || val_type(v) == SCAN_NULL)
		element_apply(n, k, c, (struct val){ NULL, 0 }, v, index);
	else
		apply_within(n, k, c, v, index);
}

/* An element, then those under it, depth first: as jq's recurse. */
static void
apply_tree(struct normalizer *n, const struct catalogue *k, struct contract *c,
    struct val parent, struct val v, size_t *index)
{
	struct val under = val_path(v, c->recurse), child;
	struct val_iter it = val_each(under);

	element_apply(n, k, c, parent, v, (*index)++);
	if (val_type(under) != SCAN_ARRAY)
		return;
	while (val_next(&it, NULL, &child))
		apply_tree(n, k, c, v, child, index);
}

static void
apply(struct normalizer *n, const struct catalogue *k, struct contract *c)
{
	struct val v, none = { NULL, 0 };
	struct walk w = walk_elements(c);
	size_t index = 0;

	element_line(n, c);
	while (walk_next(&w, &v)) {
		if (c->recurse != NULL)
			apply_tree(n, k, c, none, v, &index);
		else
			apply_one(n, k, c, v, index++);
	}
}

/* A whole line's elements of a stream, which nobody can read. */
static void
reject_line(struct normalizer *n, struct stream *s, size_t found,
    const char *reason)
{
	s->elements += found;
	s->rejected += found;
	s->unread = s->unread || found > 1;
	n->totals.elements += found;
	n->totals.rejected += found;
	n->whole += found;
	rejects_add(n->rej,
	    &(struct reject){ .run = n->rec.run,
	        .line = n->rec.line,
	        .index = -1,
	        .stream = s->name,
	        .reason = reason,
	        .value = n->rec.answer.bytes,
	        .elements = found });
}

static void
apply_stream(struct normalizer *n, const struct catalogue *k, struct stream *s,
    const struct verdict *verdict)
{
	const struct choice *h = choice_make(n, s);
	/* a kind that has no hits is one element, and ok says that it is there
	 */
	size_t found = verdict->hits != NULL ? verdict->found : 1;
	char *reason = NULL;

	if (h->other != NULL)
		reason = xasprintf("'%s' and '%s' are both contracts for it",
		    h->match->name, h->other->name);
	else if (h->match == NULL && h->due && h->trouble != NULL)
		reason = xstrdup(h->trouble);
	else if (h->match == NULL && h->due && found > 0)
		reason = xasprintf("no contract for the %s of this %.*s",
		    s->entity, SLICE_ARG(n->rec.kind));
	if (reason != NULL)
		reject_line(n, s, found, reason);
	else if (h->match != NULL && !h->match->unwanted)
		apply(n, k, h->match);
	free(reason);
}

/* ---- looks ---- */

/* Elements of the first contract whose own they are: its seller is theirs. */
struct gone {
	struct normalizer *n;
	struct contract *c;
};

static bool
is_gone(void *arg, struct val hit, size_t index)
{
	struct gone *g = arg;

	plan_element(g->c->plan, (struct val){ NULL, 0 }, hit, index);
	return element_forgotten(g->n, g->c);
}

static bool
names_seller(const struct contract *c)
{
	return c != NULL && c->seller != NULL && c->within.n == 0;
}

/* Of a page that no contract reads, any that finds its elements. */
static struct contract *
sellers_contract(struct normalizer *n, struct catalogue *k)
{
	const struct choice *h;
	size_t i;

	for (i = 0; i + 1 < k->nstreams; i++) {
		h = choice_make(n, &k->streams[i]);
		if (names_seller(h->match))
			return h->match;
	}
	for (i = 0; i < k->n; i++)
		if (names_seller(&k->contracts[i]) &&
		    k->contracts[i].elements.s != NULL)
			return &k->contracts[i];
	return NULL;
}

/* Was the question about a seller who is to be forgotten, or one of her items?
 * Without a key no seller's number comes out at all. */
static bool
about_forgotten(struct normalizer *n, struct contract *sellers)
{
	struct val user = val_member(n->rec.request, "user_id");
	struct slice id = val_text(user);

	if (val_type(user) == SCAN_STRING)
		id = (struct slice){ id.p + 1, id.len - 2 };
	if (id.len > 0 && n->o->no_key)
		return true;
	if (id.len > 0 && n->person != NULL &&
	    person_forgotten(n->person, n->rec.source, id))
		return true;
	if (sellers == NULL || !sellers->one)
		return false;
	plan_element(sellers->plan, (struct val){ NULL, 0 }, sellers->elements,
	    0);
	return element_forgotten(n, sellers);
}

static void
write_look(struct normalizer *n, struct catalogue *k, const struct verdict *v)
{
	struct gone g = { n, NULL };
	bool forgotten;

	if (n->person != NULL && person_any_forgotten(n->person) &&
	    is_data(n, v))
		g.c = sellers_contract(n, k);
	if (g.c != NULL)
		plan_line(g.c->plan, n->rec.root);
	forgotten = about_forgotten(n, g.c);
	buf_reset(&n->message);
	buf_addf(&n->message,
	    "{\"type\":\"RECORD\",\"stream\":\"%s\","
	    "\"record\":",
	    k->streams[k->nstreams - 1].name);
	look_write(&n->message, &n->rec, v, k->source->version, forgotten,
	    g.c ? is_gone : NULL, &g);
	buf_adds(&n->message, ",\"time_extracted\":");
	buf_addslice(&n->message, buf_slice(&n->time));
	buf_adds(&n->message, "}\n");
	writer_add(n->out, n->message.data, n->message.len);
}

/* The functions of all contracts of the line's kind are compiled at once. */
static void
use_contracts(struct normalizer *n, struct catalogue *k)
{
	struct contract *c;

	for (c = k->contracts; c < k->contracts + k->n; c++) {
		if (c->used || c->unwanted ||
		    !contract_has_kind(c, n->rec.kind))
			continue;
		plan_use(c->plan);
		c->used = true;
	}
}

static void
apply_streams(struct normalizer *n, struct catalogue *k,
    const struct verdict *v)
{
	size_t i;

	for (i = 0; i + 1 < k->nstreams; i++)
		if (k->streams[i].wanted)
			apply_stream(n, k, &k->streams[i], v);
}

static void
begin_line(struct normalizer *n, struct catalogue *k)
{
	size_t i;

	for (i = 0; i < k->nextracts; i++)
		extract_reset(k->extracts[i]);
	for (i = 0; i < k->nstreams; i++)
		k->streams[i].choice.made = false;
	page_set(n->page, n->rec.answer.bytes);
	use_contracts(n, k);
}

/* Was the whole body redacted? */
static bool
is_cut(const struct record *r)
{
	return val_type(r->body) == SCAN_NULL &&
	    val_true(val_member(r->root, "redacted"));
}

/* Of such a one the record tells what it was. */
static bool
is_told(const struct record *r, struct verdict *v)
{
	struct slice name = val_text(val_member(r->root, "verdict"));

	if (!is_cut(r) || name.len <= 2)
		return false;
	*v = (struct verdict){ .found = 0 };
	snprintf(v->name, sizeof v->name, "%.*s", (int)name.len - 2,
	    name.p + 1);
	return true;
}

static void
judge(struct normalizer *n, struct catalogue *k)
{
	struct verdict v;
	bool told = is_told(&n->rec, &v);

	if (!told)
		v = verdict_of(k->rules, &n->rec.answer);
	begin_line(n, k);
	if (k->streams[k->nstreams - 1].wanted)
		write_look(n, k, &v);
	if (!told && is_data(n, &v))
		apply_streams(n, k, &v);
}

/* What we say ourselves, of a picture or a label: the source's rules are not
 * about that, and kinds that no contract is for give nothing. */
static void
take_as_said(struct normalizer *n, struct catalogue *k)
{
	struct verdict v = { .name = "ok" };

	if (k->closing->wanted && slice_is(n->rec.kind, "run"))
		closing_apply(n, k);
	begin_line(n, k);
	if (is_data(n, &v) && !is_cut(&n->rec))
		apply_streams(n, k, &v);
}

struct catalogue *
normalizer_read(struct normalizer *n, struct slice line, struct verdict *v,
    const char **why)
{
	struct catalogue *k;
	size_t at;

	if (!scan_parse(n->scan, line, &at, why) ||
	    !record_read(&n->rec, scan_root(n->scan), why))
		return NULL;
	k = source_of_line(n);
	*v = n->rec.has_look ? verdict_of(k->rules, &n->rec.answer) :
	                       (struct verdict){ .name = "ok" };
	begin_line(n, k);
	return k;
}

bool
normalizer_is_data(const struct normalizer *n, const struct verdict *v)
{
	return is_data(n, v);
}

void
normalize(struct normalizer *n, struct slice line, bool toolong)
{
	struct catalogue *k;
	const char *why;
	size_t at;

	n->line++;
	if (toolong) {
		too_long(n, line);
	} else if (!scan_parse(n->scan, line, &at, &why)) {
		not_json(n, line, at, why);
	} else if (!record_read(&n->rec, scan_root(n->scan), &why)) {
		unparsable(n, line, why);
	} else {
		k = source_of_line(n);
		state_line(n, k);
		buf_reset(&n->time);
		json_escape(&n->time, n->rec.fetched_at);
		if (n->rec.has_look) {
			n->totals.looks++;
			judge(n, k);
		} else {
			n->totals.without_look++;
			take_as_said(n, k);
		}
	}
	n->totals.lines++; /* not before: the run may have changed */
	n->whole++;
	progress("%" PRIu64 " lines, %" PRIu64 " records", n->totals.lines,
	    n->totals.records);
}

void
normalizer_end(struct normalizer *n)
{
	state_end(n);
	state_quality(n);
	state_ledger(n);
}

void
normalizer_release(struct normalizer *n)
{
	size_t i;

	for (i = 0; i < n->ncatalogues; i++)
		catalogue_free(n->catalogues[i]);
	free(n->catalogues);
	record_release(&n->rec);
	person_free(n->person);
	jqrun_free(n->filter);
	scan_free(n->filter_scan);
	scan_free(n->scan);
	page_free(n->page);
	jv_free(n->reference);
	buf_release(&n->message);
	buf_release(&n->time);
	buf_release(&n->tmp);
	buf_release(&n->filtered);
}
