/*
 * functions: the jq functions of a source: those behind a pipe in its
 * contracts, and whole expressions that are not native.  They are one program,
 * compiled when first needed, because libjq compiles slowly.
 */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "memo.h"

struct functions;

/* prelude: definitions that all of them see.  `where` is for messages. */
struct functions *functions_new(const char *prelude, const char *where);
void functions_free(struct functions *f);
/* The number of the function; texts that are the same have the same. */
size_t functions_add(struct functions *f, const char *text);
/* Says that it will be called; other functions are compiled when first called,
 * because compiling is slow. */
void functions_use(struct functions *f, size_t function);
/* Its first output; consumes input.  False: none, or an error. */
bool functions_call(struct functions *f, size_t function, jv input, jv *out);
/* What it gave before. */
struct memo *functions_memo(const struct functions *f, size_t function);

#endif
