#include "pace.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "file.h"
#include "msg.h"
#include "retry.h"
#include "stop.h"
#include "banned.h"

#define MINUTE_MS 60000
#define HOUR_MS 3600000
/* An instant further ahead than this was written under another clock. */
#define AHEAD_MS (2 * HOUR_MS)

struct state {
	int64_t not_before, pause;
	int64_t *asked;
	size_t n;
	bool cut; /* not_before was further away than a day */
};

void
pace_init(struct pace *p, const char *folder, const char *group, int minute,
    int hour)
{
	if (!file_mkdirs(folder, 0755))
		die_errno(EX_IOERR, "cannot make '%s'", folder);
	*p = (struct pace){ xasprintf("%s/%s", folder, group), minute, hour };
}

void
pace_release(struct pace *p)
{
	free(p->path);
	p->path = NULL;
}

/* -1: a signal has ended the wait, and what was to be written is not. */
static int
lock(const struct pace *p)
{
	char *path = xasprintf("%s.lock", p->path);
	int fd = file_lock(path, true);

	if (fd < 0 && !stopped)
		die_errno(EX_IOERR, "cannot lock '%s'", path);
	free(path);
	return fd;
}

static void
state_add(struct state *s, int64_t at)
{
	s->asked = xrealloc(s->asked, (s->n + 1) * sizeof *s->asked);
	s->asked[s->n++] = at;
}

static bool
state_line(struct state *s, const char *line, size_t len, int64_t now)
{
	int64_t at;

	if (len > 11 && strncmp(line, "not-before ", 11) == 0)
		return clock_parse(line + 11, len - 11, &s->not_before);
	if (len > 6 && strncmp(line, "pause ", 6) == 0) {
		s->pause = strtoll(line + 6, NULL, 10);
		if (s->pause < 0 || s->pause > PACE_MOST_MS)
			s->pause = PACE_MOST_MS;
		return true;
	}
	if (len <= 6 || strncmp(line, "asked ", 6) != 0 ||
	    !clock_parse(line + 6, len - 6, &at))
		return false;
	if (at > now - HOUR_MS && at < now + AHEAD_MS)
		state_add(s, at);
	return true;
}

static void
state_load(const struct pace *p, struct state *s, int64_t now)
{
	struct buf b = { 0 };
	const char *line, *end;

	*s = (struct state){ 0 };
	if (!file_read(p->path, &b)) {
		if (errno != ENOENT)
			die_errno(EX_IOERR, "cannot read '%s'", p->path);
		return;
	}
	for (line = b.data; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL ||
		    !state_line(s, line, (size_t)(end - line), now))
			die(EX_CONFIG,
			    "'%s' is damaged; it holds the pace "
			    "and the cool-down, mend it or remove it",
			    p->path);
	}
	buf_release(&b);
	s->cut = s->not_before > now + PACE_DAY_MS;
	if (s->cut)
		s->not_before = now + PACE_DAY_MS;
}

static void
state_store(const struct pace *p, const struct state *s)
{
	struct buf b = { 0 };
	char at[CLOCK_LEN];
	size_t i;

	buf_addf(&b, "not-before %s\n", clock_format(s->not_before, at));
	buf_addf(&b, "pause %lld\n", (long long)s->pause);
	for (i = 0; i < s->n; i++)
		buf_addf(&b, "asked %s\n", clock_format(s->asked[i], at));
	if (!file_replace(p->path, buf_slice(&b), 0600))
		die_errno(EX_IOERR, "cannot write '%s'", p->path);
	buf_release(&b);
}

/*
 * The first instant at which one more request keeps both limits: not sooner
 * after the one before than the pace and its jitter say, and never more than
 * the limit in any minute or hour.
 */
static int64_t
next_instant(const struct pace *p, const struct state *s, int64_t now,
    int64_t jitter)
{
	const int limits[] = { p->minute, p->hour };
	const int64_t spans[] = { MINUTE_MS, HOUR_MS };
	int64_t at = now, free_at;
	size_t i;

	if (s->n > 0 && p->minute > 0) {
		free_at = s->asked[s->n - 1] + MINUTE_MS / p->minute + jitter;
		at = at > free_at ? at : free_at;
	}
	for (i = 0; i < 2; i++) {
		if (limits[i] == 0 || s->n < (size_t)limits[i])
			continue;
		free_at = s->asked[s->n - (size_t)limits[i]] + spans[i];
		at = at > free_at ? at : free_at;
	}
	return at > s->not_before ? at : s->not_before;
}

