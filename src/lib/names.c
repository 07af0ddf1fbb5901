#include "names.h"

#include "banned.h"

void
names_init(struct names *t, const char *const names[], int n)
{
	unsigned h;
	int i;

	memset(t, 0, sizeof *t);
	if (n > NAMES_MAX)
		die(EX_SOFTWARE, "more than %d names", NAMES_MAX);
	t->n = n;
	for (i = 0; i < n; i++) {
		t->name[i] = slice_of(names[i]);
		h = names_hash(t->name[i]);
		while (t->slot[h] != 0)
			h = (h + 1) % NAMES_SLOTS;
		t->slot[h] = (int16_t)(i + 1);
	}
}
