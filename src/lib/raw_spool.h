/*
 * raw_spool: raw records, checked, compressed and cut into parts, in one local
 * file without a name, so that a killed program leaves none.
 *
 *	struct raw_spool_opts o = RAW_SPOOL_DEFAULTS;
 *	struct raw_spool sp;
 *
 *	raw_spool_fill(&sp, STDIN_FILENO, &o);
 *	... raw_publish each of sp.runs ...
 *	raw_spool_release(&sp);
 *
 * Memory holds a line and the compressor, whatever the length of the input.
 */
#ifndef RAW_SPOOL_H
#define RAW_SPOOL_H

#include "line.h"
#include "raw_part.h"

struct raw_spool {
	int fd;
	struct raw_run *runs;
	int n;
	uint64_t lines, dropped;
};

struct raw_spool_opts {
	int64_t part_size, level, max_line; /* bytes, of zstd, bytes */
};

#define RAW_SPOOL_DEFAULTS                                                     \
	{                                                                      \
		.part_size = 64 << 20, .level = 3,                             \
		.max_line = LINE_MAX_DEFAULT,                                  \
	}

/* Dies (64) of a number out of range, naming its option. */
void raw_spool_check(const struct raw_spool_opts *);

/* All lines of the descriptor, which is closed.  Dies of a bad one (65):
 * nothing is published then.  When `stopped` is set afterwards, the spool is
 * not whole. */
void raw_spool_fill(struct raw_spool *, int fd, const struct raw_spool_opts *);
void raw_spool_release(struct raw_spool *);

/* A new local file without a name, open for reading and writing. */
int raw_spool_file(void);
void raw_spool_write(int fd, const char *p, size_t n); /* or dies */

#endif
