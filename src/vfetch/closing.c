#include "closing.h"

#include "clock.h"
#include "json.h"
#include "ledger.h"
#include "record.h"
#include "banned.h"

static void
put_ledger(const struct tally *t, struct json *j)
{
	json_object(j);
	json_key(j, "requests");
	json_int(j, (int64_t)t->requests);
	json_key(j, "answered");
	json_int(j, (int64_t)t->answered);
	json_key(j, "failed");
	json_int(j, (int64_t)t->failed);
	json_key(j, "put_off");
	json_int(j, (int64_t)t->put_off);
	json_key(j, "attempts");
	json_int(j, (int64_t)t->attempts);
	json_end(j);
}

static void
put_kind(const struct run *r, const struct endpoint *first, struct json *j)
{
	const struct market *m = r->m;
	const struct tally *t;
	struct tally sum = { 0 };
	const struct endpoint *e;

	for (e = first; e < m->endpoints + m->nendpoints; e++) {
		if (strcmp(e->kind, first->kind) != 0)
			continue;
		t = &r->kinds[e - m->endpoints];
		sum.requests += t->requests;
		sum.answered += t->answered;
		sum.gone += t->gone;
		sum.failed += t->failed;
		sum.put_off += t->put_off;
	}
	if (sum.requests == 0)
		return;
	json_key(j, first->kind);
	json_object(j);
	json_key(j, "requests");
	json_int(j, (int64_t)sum.requests);
	json_key(j, "answered");
	json_int(j, (int64_t)sum.answered);
	json_key(j, "gone");
	json_int(j, (int64_t)sum.gone);
	json_key(j, "failed");
	json_int(j, (int64_t)sum.failed);
	json_key(j, "put_off");
	json_int(j, (int64_t)sum.put_off);
	json_end(j);
}

/* The requests of each kind, sessions and robots.txt aside; those that it
 * says are gone were answered. */
static void
put_kinds(const struct run *r, struct json *j)
{
	const struct market *m = r->m;
	size_t i;

	json_object(j);
	for (i = 0; i < m->nendpoints; i++)
		if (i == 0 ||
		    strcmp(m->endpoints[i].kind, m->endpoints[i - 1].kind) != 0)
			put_kind(r, &m->endpoints[i], j);
	json_end(j);
}

void
closing_write(struct run *r, const struct options *o, struct slice queries,
    uint64_t rejected, int status)
{
	const char *stop = r->stop != NULL ? r->stop :
	    r->tally.failed > 0            ? "failed" :
	                                     "end";
	char at[CLOCK_LEN];
	struct buf body = { 0 };
	struct json j;

	json_start(&j, &body);
	json_object(&j);
	json_key(&j, "started_at");
	json_cstr(&j, clock_format(r->began_at, at));
	json_key(&j, "ended_at");
	json_cstr(&j, clock_format(clock_now_ms(), at));
	json_key(&j, "stop");
	json_cstr(&j, stop);
	json_key(&j, "complete");
	json_bool(&j, strcmp(stop, "end") == 0 && rejected == 0);
	json_key(&j, "status");
	json_int(&j, status);
	json_key(&j, "options");
	options_put(o, &j);
	json_key(&j, "versions");
	json_object(&j);
	json_key(&j, "vfetch");
	json_cstr(&j, VPIPE_VERSION);
	json_key(&j, "source.json");
	json_int(&j, r->m->source->version);
	json_end(&j);
	json_key(&j, "ledger");
	put_ledger(&r->tally, &j);
	json_key(&j, "kinds");
	put_kinds(r, &j);
	json_key(&j, "queries");
	json_raw(&j, queries);
	json_end(&j);
	record_run(r, buf_slice(&body));
	buf_release(&body);
}

void
closing_say(const struct tally *t, uint64_t rejected)
{
	struct count c[] = { { "requests", t->requests, false },
		{ "answered", t->answered, false },
		{ "failed", t->failed, false },
		{ "put_off", t->put_off, false },
		{ "attempts", t->attempts, true },
		{ "body_bytes", t->bytes, true },
		{ "rejected_lines", rejected, true }, { 0 } };

	progress_clear();
	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}
