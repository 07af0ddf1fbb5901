/* check: each object held against its manifest, and unpacked. */
#include "layer.h"
#include "ledger.h"
#include "stop.h"
#include "banned.h"

struct tally {
	uint64_t sound, broken, replaced;
};

static void
say_ledger(const struct tally *t, const struct layer *l)
{
	struct count c[] = { { "manifests", t->sound + t->broken + t->replaced,
		                 false },
		{ "sound", t->sound, false }, { "broken", t->broken, false },
		{ "replaced", t->replaced, false },
		{ "objects_without", l->unnamed, true },
		{ "temporaries", l->temporary, true }, { 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

int
check_parts(const struct options *o, char *const operands[], struct writer *out)
{
	struct tally t = { 0 };
	struct raw_manifest m;
	struct layer l;
	size_t i, n;
	int bad;

	(void)out;
	layer_find(&l, o, operands);
	for (i = 0; i < l.n && !stopped; i += n) {
		n = layer_newest(&l, i, DEPTH_LINES, &m, &bad);
		t.broken += (uint64_t)bad;
		t.sound += m.text != NULL;
		t.replaced += n - (uint64_t)bad - (m.text != NULL);
		raw_manifest_release(&m);
		progress("%zu of %zu manifests", i, l.n);
	}
	say_ledger(&t, &l);
	layer_release(&l);
	return t.broken > 0 ? EX_DATAERR : EX_OK;
}
