/* params: names, each with one value or more, in the order they came. */
#ifndef VFETCH_PARAMS_H
#define VFETCH_PARAMS_H

#include "buf.h"

struct param {
	char *name;
	char **v;
	size_t n;
};

struct params {
	struct param *v;
	size_t n;
};

void params_add(struct params *p, struct slice name, struct slice value);
/* As params_add, after whatever had that name is gone. */
void params_set(struct params *p, const char *name, const char *value);
const struct param *params_get(const struct params *p, struct slice name);
const struct param *params_find(const struct params *p, const char *name);
void params_sort(struct params *p); /* by name */
void params_release(struct params *p);
/* Splits "1,2" if it is a list; sorts the values, drops repeats. */
void param_canonical(struct param *a, bool list);

#endif
