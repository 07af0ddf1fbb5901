#include "http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "stop.h"
#include "banned.h"

#define CONNECT_MS 10000L
#define TOTAL_MS 60000L
#define HEADERS_MAX ((size_t)256 << 10)

struct http {
	CURL *easy;
	const struct http_base *base;
	struct curl_slist *connect_to;
	bool too_large;			/* the body at hand */
};

struct sink {
	struct http *h;
	struct http_answer *a;
};

static bool
has_port(const char *host, size_t len)
{
	const char *bracket = memchr(host, ']', len);
	const char *from = bracket != NULL ? bracket : host;

	return memchr(from, ':', len - (size_t)(from - host)) != NULL;
}

/* By address, not by look: 127.example.com is somebody's name. */
static bool
is_loopback(const char *host, size_t len)
{
	char name[INET6_ADDRSTRLEN + 2] = "";
	struct in_addr v4;
	size_t n = host[0] == '[' ? strcspn(host, "]") + 1 :
	    strcspn(host, ":/");

	if (n > len || n >= sizeof name)
		return false;
	memcpy(name, host, n);
	if (strcmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, name, &v4) == 1 &&
	    ntohl(v4.s_addr) >> 24 == 127;
}

bool
http_base_parse(const char *text, struct http_base *base)
{
	const char *host, *end;
	size_t len;

	*base = (struct http_base){ 0 };
	if (strncmp(text, "http://", 7) != 0)
		return false;
	host = text + 7;
	len = strcspn(host, "/?#@");
	end = host + len;
	if (len == 0 || (*end != '\0' && strcmp(end, "/") != 0))
		return false;
	base->connect = xasprintf("::%.*s%s", (int)len, host,
	    has_port(host, len) ? "" : ":80");
	base->loopback = is_loopback(host, len);
	return true;
}

void
http_base_release(struct http_base *base)
{
	free(base->connect);
	*base = (struct http_base){ 0 };
}

struct http *
http_new(const struct http_base *base)
{
	struct http *h = xcalloc(1, sizeof *h);

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (h->easy = curl_easy_init()) == NULL)
		die(EX_SOFTWARE, "cannot set up libcurl");
	h->base = base;
	if (base->connect != NULL)
		h->connect_to = curl_slist_append(NULL, base->connect);
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_slist_free_all(h->connect_to);
	curl_easy_cleanup(h->easy);
	curl_global_cleanup();
	free(h);
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;

	if (buf_try_add(&s->a->body, p, size * n))
		return size * n;
	s->h->too_large = true;
	return 0;		/* ends the transfer */
}

/* Keeps the header block of the last response (100 and 103 come before it). */
static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = &((struct sink *)arg)->a->headers;
	size_t len = size * n, end = len, i, from = b->len;
	char *colon;

	if (len > 5 && strncmp(p, "HTTP/", 5) == 0) {
		buf_reset(b);
		return len;
	}
	while (end > 0 && isspace((unsigned char)p[end - 1]))
		end--;
	colon = memchr(p, ':', end);
	if (colon == NULL || b->len + end + 1 > HEADERS_MAX)
		return len;
	buf_add(b, p, end);
	buf_addc(b, '\n');
	for (i = from; b->data[i] != ':'; i++)
		b->data[i] = (char)tolower((unsigned char)b->data[i]);
	return len;
}

static int
on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)arg, (void)a, (void)b, (void)c, (void)d;
	return stopped != 0;
}

/* The one place that sets options; a reused handle starts from nothing. */
static void
set_options(struct http *h, const struct http_request *r, const char *url,
    struct curl_slist *headers, struct sink *sink, char *error)
{
	CURL *c = h->easy;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, r->agent);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");	/* all it can */
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
	    h->base->connect != NULL ? "http" : "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	/* on a kept connection that has died libcurl asks again by itself,
	 * which neither the pace nor the budget nor the record would see */
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, sink);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
	if (h->connect_to != NULL) {
		curl_easy_setopt(c, CURLOPT_CONNECT_TO, h->connect_to);
		/* a proxy of the environment has no say in where this goes */
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	}
}

static const char *
cause_of(CURLcode code, const struct http *h, const struct http_answer *a)
{
	switch (code) {
	case CURLE_OK:
		return NULL;
	case CURLE_ABORTED_BY_CALLBACK:
		return "interrupted";
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "resolve";
	case CURLE_COULDNT_CONNECT:
		return "connect";
	case CURLE_OPERATION_TIMEDOUT:
		return "timeout";
	case CURLE_PARTIAL_FILE:
		return "truncated";
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return a->status != 0 ? "truncated" : "reset";
	case CURLE_WRITE_ERROR:
		return h->too_large ? "too-large" : "encoding";
	case CURLE_BAD_CONTENT_ENCODING:
		return "encoding";
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "tls";
	default:
		return "protocol";
	}
}

static void
answer_reset(struct http_answer *a, size_t max_body)
{
	buf_reset(&a->headers);
	buf_reset(&a->body);
	a->body.max = max_body;
	free(a->location);
	a->location = NULL;
	a->status = 0;
	a->message[0] = '\0';
}

void
http_get(struct http *h, const struct http_request *r, struct http_answer *a)
{
	char error[CURL_ERROR_SIZE] = "", *url, *to = NULL;
	struct curl_slist *headers = NULL;
	struct sink sink = { h, a };
	const char *const *line;
	int64_t began = clock_mono_ms();
	CURLcode code;
	long status = 0;

	answer_reset(a, r->max_body);
	h->too_large = false;
	/* the simulator speaks no TLS; the Host header stays the site's */
	url = h->base->connect != NULL && strncmp(r->url, "https://", 8) == 0 ?
	    xasprintf("http://%s", r->url + 8) : xstrdup(r->url);
	for (line = r->headers; line != NULL && *line != NULL; line++)
		headers = curl_slist_append(headers, *line);
	set_options(h, r, url, headers, &sink, error);
	code = curl_easy_perform(h->easy);
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &to);
	a->status = (int)status;
	a->cause = cause_of(code, h, a);
	if (a->cause != NULL)
		snprintf(a->message, sizeof a->message, "%s",
		    *error ? error : curl_easy_strerror(code));
	a->location = to != NULL ? xstrdup(to) : NULL;
	a->ms = clock_mono_ms() - began;
	curl_slist_free_all(headers);
	free(url);
}

void
http_answer_release(struct http_answer *a)
{
	buf_release(&a->headers);
	buf_release(&a->body);
	free(a->location);
	a->location = NULL;
}

struct slice
http_header(const struct http_answer *a, const char *name, int n)
{
	const char *p = a->headers.data, *end = p + a->headers.len, *eol;
	size_t len = strlen(name);

	for (; p != NULL && p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if ((size_t)(eol - p) <= len || p[len] != ':' ||
		    strncmp(p, name, len) != 0 || n-- > 0)
			continue;
		p += len + 1;
		while (p < eol && (*p == ' ' || *p == '\t'))
			p++;
		return (struct slice){ p, (size_t)(eol - p) };
	}
	return (struct slice){ NULL, 0 };
}
