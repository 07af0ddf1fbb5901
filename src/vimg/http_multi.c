#include "http_multi.h"

#include <stdlib.h>

#include "clock.h"
#include "http_curl.h"
#include "banned.h"

#define PIECE 65536L                 /* libcurl's buffer of a transfer */
#define DRIP_BYTES ((size_t)64 * 30) /* no more than that */
#define DRIP_MS 30000L               /* for so long, is a time-out */
#define FDS_MOST 4

struct transfer {
	CURL *easy;
	struct http_sink sink;
	struct http_answer answer;
	void *arg;
	struct http_multi *m;
	bool paused;
	int64_t spent;                    /* of its own time, ms */
	int64_t drip_from;                /* in `spent`: what has come since */
	size_t drip_len;                  /* it had this much */
	struct transfer *elder, *younger; /* while under way */
	struct transfer *next;            /* idle */
};

struct http_multi {
	CURLM *curl;
	const struct http_base *base;
	struct curl_slist *connect_to;
	int64_t timeout_ms;
	size_t room, active, out; /* bytes: most, under way, handed out */
	struct transfer *eldest, *youngest, *idle;
	int n, paused;
};

struct http_multi *
http_multi_new(const struct http_base *base, int parallel, size_t room,
    int64_t timeout_ms)
{
	struct http_multi *m = xcalloc(1, sizeof *m);

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (m->curl = curl_multi_init()) == NULL)
		die(EX_SOFTWARE, "cannot set up libcurl");
	curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, (long)parallel);
	curl_multi_setopt(m->curl, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)parallel);
	curl_multi_setopt(m->curl, CURLMOPT_PIPELINING,
	    (long)CURLPIPE_MULTIPLEX);
	m->base = base;
	m->room = room;
	m->timeout_ms = timeout_ms;
	m->connect_to = http_connect_to(base);
	return m;
}

static void
transfer_free(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	http_answer_release(&t->answer);
	free(t);
}

void
http_multi_free(struct http_multi *m)
{
	struct transfer *t;
	void *arg;

	if (m == NULL)
		return;
	while (http_multi_drop(m, &arg))
		;
	while ((t = m->idle) != NULL) {
		m->idle = t->next;
		transfer_free(t);
	}
	curl_slist_free_all(m->connect_to);
	curl_multi_cleanup(m->curl);
	curl_global_cleanup();
	free(m);
}

int
http_multi_n(const struct http_multi *m)
{
	return m->n;
}

void
http_multi_hold(struct http_multi *m, size_t bytes)
{
	m->out += bytes;
}

void
http_multi_forget(struct http_multi *m, size_t bytes)
{
	m->out -= bytes;
}

/* ---- transfers ---- */

static bool
may_grow(const struct transfer *t, size_t n)
{
	const struct http_multi *m = t->m;

	return m->active + m->out + n <= m->room ||
	    (t == m->eldest && m->out == 0);
}

/* The first of a body: false when it says that it is more than may come. */
static bool
begin_body(struct transfer *t)
{
	struct buf *body = &t->answer.body;
	curl_off_t len = -1;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &len);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (len > 0 && (size_t)len > body->max)
		return status != 200;
	if (len > 0)
		buf_grow(body, (size_t)len);
	return true;
}

static size_t
on_body(char *p, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t n = size * count;

	if (!may_grow(t, n)) {
		if (!t->paused)
			t->m->paused++;
		t->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if ((t->answer.body.len == 0 && !begin_body(t)) ||
	    !buf_try_add(&t->answer.body, p, n)) {
		t->sink.too_large = "its body is too large";
		return 0;
	}
	t->m->active += n;
	return n;
}

static struct transfer *
transfer_new(struct http_multi *m)
{
	struct transfer *t = m->idle;

	if (t != NULL) {
		m->idle = t->next;
		return t;
	}
	t = xcalloc(1, sizeof *t);
	t->m = m;
	t->sink.answer = &t->answer;
	t->easy = curl_easy_init();
	if (t->easy == NULL)
		die(EX_SOFTWARE, "cannot set up libcurl");
	return t;
}

static void
enlist(struct http_multi *m, struct transfer *t)
{
	t->elder = m->youngest;
	t->younger = NULL;
	*(m->youngest != NULL ? &m->youngest->younger : &m->eldest) = t;
	m->youngest = t;
	m->n++;
}

/* Under way no more: its bytes are handed out now. */
static void
delist(struct http_multi *m, struct transfer *t)
{
	*(t->elder != NULL ? &t->elder->younger : &m->eldest) = t->younger;
	*(t->younger != NULL ? &t->younger->elder : &m->youngest) = t->elder;
	m->n--;
	m->paused -= t->paused;
	t->paused = false;
	m->active -= t->answer.body.len;
	curl_multi_remove_handle(m->curl, t->easy);
	t->next = m->idle;
	m->idle = t;
}

void
http_multi_get(struct http_multi *m, const struct http_request *r, void *arg)
{
	struct transfer *t = transfer_new(m);
	CURL *c = t->easy;

	t->arg = arg;
	t->spent = t->drip_from = 0;
	t->drip_len = 0;
	http_sink_start(&t->sink, m->base, r);
	http_set_options(c, m->base, m->connect_to, r, &t->sink);
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 0L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 0L);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 1L);
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 0L); /* by our own clock */
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, PIECE);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	if (curl_multi_add_handle(m->curl, c) != CURLM_OK)
		die(EX_SOFTWARE, "cannot start a transfer");
	enlist(m, t);
}

