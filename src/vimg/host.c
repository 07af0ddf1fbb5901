#include "host.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "conf.h"
#include "polite.h"
#include "retry.h"
#include "robots.h"
#include "stop.h"
#include "url.h"
#include "banned.h"

#define LOOK_MS 1000 /* how often a cool-down is looked for */
#define WAIT_MOST_MS (5 * 60000)

void
manners_init(struct manners *m, const char *base_url)
{
	bool free_of_pace;

	*m = (struct manners){ 0 };
	m->via = base_url != NULL ? base_url : conf_get("VPIPE_BASE_URL");
	if (m->via != NULL && !http_base_parse(m->via, &m->base))
		die(EX_CONFIG, "base URL '%s' is no http://HOST:PORT", m->via);
	m->agent = polite_agent();
	m->obey = polite_obeys_robots();
	free_of_pace = m->base.connect != NULL && m->base.loopback;
	m->minute = free_of_pace ? 0 : polite_rate("VPIPE_IMAGE_RATE_MINUTE");
	m->hour = free_of_pace ? 0 : polite_rate("VPIPE_IMAGE_RATE_HOUR");
}

void
manners_release(struct manners *m)
{
	int i;

	for (i = 0; i < m->nhosts; i++) {
		pace_release(&m->hosts[i].pace);
		buf_release(&m->hosts[i].robots);
		free(m->hosts[i].name);
	}
	for (i = 0; i < m->nmarkets; i++) {
		verdict_free(m->markets[i].rules);
		source_free(m->markets[i].source);
		free(m->markets[i].name);
	}
	http_free(m->http);
	http_base_release(&m->base);
	free(m->agent);
}

void
manners_worse(struct manners *m, int status)
{
	/* the later in the list, the milder */
	static const int order[] = { EX_SOFTWARE, EX_IOERR, EX_CONFIG, EX_USAGE,
		EX_UNAVAILABLE, EX_DATAERR, EX_NOPERM, EX_TEMPFAIL };
	size_t i;

	for (i = 0; i < sizeof order / sizeof *order; i++)
		if (order[i] == status || order[i] == m->status) {
			m->status = order[i];
			return;
		}
}

/* ---- sources and their hosts ---- */

const struct market *
manners_market(struct manners *m, const char *source, const char **why)
{
	struct market *k = NULL;
	int i;

	for (i = 0; i < m->nmarkets && k == NULL; i++)
		if (strcmp(m->markets[i].name, source) == 0)
			k = &m->markets[i];
	*why = "more sources than a run can have";
	if (k == NULL && m->nmarkets == SOURCES_MOST)
		return NULL;
	if (k == NULL) {
		k = &m->markets[m->nmarkets++];
		k->name = xstrdup(source);
		k->source = source_load(source);
		if (k->source != NULL) {
			k->rules = verdict_load(k->source);
			k->hosts = val_member(val_member(k->source->doc->root,
			                          "images"),
			    "hosts");
		}
	}
	*why = k->source == NULL ?
	    "its source is not described" :
	    "its source does not say which hosts serve its pictures";
	return val_count(k->hosts) > 0 ? k : NULL;
}

static bool
is_named(const struct market *k, struct slice host)
{
	struct val_iter it = val_each(k->hosts);
	struct slice t;
	struct val v;

	while (val_next(&it, NULL, &v)) {
		t = val_text(v);
		if (val_type(v) == SCAN_STRING && t.len == host.len + 2 &&
		    strncasecmp(t.p + 1, host.p, host.len) == 0)
			return true;
	}
	return false;
}

static struct host *
host_add(struct manners *m, const struct market *k, struct slice name)
{
	char *folder = conf_in_data("state/pace"), *group, *c;
	struct host *h;

	if (m->nhosts == HOSTS_MOST)
		die(EX_CONFIG, "more than %d hosts serve pictures", HOSTS_MOST);
	/* asked only now: without a photo there is nothing to go ahead with */
	polite_live_or_die(&m->base);
	h = &m->hosts[m->nhosts++];
	h->name = xstrndup(name.p, name.len);
	for (c = h->name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 32);
	h->market = k;
	group = xasprintf("image-%s", h->name);
	pace_init(&h->pace, folder, group, m->minute, m->hour);
	free(group);
	free(folder);
	return h;
}

