/*
 * What was asked lately: a table of hashes, in which the newer takes the place
 * of the older when they fall on the same one.  A repeat that it has forgotten
 * is asked again, which does no harm.  For the main thread.
 */
#include <stdlib.h>

#include "run.h"
#include "banned.h"

#define SLOTS ((size_t)1 << 16)
#define DIGITS 32 /* of the hash: 128 bits */

struct seen {
	char (*slots)[DIGITS];
};

struct seen *
seen_new(void)
{
	struct seen *s = xcalloc(1, sizeof *s);

	s->slots = xcalloc(SLOTS, sizeof *s->slots);
	return s;
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	free(s->slots);
	free(s);
}

static void
add(struct sha *h, const char *text)
{
	sha_add(h, text, strlen(text) + 1);
}

bool
seen_add(struct seen *s, const struct photo *p)
{
	char hex[SHA_HEX], *slot;
	struct sha h;

	sha_start(&h);
	add(&h, p->source);
	add(&h, p->photo_key);
	add(&h, p->size);
	add(&h, p->url);
	sha_end(&h, hex);
	slot = s->slots[strtoul(hex + SHA_HEX - 5, NULL, 16) % SLOTS];
	if (memcmp(slot, hex, DIGITS) == 0)
		return false;
	memcpy(slot, hex, DIGITS);
	return true;
}
