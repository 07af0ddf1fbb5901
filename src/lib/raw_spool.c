#include "raw_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zstd.h>

#include "conf.h"
#include "file.h"
#include "line.h"
#include "raw_name.h"
#include "raw_record.h"
#include "stop.h"
#include "banned.h"

/* A frame's end and its checksum, and what a flush adds. */
#define SLACK 64

void
raw_spool_check(const struct raw_spool_opts *o)
{
	if (o->level < 1 || o->level > 19)
		die(EX_USAGE, "--level is from 1 to 19");
	if (o->part_size < 1024)
		die(EX_USAGE, "--part-size is at least 1K");
	if (o->max_line < 1 || o->max_line > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
}

/* -- the file ------------------------------------------------------------- */

/* The spool must not be on the far side of a network. */
static void
local_or_die(int fd, const char *dir)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0 && fs.f_type == PUBLISH_FUSE)
		die(EX_CONFIG,
		    "'%s' is a mount, and the spool must be local: "
		    "set TMPDIR",
		    dir);
}

int
raw_spool_file(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir =
	    tmp != NULL && *tmp != '\0' ? xstrdup(tmp) : conf_in_data("spool");
	char *path = xasprintf("%s/%s.XXXXXX", dir, progname);
	int fd;

	if (!file_mkdirs(dir, 0700))
		die_errno(EX_IOERR, "cannot make '%s'", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		die_errno(EX_IOERR, "cannot write in '%s'", dir);
	unlink(path);
	local_or_die(fd, dir);
	free(path);
	free(dir);
	return fd;
}

void
raw_spool_write(int fd, const char *p, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			die_errno(EX_IOERR, "cannot write the spool");
		p += done;
		n -= (size_t)done;
	}
}

/* -- one part ------------------------------------------------------------- */

/* The part being compressed; its bytes go to the end of the spool. */
struct packer {
	struct raw_spool *sp;
	ZSTD_CCtx *z;
	struct buf out;
	struct sha sha, raw;
	uint64_t unflushed; /* of the records, not yet seen compressed */
	int64_t part_size;
	off_t at;  /* where the spool ends */
	bool open; /* a part is being written */
};

static struct raw_run *
last_run(struct raw_spool *sp)
{
	return sp->n > 0 ? &sp->runs[sp->n - 1] : NULL;
}

static struct raw_part *
last_part(struct raw_run *r)
{
	return r->n > 0 ? &r->parts[r->n - 1] : NULL;
}

static void
pack(struct packer *k, struct slice s, ZSTD_EndDirective end)
{
	struct raw_part *p = last_part(last_run(k->sp));
	ZSTD_inBuffer in = { s.p, s.len, 0 };
	ZSTD_outBuffer out;
	size_t left;

	do {
		out = (ZSTD_outBuffer){ k->out.data, k->out.cap, 0 };
		left = ZSTD_compressStream2(k->z, &out, &in, end);
		if (ZSTD_isError(left))
			die(EX_SOFTWARE, "cannot compress: %s",
			    ZSTD_getErrorName(left));
		raw_spool_write(k->sp->fd, k->out.data, out.pos);
		sha_add(&k->sha, k->out.data, out.pos);
		p->piece.bytes += out.pos;
		k->at += (off_t)out.pos;
	} while (in.pos < in.size || (end != ZSTD_e_continue && left > 0));
	sha_add(&k->raw, s.p, s.len);
	p->raw_bytes += s.len;
	k->unflushed = end == ZSTD_e_continue ? k->unflushed + s.len : 0;
}

static void
part_begin(struct packer *k, struct raw_run *r, int number)
{
	struct raw_part *p;

	if (number > RAW_PARTS_MAX)
		die(EX_DATAERR, "run '%s' has more than %d parts", r->id,
		    RAW_PARTS_MAX);
	r->parts = xrealloc(r->parts, ((size_t)r->n + 1) * sizeof *r->parts);
	p = &r->parts[r->n++];
	*p = (struct raw_part){ .number = number,
		.piece = { .fd = k->sp->fd, .at = k->at } };
	sha_start(&k->sha);
	sha_start(&k->raw);
	k->open = true;
}

static void
part_end(struct packer *k)
{
	struct raw_run *r = last_run(k->sp);

	if (!k->open)
		return;
	pack(k, (struct slice){ NULL, 0 }, ZSTD_e_end);
	k->open = false;
	sha_end(&k->sha, last_part(r)->piece.sha256);
	sha_end(&k->raw, last_part(r)->raw_sha256);
}

/* Would the part stay within its size whatever `more` bytes compress to? */
static bool
fits(struct packer *k, size_t more)
{
	struct raw_part *p = last_part(last_run(k->sp));

	return p->piece.bytes + ZSTD_compressBound(k->unflushed + more) +
	    SLACK <=
	    (uint64_t)k->part_size;
}

/* A record larger than a part is a part of its own. */
static bool
part_is_full(struct packer *k, size_t more)
{
	if (last_part(last_run(k->sp))->records == 0 || fits(k, more))
		return false;
	pack(k, (struct slice){ NULL, 0 }, ZSTD_e_flush);
	return !fits(k, more);
}

/* -- records into parts --------------------------------------------------- */

