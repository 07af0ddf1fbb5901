#include "params.h"

#include <stdlib.h>

#include "banned.h"

static struct param *
find(const struct params *p, struct slice name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (slice_is(name, p->v[i].name))
			return &p->v[i];
	return NULL;
}

static void
param_clear(struct param *p)
{
	while (p->n > 0)
		free(p->v[--p->n]);
	free(p->v);
	p->v = NULL;
}

void
params_release(struct params *p)
{
	while (p->n > 0) {
		param_clear(&p->v[--p->n]);
		free(p->v[p->n].name);
	}
	free(p->v);
	p->v = NULL;
}

const struct param *
params_get(const struct params *p, struct slice name)
{
	return find(p, name);
}

const struct param *
params_find(const struct params *p, const char *name)
{
	return find(p, slice_of(name));
}

void
params_add(struct params *p, struct slice name, struct slice value)
{
	struct param *a = find(p, name);

	if (a == NULL) {
		p->v = xrealloc(p->v, (p->n + 1) * sizeof *p->v);
		a = &p->v[p->n++];
		*a = (struct param){ .name = xstrndup(name.p, name.len) };
	}
	a->v = xrealloc(a->v, (a->n + 1) * sizeof *a->v);
	a->v[a->n++] = xstrndup(value.p, value.len);
}

void
params_set(struct params *p, const char *name, const char *value)
{
	struct param *a = find(p, slice_of(name));

	if (a != NULL)
		param_clear(a);
	params_add(p, slice_of(name), slice_of(value));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct param *)a)->name,
	    ((const struct param *)b)->name);
}

void
params_sort(struct params *p)
{
	qsort(p->v, p->n, sizeof *p->v, by_name);
}

void
param_canonical(struct param *a, bool list)
{
	struct param out = { .name = a->name };
	struct params one = { &out, 1 };
	size_t i, kept, len;
	const char *s;

	for (i = 0; i < a->n; i++) {
		for (s = a->v[i];; s += len + 1) {
			len = list ? strcspn(s, ",") : strlen(s);
			if (len > 0)
				params_add(&one, slice_of(a->name),
				    (struct slice){ s, len });
			if (s[len] == '\0')
				break;
		}
	}
	param_clear(a);
	*a = out;
	if (a->n == 0)
		return;
	qsort(a->v, a->n, sizeof *a->v, by_text);
	for (i = kept = 1; i < a->n; i++) {
		if (strcmp(a->v[i], a->v[kept - 1]) == 0)
			free(a->v[i]);
		else
			a->v[kept++] = a->v[i];
	}
	a->n = kept;
}
