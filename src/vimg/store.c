#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "retry.h"
#include "banned.h"

#define TRIES 8 /* with others at work on the same object */
#define PAUSE_MS 50
#define PIECE ((size_t)64 << 10)
#define AHEAD 16 /* objects */

enum found { FOUND_SAME, FOUND_NONE, FOUND_OTHER, FOUND_ERROR };

void
store_open(struct store *s, const char *root, bool mount, const char *setting)
{
	*s = (struct store){ .to = { root, mount, setting } };
	place_open(&s->to);
	s->fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		die_errno(EX_IOERR, "cannot open '%s'", root);
}

void
store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

char *
store_path(const char *prefix, const char *sha256, const char *ext)
{
	return xasprintf("%s/%.2s/%.2s/%s.%s", prefix, sha256, sha256 + 2,
	    sha256, ext);
}

static char *
full(const struct store *s, const char *path)
{
	return xasprintf("%s/%s", s->to.root, path);
}

/* Threads that fail of the same cause say it once. */
static bool
first_to_say(struct store *s)
{
	return !atomic_exchange(&s->said, true);
}

static int
failed(struct store *s, const char *what, const char *path)
{
	if (first_to_say(s))
		say("cannot %s '%s': %s", what, path, strerror(errno));
	return EX_IOERR;
}

/* ---- what is there ---- */

static bool
is_linked(int fd, const char *path)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
	    open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* What is clean leaves the cache, so that the medium is read. */
static void
uncache(int fd)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* All its bytes, and no more: then its hash is theirs, too. */
static enum found
compare(int fd, const struct store_item *it)
{
	char buf[PIECE]; /* a fresh large one costs more */
	struct stat st;
	size_t at = 0;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return FOUND_ERROR;
	if ((uint64_t)st.st_size != it->len)
		return FOUND_OTHER;
	while ((n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FOUND_ERROR;
		if ((size_t)n > it->len - at ||
		    memcmp(buf, it->bytes + at, (size_t)n) != 0)
			return FOUND_OTHER;
		at += (size_t)n;
	}
	return at == it->len ? FOUND_SAME : FOUND_OTHER;
}

/* One that is not what its name says is removed. */
static enum found
look(const char *path, const struct store_item *it)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	enum found f;

	if (fd < 0)
		return errno == ENOENT ? FOUND_NONE : FOUND_ERROR;
	flock(fd, LOCK_EX); /* whoever writes it, ends first */
	uncache(fd);
	f = compare(fd, it);
	if (!is_linked(fd, path))
		f = FOUND_NONE;
	else if (f == FOUND_OTHER && unlink(path) != 0 && errno != ENOENT)
		f = FOUND_ERROR;
	err = errno;
	close(fd);
	errno = err;
	return f;
}

/* ---- write ---- */

static bool
write_object(struct store *s, int fd, const char *path,
    const struct store_item *it)
{
	bool ok = publish_write(fd, it->bytes, it->len) &&
	    (!s->to.mount || publish_sync_file(fd, path));
	int err = errno;

	if (close(fd) != 0 && ok) {
		ok = false;
		err = errno;
	}
	errno = err;
	return ok;
}

/* The new file is ours.  *again: another took it for half an object. */
static int
fill(struct store *s, int fd, const char *path, const struct store_item *it,
    bool *again)
{
	int err;

	*again = false;
	if (!place_holds(&s->to, fd)) {
		close(fd);
		unlink(path);
		if (first_to_say(s))
			place_gone_say(&s->to);
		return EX_CONFIG;
	}
	flock(fd, LOCK_EX);
	if (!is_linked(fd, path)) {
		close(fd);
		*again = true;
		return EX_OK;
	}
	if (write_object(s, fd, path, it))
		return EX_OK;
	err = errno;
	unlink(path);
	errno = err;
	return failed(s, "write", path);
}

static bool
make_folder(const char *path)
{
	char *dir = xstrdup(path);
	bool ok;

	*strrchr(dir, '/') = '\0';
	ok = file_mkdirs(dir, 0755);
	free(dir);
	return ok;
}

static bool
is_foreseen(struct store *s, const char *dir)
{
	unsigned hash = 2166136261u; /* FNV-1a */

	for (; *dir != '\0'; dir++)
		hash = (hash ^ (unsigned char)*dir) * 16777619u;
	hash %= STORE_FOLDERS;
	return (atomic_fetch_or(&s->made[hash / 8],
	            (unsigned char)(1 << hash % 8)) >>
	               hash % 8 &
	           1) != 0;
}

