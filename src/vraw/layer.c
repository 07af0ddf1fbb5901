#include "layer.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "stop.h"
#include "banned.h"

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int
by_name(const void *a, const void *b)
{
	const char *s = base(*(char *const *)a), *t = base(*(char *const *)b);
	struct slice r, q;
	int rp, qp, rr, qr, c;

	if (!raw_name_manifest(s, &r, &rp, &rr) ||
	    !raw_name_manifest(t, &q, &qp, &qr))
		return strcmp(s, t);
	c = strncmp(r.p, q.p, r.len < q.len ? r.len : q.len);
	if (c == 0)
		c = (r.len > q.len) - (r.len < q.len);
	return c != 0 ? c : rp != qp ? rp - qp : rr - qr;
}

static void
take(struct layer *l, const char *path)
{
	char *manifest = proof_path(path);

	if (publish_is_temporary(base(path))) {
		l->temporary++;
	} else if (manifest != NULL && strcmp(manifest, path) == 0) {
		l->paths = xrealloc(l->paths, (l->n + 1) * sizeof *l->paths);
		l->paths[l->n++] = manifest;
		return;
	} else if (manifest != NULL && access(manifest, F_OK) != 0) {
		info("'%s' has no manifest: a publication was cut off", path);
		l->unnamed++;
	}
	free(manifest);
}

/* <root>/<source>/<flow>/dt=YYYY-MM-DD: is the folder asked for? */
static bool
wanted(const FTSENT *e, const struct options *o)
{
	char day[CLOCK_LEN];

	if (e->fts_level == 1 && o->source != NULL)
		return strcmp(e->fts_name, o->source) == 0;
	if (e->fts_level == 2 && o->flow != NULL)
		return strcmp(e->fts_name, o->flow) == 0;
	if (e->fts_level == 3 && o->since != INT64_MIN &&
	    strncmp(e->fts_name, "dt=", 3) == 0)
		return strncmp(e->fts_name + 3, clock_format(o->since, day),
		           10) >= 0;
	return true;
}

static void
walk(struct layer *l, char *const roots[], const struct options *o)
{
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	if (fts == NULL)
		die_errno(EX_IOERR, "cannot read '%s'", roots[0]);
	while (!stopped && (errno = 0, e = fts_read(fts)) != NULL) {
		if (e->fts_info == FTS_F) {
			take(l, e->fts_path);
		} else if (e->fts_info == FTS_D && !wanted(e, o)) {
			fts_set(fts, e, FTS_SKIP);
		} else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR ||
		    (e->fts_info == FTS_NS && e->fts_level == 0)) {
			errno = e->fts_errno;
			die_errno(EX_IOERR, "cannot read '%s'", e->fts_path);
		}
	}
	if (errno != 0)
		die_errno(EX_IOERR, "cannot read '%s'", roots[0]);
	fts_close(fts);
}

void
layer_find(struct layer *l, const struct options *o, char *const operands[])
{
	char *root = raw_name_root(o->raw);
	char *const roots[] = { root, NULL };

	*l = (struct layer){ 0 };
	walk(l, operands[0] != NULL ? operands : roots, o);
	if (l->n > 0)
		qsort(l->paths, l->n, sizeof *l->paths, by_name);
	free(root);
}

void
layer_release(struct layer *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->paths[i]);
	free(l->paths);
	*l = (struct layer){ 0 };
}

/* Are both manifests of the same part? */
static bool
same_part(const char *a, const char *b)
{
	struct slice r, q;
	int rp, qp, revision;

	return raw_name_manifest(base(a), &r, &rp, &revision) &&
	    raw_name_manifest(base(b), &q, &qp, &revision) && slice_eq(r, q) &&
	    rp == qp;
}

size_t
layer_newest(const struct layer *l, size_t i, enum depth depth,
    struct raw_manifest *m, int *bad)
{
	size_t n = 1, k;
	const char *why;

	while (i + n < l->n && same_part(l->paths[i], l->paths[i + n]))
		n++;
	*m = (struct raw_manifest){ 0 };
	*bad = 0;
	for (k = n; k > 0; k--) {
		if (proof_read(l->paths[i + k - 1], depth, m, &why))
			return n;
		say("'%s': %s", l->paths[i + k - 1], why);
		(*bad)++;
	}
	return n;
}
