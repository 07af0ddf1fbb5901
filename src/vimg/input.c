/*
 * What comes in: bare requests, or a Singer stream, which passes through in
 * order, and whose records of photos are requests.
 */
#include <stdlib.h>

#include "run.h"
#include "singer.h"
#include "banned.h"

#define STREAMS_MOST 4096
#define NAME_MOST 256

struct stream {
	char *name, *source; /* source: of its SCHEMA, or NULL */
	bool photos;
};

struct streams {
	struct stream *v;
	size_t n;
	struct singer message;
};

static void
reject(struct run *r, const char *why)
{
	say("line %llu: %s", (unsigned long long)r->in.lines, why);
	r->tally.rejected++;
	manners_worse(&r->manners, EX_DATAERR);
}

/* ---- photos ---- */

/* With --raw a run is one source: another ends it. */
static bool
is_ours(struct run *r, const struct photo *p)
{
	if (r->o->raw == NULL)
		return true;
	if (r->source == NULL)
		r->source = xstrdup(p->source);
	if (strcmp(r->source, p->source) == 0)
		return true;
	if (r->stop == NULL)
		say("line %llu: '%s' is another source than '%s': with --raw "
		    "a run is one",
		    (unsigned long long)r->in.lines, p->source, r->source);
	r->stop = "input";
	r->tally.rejected++;
	manners_worse(&r->manners, EX_DATAERR);
	return false;
}

static void
take(struct run *r, struct val object, const char *source)
{
	const struct market *k;
	struct photo *p;
	const char *why;

	p = photo_read(object, source, r->o->size, &why);
	if (p == NULL) {
		reject(r, why);
		return;
	}
	if (!is_ours(r, p)) {
		photo_free(p);
		return;
	}
	if (!seen_add(r->seen, p)) {
		info("line %llu: it was asked for already",
		    (unsigned long long)r->in.lines);
		r->tally.repeated++;
		photo_free(p);
		return;
	}
	k = manners_market(&r->manners, p->source, &why);
	if (k == NULL) {
		reject(r, why);
		photo_free(p);
		return;
	}
	r->tally.photos++;
	if (p->refused == NULL) {
		p->host = manners_host(&r->manners, k, p->address);
		p->refused = p->host == NULL ? "other-host" : NULL;
	}
	run_take(r, p);
}

/* ---- Singer ---- */

static struct stream *
find(struct run *r, struct slice name)
{
	struct streams *all = r->streams;
	size_t i;

	for (i = 0; i < all->n; i++)
		if (slice_is(name, all->v[i].name))
			return &all->v[i];
	return NULL;
}

static bool
is_photo_name(struct slice name)
{
	return slice_is(name, "photo") ||
	    (name.len > 6 && memcmp(name.p + name.len - 6, "_photo", 6) == 0);
}

static struct stream *
add_stream(struct streams *all, struct slice name)
{
	struct stream *s;

	if (all->n == STREAMS_MOST)
		die(EX_DATAERR, "more than %d streams of photos", STREAMS_MOST);
	all->v = xrealloc(all->v, (all->n + 1) * sizeof *all->v);
	s = &all->v[all->n++];
	s->name = xstrndup(name.p, name.len);
	s->source = NULL;
	return s;
}

/* Only streams of photos are remembered. */
static void
define(struct run *r)
{
	struct streams *all = r->streams;
	struct singer *m = &all->message;
	struct stream *s = find(r, m->stream);
	struct val entity = val_member(m->root, "x-entity");
	struct val source = val_member(m->root, "x-source");
	bool photos = val_is(entity, "photo") ||
	    (val_type(entity) == SCAN_NONE && is_photo_name(m->stream));

	if (s == NULL && !photos)
		return;
	if (m->stream.len > NAME_MOST || val_text(source).len > NAME_MOST) {
		reject(r,
		    "a stream of photos has a name or a source over "
		    "256 bytes");
		photos = false;
	}
	if (s == NULL && !photos)
		return;
	if (s == NULL)
		s = add_stream(all, m->stream);
	free(s->source);
	s->source = photos ? val_cstr(source) : NULL;
	s->photos = photos;
}

static void
singer_line(struct run *r, struct slice line)
{
	struct singer *m = &r->streams->message;
	struct stream *s;
	const char *why;

	if (!singer_read(m, r->scan, line, &why)) {
		reject(r, why);
		return;
	}
	if (m->type == SINGER_STATE && r->o->raw == NULL) {
		/* only after the records of what came before it */
		buf_reset(&r->state);
		buf_addslice(&r->state, line);
		r->state_due = true;
		return;
	}
	record_pass(r, line);
	if (m->type == SINGER_SCHEMA)
		define(r);
	if (m->type != SINGER_RECORD)
		return;
	s = find(r, m->stream);
	if (s != NULL && s->photos)
		take(r, m->body, s->source);
}

/* ---- lines ---- */

void
input_line(struct run *r, struct slice line)
{
	const char *why;
	size_t at;

	if (r->streams == NULL)
		r->streams = xcalloc(1, sizeof *r->streams);
	if (r->in.toolong) {
		reject(r, "longer than --max-line");
		return;
	}
	if (!scan_parse(r->scan, line, &at, &why)) {
		reject(r, why);
		return;
	}
	if (val_type(scan_root(r->scan)) != SCAN_OBJECT)
		reject(r, "no photo: an object is due");
	else if (val_type(val_member(scan_root(r->scan), "type")) != SCAN_NONE)
		singer_line(r, line);
	else
		take(r, scan_root(r->scan), NULL);
}

void
input_release(struct run *r)
{
	struct streams *all = r->streams;
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n; i++) {
		free(all->v[i].name);
		free(all->v[i].source);
	}
	singer_release(&all->message);
	free(all->v);
	free(all);
}
