/* renew: manifests as they are written today. */
#include "layer.h"
#include "ledger.h"
#include "replace.h"
#include "stop.h"
#include "banned.h"

struct tally {
	uint64_t renewed, unchanged, broken;
};

/* What the newest revision stands for, as a killed replacement left it, goes:
 * paths[i] and those behind it up to the newest's own. */
static void
remove_older(const struct layer *l, size_t i, const struct raw_manifest *newest)
{
	struct raw_manifest old;
	const char *why;

	for (; strcmp(l->paths[i], newest->path) != 0; i++) {
		if (!publish_proven(newest->object, newest->bytes,
		        newest->sha256) ||
		    !raw_manifest_read(l->paths[i], &old, &why))
			continue;
		replace_remove(&old);
		raw_manifest_release(&old);
	}
}

static int
renew(const struct options *o, const struct layer *l, size_t i,
    const struct raw_manifest *newest, struct writer *out, struct tally *t)
{
	remove_older(l, i, newest);
	if (newest->names_anybody) {
		t->renewed++;
		return replace_itself(newest, &o->spool, out);
	}
	t->unchanged++;
	return EX_OK;
}

static void
say_ledger(const struct tally *t)
{
	struct count c[] = { { "parts", t->renewed + t->unchanged + t->broken,
		                 false },
		{ "renewed", t->renewed, false },
		{ "unchanged", t->unchanged, false },
		{ "broken", t->broken, false }, { 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

int
renew_parts(const struct options *o, char *const operands[], struct writer *out)
{
	struct tally t = { 0 };
	int status = EX_OK, bad;
	struct raw_manifest m;
	struct layer l;
	size_t i, n;

	layer_find(&l, o, operands);
	for (i = 0; i < l.n && !stopped && status == EX_OK; i += n) {
		n = layer_newest(&l, i, DEPTH_SIZE, &m, &bad);
		if (m.text == NULL)
			t.broken++;
		else
			status = renew(o, &l, i, &m, out, &t);
		raw_manifest_release(&m);
		progress("%zu of %zu manifests", i, l.n);
	}
	if (status == EX_OK && !stopped)
		say_ledger(&t);
	layer_release(&l);
	return status != EX_OK ? status : t.broken > 0 ? EX_DATAERR : EX_OK;
}
