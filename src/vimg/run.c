#include "run.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "clock.h"
#include "stop.h"
#include "banned.h"

#define ROOM ((size_t)10 << 20) /* bytes of bodies in flight */
#define WINDOW_MORE 192         /* photos beyond those under way */
#define WAIT_MS 1000
#define REST_MS 3

/*
 * As many as there are descriptors for, beside what else is open: where the
 * limit is low, fewer transfers are better than some that cannot connect, or a
 * store that cannot be written.
 */
static int
transfers(const struct options *o)
{
	const int64_t others = o->mount ? 2 * MOUNT_STORERS + 14 : 16;
	int64_t most;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return (int)o->parallel;
	if (l.rlim_cur < (rlim_t)(o->parallel + others)) {
		l.rlim_cur = l.rlim_max < (rlim_t)(o->parallel + others) ?
		    l.rlim_max :
		    (rlim_t)(o->parallel + others);
		setrlimit(RLIMIT_NOFILE, &l);
	}
	if (l.rlim_cur >= (rlim_t)(o->parallel + others))
		return (int)o->parallel;
	most = (int64_t)l.rlim_cur - others;
	if (most < 1)
		die(EX_IOERR,
		    "no more than %d files may be open (ulimit -n), and %d are "
		    "needed",
		    (int)l.rlim_cur, (int)others + 1);
	warn("no more than %d files may be open (ulimit -n): %d transfers at a "
	     "time",
	    (int)l.rlim_cur, (int)most);
	return (int)most;
}

void
run_init(struct run *r, const struct options *o)
{
	*r = (struct run){
		.o = o, .budget = o->budget, .parallel = transfers(o)
	};
	manners_init(&r->manners, o->base_url);
	/* all that are under way may meet the same short outage */
	r->manners.silent_most = 2 * r->parallel + 8;
	r->began_at = clock_now_ms();
	if (o->raw != NULL)
		polite_run_id(r->id, r->began_at, o->raw);
	if (!o->hash_only)
		store_open(&r->store, o->folder, o->mount,
		    o->store == NULL ? "VPIPE_IMAGES_MOUNT" : "--mount");
	r->pool = pool_new(o, o->hash_only ? NULL : &r->store);
	r->http =
	    http_multi_new(&r->manners.base, r->parallel, ROOM, o->timeout);
	r->window = (size_t)r->parallel * 2 + WINDOW_MORE;
	photos_init(&r->ready);
	r->scan = scan_new();
	r->seen = seen_new();
	reader_init(&r->in, STDIN_FILENO, (size_t)o->max_line);
	reader_files(&r->in, o->nfiles, o->files, "photos");
	writer_init(&r->out, STDOUT_FILENO);
}

void
run_release(struct run *r)
{
	pool_free(r->pool);
	http_multi_free(r->http);
	if (!r->o->hash_only)
		store_close(&r->store);
	manners_release(&r->manners);
	input_release(r);
	scan_free(r->scan);
	seen_free(r->seen);
	buf_release(&r->state);
	buf_release(&r->line);
	free(r->source);
}

/* ---- a photo's way ---- */

static void
put_off(struct run *r, struct photo *p)
{
	r->tally.put_off++;
	photo_free(p);
}

/* The photo is done: its record, or the count of those put off. */
static void
done(struct run *r, struct photo *p)
{
	r->held--;
	http_multi_forget(r->http, p->held);
	if (p->outcome == NULL) {
		put_off(r, p);
		return;
	}
	if (strcmp(p->outcome, "failed") == 0)
		r->tally.failed++;
	else if (strcmp(p->outcome, "gone") == 0)
		r->tally.gone++;
	else if (strcmp(p->outcome, "unfit") == 0)
		r->tally.unfit++;
	else if (strcmp(p->outcome, "known") == 0)
		r->tally.known++;
	else
		r->tally.stored++;
	record_photo(r, p);
	progress("%llu photos, %llu stored",
	    (unsigned long long)r->tally.photos,
	    (unsigned long long)r->tally.stored);
	photo_free(p);
}

