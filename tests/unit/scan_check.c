/*
 * scan_check FILE... - says of each file whether it is JSON: "ok PATH", or
 * "refused PATH at OFFSET: REASON".  -t N: parses each N times, says MB/s.
 */
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "line.h"
#include "scan.h"
#include "test.h"

static void
judge(struct scan *s, const char *path, long times)
{
	struct buf b = { 0 };
	struct slice text;
	const char *why;
	bool ok = false;
	size_t at;
	int64_t start;
	long i;

	if (!file_read(path, &b))
		die_errno(EX_IOERR, "cannot read '%s'", path);
	text = (struct slice){ b.len ? b.data : "", b.len };
	buf_grow(&b, LINE_PADDING);
	text.p = b.data;
	start = clock_mono_ms();
	for (i = 0; i < times; i++)
		ok = scan_parse(s, text, &at, &why);
	if (ok)
		printf("ok %s\n", path);
	else
		printf("refused %s at %zu: %s\n", path, at, why);
	if (times > 1)
		printf("%.0f MB/s\n",
		    (double)text.len * (double)times / 1000 /
		        (double)(clock_mono_ms() - start + 1));
	buf_release(&b);
}

int
main(int argc, char *argv[])
{
	struct scan *s = scan_new();
	long times = 1;
	int i = 1;

	if (argc > 3 && strcmp(argv[1], "-t") == 0) {
		times = atol(argv[2]);
		i = 3;
	}
	for (; i < argc; i++)
		judge(s, argv[i], times);
	scan_free(s);
	return EXIT_SUCCESS;
}
