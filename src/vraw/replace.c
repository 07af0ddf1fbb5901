#include "replace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger.h"
#include "options.h"
#include "proof.h"
#include "raw_publish.h"
#include "raw_record.h"
#include "stop.h"
#include "banned.h"

struct replacement {
	const struct raw_manifest *old;
	struct place to;
	struct raw_spool sp; /* what stands for it */
	size_t max_line;
	struct writer *out;
	bool done; /* it was not there before; then: */
	uint64_t records, redacted;
};

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
		    "standard input does not hold the records of "
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

/* Dies (65) unless the spool's records may stand for those of the old object.
 */
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

/* Publishes what the spool holds, unless a killed run did, and takes the old
 * part away. */
static int
replace(struct replacement *p)
{
	struct raw_run *r = &p->sp.runs[0];
	char *dir;
	int status = EX_OK;

	revise(&p->sp, p->old);
	dir = raw_part_folder(p->to.root, r);
	p->done = !published(r, dir, p->old, p->out);
	if (p->done) {
		p->records = r->parts[0].records;
		p->redacted = may_replace(p->old, &r->parts[0], p->max_line);
		if (!stopped)
			status =
			    raw_publish(&p->to, r, p->out, &(uint64_t){ 0 });
	}
	free(dir);
	if (status == EX_OK && !stopped)
		replace_remove(p->old);
	return status;
}

static int
replace_by(struct replacement *p, int fd, const struct raw_spool_opts *so)
{
	char *root = root_of(p->old->path);
	int status = EX_OK;

	p->to = raw_place(root);
	p->max_line = (size_t)so->max_line;
	place_open(&p->to);
	raw_spool_fill(&p->sp, fd, so);
	if (p->sp.dropped > 0)
		die(EX_DATAERR,
		    "standard input is cut off, nothing is replaced");
	if (!stopped)
		status = replace(p);
	raw_spool_release(&p->sp);
	free(root);
	return status;
}

static void
say_ledger(const struct replacement *p)
{
	struct count c[] = { { "lines", p->records, false },
		{ "redacted", p->redacted, false },
		{ "unchanged", p->records - p->redacted, false }, { 0 } };

	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

int
replace_part(const struct options *o, char *const operands[],
    struct writer *out)
{
	char *manifest = proof_path_or_die(operands[0]);
	struct raw_manifest old;
	struct replacement p = { .old = &old, .out = out };
	const char *why;
	int status;

	if (!raw_manifest_read(manifest, &old, &why))
		die(access(manifest, F_OK) == 0 ? EX_DATAERR : EX_IOERR,
		    "cannot read '%s': %s", manifest, why);
	status = replace_by(&p, STDIN_FILENO, &o->spool);
	if (status == EX_OK && !stopped && p.done)
		say_ledger(&p);
	raw_manifest_release(&old);
	free(manifest);
	return status;
}

int
replace_itself(const struct raw_manifest *old, const struct raw_spool_opts *so,
    struct writer *out)
{
	struct replacement p = { .old = old, .out = out };
	struct raw_spool_opts most = *so;
	const char *why;
	int fd;

	most.max_line = (int64_t)LINE_MAX_MOST; /* it was taken once */
	if (!raw_unpack(old->object, &fd, &why))
		die(EX_DATAERR, "cannot read '%s': %s", old->object, why);
	return replace_by(&p, fd, &most);
}