void
run_take(struct run *r, struct photo *p)
{
	if (p->refused != NULL) {
		r->held++;
		p->fetched_at = clock_now_ms();
		photo_reason(p, "unfit", p->refused);
		done(r, p);
		return;
	}
	if (r->budget == 0 || p->host->off || r->stop != NULL) {
		if (r->budget == 0 && r->stop == NULL)
			r->stop = "budget";
		put_off(r, p);
		return;
	}
	if (r->budget > 0)
		r->budget--;
	r->held++;
	photos_add(&r->ready, p);
}

static void
next(struct run *r, struct photo *p, enum next n)
{
	switch (n) {
	case NEXT_DONE:
		done(r, p);
		break;
	case NEXT_POOL:
		pool_give(r->pool, p);
		break;
	case NEXT_AGAIN:
		http_multi_forget(r->http, p->held);
		p->held = 0;
		photo_reset(p);
		photos_add(&r->ready, p);
		break;
	}
}

/* ---- asking ---- */

/* Only what the store still holds may be answered by "not modified". */
static bool
is_held(const struct run *r, const struct photo *p)
{
	char *path;
	bool has;

	if (p->known_sha256[0] == '\0' || p->unconditional ||
	    (p->known_etag == NULL && p->known_modified == NULL))
		return false;
	if (r->o->hash_only)
		return true;
	if (p->known_ext == NULL ||
	    strspn(p->known_ext, "abcdefghijklmnopqrstuvwxyz") !=
	        strlen(p->known_ext) ||
	    p->known_bytes > r->o->max_bytes)
		return false;
	path = store_path("sha256", p->known_sha256, p->known_ext);
	has = store_has(&r->store, path, (uint64_t)p->known_bytes);
	free(path);
	return has;
}

static void
ask(struct run *r, struct photo *p)
{
	struct http_request q = { p->address, r->manners.agent, NULL,
		(size_t)r->o->max_bytes };
	const char *headers[4] = { "Accept: image/webp,image/png,image/jpeg,"
		                   "image/*;q=0.8" };
	char *etag = NULL, *modified = NULL;
	int n = 1;

	p->conditional = is_held(r, p);
	if (p->conditional && p->known_etag != NULL)
		headers[n++] = etag =
		    xasprintf("If-None-Match: %s", p->known_etag);
	if (p->conditional && p->known_modified != NULL)
		headers[n++] = modified =
		    xasprintf("If-Modified-Since: %s", p->known_modified);
	q.headers = headers;
	p->tries++;
	r->tally.attempts++;
	host_asked(p->host);
	http_multi_get(r->http, &q, p);
	free(etag);
	free(modified);
}

/* Forbidden by robots.txt: asked again when that may have changed. */
static void
forbid(struct run *r, struct photo *p)
{
	p->fetched_at = clock_now_ms();
	answer_later(p, "refused:robots", (int64_t)24 * 3600000);
	manners_worse(&r->manners, EX_NOPERM);
	done(r, p);
}

/* More transfers than there is room for would only wait for each other, and
 * run out of time. */
static bool
has_room(const struct run *r)
{
	size_t n = (size_t)http_multi_n(r->http);

	return n < (size_t)r->parallel && (n == 0 || n * r->usual < ROOM);
}

/*
 * This thread runs on a core of the decoders': while they have enough to do, it
 * asks for as many as may be at once, and looks at them all every few
 * milliseconds only, so that one wake-up serves several.
 */
static bool
is_ahead(const struct run *r)
{
	return pool_waiting(r->pool) > 4 * (size_t)r->o->threads;
}

/*
 * Starts what may be started, in order; returns when the next may be (wall
 * clock), or 0: nothing waits for a time.
 */
static int64_t
launch(struct run *r)
{
	bool waits = r->ready.n < (size_t)r->parallel && is_ahead(r);
	size_t n = waits ? 0 : r->ready.n;
	int64_t now = clock_now_ms(), at, soonest = 0;
	struct photo *p;
	enum go go;

	while (n-- > 0 && has_room(r)) {
		p = photos_take(&r->ready);
		if (host_is_new(&r->manners, p->host) &&
		    http_multi_n(r->http) > 0) {
			/* robots.txt comes first: it would keep them waiting */
			photos_put_back(&r->ready, p);
			break;
		}
		at = p->due_at;
		go = at > now && !p->host->off ?
		    GO_LATER :
		    host_go(&r->manners, p->host, now, &at);
		if (go == GO_OFF) {
			done(r, p); /* put off: no outcome */
		} else if (go == GO_LATER) {
			if (soonest == 0 || at < soonest)
				soonest = at;
			photos_add(&r->ready, p);
		} else if (!host_allows(&r->manners, p->host, p->address)) {
			forbid(r, p);
		} else {
			ask(r, p);
		}
	}
	return soonest;
}

