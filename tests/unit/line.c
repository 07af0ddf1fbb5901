/* line.h: lines from a pipe, whatever pieces they come in */
#include <fcntl.h>
#include <unistd.h>

#include "line.h"
#include "test.h"

/* Feeds text to a reader through a pipe, from a child in pieces of `piece`. */
static void
feed(struct reader *r, const char *text, size_t len, size_t piece, size_t max)
{
	int fd[2];
	size_t n;

	if (pipe(fd) != 0)
		abort();
	if (fork() == 0) {
		close(fd[0]);
		for (; len > 0; text += n, len -= n) {
			n = len < piece ? len : piece;
			if (write(fd[1], text, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(fd[1]);
	reader_init(r, fd[0], max);
}

static void
pieces(size_t piece)
{
	static const char text[] = "one\n\nthr\0ee\nlast";
	struct slice line;
	struct reader r;

	feed(&r, text, sizeof text - 1, piece, 100);
	CHECK(reader_next(&r, &line) && slice_is(line, "one"));
	CHECK(reader_next(&r, &line) && line.len == 0);
	CHECK(reader_next(&r, &line) && line.len == 6 &&
	    memcmp(line.p, "thr\0ee", 6) == 0);
	CHECK(reader_next(&r, &line) && slice_is(line, "last"));
	CHECK(!reader_next(&r, &line));
	CHECK(r.lines == 4);
	reader_close_or_die(&r);
}

static void
too_long(size_t len)
{
	struct buf b = { 0 };
	struct slice line;
	struct reader r;
	size_t i;

	buf_adds(&b, "a\n");
	for (i = 0; i < len; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\nb\n");
	feed(&r, b.data, b.len, 4096, 10);
	CHECK(reader_next(&r, &line) && slice_is(line, "a") && !r.toolong);
	CHECK(reader_next(&r, &line) && slice_is(line, "xxxxxxxxxx"));
	CHECK(r.toolong);
	CHECK(reader_next(&r, &line) && slice_is(line, "b") && !r.toolong);
	CHECK(!reader_next(&r, &line));
	CHECK(r.buf.cap < 1 << 19);
	reader_close_or_die(&r);
	buf_release(&b);
}

/* Only the first, only at the front, and whatever pieces it comes in. */
static void
byte_order_mark(size_t piece)
{
	static const char text[] = "\xef\xbb\xbf\xef\xbb\xbf"
	                           "1234567\n"
	                           "\xef\xbb\xbf"
	                           "b\n";
	struct slice line;
	struct reader r;

	feed(&r, text, sizeof text - 1, piece, 10);
	CHECK(reader_next(&r, &line) && !r.toolong);
	CHECK(slice_is(line,
	    "\xef\xbb\xbf"
	    "1234567"));
	CHECK(reader_next(&r, &line) &&
	    slice_is(line,
	        "\xef\xbb\xbf"
	        "b"));
	CHECK(!reader_next(&r, &line) && r.lines == 2);
	reader_close_or_die(&r);
	feed(&r, "a\n\xef\xbb\xbf", 5, piece, 10);
	CHECK(reader_next(&r, &line) && slice_is(line, "a"));
	CHECK(reader_next(&r, &line) && line.len == 3);
	reader_close_or_die(&r);
	feed(&r, "\xef\xbb\xbf", 3, piece, 10);
	CHECK(!reader_next(&r, &line) && r.lines == 0);
	reader_close_or_die(&r);
	feed(&r, "\xef\xbb", 2, piece, 10);
	CHECK(reader_next(&r, &line) && line.len == 2);
	reader_close_or_die(&r);
}

static void
writes(void)
{
	char path[] = "/tmp/vpipe-unit-XXXXXX", piece[1000];
	struct writer w;
	struct buf back = { 0 };
	int fd = mkstemp(path), i;

	memset(piece, 'y', sizeof piece);
	writer_init(&w, fd);
	for (i = 0; i < 500; i++)
		writer_add(&w, piece, sizeof piece);
	CHECK(w.bytes == 500000);
	writer_close_or_die(&w);
	fd = open(path, 0);
	CHECK(lseek(fd, 0, SEEK_END) == 500000);
	close(fd);
	unlink(path);
	buf_release(&back);
}

int
main(void)
{
	pieces(1);
	pieces(5);
	pieces(1000);
	too_long(11);
	too_long(300000);
	too_long(3000000);
	byte_order_mark(1);
	byte_order_mark(2);
	byte_order_mark(100);
	writes();
	return DONE();
}
