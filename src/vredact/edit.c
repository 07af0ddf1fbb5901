#include "edit.h"

#include <stdlib.h>

#include "banned.h"

void
edits_reset(struct edits *e)
{
	e->n = 0;
	buf_reset(&e->texts);
}

void
edits_release(struct edits *e)
{
	free(e->v);
	buf_release(&e->texts);
}

void
edits_add(struct edits *e, struct slice line, struct slice piece,
    struct slice text)
{
	if (e->n == e->cap) {
		e->cap = e->cap == 0 ? 64 : 2 * e->cap;
		e->v = xrealloc(e->v, e->cap * sizeof *e->v);
	}
	e->v[e->n] = (struct edit){ .at = (size_t)(piece.p - line.p),
		.len = piece.len,
		.from = e->texts.len };
	buf_addslice(&e->texts, text);
	e->v[e->n++].to = e->texts.len;
}

/* The longer of two that begin together comes first. */
static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->len > y->len ? -1 : x->len < y->len;
}

void
edits_apply(struct edits *e, struct slice line, struct buf *out)
{
	size_t i, at = 0;

	if (e->n > 0)
		qsort(e->v, e->n, sizeof *e->v, by_place);
	for (i = 0; i < e->n; i++) {
		if (e->v[i].at < at)
			continue;
		buf_add(out, line.p + at, e->v[i].at - at);
		buf_add(out, e->texts.data + e->v[i].from,
		    e->v[i].to - e->v[i].from);
		at = e->v[i].at + e->v[i].len;
	}
	buf_add(out, line.p + at, line.len - at);
}
