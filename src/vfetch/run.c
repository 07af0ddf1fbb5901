#include "run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "clock.h"
#include "conf.h"
#include "polite.h"
#include "record.h"
#include "retry.h"
#include "stop.h"
#include "url.h"
#include "banned.h"

/* A Retry-After longer than this is not waited for, but handed to cron. */
#define WAIT_MOST_MS (5 * 60000)
#define PATIENCE_MS 500 /* after a signal, with who reads our records */

static void
init_base(struct run *r, const char *text)
{
	r->via = text != NULL ? text : conf_get("VPIPE_BASE_URL");
	if (r->via != NULL && !http_base_parse(r->via, &r->base))
		die(EX_CONFIG, "base URL '%s' is no http://HOST:PORT", r->via);
}

static void
init_identity(struct run *r)
{
	r->agent = polite_agent();
	r->began_at = clock_now_ms();
	polite_run_id(r->id, r->began_at, r->flow);
}

void
run_init(struct run *r, const struct market *m, const struct run_options *o)
{
	char *folder = conf_in_data("state/pace");
	bool free_of_pace;

	*r = (struct run){
		.m = m, .flow = o->flow, .budget = o->budget, .mute = o->mute
	};
	init_base(r, o->base_url);
	init_identity(r);
	r->obey = polite_obeys_robots();
	free_of_pace = r->base.connect != NULL && r->base.loopback;
	r->chunk = o->chunks && !free_of_pace ? m->chunk.requests : 0;
	r->kinds = xcalloc(m->nendpoints + 1, sizeof *r->kinds);
	pace_init(&r->pace, folder, m->group,
	    free_of_pace ? 0 : polite_rate("VPIPE_RATE_MINUTE"),
	    free_of_pace ? 0 : polite_rate("VPIPE_RATE_HOUR"));
	r->http = http_new(&r->base);
	r->scan = scan_new();
	writer_init(&r->out, STDOUT_FILENO);
	r->out.patience_ms = PATIENCE_MS;
	free(folder);
}

void
run_release(struct run *r)
{
	http_free(r->http);
	http_answer_release(&r->answer);
	http_base_release(&r->base);
	pace_release(&r->pace);
	scan_free(r->scan);
	mask_release(&r->mask);
	buf_release(&r->clean);
	buf_release(&r->hops);
	buf_release(&r->line);
	free(r->kinds);
	free(r->agent);
}

void
run_worse(struct run *r, int status)
{
	static const int order[] = { EX_SOFTWARE, EX_IOERR, EX_CONFIG, EX_USAGE,
		EX_UNAVAILABLE, EX_DATAERR, EX_NOPERM, EX_TEMPFAIL };
	size_t i;

	for (i = 0; i < sizeof order / sizeof *order; i++)
		if (order[i] == status || order[i] == r->status) {
			r->status = order[i];
			return;
		}
}

bool
run_is_gone(const struct run *r)
{
	return strcmp(r->verdict.name, "gone") == 0;
}

void
run_count_unasked(struct run *r, enum outcome out)
{
	r->tally.requests++;
	if (out == FAILED)
		r->tally.failed++;
	else
		r->tally.put_off++;
}

struct slice
run_clean(struct run *r, struct slice text, bool json)
{
	uint64_t n = mask_text(&r->mask, text, json, &r->clean);

	r->masked += n;
	return n > 0 ? buf_slice(&r->clean) : text;
}

/* What a message says of a call: its URL, unless that says who is asked
 * about.  Until the next one. */
static const char *
call_title(struct run *r, const struct call *c)
{
	return c->query != NULL &&
	        strcmp(c->query->title, c->query->name) != 0 ?
	    c->query->title :
	    run_clean(r, slice_of(c->url), false).p;
}

/* ---- before a request ---- */

static bool
cooling(struct run *r)
{
	int64_t until = pace_cooling(&r->pace, clock_now_ms());
	char text[CLOCK_LEN];

	if (until == 0)
		return false;
	warn("'%s' cools down until %s; to end the pause: vfetch resume %s",
	    r->m->group, clock_format(until, text), r->m->group);
	r->stop = "cooling";
	run_worse(r, EX_TEMPFAIL);
	return true;
}

bool
run_goes_on(struct run *r)
{
	if (stopped)
		r->stop = "signal";
	if (r->stop != NULL)
		return false;
	if (r->budget == 0) {
		r->stop = "budget";
		return false;
	}
	return !cooling(r);
}