/*
 * The first object of a folder in this run makes it unasked: on s3fs, to find
 * out that it is missing by opening, and to make folders from the top, costs
 * several requests each.  Opening will tell whether it is there, and so it does
 * no harm that two folders may count as one.
 */
static void
foresee_folder(struct store *s, char *path)
{
	char *slash = strrchr(path, '/'), *above;

	*slash = '\0';
	if (!is_foreseen(s, path)) {
		above = strrchr(path, '/');
		*above = '\0';
		if (!is_foreseen(s, path))
			mkdir(path, 0755);
		*above = '/';
		mkdir(path, 0755);
	}
	*slash = '/';
}

static int
put_at(struct store *s, char *path, struct store_item *it)
{
	bool again = true;
	enum found f;
	int try, fd, status;

	foresee_folder(s, path);
	for (try = 0; try < TRIES; try++) {
		if (try > 2)
			clock_sleep_ms(retry_random(PAUSE_MS));
		fd = file_create(path, O_WRONLY | O_EXCL);
		if (fd >= 0) {
			status = fill(s, fd, path, it, &again);
			if (status != EX_OK || !again)
				return status;
		} else if (errno == ENOENT) {
			if (!make_folder(path))
				return failed(s, "make the folder of", path);
		} else if (errno != EEXIST) {
			return failed(s, "write", path);
		} else {
			f = look(path, it);
			it->known = f == FOUND_SAME;
			if (f == FOUND_SAME)
				return EX_OK;
			if (f == FOUND_ERROR)
				return failed(s, "read", path);
		}
	}
	errno = EBUSY; /* others keep writing it */
	return failed(s, "write", path);
}

static int
put(struct store *s, struct store_item *it)
{
	char *path = full(s, it->path);
	int status;

	it->known = false;
	status = put_at(s, path, it);
	free(path);
	return status;
}

/* ---- prove ---- */

static int
sync_store(struct store *s)
{
	if (s->to.mount || syncfs(s->fd) == 0)
		return EX_OK;
	return failed(s, "sync", s->to.root);
}

/* Read ahead, so that the medium is busy while the one before is compared. */
static void
read_ahead(struct store *s, const struct store_item *it)
{
	char *path = full(s, it->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		uncache(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
		close(fd);
	}
	free(path);
}

static enum found
prove(struct store *s, const struct store_item *it)
{
	char *path = full(s, it->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	enum found f = fd >= 0 ? compare(fd, it) :
	    errno == ENOENT    ? FOUND_NONE :
	                         FOUND_ERROR;

	err = errno;
	if (f == FOUND_ERROR) {
		errno = err;
		failed(s, "read", path);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return f;
}

/*
 * Gone or other than written: another process took ours for half an object
 * before we had the lock.  Once more, and by itself.
 */
static int
settle(struct store *s, struct store_item *it)
{
	enum found f;
	int try, status = EX_OK;

	for (try = 0; try < TRIES; try++) {
		f = prove(s, it);
		if (f == FOUND_SAME)
			return EX_OK;
		if (f == FOUND_ERROR)
			return EX_IOERR;
		status = put(s, it);
		if (status == EX_OK)
			status = sync_store(s);
		if (status != EX_OK)
			return status;
		read_ahead(s, it);
	}
	if (first_to_say(s))
		say("'%s/%s' does not read back as it was written", s->to.root,
		    it->path);
	return EX_IOERR;
}

int
store_put(struct store *s, struct store_item *items, size_t n)
{
	int status = EX_OK;
	size_t i, ahead = 0;

	for (i = 0; i < n && status == EX_OK; i++)
		status = put(s, &items[i]);
	if (status == EX_OK)
		status = sync_store(s);
	for (i = 0; i < n && status == EX_OK; i++) {
		for (; ahead < n && ahead <= i + AHEAD; ahead++)
			if (!items[ahead].known)
				read_ahead(s, &items[ahead]);
		if (!items[i].known)
			status = settle(s, &items[i]);
	}
	return status;
}

/* ---- read ---- */

bool
store_has(const struct store *s, const char *path, uint64_t len)
{
	char *name = full(s, path);
	struct stat st;
	bool has = stat(name, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == len;

	free(name);
	return has;
}

bool
store_read(const struct store *s, const char *path, size_t most, struct buf *b)
{
	char *name = full(s, path);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	size_t piece = 256 << 10;
	ssize_t n = -1;

	free(name);
	while (fd >= 0) {
		buf_grow(b, piece);
		n = read(fd, b->data + b->len, piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || b->len + (size_t)n > most)
			break;
		b->len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return n == 0;
}
