#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "stop.h"
#include "banned.h"

#define LOOK_NS 500000 /* at a lock; doubling */
#define LOOK_MOST_NS 50000000
#define GRACE_MS 500 /* after a signal */

bool
file_read(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0)
		return false;
	do {
		buf_grow(b, 65536);
		n = read(fd, b->data + b->len, 65536);
		if (n > 0)
			b->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	b->data[b->len] = '\0';
	err = errno;
	close(fd);
	errno = err;
	return n == 0;
}

bool
file_read_text(const char *path, struct buf *b)
{
	size_t from = b->len, mark;
	struct slice s;

	if (!file_read(path, b))
		return false;
	s = (struct slice){ b->data + from, b->len - from };
	if (slice_utf16(s))
		die(EX_CONFIG, "'%s' is UTF-16, and must be UTF-8", path);
	mark = s.len - slice_unmarked(s).len;
	memmove(b->data + from, b->data + from + mark, s.len - mark + 1);
	b->len -= mark;
	return true;
}

static bool
write_whole(int fd, struct slice s)
{
	ssize_t n;

	while (s.len > 0) {
		n = write(fd, s.p, s.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		s.p += n;
		s.len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

bool
file_replace(const char *path, struct slice s, mode_t mode)
{
	char *tmp = xasprintf("%s.XXXXXX", path);
	int fd, err;
	bool ok;

	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		free(tmp);
		errno = err;
		return false;
	}
	ok = fchmod(fd, mode) == 0 && write_whole(fd, s);
	err = errno;
	if (close(fd) != 0 && ok) {
		ok = false;
		err = errno;
	}
	if (ok && rename(tmp, path) != 0) {
		ok = false;
		err = errno;
	}
	if (!ok)
		unlink(tmp);
	free(tmp);
	errno = err;
	return ok;
}

int
file_create(const char *path, int flags)
{
	int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600), err;
	struct stat st;

	if (fd < 0 ||
	    (fstat(fd, &st) == 0 &&
	        (!S_ISREG(st.st_mode) || (st.st_mode & 0777) == 0600 ||
	            fchmod(fd, 0600) == 0)))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

bool
file_mkdirs(const char *path, mode_t mode)
{
	char *p, *slash;
	bool ok = true;
	int err = 0;

	/* most often no more than the last is missing */
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return true;
	if (errno != ENOENT)
		return false;
	p = xstrdup(path);
	for (slash = strchr(p + 1, '/'); ok; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(p, mode) != 0 && errno != EEXIST) {
			ok = false;
			err = errno;
		}
		if (slash == NULL)
			break;
		*slash = '/';
	}
	free(p);
	errno = err;
	return ok;
}

/* By looking, not by sleeping in flock: a signal that comes between a look at
 * `stopped` and the call would not end that. */
int
file_lock(const char *path, bool wait)
{
	int fd = file_create(path, O_RDWR), err;
	struct timespec ts = { .tv_nsec = LOOK_NS };
	int64_t until = 0;

	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (stopped && until == 0)
			until = clock_mono_ms() + GRACE_MS;
		if (errno == EINTR)
			continue;
		if (!wait || errno != EWOULDBLOCK ||
		    (stopped && clock_mono_ms() > until)) {
			err = errno;
			close(fd);
			errno = err;
			return -1;
		}
		nanosleep(&ts, NULL);
		if (ts.tv_nsec < LOOK_MOST_NS)
			ts.tv_nsec *= 2;
	}
	return fd;
}
