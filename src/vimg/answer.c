/* answer: what an answer means for its photo, and when to try again; see run.h.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "polite.h"
#include "retry.h"
#include "run.h"
#include "stop.h"
#include "utf8.h"
#include "banned.h"

#define FIRST_MS (15 * 60000) /* over runs, doubling */
#define MOST_MS ((int64_t)7 * 24 * 3600000)
#define WAIT_MOST_MS (5 * 60000)
#define HEADERS_MOST 32
#define CUT_MOST 5 /* runs: then it is no accident */

/* ---- when to try again ---- */

void
answer_later(struct photo *p, const char *reason, int64_t floor)
{
	int64_t pause = FIRST_MS, i;

	for (i = 0; i < p->attempts && pause < MOST_MS; i++)
		pause *= 2;
	if (pause > MOST_MS)
		pause = MOST_MS;
	photo_reason(p, "failed", reason);
	p->try_after = clock_now_ms() + (pause > floor ? pause : floor);
}

/* Once more in this run?  If not, the photo has failed for now, or is put off
 * with all of its host's. */
static enum next
again(struct photo *p, const char *reason)
{
	const struct retry_policy policy = RETRY_DEFAULT;
	int64_t now = clock_now_ms(), pause;

	if (p->retry_after > 0)
		host_hold(p->host, now, p->retry_after);
	if (p->host->off || stopped)
		return NEXT_DONE; /* it is not the photo's fault */
	if (p->tries >= policy.tries || p->retry_after > WAIT_MOST_MS) {
		answer_later(p, reason, p->retry_after);
		return NEXT_DONE;
	}
	pause = retry_pause(&policy, p->tries, retry_random(1000000),
	    p->retry_after);
	info("'%s': %s, trying again in %" PRId64 " ms", p->address, reason,
	    pause);
	p->due_at = now + pause;
	return NEXT_AGAIN;
}

/* ---- what the answer is ---- */

static char *
header_text(const struct http_answer *a, const char *name)
{
	struct slice v = http_header(a, name, 0);

	return v.p != NULL && photo_is_validator(v) ? xstrndup(v.p, v.len) :
	                                              NULL;
}

static size_t
list_headers(const struct http_answer *a, struct answer_header *h)
{
	struct slice rest = buf_slice(&a->headers);
	const char *nl, *colon;
	size_t n = 0;

	while (n < HEADERS_MOST && rest.len > 0 &&
	    (nl = memchr(rest.p, '\n', rest.len)) != NULL) {
		colon = memchr(rest.p, ':', (size_t)(nl - rest.p));
		h[n].name = (struct slice){ rest.p,
			(size_t)((colon != NULL ? colon : nl) - rest.p) };
		h[n].value = (struct slice){ colon != NULL ? colon + 1 : nl,
			colon != NULL ? (size_t)(nl - colon - 1) : 0 };
		while (h[n].value.len > 0 && *h[n].value.p == ' ') {
			h[n].value.p++;
			h[n].value.len--;
		}
		n++;
		rest.len -= (size_t)(nl + 1 - rest.p);
		rest.p = nl + 1;
	}
	return n;
}

/*
 * By the rules of the source description, kind "image".  A plain 401 or 403
 * is no refusal of us: a signed address has expired.
 */
static bool
is_refusal(const struct photo *p, const struct http_answer *a,
    struct verdict *v)
{
	struct answer_header h[HEADERS_MOST];
	struct answer answer = { .kind = SLICE("image"),
		.headers = h,
		.status = a->status,
		.bytes = buf_slice(&a->body) };

	answer.nheaders = list_headers(a, h);
	answer.form = a->body.len == 0 ? FORM_NONE :
	    utf8_valid(answer.bytes)   ? FORM_TEXT :
	                                 FORM_BASE64;
	*v = verdict_of(p->host->market->rules, &answer);
	if (strncmp(v->name, "refused:", 8) != 0)
		return false;
	if (a->status == 404 || a->status == 410 || a->status / 100 == 5)
		return strcmp(v->name, "refused:challenge") == 0;
	return (a->status != 401 && a->status != 403) ||
	    (strcmp(v->name, "refused:forbidden") != 0 &&
	        strcmp(v->name, "refused:token") != 0 &&
	        strcmp(v->name, "refused:login") != 0);
}

