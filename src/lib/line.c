#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "stop.h"
#include "banned.h"

#define LOOK_MS 200 /* at `stopped`, while waiting */

static const char mark[3] = "\xef\xbb\xbf"; /* U+FEFF in UTF-8 */

void
reader_init(struct reader *r, int fd, size_t maxline)
{
	*r = (struct reader){ .fd = fd, .max = maxline };
	r->name = fd == STDIN_FILENO ? "standard input" : "input";
	r->buf.max = maxline + 2 * LINE_PIECE + LINE_PADDING;
	buf_grow(&r->buf, 2 * LINE_PIECE);
}

static int
open_input(const char *file)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO :
	                                  open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die_errno(EX_IOERR, "cannot open '%s'", file);
	return fd;
}

static void
close_input(struct reader *r)
{
	if (r->fd > STDIN_FILENO && close(r->fd) != 0)
		die_errno(EX_IOERR, "cannot close %s", r->name);
	r->fd = -1;
}

/* Ends the last line of the file before, and passes over a byte order mark. */
static void
next_file(struct reader *r)
{
	char first[sizeof mark];
	ssize_t n;

	if (r->skipping ||
	    (r->buf.len > 0 && r->buf.data[r->buf.len - 1] != '\n'))
		buf_addc(&r->buf, '\n');
	close_input(r);
	r->name = *r->files++;
	r->nfiles--;
	r->fd = open_input(r->name);
	while ((n = read(r->fd, first, sizeof first)) < 0 && errno == EINTR)
		;
	if (n < 0)
		die_errno(EX_IOERR, "cannot read '%s'", r->name);
	if (n < (ssize_t)sizeof first || memcmp(first, mark, sizeof mark) != 0)
		buf_add(&r->buf, first, (size_t)n);
	r->bytes += (uint64_t)n;
}

/* Adds what is left of a file to the total; a pipe has none. */
static bool
add_size(struct reader *r, int fd)
{
	struct stat st;
	off_t at;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (at = lseek(fd, 0, SEEK_CUR)) < 0 || at > st.st_size)
		return false;
	r->total += (uint64_t)(st.st_size - at);
	return true;
}

void
reader_files(struct reader *r, int n, char *const files[], const char *what)
{
	bool sized = true;
	int i, fd;

	if (n == 0 && isatty(r->fd))
		warn("reading %s from the terminal; Ctrl-D ends them", what);
	if (n == 0)
		sized = add_size(r, r->fd);
	/* all before any, so that none is found missing half way */
	for (i = 0; i < n; i++) {
		fd = open_input(files[i]);
		sized = add_size(r, fd) && sized;
		if (fd > STDIN_FILENO)
			close(fd);
	}
	if (!sized)
		r->total = 0;
	r->files = files;
	r->nfiles = n;
	if (n > 0)
		next_file(r);
}

void
reader_tie(struct reader *r, struct writer *w)
{
	r->tied = w;
}

static bool
readable(int fd, int64_t ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms > 0 ? (int)ms : 0) != 0;
}

