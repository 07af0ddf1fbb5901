/* catalogue: a source with its contracts, loaded and checked; see contract.h.
 */
#include "contract.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "closing.h"
#include "file.h"
#include "functions.h"
#include "banned.h"

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_json(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && e->d_name[0] != '.' &&
	    strcmp(e->d_name + n - 5, ".json") == 0;
}

static void
load_label_tables(struct catalogue *k, struct buf *prelude)
{
	char *dir = xasprintf("%s/labels", k->source->folder), *path;
	struct dirent **names = NULL;
	int i, n = scandir(dir, &names, is_json, by_name);

	for (i = 0; i < n; i++) {
		path = xasprintf("%s/%s", dir, names[i]->d_name);
		k->labels =
		    xrealloc(k->labels, (k->nlabels + 1) * sizeof *k->labels);
		k->labels[k->nlabels].name =
		    xstrndup(names[i]->d_name, strlen(names[i]->d_name) - 5);
		k->labels[k->nlabels].labels = labels_load(path);
		labels_to_jq(k->labels[k->nlabels].labels,
		    k->labels[k->nlabels].name, prelude);
		k->nlabels++;
		free(path);
		free(names[i]);
	}
	free(names);
	free(dir);
}

/* Definitions that the source's own expressions share. */
static void
load_prelude(struct catalogue *k)
{
	char *path = xasprintf("%s/prelude.jq", k->source->folder);
	struct buf b = { 0 };

	labels_spaces_to_jq(&b);
	load_label_tables(k, &b);
	if (file_read_text(path, &b))
		buf_addc(&b, '\n');
	k->prelude = b.len > 0 ? buf_take(&b) : xstrdup("");
	k->functions = functions_new(k->prelude, k->source->folder);
	free(path);
}

static struct stream *
add_stream(struct catalogue *k, const char *entity)
{
	struct stream *s;
	size_t i;

	for (i = 0; i < k->nstreams; i++)
		if (strcmp(k->streams[i].entity, entity) == 0)
			return &k->streams[i];
	s = &k->streams[k->nstreams++];
	*s = (struct stream){ .entity = xstrdup(entity),
		.wanted = true,
		.name = xasprintf("%s_%s", k->source->name, entity) };
	return s;
}

static bool
same_json(struct val a, struct val b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same;

	val_write(&x, a);
	val_write(&y, b);
	same = slice_eq(buf_slice(&x), buf_slice(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

static void
check_same(const struct contract *a, const struct contract *b)
{
	static const char *const keys[] = { "key_properties", "x-order",
		"x-seen" };
	struct property *p;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!same_json(val_member(a->doc->root, keys[i]),
		        val_member(b->doc->root, keys[i])))
			die(EX_CONFIG, "'%s' and '%s' differ in '%s'",
			    a->doc->path, b->doc->path, keys[i]);
	for (i = 0; i < b->nprops; i++) {
		p = contract_property((struct contract *)a, b->props[i].name);
		if (p != NULL && p->type != b->props[i].type)
			die(EX_CONFIG,
			    "'%s' and '%s' differ in the type of "
			    "'%s'",
			    a->doc->path, b->doc->path, p->name);
	}
}

static void
join_stream(struct catalogue *k, struct contract *c)
{
	size_t len = strcspn(c->name, ".");
	char *entity = xstrndup(c->name, len);
	struct stream *s;
	size_t i;

	if (strcmp(entity, "look") == 0 || strcmp(entity, CLOSING_ENTITY) == 0)
		die(EX_CONFIG, "'%s': '%s' is a stream that needs no contract",
		    c->doc->path, entity);
	s = add_stream(k, entity);

	for (i = 0; i < s->n; i++)
		check_same(s->variants[i], c);
	s->variants =
	    xrealloc(s->variants, (s->n + 1) * sizeof(struct contract *));
	s->variants[s->n++] = c;
	for (i = 0; i < c->nprops; i++)
		s->hashes = s->hashes || c->props[i].hashed;
	c->stream = s;
	free(entity);
}

static void
load_contracts(struct catalogue *k, bool no_key)
{
	struct dirent **names = NULL;
	char *path;
	int i, n = scandir(k->source->folder, &names, is_json, by_name);

	if (n < 0)
		die_errno(EX_CONFIG, "cannot read '%s'", k->source->folder);
	k->contracts = xcalloc((size_t)n + 1, sizeof *k->contracts);
	k->streams = xcalloc((size_t)n + 2, sizeof *k->streams);
	for (i = 0; i < n; i++) {
		if (strcmp(names[i]->d_name, "source.json") != 0) {
			path = xasprintf("%s/%s", k->source->folder,
			    names[i]->d_name);
			contract_load(k, &k->contracts[k->n++], path, no_key);
			free(path);
		}
		free(names[i]);
	}
	free(names);
	for (i = 0; i < (int)k->n; i++)
		join_stream(k, &k->contracts[i]);
	k->closing = add_stream(k, CLOSING_ENTITY);
	add_stream(k, "look");
}

struct catalogue *
catalogue_load(const char *name, bool no_key)
{
	struct source *s = source_load(name);
	struct catalogue *k;

	if (s == NULL)
		return NULL;
	k = xcalloc(1, sizeof *k);
	k->source = s;
	k->rules = verdict_load(s);
	load_prelude(k);
	load_contracts(k, no_key);
	return k;
}

void
catalogue_free(struct catalogue *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < k->nextracts; i++)
		extract_free(k->extracts[i]);
	free(k->extracts);
	for (i = 0; i < k->n; i++)
		contract_release(&k->contracts[i]);
	for (i = 0; i < k->nstreams; i++) {
		free(k->streams[i].entity);
		free(k->streams[i].name);
		free(k->streams[i].variants);
	}
	for (i = 0; i < k->nlabels; i++) {
		free(k->labels[i].name);
		labels_free(k->labels[i].labels);
	}
	free(k->labels);
	free(k->contracts);
	free(k->streams);
	free(k->prelude);
	functions_free(k->functions);
	verdict_free(k->rules);
	source_free(k->source);
	free(k);
}
