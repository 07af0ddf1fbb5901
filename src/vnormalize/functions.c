#include "functions.h"

#include <stdlib.h>
#include <string.h>

#include "jqrun.h"
#include "plan.h"
#include "banned.h"

struct functions {
	char *prelude, *where;
	char **texts;
	bool *used;
	struct memo **memos;
	size_t n;
	struct jqrun *program; /* compiled when first needed */
	int compiled;          /* how often */
	bool whole;            /* it has all functions, used or not */
};

struct functions *
functions_new(const char *prelude, const char *where)
{
	struct functions *f = xcalloc(1, sizeof *f);

	f->prelude = xstrdup(prelude);
	f->where = xstrdup(where);
	return f;
}

void
functions_free(struct functions *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->n; i++) {
		free(f->texts[i]);
		memo_free(f->memos[i]);
	}
	free(f->texts);
	free(f->used);
	free(f->memos);
	free(f->prelude);
	free(f->where);
	jqrun_free(f->program);
	free(f);
}

size_t
functions_add(struct functions *f, const char *text)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->texts[i], text) == 0)
			return i;
	f->texts = xrealloc(f->texts, (f->n + 1) * sizeof *f->texts);
	f->memos = xrealloc(f->memos, (f->n + 1) * sizeof *f->memos);
	f->used = xrealloc(f->used, (f->n + 1) * sizeof *f->used);
	f->used[f->n] = false;
	f->memos[f->n] = memo_new();
	f->texts[f->n] = xstrdup(text);
	return f->n++;
}

struct memo *
functions_memo(const struct functions *f, size_t function)
{
	return f->memos[function];
}

/* $function is one of those that `which` names, in ascending order: halves. */
static void
add_choice(struct buf *b, const struct functions *f, const size_t *which,
    size_t n)
{
	size_t half = n / 2;

	if (n == 1) {
		buf_addf(b, "(%s)", f->texts[which[0]]);
		return;
	}
	buf_addf(b, "if $function < %zu then ", which[half]);
	add_choice(b, f, which, half);
	buf_adds(b, " else ");
	add_choice(b, f, which + half, n - half);
	buf_adds(b, " end");
}

/* [number of the function, its input] in, what it gives out.  NULL: it does not
 * compile, and the status is 0. */
static struct jqrun *
compile(struct functions *f, bool whole, int status)
{
	struct buf b = { 0 };
	struct jqrun *program;
	size_t *which = xcalloc(f->n, sizeof *which);
	size_t i, n = 0;

	for (i = 0; i < f->n; i++)
		if (whole || f->used[i])
			which[n++] = i;
	buf_adds(&b, plan_prelude);
	buf_adds(&b, f->prelude);
	buf_adds(&b, ".[0] as $function | .[1] | ");
	add_choice(&b, f, which, n);
	free(which);
	program = jqrun_new(status, b.data, f->where);
	buf_release(&b);
	return program;
}

/*
 * What the first record needs is compiled for it; whoever needs more gets all,
 * for the rest is likely to be needed as well.  A function that is no jq costs
 * only those who use it.
 */
static void
make_program(struct functions *f)
{
	if (f->compiled++ == 1) {
		f->program = compile(f, true, 0);
		f->whole = f->program != NULL;
	}
	if (f->program == NULL)
		f->program = compile(f, false, EX_CONFIG);
}

void
functions_use(struct functions *f, size_t function)
{
	if (f->used[function])
		return;
	f->used[function] = true;
	if (f->whole)
		return;
	jqrun_free(f->program);
	f->program = NULL;
}

bool
functions_call(struct functions *f, size_t function, jv input, jv *out)
{
	functions_use(f, function);
	if (f->program == NULL)
		make_program(f);
	input = jv_array_append(jv_array_append(jv_array(),
	                            jv_number((double)function)),
	    input);
	return jqrun_first(f->program, input, out);
}
