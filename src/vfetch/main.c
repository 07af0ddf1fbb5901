/*
 * vfetch: URLs or request objects to raw records; the only program that calls
 * a marketplace.  See vfetch(1).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "closing.h"
#include "conf.h"
#include "options.h"
#include "plan.h"
#include "polite.h"
#include "resume.h"
#include "state.h"
#include "stop.h"
#include "banned.h"

#define REQUEST_MAX ((size_t)1 << 20) /* bytes of a request object */
#define RECENT_MOST 65536             /* requests that are told apart */
#define DRAIN_MS 1000

/* All that lives as long as the program. */
struct program {
	struct options o;
	struct markets markets;
	struct states states;
	struct run run;
	bool began;               /* the run is set up */
	struct session *sessions; /* one a site */
	struct plan plan;
	struct query *operands;
	struct ids asked;  /* with pages, and where each begins */
	struct ids recent; /* the last without pages */
	struct buf queries;
	struct json list; /* of the closing record, into queries */
	uint64_t rejected;
	int status; /* of what was asked wrongly */
};

/* ---- what to ask ---- */

static void
load_markets(struct program *p)
{
	char **names, **n;

	if (p->o.source != NULL) {
		p->markets.v = xmalloc(sizeof *p->markets.v);
		p->markets.v[p->markets.n] = market_load(p->o.source);
		if (p->markets.v[p->markets.n++] == NULL)
			die(EX_CONFIG,
			    "'%s' has no endpoints: there is "
			    "nothing to ask",
			    p->o.source);
		return;
	}
	names = conf_sources();
	for (n = names; *n != NULL; n++) {
		p->markets.v = xrealloc(p->markets.v,
		    (p->markets.n + 1) * sizeof *p->markets.v);
		p->markets.v[p->markets.n] = market_load(*n);
		p->markets.n += p->markets.v[p->markets.n] != NULL;
		free(*n);
	}
	free(names);
	if (p->markets.n == 0)
		die(EX_CONFIG, "no source is described");
}

/* Options stand above what a URL or a request says. */
static void
apply_options(const struct options *o, struct draft *d)
{
	struct params set = { 0 };
	const char *eq;
	size_t i, k;
	int n;

	for (n = 0; n < o->params.n; n++) {
		eq = strchr(o->params.v[n], '=');
		params_add(&set,
		    (struct slice){
		        o->params.v[n], (size_t)(eq - o->params.v[n]) },
		    slice_of(eq + 1));
	}
	for (i = 0; i < set.n; i++)
		for (k = 0; k < set.v[i].n; k++) {
			if (k == 0)
				params_set(&d->params, set.v[i].name,
				    set.v[i].v[k]);
			else
				params_add(&d->params, slice_of(set.v[i].name),
				    slice_of(set.v[i].v[k]));
		}
	params_release(&set);
}

static void
begin(struct program *p, const struct market *m)
{
	struct run_options ro = { p->o.flow, p->o.base_url, p->o.budget,
		.mute = strcmp(p->o.mode, "check") == 0,
		.chunks = strcmp(p->o.mode, "requests") == 0 };

	if (p->began)
		return;
	run_init(&p->run, m, &ro);
	p->sessions = xcalloc(m->nsites, sizeof *p->sessions);
	p->began = true;
	if (!p->o.dry_run)
		polite_live_or_die(&p->run.base);
	json_start(&p->list, &p->queries);
	json_array(&p->list);
}

/* Makes a query of the draft, which is released; false with the reason. */
static bool
settle(struct program *p, struct draft *d, struct query *q, struct buf *why)
{
	bool ok;

	apply_options(&p->o, d);
	ok = query_settle(d, p->o.endpoint, q, why);
	draft_release(d);
	if (ok && p->o.pages.since_ms > 0 && q->endpoint->listing_time.n == 0) {
		buf_addf(why,
		    "--since is not honoured by '%s': it does not "
		    "say when a listing began",
		    q->endpoint->name);
		query_release(q);
		ok = false;
	}
	if (ok && p->began && q->m != p->run.m) {
		buf_addf(why, "'%s' is another source: a run takes one",
		    q->m->source->name);
		query_release(q);
		ok = false;
	}
	return ok;
}

