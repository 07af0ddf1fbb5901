#include "bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "stop.h"
#include "banned.h"

/* What a BATCH says, copied: the scan is needed for its records. */
struct bulk {
	struct stream *stream;
	char **paths;
	size_t n;
	bool gzip;
	uint64_t line; /* of the message */
};

static void __attribute__((noreturn))
refuse(struct run *r, const struct bulk *b, const char *path, const char *why)
{
	give_and_wait(r);
	if (path == NULL)
		die(EX_DATAERR, "line %" PRIu64 ": BATCH: %s", b->line, why);
	die(EX_DATAERR, "line %" PRIu64 ": BATCH: '%s' %s", b->line, path, why);
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *p;

	p = c != '\0' ? strchr(digits, c | 0x20) : NULL;
	return p != NULL ? (int)(p - digits) : -1;
}

/* The path of a file:// address on this machine; NULL: it is none. */
static char *
path_of(struct slice url)
{
	static const char *const fronts[] = { "file:///", "file://localhost/" };
	struct buf b = { 0 };
	size_t i, n;
	int c;

	for (i = 0; i < 2; i++) {
		n = strlen(fronts[i]) - 1;
		if (url.len > n + 1 && memcmp(url.p, fronts[i], n + 1) == 0)
			break;
	}
	for (; i < 2 && n < url.len; n++) {
		c = (unsigned char)url.p[n];
		if (c == '%' && n + 2 < url.len && hex(url.p[n + 1]) >= 0 &&
		    hex(url.p[n + 2]) >= 0) {
			c = hex(url.p[n + 1]) << 4 | hex(url.p[n + 2]);
			n += 2;
		}
		if (c == '\0') { /* a path ends there */
			buf_reset(&b);
			break;
		}
		buf_addc(&b, (char)c);
	}
	return b.len > 0 ? buf_take(&b) : NULL;
}

static void
read_message(struct run *r, struct bulk *b)
{
	struct val root = r->message.root;
	struct val encoding = val_member(root, "encoding");
	struct val compression = val_member(encoding, "compression");
	struct val manifest = val_member(root, "manifest"), v;
	struct val_iter it = val_each(manifest);
	struct buf tmp = { 0 };
	struct slice url;

	b->line = r->line;
	b->stream = streams_find(&r->streams, r->message.stream);
	if (b->stream == NULL)
		refuse(r, b, NULL, "no SCHEMA of its stream came before it");
	b->gzip = val_is(compression, "gzip");
	if (!val_is(val_member(encoding, "format"), "jsonl") ||
	    !(b->gzip || val_type(compression) <= SCAN_NULL ||
	        val_is(compression, "none")))
		refuse(r, b, NULL,
		    "only jsonl can be loaded, plain or compressed by gzip");
	if (val_type(manifest) != SCAN_ARRAY)
		refuse(r, b, NULL, "it has no manifest");
	b->paths = xcalloc(val_count(manifest) + 1, sizeof *b->paths);
	while (val_next(&it, NULL, &v)) {
		if (!val_string(v, &tmp, &url) ||
		    (b->paths[b->n] = path_of(url)) == NULL)
			refuse(r, b, NULL,
			    "its manifest names what is no file:///... of "
			    "this machine");
		b->n++;
	}
	buf_release(&tmp);
}

/* Only a file: reading a device or a pipe may have no end. */
static int
open_file(struct run *r, const struct bulk *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		refuse(r, b, path, "is a symbolic link");
	if (fd < 0)
		refuse(r, b, path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		refuse(r, b, path, "is no file");
	return fd;
}

static void
write_all(FILE *f, const void *p, size_t n)
{
	if (fwrite(p, 1, n, f) != n)
		die_errno(EX_IOERR, "cannot write a temporary file");
}

/* Whole, and its checksum right, before its first record is taken. */
static int
unpack(struct run *r, const struct bulk *b, const char *path, int fd)
{
	char piece[LINE_PIECE];
	FILE *f = tmpfile();
	gzFile gz = gzdopen(fd, "rb");
	int n, error, out;

	if (f == NULL)
		die_errno(EX_IOERR, "cannot make a temporary file");
	if (gz == NULL)
		die_no_memory();
	while ((n = gzread(gz, piece, sizeof piece)) > 0)
		write_all(f, piece, (size_t)n);
	gzerror(gz, &error);
	if (n < 0 || (error != Z_OK && error != Z_STREAM_END) || gzdirect(gz))
		refuse(r, b, path, "is not of gzip, or cut short");
	gzclose(gz);
	if (fflush(f) != 0 || (out = dup(fileno(f))) < 0 ||
	    lseek(out, 0, SEEK_SET) != 0)
		die_errno(EX_IOERR, "cannot write a temporary file");
	fclose(f);
	return out;
}

static void
take_file(struct run *r, struct bulk *b, const char *path)
{
	int fd = open_file(r, b, path);
	struct reader in;
	struct slice line;
	const char *why;
	size_t at;

	if (b->gzip)
		fd = unpack(r, b, path, fd);
	reader_init(&in, fd, (size_t)r->o->maxline);
	in.name = path;
	r->file = path;
	while (!stopped && reader_next(&in, &line)) {
		r->line = in.lines;
		why = "is no object";
		if (in.toolong)
			reject_line(r, slice_of(b->stream->name),
			    "is too long a line",
			    (struct slice){
			        line.p, 256 < line.len ? 256 : line.len });
		else if (line.len > 0 &&
		    (!scan_parse(r->scan, line, &at, &why) ||
		        val_type(scan_root(r->scan)) != SCAN_OBJECT))
			reject_line(r, slice_of(b->stream->name), why, line);
		else if (line.len > 0)
			take_record(r, b->stream, scan_root(r->scan));
	}
	r->file = NULL;
	r->line = b->line;
	reader_close_or_die(&in);
}

void
bulk_take(struct run *r)
{
	struct bulk b = { 0 };
	size_t i;

	read_message(r, &b);
	for (i = 0; i < b.n; i++) /* all there, before the first is taken */
		close(open_file(r, &b, b.paths[i]));
	r->message.version = (struct val){ 0 };
	for (i = 0; i < b.n && !stopped; i++)
		take_file(r, &b, b.paths[i]);
	for (i = 0; i < b.n; i++)
		free(b.paths[i]);
	free(b.paths);
}
