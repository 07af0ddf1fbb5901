/*
 * memory: where there is none left, every program says so and ends (70).
 *
 * Our own code asks through xmalloc and its kin.  Libraries ask malloc itself,
 * and some of them do not look at its answer: libjq 1.6 crashes, or goes on
 * with half of a program.  So malloc, calloc and realloc are defined here for
 * the whole process: a request that cannot be met ends it with one sentence.
 *
 * A request above MEMORY_LARGE is what a hostile input may ask for.  It gets
 * NULL, and whoever asked refuses that input.
 *
 * Any thread may call.  All that is remembered is where the next malloc is, and
 * the reserve of bytes that dlsym needs to find it.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

#define MEMORY_LARGE ((size_t)16 << 20)

/* A sanitizer has a malloc of its own. */
#ifndef __SANITIZE_ADDRESS__

static void *
met(void *p, size_t n)
{
	if (p != NULL || n == 0 || n > MEMORY_LARGE)
		return p;
	die_no_memory();
}

/*
 * The next malloc: the C library's, or one that was preloaded.  dlsym may ask
 * for some bytes before it is known; they are never given back.
 */
static _Thread_local bool looking;

static void *
early(size_t n)
{
	static _Alignas(16) char bytes[4096];
	static size_t used;
	void *p = bytes + used;

	n = (n + 15) & ~(size_t)15;
	if (n > sizeof bytes - used)
		return NULL;
	used += n;
	return p;
}

static void *
next(const char *name)
{
	void *f;

	looking = true;
	f = dlsym(RTLD_NEXT, name);
	looking = false;
	if (f == NULL)
		_exit(EX_SOFTWARE);
	return f;
}

void *
malloc(size_t n)
{
	static void *(*real)(size_t);

	if (looking)
		return early(n);
	if (real == NULL)
		real = (void *(*)(size_t))next("malloc");
	return met(real(n), n);
}

void *
calloc(size_t n, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (looking)
		return early(n * size);
	if (real == NULL)
		real = (void *(*)(size_t, size_t))next("calloc");
	return met(real(n, size),
	    size > 0 && n > SIZE_MAX / size ? SIZE_MAX : n * size);
}

void *
realloc(void *p, size_t n)
{
	static void *(*real)(void *, size_t);

	if (looking)
		return early(n);
	if (real == NULL)
		real = (void *(*)(void *, size_t))next("realloc");
	return met(real(p, n), n);
}

#endif
