#include "normalize.h"

#include <stdlib.h>

#include "conf.h"
#include "banned.h"

static bool
asked_for(const struct opts *o, const struct stream *s)
{
	int i;

	for (i = 0; i < o->streams.n; i++)
		if (strcmp(o->streams.v[i], s->entity) == 0 ||
		    strcmp(o->streams.v[i], s->name) == 0)
			return true;
	return o->streams.n == 0;
}

static void
choose_streams(const struct opts *o, struct catalogue *k)
{
	size_t i;

	for (i = 0; i < k->nstreams; i++)
		k->streams[i].wanted = asked_for(o, &k->streams[i]);
}

static struct catalogue *
load_source(struct normalizer *n, const char *name)
{
	struct catalogue *k = catalogue_load(name, n->o->no_key);

	if (k == NULL)
		return NULL;
	n->catalogues = xrealloc(n->catalogues,
	    (n->ncatalogues + 1) * sizeof(struct catalogue *));
	n->catalogues[n->ncatalogues++] = k;
	choose_streams(n->o, k);
	return k;
}

struct catalogue *
normalizer_source(struct normalizer *n, struct slice name)
{
	struct catalogue *k;
	char *copy;
	size_t i;

	for (i = 0; i < n->ncatalogues; i++)
		if (slice_is(name, n->catalogues[i]->source->name))
			return n->catalogues[i];
	copy = xstrndup(name.p, name.len);
	k = load_source(n, copy);
	free(copy);
	return k;
}

static void
load_all(struct normalizer *n)
{
	char **names = conf_sources();
	size_t i;

	for (i = 0; names[i] != NULL; i++) {
		normalizer_source(n, slice_of(names[i]));
		free(names[i]);
	}
	free(names);
}

struct contract *
normalizer_contract(struct normalizer *n, const char *name,
    struct catalogue **k)
{
	struct contract *found = NULL, *c;
	const char *slash = strchr(name, '/');
	const char *own = slash ? slash + 1 : name;
	struct slice source = { name, slash ? (size_t)(slash - name) : 0 };
	size_t i, m;

	load_all(n);
	for (i = 0; i < n->ncatalogues; i++) {
		if (slash && !slice_is(source, n->catalogues[i]->source->name))
			continue;
		for (m = 0; m < n->catalogues[i]->n; m++) {
			c = &n->catalogues[i]->contracts[m];
			if (strcmp(c->name, own) != 0)
				continue;
			if (found != NULL)
				die(EX_CONFIG,
				    "two sources have a contract "
				    "'%s': say SOURCE/%s",
				    own, own);
			found = c;
			*k = n->catalogues[i];
		}
	}
	if (found == NULL)
		die(EX_CONFIG, "unknown contract '%s'", name);
	return found;
}

void
normalizer_choose_contract(struct normalizer *n)
{
	struct catalogue *k;
	struct contract *c;
	size_t i, m;

	c = normalizer_contract(n, n->o->contract, &k);
	for (i = 0; i < n->ncatalogues; i++) {
		for (m = 0; m < n->catalogues[i]->nstreams; m++)
			n->catalogues[i]->streams[m].wanted =
			    &n->catalogues[i]->streams[m] == c->stream;
		for (m = 0; m < n->catalogues[i]->n; m++)
			n->catalogues[i]->contracts[m].unwanted =
			    &n->catalogues[i]->contracts[m] != c;
	}
}

void
normalizer_check_streams(struct normalizer *n)
{
	const struct opts *o = n->o;
	struct opts one = *o;
	bool found;
	size_t i, m;
	int s;

	load_all(n);
	for (s = 0; s < o->streams.n; s++) {
		one.streams = (struct opt_list){ &o->streams.v[s], 1 };
		found = false;
		for (i = 0; i < n->ncatalogues; i++)
			for (m = 0; m < n->catalogues[i]->nstreams; m++)
				found = found ||
				    asked_for(&one,
				        &n->catalogues[i]->streams[m]);
		if (!found)
			die(EX_CONFIG, "unknown stream '%s'", o->streams.v[s]);
	}
}