/* Between two chunks of requests. */
static bool
rest(struct run *r)
{
	const struct chunk *c = &r->m->chunk;
	int64_t pause;

	if (r->chunk == 0 || r->in_chunk < r->chunk)
		return true;
	r->in_chunk = 0;
	pause = c->least_ms + retry_random(c->most_ms - c->least_ms);
	info("a pause of %" PRId64 " s after %" PRId64 " requests",
	    pause / 1000, r->chunk);
	clock_pass_ms(pause);
	return run_goes_on(r);
}

/* Waits for the next free instant of the group. */
static bool
wait_turn(struct run *r)
{
	int64_t now, at;
	char text[CLOCK_LEN];

	if (!rest(r))
		return false;
	now = clock_now_ms();
	at = pace_take(&r->pace, now);
	if (stopped)
		return run_goes_on(r);
	if (at <= now)
		return true;
	progress("waiting until %s", clock_format(at, text));
	clock_pass_ms(at - now);
	/* meanwhile another process may have met a wall */
	return run_goes_on(r);
}

static enum outcome
put_off(struct run *r)
{
	run_count_unasked(r, PUT_OFF);
	return PUT_OFF;
}

static void
fail(struct run *r, const char *name)
{
	snprintf(r->verdict.name, sizeof r->verdict.name, "%s", name);
	r->answer_of = NULL;
}

static enum outcome
check_robots(struct run *r, const struct call *c)
{
	bool forbidden;
	enum outcome out;
	struct url u;

	if (strcmp(c->kind, "robots") == 0)
		return ANSWERED;
	out = access_robots(r, c, &forbidden);
	if (out == PUT_OFF || out == REFUSED)
		return put_off(r);
	if (out == ANSWERED)
		return out;
	if (forbidden) {
		/* the API may have a host of its own */
		url_split(c->url, &u);
		warn("robots.txt of '%.*s' forbids '%s'", SLICE_ARG(u.host),
		    call_title(r, c));
		fail(r, "refused:robots");
		run_worse(r, EX_NOPERM);
	} else {
		fail(r, "failed:robots");
	}
	run_count_unasked(r, FAILED);
	return FAILED;
}

/* ---- one attempt, and what it means ---- */

/* Where to ask instead; NULL: the answer at hand is the one. */
static char *
next_hop(const struct run *r, const struct call *c)
{
	if (c->query == NULL || r->answer.status / 100 != 3 ||
	    r->answer.location == NULL ||
	    c->redirects >= query_redirects(c->query))
		return NULL;
	return query_redirect(c->query, c->url, r->answer.location);
}

static void
note_hop(struct run *r, const struct call *c)
{
	struct json j;

	if (c->redirects == 0)
		buf_reset(&r->hops);
	else
		buf_addc(&r->hops, ',');
	json_start(&j, &r->hops);
	json_object(&j);
	json_key(&j, "url");
	json_str(&j, run_clean(r, slice_of(c->url), false));
	json_key(&j, "status");
	json_int(&j, r->answer.status);
	json_end(&j);
}

/* Returns where to ask instead, without a record; or NULL. */
static char *
attempt(struct run *r, const struct call *c, int number)
{
	char *next;
	bool robots = strcmp(c->kind, "robots") == 0;
	struct http_request q = { c->url, r->agent, c->headers,
		robots ? POLITE_ROBOTS_MAX : RUN_BODY_MAX };

	if (r->budget > 0)
		r->budget--;
	r->in_chunk++;
	r->tally.attempts++;
	progress("%s, %" PRIu64 " answered", call_title(r, c),
	    r->tally.answered);
	http_get(r->http, &q, &r->answer);
	if (robots)
		polite_robots_trim(&r->answer);
	r->answer_at = clock_now_ms();
	r->answer_of = c->query;
	r->tally.bytes += r->answer.body.len;
	mask_learn(&r->mask, &r->answer, c->site->host);
	next = next_hop(r, c);
	if (next != NULL) {
		note_hop(r, c);
		info("%s: %d, to another address", call_title(r, c),
		    r->answer.status);
		return next;
	}
	record_answer(r, c, number);
	info("%s: %d %s, %" PRId64 " ms", call_title(r, c), r->answer.status,
	    c->query != NULL ? r->verdict.name : c->kind, r->answer.ms);
	return NULL;
}