/* Of queries with pages the closing record has an entry each anyway; of the
 * others there may be any number. */
static bool
is_new(struct program *p, const struct query *q)
{
	struct ids *ids = q->endpoint->paging.paged ? &p->asked : &p->recent;
	struct buf key = { 0 };
	bool added;

	if (ids == &p->recent && ids->n == RECENT_MOST)
		ids_reset(ids);
	/* not by its URL: one thing may stand at several */
	buf_addf(&key, "%s %s %" PRId64 " %" PRId64 " %s", q->endpoint->name,
	    q->name, q->page, q->per_page, q->time != NULL ? q->time : "");
	added = ids_add(ids, buf_slice(&key));
	buf_release(&key);
	return added;
}

static void
ask(struct program *p, const struct query *q)
{
	if (!is_new(p, q))
		warn("'%s' is asked twice, once is enough", q->title);
	else if (p->o.dry_run)
		plan_query(&p->plan, &p->run, q, &p->o.pages);
	else
		pages_walk(&p->run, &p->sessions[q->site - q->m->sites], q,
		    &p->o.pages, states_find(&p->states, q->name), &p->list);
}

/* All operands are understood before the first request is made. */
static void
ask_operands(struct program *p, int n, char *urls[])
{
	struct query *q = xcalloc((size_t)n + 1, sizeof *q);
	struct buf why = { 0 };
	struct draft d;
	int i, count = n > 0 ? n : 1;
	bool ok;

	p->operands = q;
	for (i = 0; i < count; i++) {
		ok = n > 0 ? draft_from_url(&p->markets, urls[i], &d, &why) :
		             draft_for_site(&p->markets, p->o.site, &d, &why);
		if (!ok || !settle(p, &d, &q[i], &why))
			die(EX_USAGE, "'%s': %s", n > 0 ? urls[i] : p->o.site,
			    why.data);
		begin(p, q[i].m);
	}
	for (i = 0; i < count; i++) {
		ask(p, &q[i]);
		query_release(&q[i]);
	}
}

static void
reject(struct program *p, uint64_t line, int status, const char *why)
{
	struct run scratch = { .status = p->status };

	say("line %llu: %s", (unsigned long long)line, why);
	run_worse(&scratch, status);
	p->status = scratch.status;
	p->rejected++;
}

static void
ask_line(struct program *p, struct scan *scan, const struct reader *in,
    struct slice line)
{
	struct buf why = { 0 };
	struct query q;
	struct draft d = { 0 };
	const char *reason;
	size_t at;

	if (in->toolong)
		reject(p, in->lines, EX_DATAERR, "too long for a request");
	else if (!scan_parse(scan, line, &at, &reason))
		reject(p, in->lines, EX_DATAERR, reason);
	else if (draft_from_json(&p->markets, scan_root(scan), &d, &why) &&
	    settle(p, &d, &q, &why)) {
		begin(p, q.m);
		ask(p, &q);
		query_release(&q);
	} else {
		reject(p, in->lines, EX_USAGE, why.data);
	}
	draft_release(&d);
	buf_release(&why);
}

/* After a signal: what stands there already is put off, and counted. */
static void
drain(struct program *p, struct scan *scan, struct reader *in)
{
	int64_t until = clock_mono_ms() + DRAIN_MS;
	int sig = stopped;
	struct slice line;

	if (!p->began || p->o.dry_run)
		return;
	if (p->run.stop == NULL)
		p->run.stop = "signal";
	stopped = 0; /* another one ends this, too */
	while (clock_mono_ms() < until && reader_wait(in, 0) &&
	    reader_next(in, &line))
		ask_line(p, scan, in, line);
	stopped = sig;
}

