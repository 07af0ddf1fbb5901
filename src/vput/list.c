#include "vput.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "ledger.h"
#include "stop.h"
#include "banned.h"

/* The manifests below some folders, sorted by run, part and revision. */
struct found {
	char **paths;
	size_t n;
	uint64_t unnamed; /* objects that no manifest speaks for */
	uint64_t temporary;
};

/* -- walking -------------------------------------------------------------- */

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool
ends_in(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
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
unnamed(struct found *f, const char *object)
{
	size_t stem = strlen(object) - strlen(RAW_OBJECT);
	char *manifest = xasprintf("%.*s%s", (int)stem, object, RAW_MANIFEST);

	if (access(manifest, F_OK) != 0) {
		info("'%s' has no manifest: a publication was cut off", object);
		f->unnamed++;
	}
	free(manifest);
}

static void
take(struct found *f, const char *path)
{
	if (publish_is_temporary(base(path))) {
		f->temporary++;
	} else if (ends_in(path, RAW_MANIFEST)) {
		f->paths = xrealloc(f->paths, (f->n + 1) * sizeof *f->paths);
		f->paths[f->n++] = xstrdup(path);
	} else if (ends_in(path, RAW_OBJECT)) {
		unnamed(f, path);
	}
}

/* <root>/<source>/<flow>/dt=YYYY-MM-DD: is the folder asked for? */
static bool
wanted(const FTSENT *e, const struct list_opts *o)
{
	char day[CLOCK_LEN];

	if (o == NULL)
		return true;
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

/* o may be NULL: everything. */
static void
find(struct found *f, char *const roots[], const struct list_opts *o)
{
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	*f = (struct found){ 0 };
	if (fts == NULL)
		die_errno(EX_IOERR, "cannot read '%s'", roots[0]);
	while (!stopped && (errno = 0, e = fts_read(fts)) != NULL) {
		if (e->fts_info == FTS_F) {
			take(f, e->fts_path);
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
	if (f->n > 0)
		qsort(f->paths, f->n, sizeof *f->paths, by_name);
}

static void
found_release(struct found *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->paths[i]);
	free(f->paths);
	*f = (struct found){ 0 };
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

/* -- one manifest and its object ------------------------------------------ */

/* How closely an object is held against its manifest. */
enum depth { SIZE, HASH, RECORDS };

static bool
same_contents(const struct raw_manifest *m, const char **why)
{
	const struct raw_contents *says = &m->contents;
	struct raw_contents has;

	*why = "its object cannot be unpacked";
	if (!raw_unpack_count(m->object, &has))
		return false;
	*why = "its object has another number of records";
	if (has.records != says->records)
		return false;
	*why = "its object has another number of raw bytes";
	if (has.raw_bytes != says->raw_bytes)
		return false;
	*why = "its object has other lines";
	return has.first_line == says->first_line &&
	    has.last_line == says->last_line;
}

static bool
sound(const struct raw_manifest *m, enum depth depth, const char **why)
{
	struct stat st;

	*why = "its object is not there";
	if (stat(m->object, &st) != 0)
		return false;
	*why = "its object has another size";
	if ((uint64_t)st.st_size != m->bytes)
		return false;
	*why = "its object has another SHA-256";
	if (depth >= HASH && !publish_proven(m->object, m->bytes, m->sha256))
		return false;
	return depth < RECORDS || same_contents(m, why);
}

static bool
read_sound(const char *path, enum depth depth, struct raw_manifest *m,
    const char **why)
{
	if (!raw_manifest_read(path, m, why))
		return false;
	if (sound(m, depth, why))
		return true;
	raw_manifest_release(m);
	return false;
}

/*
 * Of the revisions f->paths[i], [i + 1] ... of one part: reads the newest that
 * is whole, and says of the newer what is wrong.  Returns how many there are.
 */
static size_t
newest(const struct found *f, size_t i, enum depth depth,
    struct raw_manifest *m, int *bad)
{
	size_t n = 1, k;
	const char *why;

	while (i + n < f->n && same_part(f->paths[i], f->paths[i + n]))
		n++;
	*m = (struct raw_manifest){ 0 };
	*bad = 0;
	for (k = n; k > 0; k--) {
		if (read_sound(f->paths[i + k - 1], depth, m, &why))
			return n;
		say("'%s': %s", f->paths[i + k - 1], why);
		(*bad)++;
	}
	return n;
}

/* -- what the user asks for ----------------------------------------------- */

/* The manifest, and where its object lies. */
static void
print(const struct raw_manifest *m, struct buf *b, struct writer *out)
{
	buf_reset(b);
	buf_add(b, m->text, strlen(m->text) - 1);
	buf_adds(b, ",\"path\":");
	json_escape(b, slice_of(m->object));
	buf_adds(b, "}\n");
	writer_add(out, b->data, b->len);
}

static void
list_all(const struct found *f, const struct list_opts *o, struct writer *out)
{
	struct buf line = { 0 };
	struct raw_manifest m;
	size_t i;
	int bad;

	for (i = 0; i < f->n && !stopped;) {
		i += newest(f, i, o->verify ? HASH : SIZE, &m, &bad);
		if (m.text != NULL && m.run_at >= o->since)
			print(&m, &line, out);
		raw_manifest_release(&m);
	}
	buf_release(&line);
}

int
list_print(const char *root, const struct list_opts *o, struct writer *out)
{
	char *const roots[] = { (char *)(uintptr_t)root, NULL };
	struct found f;

	if (access(root, F_OK) != 0) /* nothing was ever published */
		return EX_OK;
	find(&f, roots, o);
	list_all(&f, o, out);
	found_release(&f);
	return EX_OK;
}

int
list_check(const char *root, char *const operands[])
{
	char *const roots[] = { (char *)(uintptr_t)root, NULL };
	uint64_t good = 0, broken = 0, replaced = 0;
	struct raw_manifest m;
	struct found f;
	size_t i, n;
	int bad;

	find(&f, operands[0] != NULL ? operands : roots, NULL);
	for (i = 0; i < f.n && !stopped; i += n) {
		n = newest(&f, i, RECORDS, &m, &bad);
		broken += (uint64_t)bad;
		good += m.text != NULL;
		replaced += n - (uint64_t)bad - (m.text != NULL);
		raw_manifest_release(&m);
		progress("%zu of %zu manifests", i, f.n);
	}
	struct count c[] = { { "manifests", good + broken + replaced, false },
		{ "sound", good, false }, { "broken", broken, false },
		{ "replaced", replaced, false },
		{ "objects_without", f.unnamed, true },
		{ "temporaries", f.temporary, true }, { 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
	found_release(&f);
	return broken > 0 ? EX_DATAERR : EX_OK;
}

/* -- manifests as they are written today ---------------------------------- */

/* Of one part: the revisions that the newest stands for go, and itself when
 * its manifest names anybody. */
static int
renew(const struct found *f, size_t i, size_t n, const struct raw_manifest *m,
    const struct place *to, const struct raw_spool_opts *so, struct writer *out,
    bool *renewed)
{
	struct raw_manifest old;
	const char *why;
	size_t k;

	for (k = i; k < i + n && strcmp(f->paths[k], m->path) != 0; k++) {
		if (!publish_proven(m->object, m->bytes, m->sha256) ||
		    !raw_manifest_read(f->paths[k], &old, &why))
			continue;
		replace_remove(&old);
		raw_manifest_release(&old);
	}
	*renewed = m->names_anybody;
	return *renewed ? replace_itself(to->mount, m, so, out) : EX_OK;
}

int
list_renew(const struct place *to, char *const operands[],
    const struct raw_spool_opts *so, struct writer *out)
{
	char *const roots[] = { (char *)(uintptr_t)to->root, NULL };
	uint64_t renewed = 0, good = 0, broken = 0;
	int status = EX_OK, bad;
	struct raw_manifest m;
	struct found f;
	size_t i, n;
	bool was_old;

	find(&f, operands[0] != NULL ? operands : roots, NULL);
	for (i = 0; i < f.n && !stopped && status == EX_OK; i += n) {
		n = newest(&f, i, SIZE, &m, &bad);
		broken += m.text == NULL;
		if (m.text != NULL) {
			status = renew(&f, i, n, &m, to, so, out, &was_old);
			renewed += was_old;
			good += !was_old;
		}
		raw_manifest_release(&m);
		progress("%zu of %zu manifests", i, f.n);
	}
	if (status == EX_OK && !stopped) {
		struct count c[] = { { "parts", good + renewed + broken,
			                 false },
			{ "renewed", renewed, false },
			{ "unchanged", good, false },
			{ "broken", broken, false }, { 0 } };

		ledger_say(NULL, c);
		ledger_metrics(NULL, c);
		ledger_metrics_write();
	}
	found_release(&f);
	return status != EX_OK ? status : broken > 0 ? EX_DATAERR : EX_OK;
}
