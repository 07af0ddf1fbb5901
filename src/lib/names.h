/*
 * names: finds the index of a member's name.
 *
 * A member's name is looked up for each member of each line; a hash of its
 * length and three of its bytes, and one comparison, settle it.
 */
#ifndef NAMES_H
#define NAMES_H

#include "buf.h"

#define NAMES_MAX 128
#define NAMES_SLOTS 1024

struct names {
	int16_t slot[NAMES_SLOTS]; /* index + 1; 0: none */
	struct slice name[NAMES_MAX];
	int n;
};

/* The texts are borrowed. */
void names_init(struct names *, const char *const names[], int n);

static inline unsigned
names_hash(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	return ((unsigned)s.len * 37u + p[0] * 5u + p[s.len / 2] * 131u +
	           p[s.len - 1] * 11u) %
	    NAMES_SLOTS;
}

/* memcmp without the call: names are short. */
static inline bool
names_same(const char *a, const char *b, size_t n)
{
	uint64_t a8, b8, c8, d8;
	uint32_t a4, b4, c4, d4;

	if (n > 16)
		return memcmp(a, b, n) == 0;
	if (n >= 8) { /* the first eight, the last eight */
		memcpy(&a8, a, 8);
		memcpy(&b8, b, 8);
		memcpy(&c8, a + n - 8, 8);
		memcpy(&d8, b + n - 8, 8);
		return a8 == b8 && c8 == d8;
	}
	if (n >= 4) {
		memcpy(&a4, a, 4);
		memcpy(&b4, b, 4);
		memcpy(&c4, a + n - 4, 4);
		memcpy(&d4, b + n - 4, 4);
		return a4 == b4 && c4 == d4;
	}
	while (n > 0 && a[n - 1] == b[n - 1])
		n--;
	return n == 0;
}

/* Its index, or -1. */
static inline int
names_find(const struct names *t, struct slice s)
{
	unsigned h;
	int i;

	if (s.len == 0)
		return -1;
	for (h = names_hash(s); (i = t->slot[h]) != 0;
	     h = (h + 1) % NAMES_SLOTS)
		if (t->name[i - 1].len == s.len &&
		    names_same(t->name[i - 1].p, s.p, s.len))
			return i - 1;
	return -1;
}

#endif
