#include "memo.h"

#include <stdlib.h>

#include "banned.h"

#define SLOTS 2048
#define LONGEST 256 /* key and value together */

struct kept {
	uint64_t hash;
	char *bytes; /* the key, then the value's text */
	size_t keylen;
	struct value v;
};

struct memo {
	struct kept slots[SLOTS];
};

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t
hash_of(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h;
}

struct memo *
memo_new(void)
{
	return xcalloc(1, sizeof(struct memo));
}

void
memo_free(struct memo *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < SLOTS; i++)
		free(m->slots[i].bytes);
	free(m);
}

bool
memo_find(const struct memo *m, struct slice key, struct value *v)
{
	const struct kept *k;
	uint64_t h;

	if (key.len > LONGEST)
		return false;
	h = hash_of(key);
	k = &m->slots[(h ^ h >> 32) % SLOTS];
	if (k->bytes == NULL || k->hash != h ||
	    !slice_eq((struct slice){ k->bytes, k->keylen }, key))
		return false;
	*v = k->v;
	return true;
}

void
memo_keep(struct memo *m, struct slice key, struct value v)
{
	struct kept *k;
	uint64_t h;

	if (key.len + v.text.len > LONGEST)
		return;
	h = hash_of(key);
	k = &m->slots[(h ^ h >> 32) % SLOTS];
	free(k->bytes);
	k->bytes = xmalloc(key.len + v.text.len + 1);
	memcpy(k->bytes, key.p, key.len);
	if (v.text.len > 0)
		memcpy(k->bytes + key.len, v.text.p, v.text.len);
	k->hash = h;
	k->keylen = key.len;
	k->v = v;
	k->v.text.p = k->bytes + key.len;
}
