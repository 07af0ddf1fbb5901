/*
 * Forgetting: a part is rewritten without what must go.  Run, lines and the
 * bodies' hashes stay; the new object gets a fresh key and a manifest of its
 * own, and only when both are proven is the old one removed.  A kill at any
 * point is cured by running it again with the same input.
 */
#include "vput.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger.h"
#include "raw_record.h"
#include "stop.h"
#include "banned.h"

/* Both descriptors' records, one beside the other. */
struct pair {
	struct reader was, is;
	struct scan *scan_was, *scan_is;
	uint64_t redacted;
};

static const char *
changed(const struct raw_record *was, const struct raw_record *is)
{
	if (!slice_eq(was->run, is->run))
		return "another run";
	if (was->line != is->line)
		return "another line";
	if (!slice_eq(was->sha256, is->sha256))
		return "another 'sha256'";
	if (!slice_eq(was->source, is->source) ||
	    was->fetched_at != is->fetched_at || was->closing != is->closing)
		return "another source, time or kind";
	return NULL;
}

static const char *
compare(struct pair *p, struct slice was, struct slice is)
{
	struct raw_record a, b;
	const char *why;

	if (p->was.toolong || p->is.toolong)
		return "the line is too long";
	if (!raw_record_read(p->scan_was, was, &a, &why) ||
	    !raw_record_read(p->scan_is, is, &b, &why) ||
	    (why = changed(&a, &b)) != NULL)
		return why;
	if (slice_eq(was, is))
		return NULL;
	p->redacted++;
	return b.redacted ? NULL : "changed, but not marked \"redacted\":true";
}

/* Dies (65) unless the records of `is` may stand for those of `was`. */
static uint64_t
compare_all(int was, int is, size_t max_line)
{
	struct pair p = { .scan_was = scan_new(), .scan_is = scan_new() };
	struct slice a, b;
	const char *why;
	bool more;

	reader_init(&p.was, was, max_line);
	reader_init(&p.is, is, max_line);
	while ((more = reader_next(&p.was, &a))) {
		why = reader_next(&p.is, &b) ? compare(&p, a, b) :
		                               "fewer lines than the part has";
		if (why != NULL && !stopped)
			die(EX_DATAERR,
			    "standard input:%" PRIu64 ": %s, "
			    "nothing is replaced",
			    p.was.lines, why);
	}
	if (!stopped && reader_next(&p.is, &b))
		die(EX_DATAERR,
		    "standard input:%" PRIu64 ": more lines than "
		    "the part has, nothing is replaced",
		    p.is.lines);
	reader_close_or_die(&p.was);
	reader_close_or_die(&p.is);
	scan_free(p.scan_was);
	scan_free(p.scan_is);
	return p.redacted;
}

/* "<root>/<source>/<flow>/dt=.../hh=.../<name>" */
static char *
root_of(const char *manifest)
{
	char *root = xstrdup(manifest), *slash = NULL;
	int i;

	for (i = 0; i < 5; i++) {
		slash = strrchr(root, '/');
		if (slash == NULL || slash == root)
			die(EX_USAGE, "'%s' does not lie in a raw folder",
			    manifest);
		*slash = '\0';
	}
	return root;
}

void
replace_remove(const struct raw_manifest *old)
{
	/* the manifest last: it is how a second try finds the object */
	if ((unlink(old->object) != 0 && errno != ENOENT) ||
	    (unlink(old->path) != 0 && errno != ENOENT))
		die_errno(EX_IOERR, "cannot remove '%s'", old->object);
}

/* The one run and part of stdin becomes the next revision of the old one. */
static void
revise(struct raw_spool *sp, const struct raw_manifest *old)
{
	struct raw_run *r = &sp->runs[0];

	if (sp->n != 1 || r->n != 1 || strcmp(r->id, old->run) != 0 ||
	    strcmp(r->source, old->source) != 0)
		die(EX_DATAERR,
		    "standard input holds not the records of "
		    "'%s', nothing is replaced",
		    old->path);
	r->parts[0].number = old->part;
	r->parts[0].revision = old->revision + 1;
	r->total = old->total;
	r->complete = old->complete;
	r->replaces = strrchr(old->path, '/') + 1;
}

