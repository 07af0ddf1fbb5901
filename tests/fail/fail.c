/*
 * fail: a library for LD_PRELOAD that lets a system call fail on demand.
 *
 *	FAIL_CALL=write   which: read write close fsync rename open unlink mkdir
 *	                  malloc (with calloc and realloc), or any: all but
 *	                  malloc
 *	FAIL_AT=3         the third such call fails (default 1)
 *	FAIL_TIMES=2      and the next one, too; 0: all from there on (default
 *1) FAIL_HOW=ENOSPC   with that errno (ENOSPC EIO ENOMEM EINTR EROFS); or
 *	                  short: a write takes only half; or kill: SIGKILL
 *	                  before the call; or stop: SIGSTOP before the call,
 *	                  which is then made as it stands (default EIO)
 *	FAIL_PATH=.zst    counts only calls whose file's name holds this text
 *	FAIL_TELL=FILE    made when a call fails: without it all were spared
 *	FAIL_MOUNT=/raw/  fstatfs says that files whose name holds this text lie
 *	                  on an s3fs mount
 *	FAIL_SYNC=no      an fsync that does not fail does nothing: quick tests
 *
 * pread counts as read, syncfs as fsync.  A close that fails has closed the
 *descriptor, as on Linux.  Which call is the nth is only certain where there is
 *one thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FUSE 0x65735546

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "ENOSPC", ENOSPC },
	{ "EIO", EIO },
	{ "ENOMEM", ENOMEM },
	{ "EINTR", EINTR },
	{ "EROFS", EROFS },
};

static struct {
	const char *call, *how, *path, *tell, *mount;
	long at, times;
	bool no_sync;
} want;
static long count;
static bool ready; /* nothing is counted before main */
static bool busy;  /* dlsym and mknod are ours, not counted */

static void *
next(const char *name)
{
	void *f;

	busy = true;
	f = dlsym(RTLD_NEXT, name);
	busy = false;
	return f;
}

static const char *
setting(const char *name, const char *otherwise)
{
	const char *v = getenv(name);

	return v != NULL ? v : otherwise;
}

/* Once, and late: a sanitizer that is not up yet bears no call of atol. */
__attribute__((constructor)) static void
settings(void)
{
	want.call = setting("FAIL_CALL", "");
	want.how = setting("FAIL_HOW", "EIO");
	want.path = setting("FAIL_PATH", "");
	want.tell = setting("FAIL_TELL", "");
	want.mount = setting("FAIL_MOUNT", "");
	want.at = atol(setting("FAIL_AT", "1"));
	want.times = atol(setting("FAIL_TIMES", "1"));
	want.no_sync = strcmp(setting("FAIL_SYNC", ""), "no") == 0;
	ready = true;
}

static bool
is_how(const char *how)
{
	return strcmp(want.how, how) == 0;
}

static bool
path_holds(const char *text, const char *path, int fd)
{
	char link[64], name[4096];
	ssize_t n;

	if (path != NULL)
		return strstr(path, text) != NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof name - 1);
	if (n < 0)
		return false;
	name[n] = '\0';
	return strstr(name, text) != NULL;
}

static void
tell(void)
{
	busy = true;
	if (*want.tell != '\0')
		mknod(want.tell, S_IFREG | 0644, 0);
	busy = false;
}

static bool
is_wanted(const char *call)
{
	if (strcmp(want.call, "any") == 0)
		return strcmp(call, "malloc") != 0;
	return strcmp(want.call, call) == 0;
}

/* Counts the call; is it one that fails? */
static bool
fails(const char *call, const char *path, int fd)
{
	if (!ready || busy || !is_wanted(call) ||
	    (*want.path != '\0' && !path_holds(want.path, path, fd)))
		return false;
	count++;
	if (count < want.at ||
	    (want.times > 0 && count >= want.at + want.times))
		return false;
	tell();
	if (is_how("kill"))
		kill(getpid(), SIGKILL);
	if (is_how("stop")) {
		kill(getpid(), SIGSTOP);
		return false;
	}
	return true;
}