struct host *
manners_host(struct manners *m, const struct market *k, const char *url)
{
	struct url u;
	int i;

	if (!url_split(url, &u) || !is_named(k, u.host))
		return NULL;
	for (i = 0; i < m->nhosts; i++)
		if (m->hosts[i].market == k &&
		    strlen(m->hosts[i].name) == u.host.len &&
		    strncasecmp(m->hosts[i].name, u.host.p, u.host.len) == 0)
			return &m->hosts[i];
	return host_add(m, k, u.host);
}

/* ---- robots.txt ---- */

static enum go
put_off(struct manners *m, struct host *h, const char *stop, int status)
{
	h->off = true;
	if (m->stop == NULL)
		m->stop = stop;
	manners_worse(m, status);
	return GO_OFF;
}

/* One request of the host's, in its turn. */
static void
ask_robots(struct manners *m, struct host *h, const char *url,
    struct http_answer *a)
{
	struct http_request q = { url, m->agent, NULL, POLITE_ROBOTS_MAX };
	int64_t now = clock_now_ms(), at = pace_take(&h->pace, now);

	if (at > now)
		clock_pass_ms(at - now);
	http_get(m->http, &q, a); /* ends at once when stopped */
	polite_robots_trim(a);
}

/* Only hosts that the source names are asked, and those below this one; on a
 * base URL of loopback nothing leaves the machine. */
static bool
may_follow(const struct manners *m, const struct host *h, const char *url)
{
	struct url u;

	return url_split(url, &u) &&
	    ((m->base.connect != NULL && m->base.loopback) ||
	        is_named(h->market, u.host) ||
	        polite_same_site(slice_of(h->name), u.host));
}

/*
 * RFC 9309, 2.3.1: what is not there (4xx, or too many redirects) forbids
 * nothing; what cannot be reached, or stands at a foreign host, everything.
 */
static enum go
read_robots(struct manners *m, struct host *h)
{
	char *url = xasprintf("https://%s/robots.txt", h->name), *next;
	struct slice name = slice_of(h->name);
	struct http_answer a = { 0 };
	enum go go = GO_NOW;
	bool foreign = false;
	int hops;

	if (m->http == NULL)
		m->http = http_new(&m->base);
	for (hops = 0;; hops++) {
		ask_robots(m, h, url, &a);
		next = a.cause == NULL && hops < POLITE_REDIRECTS ?
		    polite_robots_next(&a) :
		    NULL;
		free(url);
		url = next;
		foreign = url != NULL && !may_follow(m, h, url);
		if (url == NULL || foreign)
			break;
	}
	if (foreign) {
		warn("robots.txt of '%s' redirects to '%s', which is not "
		     "asked: its rules are not known",
		    h->name, url);
		go = put_off(m, h, "robots", EX_NOPERM);
	} else if (a.status == 429) {
		host_refused(m, h, "refused:rate-limit", 429,
		    polite_asked_pause(&a));
		go = GO_OFF;
	} else if (a.cause != NULL || a.status >= 500) {
		if (!stopped)
			warn("cannot read robots.txt of '%s': %s", h->name,
			    a.cause != NULL ? a.message : "a server error");
		go = put_off(m, h, "unreachable", EX_TEMPFAIL);
	} else {
		if (a.status / 100 == 2)
			buf_addslice(&h->robots, buf_slice(&a.body));
		polite_robots_keep(m->via, name, buf_slice(&h->robots));
	}
	free(url);
	http_answer_release(&a);
	return go;
}

bool
host_allows(const struct manners *m, const struct host *h, const char *url)
{
	struct url u;

	return !m->obey || !url_split(url, &u) ||
	    robots_allow(buf_slice(&h->robots), "vpipe",
	        slice_of(u.path.len > 0 ? u.path.p : "/"));
}