/* ---- the loop ---- */

/* Those that waited for room, the eldest first. */
static void
resume(struct http_multi *m)
{
	struct transfer *t, *younger;

	for (t = m->eldest; m->paused > 0 && t != NULL; t = younger) {
		younger = t->younger;
		if (!t->paused)
			continue;
		if (!may_grow(t, (size_t)PIECE))
			break;
		t->paused = false;
		m->paused--;
		curl_easy_pause(t->easy, CURLPAUSE_CONT);
	}
}

static int64_t
left(const struct http_multi *m, const struct transfer *t)
{
	int64_t whole = m->timeout_ms - t->spent;
	int64_t drip = t->drip_from + DRIP_MS - t->spent;

	return whole < drip ? whole : drip;
}

static bool
is_overdue(const struct http_multi *m, struct transfer *t)
{
	if (t->paused || left(m, t) > 0)
		return false;
	if (t->spent >= m->timeout_ms ||
	    t->answer.body.len - t->drip_len < DRIP_BYTES)
		return true;
	t->drip_from = t->spent;
	t->drip_len = t->answer.body.len;
	return false;
}

/* What passes here is theirs, unless they have no room: then it is ours. */
static void
spend(struct http_multi *m, int64_t ms)
{
	struct transfer *t;

	for (t = m->eldest; t != NULL; t = t->younger)
		if (!t->paused)
			t->spent += ms;
}

static int64_t
soonest(const struct http_multi *m, int64_t ms)
{
	const struct transfer *t;

	for (t = m->eldest; t != NULL; t = t->younger)
		if (!t->paused && left(m, t) < ms)
			ms = left(m, t) > 0 ? left(m, t) : 0;
	return ms;
}

void
http_multi_wait(struct http_multi *m, struct pollfd *fds, int n, int64_t ms)
{
	struct curl_waitfd extra[FDS_MOST];
	int64_t began = clock_mono_ms();
	int i, running;

	resume(m);
	curl_multi_perform(m->curl, &running);
	for (i = 0; i < n && i < FDS_MOST; i++)
		extra[i] =
		    (struct curl_waitfd){ fds[i].fd, CURL_WAIT_POLLIN, 0 };
	/* some have ended already: look only */
	ms = running < m->n ? 0 : soonest(m, ms);
	curl_multi_poll(m->curl, extra, (unsigned)i, (int)ms, NULL);
	for (i = 0; i < n && i < FDS_MOST; i++)
		fds[i].revents = extra[i].revents;
	/* what came while it could not be read is read before it is judged */
	spend(m, clock_mono_ms() - began);
	curl_multi_perform(m->curl, &running);
}

/* It has ended: its answer is handed out. */
static void
hand_out(struct transfer *t, CURLcode code, void **arg, struct http_answer *a)
{
	delist(t->m, t); /* by the bytes that came, not what they hold */
	http_sink_end(&t->sink, t->easy, code);
	t->m->out += t->answer.body.len;
	*arg = t->arg;
	*a = t->answer;
	t->answer = (struct http_answer){ 0 };
}

bool
http_multi_next(struct http_multi *m, void **arg, struct http_answer *a)
{
	struct transfer *t;
	CURLMsg *msg;
	int n;

	while ((msg = curl_multi_info_read(m->curl, &n)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		    (char **)&t);
		hand_out(t, msg->data.result, arg, a);
		return true;
	}
	for (t = m->eldest; t != NULL; t = t->younger)
		if (is_overdue(m, t)) {
			hand_out(t, CURLE_OPERATION_TIMEDOUT, arg, a);
			return true;
		}
	return false;
}

bool
http_multi_drop(struct http_multi *m, void **arg)
{
	struct transfer *t = m->eldest;

	if (t == NULL)
		return false;
	delist(m, t);
	http_sink_end(&t->sink, t->easy, CURLE_ABORTED_BY_CALLBACK);
	http_answer_release(&t->answer);
	t->answer = (struct http_answer){ 0 };
	*arg = t->arg;
	return true;
}
