#include "msg.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "banned.h"

const char *progname = "vpipe";
int verbosity;

static bool progress_shown;

/* Names may hold what a terminal obeys: C0, DEL, and C1 as UTF-8 has it. */
static void
make_plain(char *s)
{
	unsigned char c;

	for (; (c = (unsigned char)*s) != '\0'; s++) {
		if (c < 0x20 || c == 0x7f)
			*s = '?';
		else if (c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80)
			*s = s[1] = '?';
	}
}

static void
emit(const char *fmt, va_list ap, int err)
{
	char text[2048];
	int n;

	progress_clear();
	n = vsnprintf(text, sizeof text, fmt, ap);
	if (n < 0)
		text[0] = '\0';
	make_plain(text);
	/* one write, so that lines of several processes do not mix */
	if (err != 0)
		fprintf(stderr, "%s: %s: %s\n", progname, text, strerror(err));
	else
		fprintf(stderr, "%s: %s\n", progname, text);
}

/* Of threads that die of the same cause one says it, and ends the others. */
static pthread_mutex_t dying = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int ending = -1; /* with this status; under dying */

/*
 * Whoever is first has the lock for good.  What runs at its exit may wait for
 * something that another thread holds here: that one ends the process then.
 */
static void
one_at_a_time(int status)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	if (pthread_mutex_timedlock(&dying, &until) != 0)
		_exit(status);
}

static void
die_alone(int status)
{
	one_at_a_time(status);
	ending = status;
}

void
die(int status, const char *fmt, ...)
{
	va_list ap;

	die_alone(status);
	va_start(ap, fmt);
	emit(fmt, ap, 0);
	va_end(ap);
	exit(status);
}

void
die_errno(int status, const char *fmt, ...)
{
	va_list ap;
	int err = errno;

	die_alone(status);
	va_start(ap, fmt);
	emit(fmt, ap, err);
	va_end(ap);
	exit(status);
}

static void
end_now(int sig)
{
	(void)sig;
	_exit(EX_SOFTWARE);
}

void
die_no_memory(void)
{
	one_at_a_time(EX_SOFTWARE);
	/* what runs at exit may ask for memory, too */
	if (ending >= 0)
		_exit(ending);
	/* We may be in the midst of a library that is called again at exit, and
	 * waits for itself then, as OpenSSL's first error does. */
	signal(SIGALRM, end_now);
	alarm(1);
	die(EX_SOFTWARE, "out of memory");
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < 0)
		return;
	va_start(ap, fmt);
	emit(fmt, ap, 0);
	va_end(ap);
}

void
warn_errno(const char *fmt, ...)
{
	va_list ap;
	int err = errno;

	if (verbosity < 0)
		return;
	va_start(ap, fmt);
	emit(fmt, ap, err);
	va_end(ap);
}

void
info(const char *fmt, ...)
{
	va_list ap;

	if (verbosity < 1)
		return;
	va_start(ap, fmt);
	emit(fmt, ap, 0);
	va_end(ap);
}

void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(fmt, ap, 0);
	va_end(ap);
}

static struct {
	int shows; /* -1: not known yet */
	int64_t since, next_at;
	uint64_t done, total;
} bar = { .shows = -1 };

void
progress_share(uint64_t done, uint64_t total)
{
	bar.done = done;
	bar.total = total;
}

static bool
can_erase(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

/* From ten seconds on: before, the pace says little. */
static void
print_share(int64_t now)
{
	double share = (double)bar.done / (double)bar.total;
	double left = (double)(now - bar.since) / 1000 * (1 - share) / share;

	fprintf(stderr, ", %d %%", (int)(100 * share));
	if (now - bar.since < 10000)
		return;
	if (left < 120)
		fprintf(stderr, ", about %.0f s left", left);
	else
		fprintf(stderr, ", about %.0f min left", left / 60);
}

void
progress(const char *fmt, ...)
{
	int64_t now;
	va_list ap;

	if (bar.shows < 0)
		bar.shows = verbosity >= 0 && can_erase();
	if (!bar.shows || (now = clock_mono_ms()) < bar.next_at)
		return;
	bar.next_at = now + 250;
	if (bar.since == 0)
		bar.since = now;
	fprintf(stderr, "\r\033[K%s: ", progname);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (bar.done > 0 && bar.done <= bar.total)
		print_share(now);
	fflush(stderr);
	progress_shown = true;
}

void
progress_clear(void)
{
	if (!progress_shown)
		return;
	fputs("\r\033[K", stderr);
	progress_shown = false;
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

char *
xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		die_no_memory();
	return p;
}