/* Moves what is left to the front and reads one piece behind it. */
static bool
fill(struct reader *r)
{
	ssize_t n;

	if (r->pos > 0) {
		memmove(r->buf.data, r->buf.data + r->pos, r->buf.len - r->pos);
		r->buf.len -= r->pos;
		r->scanned -= r->pos;
		r->pos = 0;
	}
	buf_grow(&r->buf, LINE_PIECE + LINE_PADDING);
	if (r->tied != NULL && r->tied->buf.len > 0 && !readable(r->fd, 0))
		writer_flush(r->tied);
	do {
		/* a signal between a look at `stopped` and the read would not
		 * end that */
		while (!stopped && !readable(r->fd, LOOK_MS))
			;
		if (stopped)
			return false;
		n = read(r->fd, r->buf.data + r->buf.len, LINE_PIECE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		die_errno(EX_IOERR, "cannot read %s", r->name);
	if (n == 0 && r->nfiles > 0)
		next_file(r);
	else if (n == 0)
		r->eof = true;
	r->buf.len += (size_t)n;
	r->bytes += (uint64_t)n;
	memset(r->buf.data + r->buf.len, 0, LINE_PADDING);
	return true;
}

/* A byte order mark that opens the input says nothing and is no line's. */
static void
pass_over_mark(struct reader *r)
{
	if (r->begun || (r->buf.len < sizeof mark && !r->eof))
		return;
	r->begun = true;
	if (r->buf.len >= sizeof mark &&
	    memcmp(r->buf.data, mark, sizeof mark) == 0)
		r->pos = r->scanned = sizeof mark;
}

/* Hands out [pos, end); the next line starts at next. */
static bool
hand_out(struct reader *r, struct slice *line, size_t end, size_t next)
{
	r->begun = true;
	*line = (struct slice){ r->buf.data + r->pos, end - r->pos };
	r->toolong = line->len > r->max;
	if (r->toolong)
		line->len = r->max;
	r->pos = r->scanned = next;
	r->lines++;
	if (r->total > 0)
		progress_share(r->bytes - (r->buf.len - next), r->total);
	return true;
}

bool
reader_next(struct reader *r, struct slice *line)
{
	char *nl;

	for (;;) {
		if (stopped)
			return false;
		pass_over_mark(r);
		nl = memchr(r->buf.data + r->scanned, '\n',
		    r->buf.len - r->scanned);
		r->scanned = r->buf.len;
		if (nl != NULL && r->skipping) {
			r->pos = r->scanned = (size_t)(nl - r->buf.data) + 1;
			r->skipping = false;
			continue;
		}
		if (nl != NULL)
			return hand_out(r, line, (size_t)(nl - r->buf.data),
			    (size_t)(nl - r->buf.data) + 1);
		if (r->skipping) {
			r->pos = r->buf.len;
		} else if (r->buf.len - r->pos > r->max) {
			r->skipping = true;
			return hand_out(r, line, r->buf.len, r->buf.len);
		}
		if (r->eof) {
			if (r->pos == r->buf.len || r->skipping)
				return false;
			return hand_out(r, line, r->buf.len, r->buf.len);
		}
		if (!fill(r))
			return false;
	}
}

bool
reader_wait(struct reader *r, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!stopped && !r->eof && r->buf.len - r->pos <= r->max &&
	    memchr(r->buf.data + r->scanned, '\n', r->buf.len - r->scanned) ==
	        NULL) {
		if (!readable(r->fd, until - clock_mono_ms()))
			return false;
		if (!fill(r))
			break;
	}
	return true;
}

void
reader_close_or_die(struct reader *r)
{
	close_input(r);
	buf_release(&r->buf);
}

void
writer_init(struct writer *w, int fd)
{
	*w = (struct writer){ .fd = fd };
	w->name = fd == STDOUT_FILENO ? "standard output" : "output";
	buf_grow(&w->buf, LINE_PIECE);
}

void
writer_open(struct writer *w, const char *path)
{
	int fd = file_create(path, O_WRONLY | O_TRUNC);

	if (fd < 0)
		die_errno(EX_IOERR, "cannot write '%s'", path);
	writer_init(w, fd);
	w->name = path;
}

/* Waits until a piece that a pipe takes whole can be written. */
static void
await_reader(const struct writer *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };
	int64_t until = 0;

	while (poll(&p, 1, LOOK_MS) <= 0) {
		if (!stopped)
			continue;
		if (until == 0)
			until = clock_mono_ms() + w->patience_ms;
		if (clock_mono_ms() > until) {
			say("nobody reads %s: given up", w->name);
			stop_again();
		}
	}
}

static void
write_all(struct writer *w, const char *p, size_t n)
{
	ssize_t done;

	while (n > 0) {
		if (w->patience_ms > 0)
			await_reader(w);
		done = write(w->fd, p,
		    w->patience_ms > 0 && n > PIPE_BUF ? PIPE_BUF : n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EPIPE) { /* SIGPIPE was ignored */
			signal(SIGPIPE, SIG_DFL);
			raise(SIGPIPE);
		}
		if (done < 0)
			die_errno(EX_IOERR, "cannot write %s", w->name);
		p += done;
		n -= (size_t)done;
	}
}

void
writer_flush(struct writer *w)
{
	write_all(w, w->buf.data, w->buf.len);
	buf_reset(&w->buf);
}

void
writer_add_slow(struct writer *w, const void *p, size_t n)
{
	w->bytes += n;
	if (w->buf.len + n < LINE_PIECE) {
		buf_add(&w->buf, p, n);
		return;
	}
	writer_flush(w);
	if (n >= LINE_PIECE)
		write_all(w, p, n);
	else
		buf_add(&w->buf, p, n);
}

void
writer_close_or_die(struct writer *w)
{
	if (w->fd < 0)
		return;
	writer_flush(w);
	/* a pipe, a terminal or a socket has nothing to sync */
	if (fsync(w->fd) != 0 && errno != EINVAL && errno != EROFS &&
	    errno != ENOTSUP)
		die_errno(EX_IOERR, "cannot write %s", w->name);
	if (close(w->fd) != 0)
		die_errno(EX_IOERR, "cannot close %s", w->name);
	buf_release(&w->buf);
	w->fd = -1;
}