static enum next
refused(struct run *r, struct photo *p, const struct verdict *v)
{
	int64_t until = host_refused(&r->manners, p->host, v->name, p->status,
	    p->retry_after);

	answer_later(p, p->status == 429 ? "too-many-requests" : v->name,
	    until - clock_now_ms());
	return NEXT_DONE;
}

/*
 * Of an error the status is enough, though the page may be cut; but for a 401
 * or 403, where the page would say who is refused: there as much as is read.
 */
static bool
is_enough(const struct http_answer *a)
{
	if (a->cause == NULL)
		return true;
	if (a->status == 0 || a->status == 200)
		return false;
	return strcmp(a->cause, "too-large") == 0 ||
	    (a->status != 401 && a->status != 403);
}

static enum next
no_answer(struct run *r, struct photo *p, const struct http_answer *a)
{
	if (strcmp(a->cause, "too-large") == 0) {
		photo_reason(p, "unfit", "too-large");
		return NEXT_DONE;
	}
	if (a->status == 0)
		host_silent(&r->manners, p->host, a->cause);
	if (retry_cause(a->cause))
		return again(p, a->cause);
	answer_later(p, a->cause, 0);
	return NEXT_DONE;
}

static enum next
not_modified(struct run *r, struct photo *p)
{
	if (!p->conditional) {
		answer_later(p, "protocol", 0);
		return NEXT_DONE;
	}
	/* it need not say again by what it will be asked */
	if (p->etag == NULL && p->known_etag != NULL)
		p->etag = xstrdup(p->known_etag);
	if (p->modified == NULL && p->known_modified != NULL)
		p->modified = xstrdup(p->known_modified);
	if (r->o->hash_only) { /* nothing to read it from */
		p->outcome = "known";
		memcpy(p->sha256, p->known_sha256, SHA_HEX);
		p->bytes = (uint64_t)p->known_bytes;
		return NEXT_DONE;
	}
	p->reread = true;
	return NEXT_POOL;
}

enum next
answer_judge(struct run *r, struct photo *p, struct http_answer *a)
{
	struct verdict v;

	p->status = a->status;
	p->ms = a->ms;
	p->fetched_at = clock_now_ms();
	p->retry_after = polite_asked_pause(a);
	if (a->status != 0)
		host_answered(p->host);
	if (a->status != 0 && a->status != 304 && is_refusal(p, a, &v))
		return refused(r, p, &v);
	if (!is_enough(a))
		return no_answer(r, p, a);
	p->etag = header_text(a, "etag");
	p->modified = header_text(a, "last-modified");
	p->encoding = header_text(a, "content-encoding");
	if (a->status == 304)
		return not_modified(r, p);
	if (a->status == 404 || a->status == 410) {
		photo_reason(p, "gone", "not-found");
		return NEXT_DONE;
	}
	if (a->status == 401 || a->status == 403) {
		photo_reason(p, "failed", "expired"); /* until a newer url */
		return NEXT_DONE;
	}
	if (retry_status(a->status))
		return again(p, a->status == 408 ? "timeout" : "server-error");
	if (a->status != 200) {
		answer_later(p,
		    a->status / 100 == 3     ? "redirect" :
		        a->status / 100 == 5 ? "server-error" :
		                               "client-error",
		    0);
		return NEXT_DONE;
	}
	if (a->body.len == 0)
		return again(p, "truncated");
	p->body = a->body;
	a->body = (struct buf){ 0 };
	return NEXT_POOL;
}

/* The answer was whole, the picture in it is not: again, but not for ever. */
static enum next
cut(struct photo *p)
{
	enum next n = again(p, "truncated");

	if (p->outcome != NULL && p->attempts >= CUT_MOST) {
		photo_reason(p, "unfit", "corrupt");
		p->try_after = 0;
	}
	return n;
}

enum next
answer_settle(struct photo *p)
{
	if (p->decoded || p->outcome == NULL ||
	    strcmp(p->outcome, "failed") != 0)
		return NEXT_DONE;
	p->outcome = NULL;
	if (strcmp(p->reason, "missing") == 0) {
		p->unconditional = true;
		p->tries--; /* it was no failure of theirs */
		p->due_at = 0;
		return NEXT_AGAIN;
	}
	return cut(p);
}
