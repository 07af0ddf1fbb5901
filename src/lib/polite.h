/*
 * polite: for programs that ask foreign hosts: whether they may, as whom, how
 * often, and the kept robots.txt of a host.
 */
#ifndef POLITE_H
#define POLITE_H

#include "http.h"

#define POLITE_RUN_ID 64

/* Dies (78) when the go-ahead, or the contact, is missing; never for a base
 * URL on loopback. */
void polite_live_or_die(const struct http_base *base);
/* The setting KEY, requests in a minute or an hour. */
int polite_rate(const char *key);
/* VPIPE_ROBOTS: true unless the operator states permission. */
bool polite_obeys_robots(void);
/* "vpipe/0.1.0 (+CONTACT)"; the caller frees. */
char *polite_agent(void);
/* "20261121T011855Z-FLOW-0123456789abcdef" */
void polite_run_id(char id[POLITE_RUN_ID], int64_t at, const char *flow);

/*
 * The pause that an answer asks for, 0: none.  It is the longest of its
 * Retry-After headers; more than a day is cut to a day with a warning.
 */
int64_t polite_asked_pause(const struct http_answer *a);

/*
 * robots.txt of a host, kept for a day in the data folder.  via: the base URL
 * that was asked instead of the host, or NULL.  False: none is kept, or it is
 * older, or of another via.
 */
bool polite_robots_kept(const char *via, struct slice host, struct buf *text);
void polite_robots_keep(const char *via, struct slice host, struct slice text);
/* Cuts one that is too large behind its last whole line (2.5). */
void polite_robots_trim(struct http_answer *a);
/* One process reads it, the others wait: closing unlocks.  -1: a signal ended
 * the wait. */
int polite_robots_lock(struct slice host);
/*
 * RFC 9309, 2.3.1.2: the URL that an answer to robots.txt redirects to, perhaps
 * on another host; the caller frees.  NULL: none.
 */
char *polite_robots_next(const struct http_answer *a);
/*
 * Is that the same site, so that its robots.txt may be asked for: the host
 * itself, with or without "www.", or below it?
 */
bool polite_same_site(struct slice host, struct slice other);
#define POLITE_REDIRECTS 5                  /* RFC 9309, 2.3.1.2 */
#define POLITE_ROBOTS_MAX ((size_t)1 << 20) /* 2.5: 500 KiB at least */

#endif