static int64_t
jitter_most(const struct pace *p)
{
	return p->minute > 0 ? MINUTE_MS / p->minute / 2 : 0;
}

/* Writes down what was read, or it would be a day again at each reading. */
static void
cut(const struct pace *p, int64_t now)
{
	struct state s;
	char text[CLOCK_LEN];
	int fd = lock(p);

	if (fd < 0)
		return;
	state_load(p, &s, now);
	if (s.cut) {
		warn("'%s' holds a pause of more than a day: it ends at %s",
		    p->path, clock_format(s.not_before, text));
		state_store(p, &s);
	}
	free(s.asked);
	close(fd);
}

int64_t
pace_cooling(const struct pace *p, int64_t now)
{
	struct state s;

	/* the file is replaced whole, so reading needs no lock */
	state_load(p, &s, now);
	free(s.asked);
	if (s.cut)
		cut(p, now);
	return s.not_before > now ? s.not_before : 0;
}

int64_t
pace_resume(const struct pace *p, int64_t now)
{
	struct state s;
	int64_t until;
	int fd = lock(p);

	if (fd < 0)
		return 0;
	state_load(p, &s, now);
	until = s.not_before > now ? s.not_before : 0;
	if (until > 0) {
		s.not_before = now;
		state_store(p, &s);
	}
	free(s.asked);
	close(fd);
	return until;
}

int64_t
pace_take(const struct pace *p, int64_t now)
{
	struct state s;
	int64_t at;
	int fd;

	if (p->minute == 0 && p->hour == 0)
		return now;
	fd = lock(p);
	if (fd < 0)
		return now;
	state_load(p, &s, now);
	at = next_instant(p, &s, now, retry_random(jitter_most(p)));
	state_add(&s, at);
	state_store(p, &s);
	free(s.asked);
	close(fd);
	return at;
}

int64_t
pace_foresee(const struct pace *p, int64_t now, int64_t n)
{
	struct state s;
	int64_t at = now;

	state_load(p, &s, now);
	if (s.not_before > at)
		at = s.not_before;
	for (; n > 0 && (p->minute > 0 || p->hour > 0); n--) {
		at = next_instant(p, &s, now, jitter_most(p) / 2);
		state_add(&s, at);
	}
	free(s.asked);
	return at;
}

void
pace_refused(const struct pace *p, int64_t now, int64_t retry_after_ms)
{
	struct state s;
	int fd = lock(p);

	if (fd < 0) {
		warn("'%s' is locked: the pause is not written down", p->path);
		return;
	}
	state_load(p, &s, now);
	/* one wall, met by two processes at once, doubles nothing */
	if (s.not_before <= now || s.pause == 0)
		s.pause = s.pause == 0 ? PACE_FIRST_MS : 2 * s.pause;
	if (s.pause > PACE_MOST_MS)
		s.pause = PACE_MOST_MS;
	if (s.not_before < now + s.pause)
		s.not_before = now + s.pause;
	if (retry_after_ms > PACE_DAY_MS)
		retry_after_ms = PACE_DAY_MS;
	if (s.not_before < now + retry_after_ms)
		s.not_before = now + retry_after_ms;
	state_store(p, &s);
	free(s.asked);
	close(fd);
}

void
pace_hold(const struct pace *p, int64_t now, int64_t until)
{
	struct state s;
	int fd = lock(p);

	if (fd < 0)
		return;
	state_load(p, &s, now);
	if (until > now + PACE_DAY_MS)
		until = now + PACE_DAY_MS;
	if (s.not_before < until) {
		s.not_before = until;
		state_store(p, &s);
	}
	free(s.asked);
	close(fd);
}

void
pace_answered(const struct pace *p, int64_t now)
{
	struct state s;
	int fd;

	state_load(p, &s, now);
	free(s.asked);
	if (s.pause == 0 || now < s.not_before)
		return;
	fd = lock(p);
	if (fd < 0)
		return;
	state_load(p, &s, now);
	if (now >= s.not_before) {
		s.pause = 0;
		state_store(p, &s);
	}
	free(s.asked);
	close(fd);
}
