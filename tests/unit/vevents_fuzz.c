/* vevents_fuzz FILE... - replays tests/fuzz/history.c over its corpus, and
 * over each file cut off after each of its bytes, and with each byte gone. */
#include "../fuzz/history.c"

#include "file.h"
#include "test.h"

/* The bytes alone, so that one behind them is noticed. */
static void
try(const char *p, size_t n, size_t without)
{
	uint8_t *exact = xmalloc(n + 1);

	memcpy(exact, p, without);
	if (without < n)
		memcpy(exact + without, p + without + 1, n - without - 1);
	exact = xrealloc(exact, n - (without < n) + (n == 0));
	LLVMFuzzerTestOneInput(exact, n - (without < n));
	free(exact);
}

int
main(int argc, char *argv[])
{
	struct buf b = { 0 };
	size_t n;
	int i;

	CHECK(argc > 1);
	for (i = 1; i < argc; i++) {
		buf_reset(&b);
		if (!file_read(argv[i], &b))
			die_errno(EX_IOERR, "cannot read '%s'", argv[i]);
		for (n = 0; n <= b.len; n++) {
			try(b.data, n, n);
			try(b.data, b.len, n);
		}
	}
	buf_release(&b);
	return DONE();
}
