#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "msg.h"
#include "stop.h"
#include "banned.h"

#define PIECE ((size_t)256 << 10)
#define HASH_PIECE ((size_t)64 << 10)
#define TMP ".tmp-"

/* On a mount whose server is away, s3fs itself waits in each fsync. */
static const struct {
	int tries;
	int64_t first_ms; /* doubles with every try */
} sync_retry = { 6, 200 };

static struct publication *unsettled;

/* -- the place ------------------------------------------------------------ */

static bool
is_mount(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PUBLISH_FUSE;
}

bool
place_holds(const struct place *to, int fd)
{
	return !to->mount || is_mount(fd);
}

void
place_gone_say(const struct place *to)
{
	say("'%s' is not mounted, and %s says it must be", to->root,
	    to->setting != NULL ? to->setting : "VPIPE_RAW_MOUNT");
}

static void
mounted_or_die(const struct place *to, int fd)
{
	if (place_holds(to, fd))
		return;
	place_gone_say(to);
	exit(EX_CONFIG);
}

void
place_open(const struct place *to)
{
	int fd;

	if (!to->mount && !file_mkdirs(to->root, 0755))
		die_errno(EX_IOERR, "cannot make '%s'", to->root);
	fd = open(to->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) /* EIO: it is mounted, its server is away */
		die_errno(!to->mount ? EX_IOERR :
		        errno == EIO ? EX_TEMPFAIL :
		                       EX_CONFIG,
		    "cannot open '%s'", to->root);
	mounted_or_die(to, fd);
	close(fd);
}

static bool
sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	/* EINVAL: a file system that has nothing to sync here */
	ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	if (!ok)
		say("cannot sync '%s': %s", dir, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool
publish_sync(const struct place *to, const char *dir)
{
	size_t root = strlen(to->root);
	char *path = xstrdup(dir), *slash;
	bool ok;

	while ((ok = sync_folder(path)) && strlen(path) > root &&
	    (slash = strrchr(path, '/')) != NULL && slash != path)
		*slash = '\0';
	free(path);
	return ok;
}

/* -- what exit undoes ----------------------------------------------------- */

static void
undo_all(void)
{
	while (unsettled != NULL)
		publish_undo(unsettled);
}

static void
unsettle(struct publication *p)
{
	static bool registered;

	if (!registered && atexit(undo_all) != 0)
		die_no_memory();
	registered = true;
	p->next = unsettled;
	unsettled = p;
}

static void
settle(struct publication *p)
{
	struct publication **at;

	for (at = &unsettled; *at != NULL && *at != p; at = &(*at)->next)
		;
	if (*at == p)
		*at = p->next;
	free(p->tmp);
	free(p->path);
	p->tmp = p->path = NULL;
}

void
publish_keep(struct publication *p)
{
	settle(p);
}

void
publish_undo(struct publication *p)
{
	if (p->path == NULL)
		return;
	unlink(p->tmp != NULL ? p->tmp : p->path);
	settle(p);
}

/* -- copy ----------------------------------------------------------------- */

static char *
temporary(const char *path)
{
	uint64_t r;

	if (getrandom(&r, sizeof r, 0) != sizeof r)
		die_errno(EX_SOFTWARE, "cannot draw a random name");
	return xasprintf("%s" TMP "%016" PRIx64, path, r);
}

bool
publish_is_temporary(const char *name)
{
	return strstr(name, TMP) != NULL;
}

bool
publish_write(int fd, const char *p, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = write(fd, p, n);
		if (done < 0 && errno == EINTR && !stopped)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static bool
copy_range(int to, const struct piece *from)
{
	char *buf = xmalloc(PIECE);
	uint64_t done = 0;
	ssize_t n = 0;

	while (done < from->bytes && !stopped) {
		n = pread(from->fd, buf,
		    from->bytes - done < PIECE ? (size_t)(from->bytes - done) :
		                                 PIECE,
		    from->at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* our spool lost its end */
		if (n <= 0 || !publish_write(to, buf, (size_t)n))
			break;
		done += (uint64_t)n;
	}
	free(buf);
	return done == from->bytes;
}

/* May the same fsync succeed a little later? */
static bool
passing(int err)
{
	return err == EIO || err == EAGAIN || err == ETIMEDOUT || err == EINTR;
}

bool
publish_sync_file(int fd, const char *path)
{
	int64_t pause = sync_retry.first_ms;
	int try, err;

	for (try = 1; fsync(fd) != 0; try++, pause *= 2) {
		err = errno;
		if (!is_mount(fd) || !passing(err) || stopped ||
		    try == sync_retry.tries) {
			errno = err;
			return false;
		}
		info("cannot sync '%s' yet: %s", path, strerror(err));
		clock_sleep_ms(pause);
	}
	return true;
}

bool
publish_copy(struct publication *p, const struct place *to, const char *path,
    const struct piece *from)
{
	int fd, err;
	bool ok;

	*p = (struct publication){ .path = xstrdup(path),
		.tmp = temporary(path),
		.bytes = from->bytes };
	memcpy(p->sha256, from->sha256, SHA_HEX);
	unsettle(p);
	fd = file_create(p->tmp, O_WRONLY | O_EXCL);
	if (fd < 0) {
		say("cannot write '%s': %s", path, strerror(errno));
		return false;
	}
	mounted_or_die(to, fd); /* it may have gone since */
	ok = copy_range(fd, from) && publish_sync_file(fd, path);
	err = errno;
	if (close(fd) != 0 && ok) {
		ok = false;
		err = errno;
	}
	errno = err;
	if (!ok && !stopped)
		say("cannot write '%s': %s", path, strerror(errno));
	return ok && !stopped;
}

/* -- name and prove ------------------------------------------------------- */

bool
publish_name(struct publication *p)
{
	if (rename(p->tmp, p->path) != 0) {
		say("cannot rename '%s': %s", p->tmp, strerror(errno));
		return false;
	}
	free(p->tmp);
	p->tmp = NULL;
	if (publish_proven(p->path, p->bytes, p->sha256))
		return true;
	say("'%s' does not read back as it was written", p->path);
	return false;
}

static bool
hash_fd(int fd, char sha256[SHA_HEX])
{
	char buf[HASH_PIECE]; /* a fresh large one costs more */
	struct sha h;
	ssize_t n;

	sha_start(&h);
	while ((n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		sha_add(&h, buf, (size_t)n);
	}
	sha_end(&h, sha256);
	return n == 0;
}

/* The hash of a file; false with errno. */
static bool
publish_hash(const char *path, char sha256[SHA_HEX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	bool ok;

	if (fd < 0)
		return false;
	/* what is clean leaves the cache, so that the medium is read */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	ok = hash_fd(fd, sha256);
	err = errno;
	close(fd);
	errno = err;
	return ok;
}

bool
publish_proven(const char *path, uint64_t bytes, const char *sha256)
{
	char have[SHA_HEX];
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == bytes && publish_hash(path, have) &&
	    strcmp(have, sha256) == 0;
}