static enum outcome
refused(struct run *r, const struct call *c)
{
	int64_t now = clock_now_ms(), until;
	char text[CLOCK_LEN];

	pace_refused(&r->pace, now, polite_asked_pause(&r->answer));
	until = pace_cooling(&r->pace, now);
	warn("'%s' refused us (%s, status %d): nothing is asked of '%s' "
	     "before %s; to end the pause: vfetch resume %s",
	    c->site->host, r->verdict.name + 8, r->answer.status, r->m->group,
	    clock_format(until, text), r->m->group);
	r->stop = "refused";
	run_worse(r, r->answer.status == 429 ? EX_TEMPFAIL : EX_NOPERM);
	run_count_unasked(r, FAILED);
	return REFUSED;
}

static enum outcome
failed(struct run *r, const struct call *c)
{
	if (stopped)
		info("'%s': given up", call_title(r, c));
	else if (r->answer.cause != NULL)
		warn("'%s': %s: %s", call_title(r, c), r->verdict.name,
		    r->answer.message);
	else
		warn("'%s': %s, status %d", call_title(r, c), r->verdict.name,
		    r->answer.status);
	/* what a later run may find mended, and what it will not */
	run_worse(r,
	    retry_cause(r->answer.cause) || retry_status(r->answer.status) ?
	        EX_TEMPFAIL :
	        EX_UNAVAILABLE);
	run_count_unasked(r, FAILED);
	return FAILED;
}

static enum outcome
answered(struct run *r, const struct call *c)
{
	r->tally.requests++;
	r->tally.answered++;
	/* an open front page proves nothing about the rest */
	if (c->query != NULL)
		pace_answered(&r->pace, clock_now_ms());
	return ANSWERED;
}

static bool
transient(const struct run *r)
{
	return strncmp(r->verdict.name, "refused:", 8) != 0 &&
	    (retry_cause(r->answer.cause) ||
	        (r->answer.cause == NULL && retry_status(r->answer.status)));
}

/* Waits before the next try; false when there is to be none. */
static bool
back_off(struct run *r, int tries)
{
	const struct retry_policy policy = RETRY_DEFAULT;
	int64_t floor = polite_asked_pause(&r->answer), now = clock_now_ms(),
	        pause;

	if (floor > 0) /* other processes keep it too */
		pace_hold(&r->pace, now, now + floor);
	if (tries >= policy.tries || r->budget == 0 || stopped)
		return false;
	if (floor > WAIT_MOST_MS) {
		run_goes_on(r); /* says why, and for how long */
		return false;
	}
	pause = retry_pause(&policy, tries, retry_random(1000000), floor);
	info("trying again in %" PRId64 " ms", pause);
	clock_pass_ms(pause);
	return !stopped;
}

static enum outcome
judge(struct run *r, const struct call *c)
{
	const char *name = r->verdict.name;

	if (r->answer.status == 401 && c->renewable)
		return UNAUTHORIZED;
	if (transient(r) && strncmp(name, "failed:", 7) != 0)
		fail(r, "failed:server");
	if (strncmp(name, "refused:", 8) == 0)
		return refused(r, c);
	/* a page of a query must be plainly data; what else there is need not
	 */
	if (strncmp(name, "failed:", 7) == 0 ||
	    (c->query != NULL && strcmp(name, "ok") != 0 &&
	        strcmp(name, "empty") != 0 && !run_is_gone(r)))
		return failed(r, c);
	return answered(r, c);
}

/* Asks one URL; *next: it is another that is to be asked. */
static enum outcome
ask_url(struct run *r, const struct call *c, char **next)
{
	enum outcome out;
	int tries;

	*next = NULL;
	if (!run_goes_on(r))
		return put_off(r);
	out = check_robots(r, c);
	if (out != ANSWERED)
		return out;
	for (tries = 1;; tries++) {
		/* robots.txt may have used the budget up */
		if (!run_goes_on(r) || !wait_turn(r)) {
			if (tries == 1)
				return put_off(r);
			break;
		}
		*next = attempt(r, c, c->attempt + tries);
		if (*next != NULL)
			return ANSWERED;
		if (!transient(r) || !back_off(r, tries))
			break;
	}
	return judge(r, c);
}

enum outcome
run_ask(struct run *r, const struct call *first)
{
	struct call c = *first;
	char *url = NULL, *next;
	enum outcome out;

	for (;;) {
		out = ask_url(r, &c, &next);
		free(url);
		if (next == NULL)
			return out;
		c.url = url = next;
		c.redirects++;
	}
}
