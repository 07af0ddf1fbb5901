/*
 * line: a reader of lines from a descriptor, a writer of bytes to one.
 *
 * reader: the slice of reader_next borrows from the reader until its next
 * call.  At least LINE_PADDING readable bytes follow it (simdjson wants them).
 * The newline is not part of it; a last line without one counts.  Of a line
 * longer than the ceiling the first bytes come, with `toolong` set, and the
 * rest is skipped.  A byte order mark before the first line is skipped, too.
 *
 * writer: buffered; every write and the close are checked, and a failure is
 * fatal (74).  When the reader of the pipe goes away, SIGPIPE ends the program.
 *
 * With patience_ms a signal ends a writer whose reader takes nothing for that
 * time; the rest of the output is lost.
 *
 * Tie a reader to the writer that its program fills (reader_tie): the writer
 * is flushed before a read that would block.  Fast in bulk, prompt in a
 * trickle.
 *
 * A reader or a writer is one thread's at a time.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define LINE_PADDING 64
#define LINE_PIECE 65536
/* The limits along the pipe.  No record of vfetch or vwrap, and no message of
 * vnormalize, is longer than what vput, vsnapshot and vupsert take by default.
 * vnormalize takes the longest that --max-line of vput allows. */
#define LINE_MAX_DEFAULT ((size_t)16 << 20)
#define LINE_MAX_MOST (BUF_MAX / 2)

struct writer {
	int fd;
	const char *name; /* for messages; not owned */
	struct buf buf;
	uint64_t bytes;      /* written so far, the buffer included */
	int64_t patience_ms; /* see below; 0: for ever */
};

struct reader {
	int fd;
	const char *name;
	struct buf buf;
	size_t pos;     /* first byte not yet handed out */
	size_t scanned; /* no newline in [pos, scanned) */
	size_t max;     /* longest line */
	bool eof, skipping;
	bool begun;     /* past where a byte order mark may stand */
	bool toolong;   /* the line just handed out was cut */
	uint64_t lines; /* lines handed out: the number of the last */
	uint64_t bytes; /* bytes read */
	uint64_t total; /* bytes of all files; 0: one is no file, not known */
	struct writer *tied;
	char *const *files; /* that follow this one */
	int nfiles;
};

void reader_init(struct reader *r, int fd, size_t maxline);
/*
 * After reader_init: reads the files one after another, "-" being standard
 * input; dies (74) when one cannot be opened.  A line ends with its file.
 * Without files it reads the descriptor; if that is a terminal, it says that it
 * waits for WHAT ("raw records").
 */
void reader_files(struct reader *r, int n, char *const files[],
    const char *what);
void reader_tie(struct reader *r, struct writer *w);
/* False at the end of input, or when stopped by a signal. */
bool reader_next(struct reader *r, struct slice *line);
/*
 * Waits until reader_next would not block: a line, the end, or a signal.
 * False when ms have passed before that.
 */
bool reader_wait(struct reader *r, int64_t ms);
void reader_close_or_die(struct reader *r);

void writer_init(struct writer *w, int fd);
/* Opens for writing, created or emptied, ours alone (0600); dies when it cannot
 * (74). */
void writer_open(struct writer *w, const char *path);
void writer_flush(struct writer *w);
/* Flush, fsync where that means something, close; dies of any failure. */
void writer_close_or_die(struct writer *w);
void writer_add_slow(struct writer *w, const void *p, size_t n);

static inline void
writer_add(struct writer *w, const void *p, size_t n)
{
	if (w->buf.cap - w->buf.len > n && w->buf.len + n < LINE_PIECE) {
		memcpy(w->buf.data + w->buf.len, p, n);
		w->buf.len += n;
		w->bytes += n;
	} else {
		writer_add_slow(w, p, n);
	}
}

#endif
