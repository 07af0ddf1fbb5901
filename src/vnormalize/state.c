/* state: STATE messages, the ledger, the quality report; see normalize.h. */
#include "normalize.h"

#include <stdlib.h>

#include "json.h"
#include "ledger.h"
#include "singer.h"
#include "stop.h"
#include "banned.h"

static void
add_count(struct json *j, const char *key, uint64_t now, uint64_t before)
{
	json_key(j, key);
	json_int(j, (int64_t)(now - before));
}

static void
add_ledger(struct json *j, const struct totals *t, const struct totals *s)
{
	json_object(j);
	add_count(j, "lines", t->lines, s->lines);
	add_count(j, "looks", t->looks, s->looks);
	add_count(j, "without_look", t->without_look, s->without_look);
	add_count(j, "unparsable", t->unparsable, s->unparsable);
	add_count(j, "elements", t->elements, s->elements);
	add_count(j, "records", t->records, s->records);
	add_count(j, "filtered", t->filtered, s->filtered);
	add_count(j, "rejected", t->rejected, s->rejected);
	json_end(j);
}

/*
 * Does all that the lines hold go out?  A part is loaded once: what a choice of
 * streams, a filter or a missing key held back would never be.
 */
static bool
goes_through(const struct opts *o)
{
	return o->streams.n == 0 && o->contract == NULL && o->filter == NULL &&
	    !o->no_key;
}

static void
write_state(struct normalizer *n)
{
	const char *part = goes_through(n->o) ? n->o->part : NULL;
	struct json j;

	buf_reset(&n->message);
	json_start(&j, &n->message);
	json_object(&j);
	json_key(&j, "type");
	json_cstr(&j, "STATE");
	json_key(&j, "value");
	json_object(&j);
	json_key(&j, "load");
	json_object(&j);
	json_key(&j, "run");
	json_cstr(&j, n->run);
	json_key(&j, "part");
	json_cstr(&j, part);
	json_key(&j, "step");
	json_cstr(&j, "upsert");
	json_key(&j, "published");
	json_bool(&j, part != NULL);
	json_key(&j, "contracts");
	singer_contracts(&j, n->run_catalogue);
	json_key(&j, "ledger");
	add_ledger(&j, &n->totals, &n->run_start);
	while (j.depth > 0)
		json_end(&j);
	buf_addc(&n->message, '\n');
	writer_add(n->out, n->message.data, n->message.len);
}

/* A stream that lost whole pages is judged by itself: the elements of others
 * must not make them few. */
static void
count_pages(struct normalizer *n)
{
	const struct stream *s;
	size_t i, k;

	n->pages.stream = NULL;
	for (i = 0; i < n->ncatalogues; i++) {
		for (k = 0; k < n->catalogues[i]->nstreams; k++) {
			s = &n->catalogues[i]->streams[k];
			if (!s->unread ||
			    !rejects_exceed(n->rej, s->rejected, s->elements))
				continue;
			n->pages.stream = s->name;
			n->pages.n = s->rejected;
			n->pages.whole = s->elements;
		}
	}
}

static bool
is_too_much(const struct normalizer *n)
{
	return n->pages.stream != NULL ||
	    rejects_exceed(n->rej, n->rej->n, n->whole);
}

int
normalizer_status(const struct normalizer *n)
{
	char *what;
	int status =
	    rejects_status(n->rej, n->rej->n, n->whole, "lines and elements");

	if (status != EX_OK || n->pages.stream == NULL)
		return status;
	what = xasprintf("elements of %s, by whole pages,", n->pages.stream);
	status = rejects_status(n->rej, n->pages.n, n->pages.whole, what);
	free(what);
	return status;
}

/*
 * A run is said to be loaded when its last line has passed.  Not when too
 * much was rejected, and not when a signal cut it short: then nothing vouches
 * for its being whole.
 */
void
state_end(struct normalizer *n)
{
	count_pages(n);
	if (n->run != NULL && !stopped && !n->o->records_only &&
	    !is_too_much(n))
		write_state(n);
	free(n->run);
	n->run = NULL;
}

void
state_line(struct normalizer *n, struct catalogue *k)
{
	if (n->run != NULL && slice_is(n->rec.run, n->run))
		return;
	state_end(n);
	n->run = xstrndup(n->rec.run.p, n->rec.run.len);
	n->run_catalogue = k;
	n->run_start = n->totals;
}

void
state_quality(const struct normalizer *n)
{
	const struct contract *c;
	const struct property *p;
	struct buf b = { 0 };
	struct writer w;
	size_t i, k, q;

	if (n->o->quality == NULL)
		return;
	writer_open(&w, n->o->quality);
	for (i = 0; i < n->ncatalogues; i++) {
		for (k = 0; k < n->catalogues[i]->n; k++) {
			c = &n->catalogues[i]->contracts[k];
			for (q = 0; q < c->nprops; q++) {
				p = &c->props[q];
				if (p->quality.records == 0)
					continue;
				buf_reset(&b);
				quality_write(&p->quality, &b, p->type,
				    c->stream->name, c->variant, c->version,
				    p->name);
				writer_add(&w, b.data, b.len);
			}
			buf_reset(&b);
			keys_write(&c->keys, &b, c->stream->name, c->variant,
			    c->version);
			if (b.len > 0)
				writer_add(&w, b.data, b.len);
		}
	}
	buf_release(&b);
	writer_close_or_die(&w);
}

void
state_ledger(const struct normalizer *n)
{
	const struct totals *t = &n->totals;
	const struct stream *s;
	struct count lines[] = { { "lines", t->lines, false },
		{ "looks", t->looks, false },
		{ "without_look", t->without_look, false },
		{ "unparsable", t->unparsable, false }, { NULL, 0, false } };
	size_t i, k;

	for (i = 0; i < n->ncatalogues; i++) {
		for (k = 0; k + 1 < n->catalogues[i]->nstreams; k++) {
			s = &n->catalogues[i]->streams[k];
			struct count c[] = { { "elements", s->elements, false },
				{ "records", s->records, false },
				{ "filtered", s->filtered, false },
				{ "rejected", s->rejected, false },
				{ "unknown_labels", s->unknown_labels, true },
				{ NULL, 0, false } };
			if (s->elements > 0)
				ledger_say(s->name, c);
			ledger_metrics(s->name, c);
		}
	}
	ledger_say(NULL, lines);
	ledger_metrics(NULL, lines);
	ledger_metrics_write();
}