/* Was this very replacement published before a kill? */
static bool
published(const struct raw_run *r, const char *dir,
    const struct raw_manifest *old, struct writer *out)
{
	struct raw_manifest m;
	char have[SHA_HEX];
	bool yes;

	if (!raw_manifest_newest(dir, r->id, old->part, &m) ||
	    m.revision <= old->revision) {
		raw_manifest_release(&m);
		return false;
	}
	yes = publish_proven(m.object, m.bytes, m.sha256) &&
	    raw_unpack_hash(m.object, have) &&
	    strcmp(have, r->parts[0].raw_sha256) == 0;
	if (!yes)
		die(EX_DATAERR, "'%s' is replaced already, by '%s'", old->path,
		    m.path);
	writer_add(out, m.text, strlen(m.text));
	writer_add(out, "\n", 1);
	raw_manifest_release(&m);
	return true;
}

/* Dies (65) unless stdin's records may stand for those of the old object. */
static uint64_t
may_replace(const struct raw_manifest *old, const struct raw_part *p,
    size_t max_line)
{
	int was, is;
	const char *why;

	if (!raw_unpack(old->object, &was, &why))
		die(EX_DATAERR, "cannot read '%s': %s", old->object, why);
	if (!raw_unpack_piece(&p->piece, &is, &why))
		die(EX_IOERR, "cannot read the spool: %s", why);
	return compare_all(was, is, max_line);
}

static void
replace_ledger(const struct raw_part *p, uint64_t redacted)
{
	struct count c[] = { { "lines", p->records, false },
		{ "redacted", redacted, false },
		{ "unchanged", p->records - redacted, false }, { 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

/* *done: it was not there before; then *redacted lines differ. */
static int
replace(const struct place *to, const struct raw_manifest *old,
    struct raw_spool *sp, size_t max_line, struct writer *out, bool *done,
    uint64_t *redacted)
{
	struct raw_run *r = &sp->runs[0];
	char *dir;
	int status = EX_OK;

	revise(sp, old);
	dir = raw_part_folder(to->root, r);
	*done = !published(r, dir, old, out);
	if (*done) {
		*redacted = may_replace(old, &r->parts[0], max_line);
		if (!stopped)
			status = raw_publish(to, r, out, &(uint64_t){ 0 });
	}
	free(dir);
	if (status == EX_OK && !stopped)
		replace_remove(old);
	return status;
}

int
replace_part(bool mount, const char *manifest, const struct raw_spool_opts *so,
    struct writer *out)
{
	struct raw_spool_opts whole = *so;
	char *root = root_of(manifest);
	struct place to = { root, mount, "VPIPE_RAW_MOUNT" };
	struct raw_manifest old;
	struct raw_spool sp;
	uint64_t redacted;
	const char *why;
	int status = EX_OK;
	bool done;

	whole.part_size = INT64_MAX; /* a part stays a part */
	if (!raw_manifest_read(manifest, &old, &why))
		die(access(manifest, F_OK) == 0 ? EX_DATAERR : EX_IOERR,
		    "cannot read '%s': %s", manifest, why);
	place_open(&to);
	raw_spool_fill(&sp, STDIN_FILENO, &whole);
	if (sp.dropped > 0)
		die(EX_DATAERR,
		    "standard input is cut off, nothing is "
		    "replaced");
	if (!stopped)
		status = replace(&to, &old, &sp, (size_t)so->max_line, out,
		    &done, &redacted);
	if (status == EX_OK && !stopped && done)
		replace_ledger(&sp.runs[0].parts[0], redacted);
	raw_spool_release(&sp);
	raw_manifest_release(&old);
	free(root);
	return status;
}

int
replace_itself(bool mount, const struct raw_manifest *old,
    const struct raw_spool_opts *so, struct writer *out)
{
	struct raw_spool_opts whole = *so;
	char *root = root_of(old->path);
	struct place to = { root, mount, "VPIPE_RAW_MOUNT" };
	struct raw_spool sp;
	uint64_t redacted;
	const char *why;
	int status = EX_OK, fd;
	bool done;

	whole.part_size = INT64_MAX;
	whole.max_line = (int64_t)(BUF_MAX / 2); /* it was taken once */
	place_open(&to);
	if (!raw_unpack(old->object, &fd, &why))
		die(EX_DATAERR, "cannot read '%s': %s", old->object, why);
	raw_spool_fill(&sp, fd, &whole);
	if (!stopped)
		status = replace(&to, old, &sp, (size_t)whole.max_line, out,
		    &done, &redacted);
	raw_spool_release(&sp);
	free(root);
	return status;
}
