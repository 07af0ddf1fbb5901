/* vplace: a finished file under its final name, in a folder or on a mount.
 * See vplace(1). */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "opt.h"
#include "publish.h"
#include "stop.h"
#include "banned.h"

#define PIECE ((size_t)64 << 10)

static int
options(bool *mount, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "mount", NULL, OPT_FLAG, mount,
		    "refuse a TARGET that is not on a mount" },
		{ 0 },
	};
	int n = opt_parse(argc, argv, "[OPTION]... FILE TARGET",
	    "Publish a finished file as TARGET, whole or not at all.", table);

	if (argc - n != 2)
		die(EX_USAGE,
		    "it takes a file and a target, not %d operands; "
		    "see --help",
		    argc - n);
	return n;
}

/* The folder of a path; the caller frees. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* What is renamed over is gone: a device, a pipe or a folder stays. */
static void
target_or_die(const char *path)
{
	size_t len = strlen(path);
	struct stat st;

	if (len == 0 || path[len - 1] == '/')
		die(EX_USAGE, "'%s' is no name of a file", path);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		die(EX_USAGE, "'%s' is there, and no regular file", path);
}

/* Size and hash of a file; it stays open. */
static struct piece
piece_open(const char *path)
{
	struct piece p = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	char *buf = xmalloc(PIECE);
	struct sha h;
	ssize_t n = -1;

	sha_start(&h);
	while (p.fd >= 0 && !stopped && (n = read(p.fd, buf, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sha_add(&h, buf, (size_t)n);
		p.bytes += (uint64_t)n;
	}
	if (n < 0)
		die_errno(EX_IOERR, "cannot read '%s'", path);
	sha_end(&h, p.sha256);
	free(buf);
	return p;
}

static bool
place_file(const struct place *to, const struct piece *from, const char *path,
    const char *folder)
{
	struct publication p;
	bool ok = publish_copy(&p, to, path, from) && publish_name(&p) &&
	    publish_sync(to, folder);

	if (ok)
		publish_keep(&p);
	else
		publish_undo(&p);
	return ok;
}

/* The nearest folder above that is there: on a mount, folders are made only
 * where that one is on it.  The caller frees. */
static char *
above(const char *folder)
{
	char *path = xstrdup(folder), *slash;

	while (access(path, F_OK) != 0 && errno == ENOENT) {
		slash = strrchr(path, '/');
		if (slash == NULL) {
			free(path);
			return xstrdup(".");
		}
		slash[slash == path] = '\0';
	}
	return path;
}

static void
folder_open(const struct place *to, const char *folder)
{
	place_open(to);
	if (!file_mkdirs(folder, 0755))
		die_errno(EX_IOERR, "cannot make '%s'", folder);
}

int
main(int argc, char *argv[])
{
	bool mount = false, ok = false;
	int first = options(&mount, argc, argv);
	const char *target = argv[first + 1];
	char *folder = folder_of(target), *root = above(folder);
	struct place to = { root, mount, "--mount" };
	struct piece from;

	target_or_die(target);
	from = piece_open(argv[first]);
	if (!stopped) {
		folder_open(&to, folder);
		ok = place_file(&to, &from, target, folder);
	}

	close(from.fd);
	free(root);
	free(folder);
	if (stopped)
		return stop_again();
	return ok ? EX_OK : EX_IOERR;
}
