/*
 * memo: results of a function for short texts.  Labels, sizes and brands
 * repeat, and libjq is slow.  Bounded: a newer text takes the slot of an older.
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
