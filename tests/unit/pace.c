/* pace: one budget for all processes of a group, and its cool-down */
#include "pace.h"

#include <sys/wait.h>
#include <unistd.h>

#include "msg.h"

#include "test.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define EACH 120 /* requests of each process */

static const int64_t now = 1789891200000; /* 2026-09-20T08:00:00Z */
static char folder[] = "/tmp/vpace.XXXXXX";

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* No span, wherever it begins, holds more than the limit. */
static bool
keeps(const int64_t *at, size_t n, size_t limit, int64_t span)
{
	size_t i;

	for (i = limit; i < n; i++)
		if (at[i] - at[i - limit] < span)
			return false;
	return true;
}

/* A process that goes by its own turns: each is later than the one before. */
static void
take_turns(struct pace *p, int fd)
{
	int64_t at = now;
	int i;

	for (i = 0; i < EACH; i++) {
		at = pace_take(p, at);
		if (write(fd, &at, sizeof at) != sizeof at)
			_exit(1);
	}
	_exit(0);
}

static void
two_processes(void)
{
	int64_t at[2 * EACH];
	size_t n = 0, i;
	struct pace p;
	int fd[2], status;

	pace_init(&p, folder, "shared", 12, 180);
	CHECK(pipe(fd) == 0);
	for (i = 0; i < 2; i++)
		if (fork() == 0)
			take_turns(&p, fd[1]);
	close(fd[1]);
	while (n < 2 * EACH &&
	    read(fd[0], &at[n], sizeof at[n]) == sizeof at[n])
		n++;
	while (wait(&status) > 0)
		CHECK(status == 0);
	CHECK(n == 2 * EACH);
	qsort(at, n, sizeof *at, by_time);
	CHECK(keeps(at, n, 12, MINUTE));
	CHECK(keeps(at, n, 180, HOUR));
	/* jittered: not all gaps are the same, none is shorter than the pace */
	for (i = 1, status = 0; i < 100; i++) {
		CHECK(at[i] - at[i - 1] >= 5 * SECOND);
		status |= at[i] - at[i - 1] != 5 * SECOND;
	}
	CHECK(status);
	pace_release(&p);
}

static void
cool_down(void)
{
	struct pace p, other;
	int64_t t = now, pause;

	pace_init(&p, folder, "cool", 12, 180);
	pace_init(&other, folder, "cool", 0, 0); /* loopback */
	CHECK(pace_cooling(&p, t) == 0);
	for (pause = 15 * MINUTE; pause < 8 * HOUR; pause *= 2) {
		pace_refused(&p, t, 0);
		CHECK(pace_cooling(&other, t) ==
		    t + (pause < 6 * HOUR ? pause : 6 * HOUR));
		/* a wall met by two processes at once doubles nothing */
		pace_refused(&other, t, 0);
		CHECK(pace_cooling(&p, t) ==
		    t + (pause < 6 * HOUR ? pause : 6 * HOUR));
		/* an answer that was under way shortens nothing */
		pace_answered(&other, t + 1);
		t = pace_cooling(&p, t);
		CHECK(pace_cooling(&p, t) == 0);
	}
	pace_answered(&p, t);
	pace_refused(&p, t, 0);
	CHECK(pace_cooling(&p, t) == t + 15 * MINUTE);
	pace_release(&p);
	pace_release(&other);
}

static void
retry_after_is_a_floor(void)
{
	struct pace p;

	pace_init(&p, folder, "floor", 12, 180);
	pace_refused(&p, now, 2 * HOUR);
	CHECK(pace_cooling(&p, now) == now + 2 * HOUR);
	pace_hold(&p, now, now + HOUR);
	CHECK(pace_cooling(&p, now) == now + 2 * HOUR);
	pace_hold(&p, now, now + 3 * HOUR);
	CHECK(pace_cooling(&p, now) == now + 3 * HOUR);
	pace_release(&p);

	/* a hold is no cool-down: a refusal in it is still worth its minutes */
	pace_init(&p, folder, "hold", 12, 180);
	pace_hold(&p, now, now + 2 * SECOND);
	pace_refused(&p, now, 0);
	CHECK(pace_cooling(&p, now) == now + 15 * MINUTE);
	pace_release(&p);
}

/* A day is the most, whoever asks for more; the operator ends it before. */
static void
a_day_at_most(void)
{
	struct pace p;

	pace_init(&p, folder, "day", 12, 180);
	pace_refused(&p, now, 1000 * (int64_t)PACE_DAY_MS);
	CHECK(pace_cooling(&p, now) == now + PACE_DAY_MS);
	pace_hold(&p, now, now + 1000 * (int64_t)PACE_DAY_MS);
	CHECK(pace_cooling(&p, now) == now + PACE_DAY_MS);
	/* the clock jumped back by a month: a day from there, and no more */
	CHECK(pace_cooling(&p, now - 30 * (int64_t)PACE_DAY_MS) ==
	    now - 29 * (int64_t)PACE_DAY_MS);
	CHECK(pace_cooling(&p, now) == 0);
	pace_refused(&p, now, 0);
	CHECK(pace_resume(&p, now + 1) == now + 30 * MINUTE);
	CHECK(pace_cooling(&p, now + 1) == 0);
	CHECK(pace_resume(&p, now + 1) == 0);
	pace_refused(&p, now + 1, 0);
	CHECK(pace_cooling(&p, now + 1) == now + 1 + HOUR);
	pace_release(&p);
}

static void
foreseen(void)
{
	struct pace p;

	pace_init(&p, folder, "plan", 12, 180);
	CHECK(pace_foresee(&p, now, 1) == now);
	CHECK(pace_foresee(&p, now, 180) < now + HOUR);
	CHECK(pace_foresee(&p, now, 181) >= now + HOUR);
	CHECK(pace_take(&p, now) == now); /* nothing was written down */
	pace_release(&p);
}

int
main(void)
{
	char *command;

	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	two_processes();
	cool_down();
	retry_after_is_a_floor();
	a_day_at_most();
	foreseen();
	command = xasprintf("rm -r '%s'", folder);
	CHECK(system(command) == 0);
	free(command);
	return DONE();
}
