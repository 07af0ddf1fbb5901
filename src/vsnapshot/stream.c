#include "stream.h"

#include <stdlib.h>

#include "json.h"
#include "banned.h"

struct stream *
streams_find(struct streams *all, struct slice name)
{
	size_t i;

	if (all->n > 0 && slice_is(name, all->v[all->last]->name))
		return all->v[all->last];
	for (i = 0; i < all->n; i++) {
		if (slice_is(name, all->v[i]->name)) {
			all->last = i;
			return all->v[i];
		}
	}
	return NULL;
}

struct stream *
streams_add(struct streams *all, struct slice name)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->name = xstrndup(name.p, name.len);
	all->v = xrealloc(all->v, (all->n + 1) * sizeof *all->v);
	all->v[all->n++] = s;
	return s;
}

static struct slice
copy(struct val v)
{
	struct slice t = val_text(v);

	if (v.s == NULL || val_type(v) != SCAN_STRING)
		return (struct slice){ NULL, 0 };
	return (struct slice){ xstrndup(t.p, t.len), t.len };
}

static void
forget(struct stream *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free((char *)s->variants[i].name.p);
		free((char *)s->variants[i].kind.p);
		free((char *)s->variants[i].state.p);
		free((char *)s->variants[i].evidence.p);
	}
	free(s->variants);
	free(s->source);
	s->variants = NULL;
	s->source = NULL;
	s->n = s->last = 0;
}

void
streams_release(struct streams *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		forget(all->v[i]);
		free(all->v[i]->name);
		free(all->v[i]);
	}
	free(all->v);
}

static bool
declares(struct val variant, const char *column)
{
	struct val_iter it = val_each(val_member(variant, "columns"));
	struct val v;

	while (val_next(&it, NULL, &v))
		if (val_is(v, column))
			return true;
	return false;
}

/* The constant of x-snapshot, unless the shape has the column itself. */
static struct slice
constant(struct val variant, struct val snapshot, const char *column)
{
	if (declares(variant, column))
		return (struct slice){ NULL, 0 };
	return copy(val_member(snapshot, column));
}

static void
add_variant(struct stream *s, struct slice name, struct val v)
{
	struct val snapshot = val_member(v, "x-snapshot");
	struct buf quoted = { 0 };
	struct variant one;

	one.kind = copy(val_member(snapshot, "kind"));
	if (one.kind.p == NULL)
		return;
	json_escape(&quoted, name);
	one.name.len = quoted.len;
	one.name.p = buf_take(&quoted);
	one.state = constant(v, snapshot, "state");
	one.evidence = constant(v, snapshot, "evidence");
	s->variants = xrealloc(s->variants, (s->n + 1) * sizeof one);
	s->variants[s->n++] = one;
}

static enum entity
read_entity(struct val v)
{
	return val_is(v, "item") ? ENTITY_ITEM :
	    val_is(v, "user")    ? ENTITY_USER :
	    val_is(v, "look")    ? ENTITY_LOOK :
	                           ENTITY_OTHER;
}

void
stream_define(struct stream *s, struct val message)
{
	struct val_iter it = val_each(val_member(message, "x-variants"));
	struct slice name = { 0 };
	struct val v;

	forget(s);
	s->entity = read_entity(val_member(message, "x-entity"));
	s->source = val_cstr(val_member(message, "x-source"));
	while (val_next(&it, &name, &v))
		add_variant(s, name, v);
	/* a snapshot's stream is named after the source */
	if (s->source == NULL || (s->entity != ENTITY_LOOK && s->n == 0))
		s->entity = ENTITY_OTHER;
}

void
stream_define_plain(struct stream *s, const char *source)
{
	s->entity = ENTITY_ITEM;
	s->source = xstrdup(source);
}

const struct variant *
stream_variant(struct stream *s, struct slice name)
{
	size_t i;

	if (s->n > 0 && slice_eq(name, s->variants[s->last].name))
		return &s->variants[s->last];
	for (i = 0; i < s->n; i++) {
		if (slice_eq(name, s->variants[i].name)) {
			s->last = i;
			return &s->variants[i];
		}
	}
	return NULL;
}
