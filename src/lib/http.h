/*
 * http: one GET at a time, each exactly once.  Only this module and vimg's
 * http_multi (many at a time) know libcurl.
 *
 * An exchange ends in an answer (`cause` NULL: status, headers, whole body) or
 * in a cause.  A body that was cut, or grew over its ceiling, keeps status,
 * headers and the bytes so far; one whose Content-Encoding is wrong or unknown
 * keeps its bytes as they came.
 *
 * It follows no redirect, keeps no cookie, and sends only what the caller says.
 * SIGINT and SIGTERM end a transfer within a second ("interrupted").
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct http;

/* "http://127.0.0.1:8080": connect there, whatever host the URL names. */
struct http_base {
	char *connect; /* curl's form of it; NULL: connect to the URL */
	bool loopback;
};

struct http_request {
	const char *url; /* the logical one, https */
	const char *agent;
	const char *const *headers; /* "Name: value", NULL-terminated */
	size_t max_body;
};

struct http_answer {
	int status;        /* 0: none came */
	const char *cause; /* NULL, or one of the causes below; static */
	char message[256]; /* words for the cause */
	int64_t ms;
	struct buf headers; /* "name: value\n", names in lower case */
	struct buf body;    /* decoded: decode.h */
	char *location;     /* absolute, of a redirect; or NULL */
};

/* The causes: resolve, connect, tls, timeout, reset, truncated, encoding,
 * too-large, interrupted, protocol. */

/* False when the text is no http:// URL of a host and port alone. */
bool http_base_parse(const char *text, struct http_base *base);
void http_base_release(struct http_base *base);

struct http *http_new(const struct http_base *base); /* borrows base */
void http_free(struct http *h);
/* The answer is reset first; release it when done with it. */
void http_get(struct http *h, const struct http_request *r,
    struct http_answer *a);
void http_answer_release(struct http_answer *a);
/*
 * The header's value, of the n-th line with that name (0 is the first); an
 * empty slice with p NULL when there is none.
 */
struct slice http_header(const struct http_answer *a, const char *name, int n);

#endif
