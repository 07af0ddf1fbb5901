#include "trie.h"

#include <stdlib.h>

#include "banned.h"

struct trie {
	struct slice key; /* p is NULL for a position */
	size_t index;
	int slot; /* -1: only on the way */
	struct trie **kids;
	size_t n;
	int *below; /* all slots of the kids and theirs */
	size_t nbelow;
	uint64_t filter; /* of the kids' keys: most others fail it */
	bool positions;  /* some kid is one */
};

struct trie *
trie_new(void)
{
	struct trie *t = xcalloc(1, sizeof *t);

	t->slot = -1;
	return t;
}

void
trie_free(struct trie *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		trie_free(t->kids[i]);
	free(t->kids);
	free(t->below);
	free(t);
}

static uint64_t
filter_bit(struct slice key)
{
	if (key.len == 0)
		return 1;
	return (uint64_t)1 << ((key.len * 7 + (unsigned char)key.p[0] * 3 +
	                           (unsigned char)key.p[key.len - 1]) &
	           63);
}

static struct trie *
kid(struct trie *t, const struct step *s)
{
	struct trie *k;
	size_t i;

	for (i = 0; i < t->n; i++) {
		k = t->kids[i];
		if ((k->key.p == NULL) == (s->key.p == NULL) &&
		    k->index == s->index && slice_eq(k->key, s->key))
			return k;
	}
	k = trie_new();
	k->key = s->key;
	k->index = s->index;
	t->kids = xrealloc(t->kids, (t->n + 1) * sizeof(struct trie *));
	t->kids[t->n++] = k;
	if (s->key.p != NULL)
		t->filter |= filter_bit(s->key);
	else
		t->positions = true;
	return k;
}

void
trie_add(struct trie *t, const struct path *path, int slot)
{
	size_t i;

	for (i = 0; i < path->n; i++)
		t = kid(t, &path->steps[i]);
	t->slot = slot;
}

static void
add_below(struct trie *t, int slot)
{
	t->below = xrealloc(t->below, (t->nbelow + 1) * sizeof *t->below);
	t->below[t->nbelow++] = slot;
}

void
trie_ready(struct trie *t)
{
	size_t i, j;

	for (i = 0; i < t->n; i++) {
		trie_ready(t->kids[i]);
		if (t->kids[i]->slot >= 0)
			add_below(t, t->kids[i]->slot);
		for (j = 0; j < t->kids[i]->nbelow; j++)
			add_below(t, t->kids[i]->below[j]);
	}
}

/* *hint: the kid to try first, since members tend to keep their order. */
static const struct trie *
find_kid(const struct trie *t, struct slice key, size_t *hint)
{
	size_t i;

	if ((t->filter & filter_bit(key)) == 0)
		return NULL;
	for (i = *hint; i < t->n; i++)
		if (slice_eq(t->kids[i]->key, key))
			goto found;
	for (i = 0; i < *hint; i++)
		if (slice_eq(t->kids[i]->key, key))
			goto found;
	return NULL;
found:
	*hint = i + 1;
	return t->kids[i];
}

static void
walk_array(const struct trie *t, struct val v, struct val *found)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->kids[i]->key.p != NULL)
			continue;
		if (t->kids[i]->slot >= 0)
			found[t->kids[i]->slot] = val_at(v, t->kids[i]->index);
		if (t->kids[i]->n > 0)
			trie_walk(t->kids[i], val_at(v, t->kids[i]->index),
			    found);
	}
}

void
trie_walk(const struct trie *t, struct val v, struct val *found)
{
	struct val_iter it = val_each(v);
	const struct trie *k;
	struct slice key;
	struct val member;
	size_t i, hint = 0;

	if (t->slot >= 0)
		found[t->slot] = v;
	for (i = 0; i < t->nbelow; i++)
		found[t->below[i]] = (struct val){ NULL, 0 };
	if (!it.keys) {
		if (t->positions && val_type(v) == SCAN_ARRAY)
			walk_array(t, v, found);
		return;
	}
	while (val_next(&it, &key, &member)) {
		k = find_kid(t, key, &hint);
		if (k != NULL && (k->n > 0 || k->slot >= 0))
			trie_walk(k, member, found);
	}
}
