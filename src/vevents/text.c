/* Texts of an owner, each kept once. */
#include <stdlib.h>

#include "owner.h"
#include "banned.h"

static uint32_t
hash_of(struct slice s)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	size_t i;

	for (i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

static void
place_text(struct texts *t, text_id id)
{
	uint32_t i = t->v[id].hash & (t->nslots - 1);

	while (t->slots[i] != 0)
		i = (i + 1) & (t->nslots - 1);
	t->slots[i] = id;
}

static void
grow_texts(struct texts *t)
{
	text_id id;

	t->cap = t->cap ? 2 * t->cap : 512;
	t->v = xrealloc(t->v, t->cap * sizeof *t->v);
	t->nslots = 2 * t->cap;
	free(t->slots);
	t->slots = xcalloc(t->nslots, sizeof *t->slots);
	for (id = 1; id < t->n; id++)
		place_text(t, id);
}

text_id
text_add(struct texts *t, struct slice s)
{
	uint32_t h, i;
	text_id id;

	if (s.p == NULL)
		return 0;
	if (t->n == 0)
		t->n = 1;
	if (t->n >= t->cap)
		grow_texts(t);
	h = hash_of(s);
	for (i = h & (t->nslots - 1); (id = t->slots[i]) != 0;
	     i = (i + 1) & (t->nslots - 1))
		if (t->v[id].hash == h && t->v[id].len == s.len &&
		    memcmp(t->bytes.data + t->v[id].at, s.p, s.len) == 0)
			return id;
	id = t->n++;
	t->v[id].at = t->bytes.len;
	t->v[id].len = (uint32_t)s.len;
	t->v[id].hash = h;
	buf_add(&t->bytes, s.p, s.len);
	buf_addc(&t->bytes, '\0'); /* for strtod */
	t->slots[i] = id;
	return id;
}

int
text_cmp(const struct owner *o, text_id a, text_id b)
{
	struct slice x = text_of(o, a), y = text_of(o, b);
	size_t n = x.len < y.len ? x.len : y.len;
	int c;

	if (a == b)
		return 0;
	if (a == 0 || b == 0)
		return a == 0 ? -1 : 1;
	c = memcmp(x.p, y.p, n);
	return c != 0 ? c : x.len < y.len ? -1 : 1;
}
