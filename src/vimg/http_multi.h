/*
 * http_multi: many GETs at a time, over kept connections (libcurl multi, HTTP/2
 * where it is offered).  For URLs that may be asked twice: on a kept connection
 * that has died libcurl asks again by itself.
 *
 *	m = http_multi_new(&base, 16, 8 << 20, 60000);
 *	while (http_multi_n(m) < 16) http_multi_get(m, &request, arg);
 *	http_multi_wait(m, fds, n, 1000);
 *	while (http_multi_next(m, &arg, &answer)) ...
 *	http_multi_forget(m, bytes);		the body is used up
 *
 * Bodies together hold at most `room` bytes, with those that were handed out
 * and not yet forgotten; a transfer without room waits (its socket is not
 * read).  One that is larger than the room goes on when it is the eldest and
 * nothing is handed out, so that all end: never more than room + max_body.
 *
 * A transfer times out by its own time: waiting for room, or for a call of
 * http_multi_wait, does not count.  One that drips for half a minute times out,
 * too.
 *
 * A 200 whose Content-Length is more than max_body is "too-large" at once; any
 * other answer when max_body bytes have come.
 *
 * No Content-Encoding is asked for; a body that has one is decoded at its end,
 * and then counts by its decoded length.
 *
 * For one thread.
 */
#ifndef HTTP_MULTI_H
#define HTTP_MULTI_H

#include <poll.h>

#include "http.h"

struct http_multi;

/* Borrows base. */
struct http_multi *http_multi_new(const struct http_base *base, int parallel,
    size_t room, int64_t timeout_ms);
/* Gives up all transfers under way. */
void http_multi_free(struct http_multi *m);
/* Starts; url, headers and agent are copied. */
void http_multi_get(struct http_multi *m, const struct http_request *r,
    void *arg);
int http_multi_n(const struct http_multi *m); /* under way */
/*
 * Until something happens here or on the descriptors (whose revents are set),
 * ms have passed, or a signal came.
 */
void http_multi_wait(struct http_multi *m, struct pollfd *fds, int n,
    int64_t ms);
/* One that has ended; the answer is the caller's to release. */
bool http_multi_next(struct http_multi *m, void **arg, struct http_answer *a);
/* Bytes from elsewhere count, too, until they are forgotten. */
void http_multi_hold(struct http_multi *m, size_t bytes);
void http_multi_forget(struct http_multi *m, size_t bytes);
/* Those under way, one after another, ended at once: for a stop. */
bool http_multi_drop(struct http_multi *m, void **arg);

#endif