/* ---- may it be asked? ---- */

/* Another process's wall counts as ours; looked for once a second. */
static enum go
look_for_cooling(struct manners *m, struct host *h, int64_t now, int64_t *at)
{
	char text[CLOCK_LEN];
	int64_t until;

	if (h->hold_until > now) {
		*at = h->hold_until;
		return GO_LATER;
	}
	if (h->looked_at != 0 && clock_mono_ms() - h->looked_at < LOOK_MS)
		return GO_NOW;
	h->looked_at = clock_mono_ms();
	until = pace_cooling(&h->pace, now);
	if (until == 0)
		return GO_NOW;
	warn("'%s' cools down until %s; to end the pause: vfetch resume "
	     "image-%s",
	    h->name, clock_format(until, text), h->name);
	return put_off(m, h, "cooling", EX_TEMPFAIL);
}

static enum go
introduce(struct manners *m, struct host *h)
{
	struct slice name = slice_of(h->name);
	enum go go = GO_NOW;
	int fd;

	h->introduced = true;
	if (!m->obey || polite_robots_kept(m->via, name, &h->robots))
		return GO_NOW;
	fd = polite_robots_lock(name); /* another process may be at it */
	if (fd < 0)
		return put_off(m, h, "signal", EX_TEMPFAIL);
	if (!polite_robots_kept(m->via, name, &h->robots))
		go = read_robots(m, h);
	close(fd);
	return go;
}

bool
host_is_new(const struct manners *m, const struct host *h)
{
	return m->obey && !h->introduced && !h->off;
}

enum go
host_go(struct manners *m, struct host *h, int64_t now, int64_t *at)
{
	enum go go;

	if (h->off)
		return GO_OFF;
	go = look_for_cooling(m, h, now, at);
	if (go != GO_NOW)
		return go;
	if (!h->introduced && introduce(m, h) != GO_NOW)
		return GO_OFF;
	if (!h->has_turn) {
		h->turn_at = pace_take(&h->pace, now);
		h->has_turn = true;
	}
	*at = h->turn_at;
	return h->turn_at <= clock_now_ms() ? GO_NOW : GO_LATER;
}

void
host_asked(struct host *h)
{
	h->has_turn = false;
}

void
host_answered(struct host *h)
{
	h->silent = 0;
	/* a file is read for it; once a second will do */
	if (h->told_at != 0 && clock_mono_ms() - h->told_at < LOOK_MS)
		return;
	h->told_at = clock_mono_ms();
	pace_answered(&h->pace, clock_now_ms());
}

void
host_silent(struct manners *m, struct host *h, const char *cause)
{
	if (++h->silent < m->silent_most || h->off || stopped)
		return;
	warn("'%s' does not answer (%s): the rest is put off", h->name, cause);
	put_off(m, h, "unreachable", EX_TEMPFAIL);
}

int64_t
host_refused(struct manners *m, struct host *h, const char *verdict, int status,
    int64_t retry_after)
{
	int64_t now = clock_now_ms(), until;
	char text[CLOCK_LEN];

	/* those that were under way meet the same wall */
	if (!h->off || m->stop == NULL || strcmp(m->stop, "refused") != 0) {
		pace_refused(&h->pace, now, retry_after);
		until = pace_cooling(&h->pace, now);
		warn("'%s' refused us (%s, status %d): it is not asked before "
		     "%s; to end the pause: vfetch resume image-%s",
		    h->name, verdict + strlen("refused:"), status,
		    clock_format(until, text), h->name);
	}
	put_off(m, h, "refused", status == 429 ? EX_TEMPFAIL : EX_NOPERM);
	return pace_cooling(&h->pace, now);
}

void
host_hold(struct host *h, int64_t now, int64_t pause)
{
	pace_hold(&h->pace, now, now + pause);
	if (pause <= WAIT_MOST_MS && h->hold_until < now + pause)
		h->hold_until = now + pause;
}
