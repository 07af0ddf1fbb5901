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

/* [number of the function, its input] in, what it gives out */
static void
functions_compile(struct functions *f)
{
	struct buf b = { 0 };
	size_t i;

	buf_adds(&b, plan_prelude);
	buf_adds(&b, f->prelude);
	buf_adds(&b, ".[0] as $function | .[1] | if false then empty");
	for (i = 0; i < f->n; i++)
		if (f->used[i])
			buf_addf(&b, " elif $function == %zu then (%s)", i,
			    f->texts[i]);
	buf_adds(&b, " else empty end");
	f->program = jqrun_new(EX_CONFIG, b.data, f->where);
	buf_release(&b);
}

void
functions_use(struct functions *f, size_t function)
{
	if (f->used[function])
		return;
	f->used[function] = true;
	jqrun_free(f->program);
	f->program = NULL;
}

bool
functions_call(struct functions *f, size_t function, jv input, jv *out)
{
	functions_use(f, function);
	if (f->program == NULL)
		functions_compile(f);
	input = jv_array_append(jv_array_append(jv_array(),
	                            jv_number((double)function)),
	    input);
	return jqrun_first(f->program, input, out);
}
