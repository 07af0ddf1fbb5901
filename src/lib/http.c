#include "http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "decode.h"
#include "http_curl.h"
#include "stop.h"
#include "banned.h"

#define CONNECT_MS 10000L
#define TOTAL_MS 60000L
#define HEADERS_MAX ((size_t)256 << 10)

struct http {
	CURL *easy;
	const struct http_base *base;
	struct curl_slist *connect_to;
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
	size_t n =
	    host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");

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

struct curl_slist *
http_connect_to(const struct http_base *base)
{
	return base->connect != NULL ? curl_slist_append(NULL, base->connect) :
	                               NULL;
}

struct http *
http_new(const struct http_base *base)
{
	struct http *h = xcalloc(1, sizeof *h);

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
	    (h->easy = curl_easy_init()) == NULL)
		die(EX_SOFTWARE, "cannot set up libcurl");
	h->base = base;
	h->connect_to = http_connect_to(base);
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
	struct http_sink *s = arg;

	if (buf_try_add(&s->answer->body, p, size * n))
		return size * n;
	s->too_large = "its body is too large";
	return 0; /* ends the transfer */
}

/* Keeps the header block of the last response (100 and 103 come before it). */
static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_sink *s = arg;
	struct buf *b = &s->answer->headers;
	size_t len = size * n, end = len, i, from = b->len;
	char *colon;

	s->header_bytes += len;
	if (s->header_bytes > HEADERS_MAX) {
		s->too_large = "its headers are too large";
		return 0;
	}
	if (len > 5 && strncmp(p, "HTTP/", 5) == 0) {
		buf_reset(b);
		return len;
	}
	while (end > 0 && isspace((unsigned char)p[end - 1]))
		end--;
	colon = memchr(p, ':', end);
	if (colon == NULL)
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

void
http_set_options(CURL *c, const struct http_base *base,
    struct curl_slist *connect_to, const struct http_request *r,
    struct http_sink *sink)
{
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, sink->url);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, sink->headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, r->agent);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
	    base->connect != NULL ? "http" : "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	/* on a kept connection that has died libcurl asks again by itself,
	 * which neither the pace nor the budget nor the record would see */
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* a name that is being resolved does not keep us from ending */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, sink);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, sink->error);
	if (connect_to != NULL) {
		curl_easy_setopt(c, CURLOPT_CONNECT_TO, connect_to);
		/* a proxy of the environment has no say in where this goes */
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	}
}

static const char *
cause_of(CURLcode code, const struct http_sink *s)
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
		return s->answer->status != 0 ? "truncated" : "reset";
	case CURLE_FILESIZE_EXCEEDED:
		return "too-large";
	case CURLE_WRITE_ERROR:
		return s->too_large != NULL ? "too-large" : "protocol";
	case CURLE_OUT_OF_MEMORY: /* we die of that: a line of 100 KB */
		return "too-large";
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "tls";
	default:
		return "protocol";
	}
}

void
http_sink_start(struct http_sink *s, const struct http_base *base,
    const struct http_request *r)
{
	struct http_answer *a = s->answer;
	const char *const *line;

	buf_reset(&a->headers);
	buf_reset(&a->body);
	a->body.max = r->max_body;
	free(a->location);
	a->location = NULL;
	a->status = 0;
	a->message[0] = '\0';
	s->too_large = NULL;
	s->header_bytes = 0;
	s->error[0] = '\0';
	s->began = clock_mono_ms();
	/* the simulator speaks no TLS; the Host header stays the site's */
	s->url = base->connect != NULL && strncmp(r->url, "https://", 8) == 0 ?
	    xasprintf("http://%s", r->url + 8) :
	    xstrdup(r->url);
	s->headers = NULL;
	for (line = r->headers; line != NULL && *line != NULL; line++)
		s->headers = curl_slist_append(s->headers, *line);
}

/* RFC 9112, 6.3: of two lengths that differ nobody knows which is true. */
static bool
lengths_differ(const struct http_answer *a)
{
	struct slice first = http_header(a, "content-length", 0), h;
	int n;

	for (n = 1; (h = http_header(a, "content-length", n)).p != NULL; n++)
		if (!slice_eq(first, h))
			return true;
	return false;
}

/* What keeps us, and not the server, from an answer. */
static void
die_of_ours(CURL *c, CURLcode code)
{
	long err = 0;

	curl_easy_getinfo(c, CURLINFO_OS_ERRNO, &err);
	if (code != CURLE_OK && (err == EMFILE || err == ENFILE)) {
		errno = (int)err;
		die_errno(EX_IOERR, "cannot open a connection");
	}
}

/* Not by libcurl, which ends at the first member of a gzip, and takes one
 * that is cut for whole.  All lines of the header are one list. */
static void
decode(struct http_answer *a)
{
	struct buf list = { 0 };
	enum decoded end;
	struct slice h;
	int n;

	for (n = 0; (h = http_header(a, "content-encoding", n)).p != NULL; n++)
		buf_addf(&list, "%s%.*s", n > 0 ? ", " : "", SLICE_ARG(h));
	end = decode_body(buf_slice(&list), &a->body);
	if (a->cause == NULL && end != DECODE_OK) {
		a->cause = end == DECODE_CUT ? "truncated" :
		    end == DECODE_TOO_LARGE  ? "too-large" :
		                               "encoding";
		snprintf(a->message, sizeof a->message,
		    "its Content-Encoding '%.64s' %s", list.data,
		    end == DECODE_CUT           ? "ends too early" :
		        end == DECODE_TOO_LARGE ? "holds too much" :
		                                  "is wrong, or not known");
	}
	buf_release(&list);
}

void
http_sink_end(struct http_sink *s, CURL *c, CURLcode code)
{
	struct http_answer *a = s->answer;
	long status = 0;
	char *to = NULL;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &to);
	a->status = status >= 200 ? (int)status : 0; /* 100 is no answer */
	die_of_ours(c, code);
	a->cause = cause_of(code, s);
	if (a->cause != NULL)
		snprintf(a->message, sizeof a->message, "%s",
		    s->too_large != NULL ? s->too_large :
		        *s->error        ? s->error :
		                           curl_easy_strerror(code));
	if (a->cause == NULL && lengths_differ(a)) {
		a->cause = "protocol";
		snprintf(a->message, sizeof a->message,
		    "it states two lengths that differ");
	}
	if (code != CURLE_ABORTED_BY_CALLBACK)
		decode(a);
	a->location = to != NULL ? xstrdup(to) : NULL;
	a->ms = clock_mono_ms() - s->began;
	curl_slist_free_all(s->headers);
	free(s->url);
	s->headers = NULL;
	s->url = NULL;
}

void
http_get(struct http *h, const struct http_request *r, struct http_answer *a)
{
	struct http_sink sink = { .answer = a };

	http_sink_start(&sink, h->base, r);
	sink.headers =
	    curl_slist_append(sink.headers, "Accept-Encoding: " DECODE_ACCEPT);
	http_set_options(h->easy, h->base, h->connect_to, r, &sink);
	http_sink_end(&sink, h->easy, curl_easy_perform(h->easy));
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
