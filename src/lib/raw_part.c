#include "raw_part.h"

#include <stdlib.h>

#include "banned.h"

char *
raw_part_folder(const char *root, const struct raw_run *r)
{
	/* "20261121T01..." */
	return xasprintf("%s/%s/%s/dt=%.4s-%.2s-%.2s/hh=%.2s", root, r->source,
	    r->flow, r->id, r->id + 4, r->id + 6, r->id + 9);
}

char *
raw_part_name(const struct raw_run *r, const struct raw_part *p,
    const char *suffix)
{
	if (p->revision == 0)
		return xasprintf("%s.%04d%s", r->id, p->number, suffix);
	return xasprintf("%s.%04d.r%d%s", r->id, p->number, p->revision,
	    suffix);
}

char *
raw_part_path(const char *root, const struct raw_run *r,
    const struct raw_part *p, const char *suffix)
{
	char *dir = raw_part_folder(root, r),
	     *name = raw_part_name(r, p, suffix);
	char *path = xasprintf("%s/%s", dir, name);

	free(dir);
	free(name);
	return path;
}