static void
run_begin(struct packer *k, const struct raw_record *rec)
{
	struct raw_spool *sp = k->sp;
	struct raw_run *r;
	int i;

	for (i = 0; i < sp->n; i++)
		if (slice_is(rec->run, sp->runs[i].id))
			die(EX_DATAERR,
			    "standard input:%" PRIu64 ": run '%s' "
			    "comes back after another",
			    sp->lines, sp->runs[i].id);
	part_end(k);
	sp->runs = xrealloc(sp->runs, ((size_t)sp->n + 1) * sizeof *sp->runs);
	r = &sp->runs[sp->n++];
	*r = (struct raw_run){ 0 };
	memcpy(r->source, rec->source.p, rec->source.len);
	memcpy(r->flow, rec->flow.p, rec->flow.len);
	memcpy(r->id, rec->run.p, rec->run.len);
	raw_name_run(rec->run, rec->flow, &r->at);
	part_begin(k, r, 1);
}

static const char *
misplaced(const struct raw_run *r, const struct raw_record *rec)
{
	const struct raw_part *p = &r->parts[r->n - 1];

	if (!slice_is(rec->source, r->source))
		return "another 'source' in the same run";
	if (!slice_is(rec->flow, r->flow))
		return "another 'flow' in the same run";
	if (r->complete)
		return "a line behind the closing record";
	if (p->records > 0 && rec->line <= p->last_line)
		return "'line' does not rise";
	return NULL;
}

static void
part_count(struct raw_part *p, const struct raw_record *rec)
{
	if (p->records++ == 0) {
		p->first_line = rec->line;
		p->first_at = p->last_at = rec->fetched_at;
	}
	p->last_line = rec->line;
	if (rec->fetched_at < p->first_at)
		p->first_at = rec->fetched_at;
	if (rec->fetched_at > p->last_at)
		p->last_at = rec->fetched_at;
}

/* The body is wanted again for the manifest: it stands behind the part. */
static void
run_close(struct packer *k, struct slice body)
{
	struct raw_run *r = last_run(k->sp);

	part_end(k);
	r->complete = true;
	r->closing =
	    (struct piece){ .fd = k->sp->fd, .at = k->at, .bytes = body.len };
	raw_spool_write(k->sp->fd, body.p, body.len);
	k->at += (off_t)body.len;
}

static void
add(struct packer *k, const struct raw_record *rec, struct slice line)
{
	struct raw_spool *sp = k->sp;
	struct raw_run *r = last_run(sp);
	const char *why;

	if (r == NULL || !slice_is(rec->run, r->id)) {
		run_begin(k, rec);
		r = last_run(sp);
	}
	if ((why = misplaced(r, rec)) != NULL)
		die(EX_DATAERR,
		    "standard input:%" PRIu64 ": %s, "
		    "nothing is published",
		    sp->lines, why);
	if (part_is_full(k, line.len + 1)) {
		part_end(k);
		part_begin(k, r, last_part(r)->number + 1);
	}
	part_count(last_part(r), rec);
	pack(k, line, ZSTD_e_continue);
	pack(k, SLICE("\n"), ZSTD_e_continue);
	if (rec->closing)
		run_close(k, rec->body);
}

static void
packer_init(struct packer *k, struct raw_spool *sp,
    const struct raw_spool_opts *o)
{
	*k = (struct packer){ .sp = sp, .part_size = o->part_size };
	buf_grow(&k->out, ZSTD_CStreamOutSize());
	k->z = ZSTD_createCCtx();
	if (k->z == NULL)
		die_no_memory();
	ZSTD_CCtx_setParameter(k->z, ZSTD_c_compressionLevel, (int)o->level);
	ZSTD_CCtx_setParameter(k->z, ZSTD_c_checksumFlag, 1);
}

static void
packer_release(struct packer *k)
{
	int i;

	for (i = 0; i < k->sp->n; i++)
		k->sp->runs[i].total = k->sp->runs[i].n;
	ZSTD_freeCCtx(k->z);
	buf_release(&k->out);
}

/* Only a last line can have been cut off by a kill. */
static bool
unfinished(const struct reader *in, struct slice line)
{
	return in->eof && line.p[line.len] != '\n';
}

void
raw_spool_fill(struct raw_spool *sp, int fd, const struct raw_spool_opts *o)
{
	struct scan *scan = scan_new();
	struct packer k;
	struct reader in;
	struct raw_record rec;
	struct slice line;
	const char *why;

	*sp = (struct raw_spool){ .fd = raw_spool_file() };
	packer_init(&k, sp, o);
	reader_init(&in, fd, (size_t)o->max_line);
	reader_files(&in, 0, NULL, "raw records");
	while (reader_next(&in, &line)) {
		sp->lines++;
		if (in.toolong)
			die(EX_DATAERR,
			    "%s:%" PRIu64 ": the line is longer "
			    "than %" PRId64 " bytes, nothing is published",
			    in.name, in.lines, o->max_line);
		if (raw_record_read(scan, line, &rec, &why)) {
			add(&k, &rec, line);
		} else if (unfinished(&in, line)) {
			warn("%s:%" PRIu64 ": the last line is cut off, "
			     "dropped",
			    in.name, in.lines);
			sp->dropped++;
		} else {
			die(EX_DATAERR,
			    "%s:%" PRIu64 ": %s, nothing is "
			    "published",
			    in.name, in.lines, why);
		}
		progress("%" PRIu64 " lines spooled", sp->lines);
	}
	part_end(&k);
	packer_release(&k);
	reader_close_or_die(&in);
	scan_free(scan);
}

void
raw_spool_release(struct raw_spool *sp)
{
	int i;

	for (i = 0; i < sp->n; i++)
		free(sp->runs[i].parts);
	free(sp->runs);
	close(sp->fd);
	*sp = (struct raw_spool){ .fd = -1 };
}
