/* fuzz_check url|robots FILE... - replays a fuzz target over its corpus, and
 * over each file cut off after each of its bytes. */
#include "file.h"
#include "test.h"

#define LLVMFuzzerTestOneInput fuzz_url
#include "../fuzz/url.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_robots
#include "../fuzz/robots.c"
#undef LLVMFuzzerTestOneInput

#include "msg.h"

static void
replay(int (*target)(const uint8_t *, size_t), const char *path)
{
	struct buf b = { 0 };
	uint8_t *exact; /* so that a byte behind it is noticed */
	size_t n;

	if (!file_read(path, &b))
		die_errno(EX_IOERR, "cannot read '%s'", path);
	for (n = 0; n <= b.len; n++) {
		exact = xmalloc(n + (n == 0));
		memcpy(exact, b.data, n);
		target(exact, n);
		free(exact);
	}
	buf_release(&b);
}

int
main(int argc, char *argv[])
{
	int i;

	CHECK(argc > 2);
	for (i = 2; i < argc; i++)
		replay(strcmp(argv[1], "url") == 0 ? fuzz_url : fuzz_robots,
		    argv[i]);
	return DONE();
}
