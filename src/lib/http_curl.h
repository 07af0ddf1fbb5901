/*
 * http_curl: what http.c and vimg's http_multi.c share of libcurl; for them
 * alone.
 *
 *	http_sink_start		the answer is empty, url and headers are made
 *	http_set_options	every option of the handle, from nothing
 *	(the transfer)
 *	http_sink_end		the answer is filled in, url and headers freed
 */
#ifndef HTTP_CURL_H
#define HTTP_CURL_H

#include <curl/curl.h>

#include "http.h"

struct http_sink {
	struct http_answer *answer;
	size_t header_bytes;   /* of all header blocks, 100s included */
	const char *too_large; /* what is: static words; or NULL */
	int64_t began;
	char *url;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
};

struct curl_slist *http_connect_to(const struct http_base *base);
void http_sink_start(struct http_sink *s, const struct http_base *base,
    const struct http_request *r);
/* The one place that sets options; a reused handle starts from nothing. */
void http_set_options(CURL *c, const struct http_base *base,
    struct curl_slist *connect_to, const struct http_request *r,
    struct http_sink *sink);
void http_sink_end(struct http_sink *s, CURL *c, CURLcode code);

#endif