static void
set_errno(void)
{
	size_t i;

	errno = EIO;
	for (i = 0; i < sizeof errors / sizeof *errors; i++)
		if (is_how(errors[i].name))
			errno = errors[i].value;
}

/* RETURNS NAME(PARAMETERS), unless it fails. */
#define CALL(returns, name, parameters, arguments, call, path, fd)             \
	returns name parameters;                                               \
	returns name parameters                                                \
	{                                                                      \
		static returns(*real) parameters;                              \
		if (real == NULL)                                              \
			real = (returns(*) parameters)next(#name);             \
		if (fails(call, path, fd)) {                                   \
			set_errno();                                           \
			return (returns)-1;                                    \
		}                                                              \
		return real arguments;                                         \
	}

CALL(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), "read", NULL, fd)
CALL(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at),
    "read", NULL, fd)
CALL(ssize_t, pread64, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at),
    "read", NULL, fd)
CALL(int, rename, (const char *from, const char *to), (from, to), "rename", to,
    -1)
CALL(int, unlink, (const char *path), (path), "unlink", path, -1)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), "mkdir", path,
    -1)

ssize_t
write(int fd, const void *p, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (real == NULL)
		real = (ssize_t(*)(int, const void *, size_t))next("write");
	if (!fails("write", NULL, fd))
		return real(fd, p, n);
	if (is_how("short"))
		return real(fd, p, n / 2 > 0 ? n / 2 : n);
	set_errno();
	return -1;
}

int
fsync(int fd)
{
	static int (*real)(int);

	if (real == NULL)
		real = (int (*)(int))next("fsync");
	if (fails("fsync", NULL, fd)) {
		set_errno();
		return -1;
	}
	return want.no_sync ? 0 : real(fd);
}

int
syncfs(int fd)
{
	static int (*real)(int);

	if (real == NULL)
		real = (int (*)(int))next("syncfs");
	if (fails("fsync", NULL, fd)) {
		set_errno();
		return -1;
	}
	return want.no_sync ? 0 : real(fd);
}

int
close(int fd)
{
	static int (*real)(int);
	bool fail = fails("close", NULL, fd);
	int rc;

	if (real == NULL)
		real = (int (*)(int))next("close");
	rc = real(fd);
	if (!fail)
		return rc;
	set_errno();
	return -1;
}

int
open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (real == NULL)
		real = (int (*)(const char *, int, ...))next("open");
	if (!fails("open", path, -1))
		return real(path, flags, mode);
	set_errno();
	return -1;
}

int
fstatfs(int fd, struct statfs *fs)
{
	static int (*real)(int, struct statfs *);
	int rc;

	if (real == NULL)
		real = (int (*)(int, struct statfs *))next("fstatfs");
	rc = real(fd, fs);
	if (rc == 0 && ready && *want.mount != '\0' &&
	    path_holds(want.mount, NULL, fd))
		fs->f_type = FUSE;
	return rc;
}

/* dlsym may ask for memory before we know where memory comes from */
static char early[4096];
static size_t early_used;

static void *
early_alloc(size_t n)
{
	void *p = early + early_used;

	early_used += (n + 15) & ~(size_t)15;
	return early_used <= sizeof early ? p : NULL;
}

void *
malloc(size_t n)
{
	static void *(*real)(size_t);

	if (real == NULL && busy)
		return early_alloc(n);
	if (real == NULL)
		real = (void *(*)(size_t))next("malloc");
	if (!fails("malloc", NULL, -1))
		return real(n);
	errno = ENOMEM;
	return NULL;
}

void *
calloc(size_t n, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (real == NULL && busy)
		return early_alloc(n * size);
	if (real == NULL)
		real = (void *(*)(size_t, size_t))next("calloc");
	if (!fails("malloc", NULL, -1))
		return real(n, size);
	errno = ENOMEM;
	return NULL;
}

void *
realloc(void *old, size_t n)
{
	static void *(*real)(void *, size_t);

	if (real == NULL)
		real = (void *(*)(void *, size_t))next("realloc");
	if (!fails("malloc", NULL, -1))
		return real(old, n);
	errno = ENOMEM;
	return NULL;
}
