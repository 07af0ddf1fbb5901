/*
 * host: the hosts that serve pictures, and the manners towards each: those that
 * a source allows, robots.txt, the pace (a group of its own, "image-<host>"),
 * the cool-down after a refusal, and giving up a silent host.  For the main
 * thread.
 */
#ifndef VIMG_HOST_H
#define VIMG_HOST_H

#include "http.h"
#include "pace.h"
#include "verdict.h"

#define HOSTS_MOST 64
#define SOURCES_MOST 64

struct market { /* a source that serves pictures */
	char *name;
	struct source *source; /* NULL: it is not described */
	struct verdict_rules *rules;
	struct val hosts; /* images.hosts */
};

struct host {
	char *name;
	const struct market *market;
	struct pace pace;
	bool off;        /* nothing more in this run */
	bool introduced; /* robots.txt has been seen to */
	struct buf robots;
	bool has_turn;
	int64_t turn_at;    /* when it is, if has_turn */
	int64_t hold_until; /* our own pause, by Retry-After */
	int64_t looked_at;  /* at the cool-down; monotonic */
	int64_t told_at;    /* that it answers; monotonic */
	int silent;         /* requests in a row without an answer */
};

struct manners {
	struct http_base base;
	const char *via; /* the base URL, or NULL */
	char *agent;
	bool obey;        /* robots.txt */
	int minute, hour; /* 0: free of pace */
	int silent_most;
	struct http *http; /* for robots.txt */
	struct market markets[SOURCES_MOST];
	int nmarkets;
	struct host hosts[HOSTS_MOST];
	int nhosts;
	int status;       /* the worst so far */
	const char *stop; /* "refused", "cooling", "unreachable" */
};

enum go {
	GO_NOW,
	GO_LATER, /* at *at */
	GO_OFF    /* not in this run: put off */
};

void manners_init(struct manners *m, const char *base_url);
void manners_release(struct manners *m);
void manners_worse(struct manners *m, int status);

/* NULL with the reason: no such source, or it does not say where its pictures
 * are. */
const struct market *manners_market(struct manners *m, const char *source,
    const char **why);
/* NULL: a host that the source does not name. */
struct host *manners_host(struct manners *m, const struct market *k,
    const char *url);

/* The next host_go reads its robots.txt, and waits for it: nothing should be
 * under way. */
bool host_is_new(const struct manners *m, const struct host *h);
/* May the host be asked now?  Reads robots.txt when it is due. */
enum go host_go(struct manners *m, struct host *h, int64_t now, int64_t *at);
/* Uses the turn that host_go gave. */
void host_asked(struct host *h);
bool host_allows(const struct manners *m, const struct host *h,
    const char *url);
void host_answered(struct host *h);
/* A request found no answer: after silent_most in a row the host is put off. */
void host_silent(struct manners *m, struct host *h, const char *cause);
/* Returns until when the host cools down. */
int64_t host_refused(struct manners *m, struct host *h, const char *verdict,
    int status, int64_t retry_after);
void host_hold(struct host *h, int64_t now, int64_t pause);

#endif
