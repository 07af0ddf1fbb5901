#include "raw_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include "raw_record.h"
#include "raw_spool.h"
#include "stop.h"
#include "banned.h"

/* Records as they come by, of which the first and the last are kept. */
struct counter {
	int64_t records, bytes;
	struct buf first, last;
	bool ended; /* last is whole */
};

/* Where decompressed bytes go: the first that is not NULL, else the file. */
struct sink {
	struct sha *sha;
	struct counter *counter;
	struct writer *out;
	int fd;
};

static void
count(struct counter *c, const char *p, size_t n)
{
	const char *newline;
	size_t len;

	c->bytes += (int64_t)n;
	for (; n > 0; p += len, n -= len) {
		if (c->ended)
			buf_reset(&c->last);
		newline = memchr(p, '\n', n);
		len = newline != NULL ? (size_t)(newline - p) + 1 : n;
		buf_add(&c->last, p, len);
		c->ended = newline != NULL;
		if (c->ended && c->records++ == 0)
			buf_addslice(&c->first, buf_slice(&c->last));
	}
}

static void
sink_add(struct sink to, const char *p, size_t n)
{
	if (to.sha != NULL)
		sha_add(to.sha, p, n);
	else if (to.counter != NULL)
		count(to.counter, p, n);
	else if (to.out != NULL)
		writer_add(to.out, p, n);
	else
		raw_spool_write(to.fd, p, n);
}

struct unpacker {
	ZSTD_DCtx *z;
	struct buf in, out;
	size_t due; /* 0: the last frame is whole */
};

static const char *
unpack_some(struct unpacker *u, size_t n, struct sink to)
{
	ZSTD_inBuffer in = { u->in.data, n, 0 };
	ZSTD_outBuffer out;

	do {
		out = (ZSTD_outBuffer){ u->out.data, u->out.cap, 0 };
		u->due = ZSTD_decompressStream(u->z, &out, &in);
		if (ZSTD_isError(u->due))
			return ZSTD_getErrorName(u->due);
		sink_add(to, u->out.data, out.pos);
	} while (in.pos < in.size || out.pos == out.size);
	return NULL;
}

/* The reason why it cannot be read, or NULL. */
static const char *
unpack_all(struct unpacker *u, const struct piece *from, struct sink to)
{
	uint64_t done = 0, left;
	const char *why = NULL;
	ssize_t n = 1;

	while (why == NULL && done < from->bytes && n != 0 &&
	    !(stopped && to.out != NULL)) {
		left = from->bytes - done;
		n = pread(from->fd, u->in.data,
		    left < u->in.cap ? (size_t)left : u->in.cap,
		    from->at + (off_t)done);
		if (n < 0 && errno != EINTR)
			return strerror(errno);
		if (n > 0) {
			why = unpack_some(u, (size_t)n, to);
			done += (uint64_t)n;
		}
	}
	return why == NULL && u->due != 0 ? "it is cut off" : why;
}

static const char *
unpack(const struct piece *from, struct sink to)
{
	struct unpacker u = { .z = ZSTD_createDCtx(), .due = 1 };
	const char *why;

	if (u.z == NULL)
		die_no_memory();
	buf_grow(&u.in, ZSTD_DStreamInSize());
	buf_grow(&u.out, ZSTD_DStreamOutSize());
	why = unpack_all(&u, from, to);
	ZSTD_freeDCtx(u.z);
	buf_release(&u.in);
	buf_release(&u.out);
	return why;
}

static const char *
unpack_object(const char *object, struct sink to)
{
	struct piece p = { .fd = open(object, O_RDONLY | O_CLOEXEC),
		.bytes = UINT64_MAX };
	const char *why;

	if (p.fd < 0)
		return strerror(errno);
	why = unpack(&p, to);
	close(p.fd);
	return why;
}

static bool
unpacked(int fd, const char *why)
{
	if (why == NULL && lseek(fd, 0, SEEK_SET) == 0)
		return true;
	close(fd);
	return false;
}

bool
raw_unpack_piece(const struct piece *from, int *fd, const char **why)
{
	*fd = raw_spool_file();
	*why = unpack(from, (struct sink){ .fd = *fd });
	return unpacked(*fd, *why);
}

bool
raw_unpack(const char *object, int *fd, const char **why)
{
	*fd = raw_spool_file();
	*why = unpack_object(object, (struct sink){ .fd = *fd });
	return unpacked(*fd, *why);
}

bool
raw_unpack_to(const char *object, struct writer *out, const char **why)
{
	*why = unpack_object(object, (struct sink){ .out = out });
	return *why == NULL;
}

bool
raw_unpack_hash(const char *object, char sha256[SHA_HEX])
{
	struct sha h;
	bool ok;

	sha_start(&h);
	ok = unpack_object(object, (struct sink){ .sha = &h }) == NULL;
	sha_end(&h, sha256);
	return ok;
}

/* The number of a line, newline and all; 0: it is no record. */
static int64_t
line_number(struct buf *line)
{
	struct scan *scan = scan_new();
	struct raw_record r = { 0 };
	const char *why;
	struct slice s;
	int64_t n = 0;

	buf_grow(line, LINE_PADDING);
	s = buf_slice(line);
	if (s.len > 0 && s.p[--s.len] == '\n' &&
	    raw_record_read(scan, s, &r, &why))
		n = r.line;
	scan_free(scan);
	return n;
}

bool
raw_unpack_count(const char *object, struct raw_contents *to)
{
	struct counter c = { 0 };
	bool ok = unpack_object(object, (struct sink){ .counter = &c }) == NULL;

	*to = (struct raw_contents){ c.records, c.bytes, line_number(&c.first),
		line_number(&c.last) };
	buf_release(&c.first);
	buf_release(&c.last);
	return ok;
}
