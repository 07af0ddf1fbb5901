/* http_multi - whose time it is: a transfer that waits for us does not time
 * out, one that waits for the server does. */
#include "http_multi.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "test.h"

#define BODY 100000
#define TIMEOUT_MS 1000
#define LONGER_MS 2500
#define PATIENCE_MS 30000

static char base_url[64];

/* /whole: the body; anything else: ten bytes of it, and silence. */
static void
answer(int c)
{
	static char body[BODY];
	char ask[4096] = "", head[128];
	size_t n = 0;
	ssize_t got;
	int len;

	while (n < sizeof ask - 1 && strstr(ask, "\r\n\r\n") == NULL &&
	    (got = read(c, ask + n, sizeof ask - 1 - n)) > 0)
		n += (size_t)got;
	len = snprintf(head, sizeof head,
	    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY);
	if (write(c, head, (size_t)len) != len)
		_exit(1);
	if (strncmp(ask, "GET /whole ", 11) == 0)
		for (n = 0; n < BODY; n += (size_t)got) {
			got = write(c, body + n, BODY - n);
			if (got <= 0)
				_exit(1);
		}
	else if (write(c, body, 10) != 10)
		_exit(1);
	for (;;)
		pause();
}

static pid_t
serve(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof to;
	int s = socket(AF_INET, SOCK_STREAM, 0), c;
	pid_t pid;

	CHECK(bind(s, (struct sockaddr *)&to, sizeof to) == 0 &&
	    listen(s, 8) == 0 &&
	    getsockname(s, (struct sockaddr *)&to, &len) == 0);
	snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d",
	    ntohs(to.sin_port));
	pid = fork();
	if (pid != 0) {
		close(s);
		return pid;
	}
	setpgid(0, 0);
	while ((c = accept(s, NULL, NULL)) >= 0) {
		if (fork() == 0)
			answer(c);
		close(c);
	}
	_exit(0);
}

static void
get(struct http_multi *m, const char *url)
{
	const struct http_request q = { url, "test", NULL, 1 << 20 };

	http_multi_get(m, &q, NULL);
}

/* Looked after for so long, unless it ends before. */
static bool
ends_within(struct http_multi *m, int64_t ms, struct http_answer *a)
{
	int64_t until = clock_mono_ms() + ms;
	void *arg;

	while (clock_mono_ms() < until) {
		http_multi_wait(m, NULL, 0, 100);
		if (http_multi_next(m, &arg, a))
			return true;
	}
	return false;
}

static void
is_whole(struct http_multi *m)
{
	struct http_answer a = { 0 };

	CHECK(ends_within(m, PATIENCE_MS, &a));
	CHECK_STR(a.cause != NULL ? a.cause : "none", "none");
	CHECK(a.status == 200 && a.body.len == BODY);
	http_multi_forget(m, a.body.len);
	http_answer_release(&a);
}

static void
no_room(const struct http_base *base)
{
	struct http_multi *m = http_multi_new(base, 4, 1000, TIMEOUT_MS);
	struct http_answer a = { 0 };

	http_multi_hold(m, 1000);
	get(m, "https://x.example/whole");
	CHECK(!ends_within(m, LONGER_MS, &a));
	http_multi_forget(m, 1000);
	is_whole(m);
	http_multi_free(m);
}

static void
nobody_there(const struct http_base *base)
{
	struct http_multi *m = http_multi_new(base, 4, 1 << 20, TIMEOUT_MS);

	get(m, "https://x.example/whole");
	http_multi_wait(m, NULL, 0, 0);
	clock_sleep_ms(LONGER_MS);
	is_whole(m);
	http_multi_free(m);
}

static void
no_server(const struct http_base *base)
{
	struct http_multi *m = http_multi_new(base, 4, 1 << 20, TIMEOUT_MS);
	struct http_answer a = { 0 };

	get(m, "https://x.example/part");
	CHECK(ends_within(m, PATIENCE_MS, &a));
	CHECK_STR(a.cause != NULL ? a.cause : "none", "timeout");
	CHECK(http_multi_n(m) == 0);
	http_answer_release(&a);
	http_multi_free(m);
}

/* Each waits for seconds: all at the same time. */
int
main(void)
{
	static void (*const cases[])(const struct http_base *) = { no_room,
		nobody_there, no_server };
	struct http_base base;
	pid_t pid = serve(), pids[sizeof cases / sizeof *cases];
	int status;
	size_t i;

	CHECK(http_base_parse(base_url, &base));
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			cases[i](&base);
			http_base_release(&base);
			exit(DONE());
		}
	}
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
	http_base_release(&base);
	kill(-pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return DONE();
}
