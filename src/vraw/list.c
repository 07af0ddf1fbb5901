/* list: the manifests of what is whole, a line each. */
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "layer.h"
#include "stop.h"
#include "banned.h"

/* The manifest, and where its object lies. */
static void
print(const struct raw_manifest *m, struct buf *b, struct writer *out)
{
	buf_reset(b);
	buf_add(b, m->text, strlen(m->text) - 1);
	buf_adds(b, ",\"path\":");
	json_escape(b, slice_of(m->object));
	buf_adds(b, "}\n");
	writer_add(out, b->data, b->len);
}

static bool
was_published(const struct options *o)
{
	char *root = raw_name_root(o->raw);
	bool yes = access(root, F_OK) == 0;

	free(root);
	return yes;
}

int
list_parts(const struct options *o, char *const operands[], struct writer *out)
{
	enum depth depth = o->verify ? DEPTH_HASH : DEPTH_SIZE;
	struct buf line = { 0 };
	struct raw_manifest m;
	struct layer l;
	size_t i;
	int bad;

	if (!was_published(o)) /* nothing ever */
		return EX_OK;
	layer_find(&l, o, operands);
	for (i = 0; i < l.n && !stopped;) {
		i += layer_newest(&l, i, depth, &m, &bad);
		if (m.text != NULL && m.run_at >= o->since)
			print(&m, &line, out);
		raw_manifest_release(&m);
	}
	layer_release(&l);
	buf_release(&line);
	return EX_OK;
}
