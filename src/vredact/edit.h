/*
 * edit: a line with some pieces replaced; all other bytes stay.
 *
 *	line   {"items":[{...},{...}],"request":{...}}
 *	edits            |____| null        |__| ...
 *
 * They may come in any order; one within another is none.
 */
#ifndef EDIT_H
#define EDIT_H

#include <stdbool.h>

#include "buf.h"

struct edit {
	size_t at, len;  /* of the line */
	size_t from, to; /* of what stands for it, in texts */
};

struct edits {
	struct edit *v;
	size_t n, cap;
	struct buf texts;
};

void edits_reset(struct edits *e);
void edits_release(struct edits *e);
/* piece is a part of line */
void edits_add(struct edits *e, struct slice line, struct slice piece,
    struct slice text);
void edits_apply(struct edits *e, struct slice line, struct buf *out);

#endif
