#include "ids.h"

#include <stdlib.h>

#include "banned.h"

static size_t
hash(struct slice id)
{
	size_t h = 14695981039346656037UL, i; /* FNV-1a */

	for (i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.p[i]) * 1099511628211UL;
	return h ^ h >> 32;
}

struct slice
ids_get(const struct ids *s, size_t i)
{
	size_t from = i == 0 ? 0 : s->end[i - 1];

	return (struct slice){ s->text.data + from, s->end[i] - from };
}

/* The slot that holds the id, or the free one where it belongs. */
static size_t
find(const struct ids *s, struct slice id)
{
	size_t i = hash(id) & (s->slots - 1);

	while (s->slot[i] != 0 && !slice_eq(ids_get(s, s->slot[i] - 1), id))
		i = (i + 1) & (s->slots - 1);
	return i;
}

static void
grow(struct ids *s)
{
	size_t i;

	s->cap = s->cap == 0 ? 128 : 2 * s->cap;
	s->end = xrealloc(s->end, s->cap * sizeof *s->end);
	free(s->slot);
	s->slots = 4 * s->cap;
	s->slot = xcalloc(s->slots, sizeof *s->slot);
	for (i = 0; i < s->n; i++)
		s->slot[find(s, ids_get(s, i))] = i + 1;
}

bool
ids_add(struct ids *s, struct slice id)
{
	size_t i;

	if (s->n == s->cap)
		grow(s);
	i = find(s, id);
	if (s->slot[i] != 0)
		return false;
	buf_addslice(&s->text, id);
	s->end[s->n++] = s->text.len;
	s->slot[i] = s->n;
	return true;
}

bool
ids_has(const struct ids *s, struct slice id)
{
	return s->n > 0 && s->slot[find(s, id)] != 0;
}

void
ids_reset(struct ids *s)
{
	s->n = 0;
	buf_reset(&s->text);
	if (s->slots > 0)
		memset(s->slot, 0, s->slots * sizeof *s->slot);
}

void
ids_release(struct ids *s)
{
	free(s->end);
	free(s->slot);
	buf_release(&s->text);
	*s = (struct ids){ 0 };
}
