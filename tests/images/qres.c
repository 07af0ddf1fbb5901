/*
 * qres FILE FOLDER: the files of a Qt resource (binary, as rcc writes it) that
 * are not compressed, which pictures never are, flat into FOLDER: the slashes
 * of a path become dashes.
 *
 * A tree of nodes of 14 bytes, 22 from version 2: offset of the name, flags,
 * then of a folder how many children and the first one's number, of a file
 * locale and offset of its data.  Numbers have their high byte first.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPRESSED = 1, FOLDER = 2, ZSTD = 4, DEPTH = 16, PATH = 512 };

static uint8_t *data;
static size_t len, node_size;
static uint32_t tree, files, names;
static const char *out;

static void
fail(const char *what)
{
	fprintf(stderr, "qres: %s\n", what);
	exit(65);
}

static uint32_t
get(size_t at, int bytes)
{
	uint32_t n = 0;

	if (at + (size_t)bytes > len)
		fail("not a Qt resource, or cut off");
	while (bytes-- > 0)
		n = n << 8 | data[at++];
	return n;
}

static void
add_name(char *path, size_t at)
{
	size_t used = strlen(path), n = get(at, 2), i;

	if (used + n + 2 > PATH)
		fail("a path is too long");
	if (used > 0)
		path[used++] = '-';
	for (i = 0; i < n; i++) {
		uint32_t c = get(at + 6 + 2 * i, 2);

		path[used++] = c > ' ' && c < 127 && c != '/' ? (char)c : '_';
	}
	path[used] = '\0';
}

static void
write_file(const char *path, size_t at)
{
	char name[PATH + 512];
	size_t n = get(at, 4);
	FILE *f;

	if (at + 4 + n > len)
		fail("a file is cut off");
	if (n == 0)
		return;
	snprintf(name, sizeof(name), "%s/%s", out, path);
	f = fopen(name, "wb");
	if (f == NULL || fwrite(data + at + 4, 1, n, f) != n ||
	    fclose(f) != 0) {
		perror(name);
		exit(74);
	}
}

static void
walk(uint32_t number, const char *above, int depth)
{
	size_t at = tree + (size_t)number * node_size;
	uint32_t flags = get(at + 4, 2), i, n, first;
	char path[PATH];

	if (depth > DEPTH)
		fail("folders within folders without end");
	snprintf(path, sizeof(path), "%s", above);
	if (number != 0)
		add_name(path, names + get(at, 4));
	if (flags & FOLDER) {
		n = get(at + 6, 4);
		first = get(at + 10, 4);
		for (i = 0; i < n; i++)
			walk(first + i, path, depth + 1);
	} else if ((flags & (COMPRESSED | ZSTD)) == 0)
		write_file(path, files + (size_t)get(at + 10, 4));
}

int
main(int argc, char *argv[])
{
	const size_t most = 64 << 20;
	FILE *f;

	if (argc != 3) {
		fprintf(stderr, "usage: qres FILE FOLDER\n");
		return 64;
	}
	out = argv[2];
	data = malloc(most);
	f = fopen(argv[1], "rb");
	if (data == NULL || f == NULL) {
		perror(argv[1]);
		return 74;
	}
	len = fread(data, 1, most, f);
	fclose(f);
	if (len < 20 || memcmp(data, "qres", 4) != 0)
		fail("not a Qt resource");
	node_size = get(4, 4) >= 2 ? 22 : 14;
	tree = get(8, 4);
	files = get(12, 4);
	names = get(16, 4);
	walk(0, "", 0);
	free(data);
	return 0;
}
