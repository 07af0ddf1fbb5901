/*
 * vput: what its files share.
 *
 *	record.c	what vput must know of a raw record
 *	spool.c		records to compressed parts, in one unnamed local file
 *	unpack.c	compressed parts back to records
 *	manifest.c	a part's manifest, written and read
 *	store.c		parts and manifests into the raw layer
 *	list.c		the raw layer's manifests: --list, --check, --renew
 *	replace.c	a part rewritten: --replaces, and for --renew
 *	wrap.c		bare bodies to raw records: --wrap
 */
#ifndef VPUT_H
#define VPUT_H

#include "line.h"
#include "publish.h"
#include "scan.h"

#define RUN_MAX 96      /* a run id and its NUL */
#define NAME_MAX_LEN 64 /* a source, a flow and their NUL */
#define PARTS_MAX 9999  /* what four digits number */

/* -- raw records ---------------------------------------------------------- */

/* Slices borrow from the line. */
struct record {
	struct slice source, flow, run;
	int64_t line, fetched_at;
	struct slice sha256; /* empty when null */
	struct slice body;   /* JSON text, empty when absent */
	bool closing;        /* kind "run": the last of its run */
	bool redacted;
};

/* False: no raw record, and a short reason why. */
bool record_read(struct scan *s, struct slice line, struct record *r,
    const char **why);
/* Is it "<compact time>-<flow>-<16 hex digits>"?  Its time, too. */
bool run_parse(struct slice run, struct slice flow, int64_t *at);
/* May it name a folder: letters, digits, '-' and '_'? */
bool name_ok(struct slice name);

/* -- parts ---------------------------------------------------------------- */

struct part {
	int number;               /* from 1 */
	int revision;             /* 0, or how often it was rewritten */
	struct piece piece;       /* the compressed object */
	char raw_sha256[SHA_HEX]; /* of what is compressed */
	uint64_t records, raw_bytes;
	int64_t first_line, last_line, first_at, last_at;
};

struct run {
	char source[NAME_MAX_LEN], flow[NAME_MAX_LEN], id[RUN_MAX];
	int64_t at; /* the time in its id */
	struct part *parts;
	int n;
	bool complete;        /* has its closing record */
	int total;            /* parts of the run; 0: not the last */
	struct piece closing; /* that record's body, as JSON text */
	const char *replaces; /* manifest that this one stands for */
};

struct spool {
	int fd; /* unnamed: a killed vput leaves none */
	struct run *runs;
	int n;
	uint64_t lines, dropped;
};

struct spool_opts {
	int64_t part_size, level, max_line;
};

/* All lines of the descriptor.  Dies of a bad one (65): nothing is published
 * then.  When `stopped` is set afterwards, the spool is not whole. */
void spool_fill(struct spool *sp, int fd, const struct spool_opts *o);
void spool_release(struct spool *sp);
/* A new unnamed local file, open for reading and writing. */
int spool_file(void);
void spool_write(int fd, const char *p, size_t n); /* or dies */
/* An object's records, or a part's, decompressed into such a file; false with
 * a reason. */
bool spool_unpack(const char *object, int *fd, const char **why);
bool spool_unpack_piece(const struct piece *from, int *fd, const char **why);
/* SHA-256 of what the object holds, decompressed. */
bool spool_unpack_hash(const char *object, char sha256[SHA_HEX]);
/* How many records it holds, their bytes, their first and last line. */
struct contents {
	int64_t records, raw_bytes, first_line, last_line;
};
bool spool_unpack_count(const char *object, struct contents *c);

/* -- manifests ------------------------------------------------------------ */

/* A manifest as read; text is the whole line, the rest borrows from it or is
 * its own. */
struct manifest {
	char *text;          /* NUL-terminated, no newline */
	char *path, *object; /* of the two files */
	char source[NAME_MAX_LEN], flow[NAME_MAX_LEN], run[RUN_MAX];
	int64_t run_at;
	int part, revision;
	uint64_t bytes;
	char sha256[SHA_HEX];
	struct contents contents;
	bool complete;
	int total;          /* its "parts"; 0: null */
	bool names_anybody; /* as older versions wrote them, see personal.h */
};

void manifest_write(struct buf *b, const struct run *r, const struct part *p);
/* False: not a whole manifest, with a short reason; nothing to release. */
bool manifest_read(const char *path, struct manifest *m, const char **why);
void manifest_release(struct manifest *m);
/* The whole manifest of the part's newest revision in the folder. */
bool manifest_newest(const char *dir, const char *run, int part,
    struct manifest *m);
/* "<run>.<part>[.rN].manifest.json": its numbers; false for other names. */
bool manifest_name(const char *name, struct slice *run, int *part,
    int *revision);

/* Paths; the caller frees. */
char *part_folder(const char *root, const struct run *r);
char *part_path(const char *root, const struct run *r, const struct part *p,
    const char *suffix);
#define OBJECT_SUFFIX ".ndjson.zst"
#define MANIFEST_SUFFIX ".manifest.json"

/* -- the raw layer -------------------------------------------------------- */

/* Publishes the run and prints its manifests.  Returns the exit status; the
 * reason was said.  known: records that were there already. */
int store_run(const struct place *to, const struct run *r, struct writer *out,
    uint64_t *known);

struct list_opts {
	const char *source, *flow;
	int64_t since; /* INT64_MIN: all */
	bool verify;
};
int list_print(const char *root, const struct list_opts *o, struct writer *out);
/* No operands: the whole layer. */
int list_check(const char *root, char *const operands[]);

/* No operands: the whole layer. */
int list_renew(const struct place *to, char *const operands[],
    const struct spool_opts *so, struct writer *out);

/* The part's own records under a fresh key, with a manifest as it is written
 * today; then the old one goes. */
int replace_itself(bool mount, const struct manifest *old,
    const struct spool_opts *so, struct writer *out);
/* What a newer revision stands for. */
void replace_remove(const struct manifest *old);
int replace_part(bool mount, const char *manifest, const struct spool_opts *so,
    struct writer *out);

struct wrap_opts {
	const char *source, *kind, *site, *endpoint, *catalog, *flow;
	int64_t at, status;
	int64_t max_line;
	bool lines; /* each line of a file is a body */
};
void wrap_files(const struct wrap_opts *o, char *const files[],
    struct writer *out);

#endif
