/*
 * memo: what a function gave for a short text.  Labels, sizes and brands come
 * again and again; libjq is slow.  Bounded: a newer text takes its slot.
 */
#ifndef MEMO_H
#define MEMO_H

#include "value.h"

struct memo;

struct memo *memo_new(void);
void memo_free(struct memo *m); /* NULL is fine */
bool memo_find(const struct memo *m, struct slice key, struct value *v);
void memo_keep(struct memo *m, struct slice key, struct value v);

#endif
