/*
 * Fuzz target of scan.h, for tests/fuzz/run.  make check replays the corpus by
 * tests/unit/scan_check.
 */
#include "line.h"
#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct scan *s = scan_new();
	struct buf b = { 0 };
	const char *why;
	size_t at;

	buf_add(&b, data, len);
	buf_grow(&b, LINE_PADDING);
	if (scan_parse(s, buf_slice(&b), &at, &why))
		(void)val_count(scan_root(s));
	buf_release(&b);
	scan_free(s);
	return 0;
}