static void
ask_stdin(struct program *p)
{
	struct scan *scan = scan_new();
	struct reader in;
	struct slice line;

	reader_init(&in, STDIN_FILENO, REQUEST_MAX);
	reader_files(&in, 0, NULL, "requests");
	while (!stopped && reader_next(&in, &line))
		ask_line(p, scan, &in, line);
	if (stopped)
		drain(p, scan, &in);
	reader_close_or_die(&in);
	scan_free(scan);
}

static void
check(struct program *p, int n, char *urls[])
{
	const struct endpoint *e;
	struct buf why = { 0 };
	struct draft d = { 0 };
	bool ok = true;

	if (n > 1)
		die(EX_USAGE, "check takes one URL");
	if (n == 1)
		ok = draft_from_url(&p->markets, urls[0], &d, &why);
	else if (p->o.site != NULL)
		ok = draft_for_site(&p->markets, p->o.site, &d, &why);
	else
		d = (struct draft){ .m = p->markets.v[0],
			.site = &p->markets.v[0]->sites[0] };
	if (!ok)
		die(EX_USAGE, "'%s': %s", n == 1 ? urls[0] : p->o.site,
		    why.data);
	apply_options(&p->o, &d);
	e = market_endpoint(d.m, "search", p->o.endpoint);
	if (e == NULL)
		die(EX_USAGE, "'%s' has no such endpoint", d.m->source->name);
	begin(p, d.m);
	check_endpoint(&p->run, &d, e);
	draft_release(&d);
}

/* ---- the end ---- */

static int
finish(struct program *p)
{
	struct run *r = &p->run;
	bool records = p->began && !p->o.dry_run && !r->mute;
	int status;

	run_worse(r, p->status);
	status = stopped ? 128 + stopped : r->status;
	if (stopped)
		r->stop = "signal";
	if (records) {
		json_end(&p->list);
		closing_write(r, &p->o, buf_slice(&p->queries), p->rejected,
		    status);
	}
	if (p->o.dry_run && p->began)
		plan_say(&p->plan, r);
	else
		closing_say(&r->tally, p->rejected);
	if (p->began)
		writer_close_or_die(&r->out);
	return status;
}

static void
release(struct program *p)
{
	size_t i;

	for (i = 0; p->began && i < p->run.m->nsites; i++)
		session_release(&p->sessions[i]);
	free(p->sessions);
	if (p->began)
		run_release(&p->run);
	plan_release(&p->plan);
	states_release(&p->states);
	ids_release(&p->asked);
	ids_release(&p->recent);
	buf_release(&p->queries);
	for (i = 0; i < p->markets.n; i++)
		market_free(p->markets.v[i]);
	free(p->markets.v);
	free(p->operands);
	options_release(&p->o);
}

int
main(int argc, char *argv[])
{
	struct program p = { 0 };
	int first = options_parse(&p.o, argc, argv), status;
	int n = argc - first;
	char **urls = argv + first;
	bool from_stdin = strcmp(p.o.mode, "requests") == 0 ||
	    (n == 1 && strcmp(urls[0], "-") == 0);

	if (strcmp(p.o.mode, "requests") == 0 && n > 0 &&
	    strcmp(urls[0], "-") != 0)
		die(EX_USAGE, "requests are read from standard input");
	if (strcmp(p.o.mode, "catalog") == 0 && n == 0 && p.o.site == NULL)
		die(EX_USAGE, "catalog wants a URL, '-' or --site");
	if (from_stdin && p.o.state != NULL && strcmp(p.o.state, "-") == 0)
		die(EX_USAGE,
		    "standard input cannot be both the requests and "
		    "the state");
	if (strcmp(p.o.mode, "resume") == 0) {
		if (n != 1)
			die(EX_USAGE, "resume takes a source or a group");
		resume_group(urls[0]);
		options_release(&p.o);
		return EX_OK;
	}
	load_markets(&p);
	if (p.o.state != NULL)
		states_load(&p.states, p.o.state);
	if (strcmp(p.o.mode, "check") == 0)
		check(&p, n, urls);
	else if (from_stdin)
		ask_stdin(&p);
	else
		ask_operands(&p, n, urls);
	status = finish(&p);
	release(&p);
	return stopped ? stop_again() : status;
}