/* ---- the loop ---- */

static void
collect(struct run *r)
{
	struct http_answer a;
	struct photo *p;
	void *arg;
	enum next n;

	while (http_multi_next(r->http, &arg, &a)) {
		p = arg;
		p->held = a.body.len;
		r->tally.bytes += a.body.len;
		r->usual = (7 * r->usual + a.body.len) / 8;
		n = answer_judge(r, p, &a);
		if (n == NEXT_POOL && p->reread) {
			http_multi_hold(r->http, (size_t)p->known_bytes);
			p->held += (size_t)p->known_bytes;
		}
		http_answer_release(&a);
		next(r, p, n);
	}
	while ((p = pool_done(r->pool)) != NULL) {
		if (p->failed != EX_OK) {
			/* nothing is believed that was not stored */
			manners_worse(&r->manners, p->failed);
			r->stop = "store";
			p->outcome = NULL;
			next(r, p, NEXT_DONE);
		} else {
			next(r, p, answer_settle(p));
		}
	}
}

/* After a budget, a refusal and the like the rest is read to be counted. */
static bool
goes_on_reading(const struct run *r)
{
	return !r->ended && !r->state_due && r->held < r->window &&
	    (r->stop == NULL || strcmp(r->stop, "budget") == 0);
}

static void
read_some(struct run *r)
{
	struct slice line;

	while (goes_on_reading(r) && !stopped && reader_wait(&r->in, 0)) {
		if (reader_next(&r->in, &line))
			input_line(r, line);
		else if (!stopped)
			r->ended = true;
	}
	if (r->state_due && r->held == 0) {
		/* it would say of what was put off that it was seen to */
		if (r->tally.put_off == 0)
			record_pass(r, buf_slice(&r->state));
		r->state_due = false;
	}
}

static void
wait(struct run *r, int64_t soonest)
{
	struct pollfd fds[2] = { { pool_fd(r->pool), POLLIN, 0 },
		{ r->in.fd, POLLIN, 0 } };
	bool busy = http_multi_n(r->http) > 0 || pool_n(r->pool) > 0;
	bool reads = goes_on_reading(r);
	int64_t ms = WAIT_MS, now = clock_now_ms();

	writer_flush(&r->out);
	if (soonest > 0 && soonest - now < ms)
		ms = soonest > now ? soonest - now : 0;
	if (!busy && !reads && soonest > now) {
		clock_pass_ms(soonest - now);
		return;
	}
	if (is_ahead(r))
		clock_sleep_ms(REST_MS);
	http_multi_wait(r->http, fds, reads ? 2 : 1, ms);
}

static bool
is_fatal(const struct run *r)
{
	return stopped ||
	    (r->stop != NULL &&
	        (strcmp(r->stop, "store") == 0 ||
	            strcmp(r->stop, "input") == 0));
}

/* What is under way is put off; what is being stored ends, and is recorded. */
static void
wind_up(struct run *r)
{
	struct pollfd fd = { pool_fd(r->pool), POLLIN, 0 };
	struct photo *p;
	void *arg;

	while (http_multi_drop(r->http, &arg))
		done(r, arg);
	for (;;) {
		while ((p = photos_take(&r->ready)) != NULL) {
			p->outcome = NULL;
			done(r, p);
		}
		if (pool_n(r->pool) == 0)
			break;
		poll(&fd, 1, WAIT_MS);
		collect(r);
	}
}

void
run_all(struct run *r)
{
	int64_t soonest;

	for (;;) {
		read_some(r);
		soonest = launch(r);
		if (is_fatal(r) || (r->ended && r->held == 0))
			break;
		if (r->held == 0 && r->state_due)
			continue;
		wait(r, soonest);
		collect(r);
	}
	wind_up(r);
}
