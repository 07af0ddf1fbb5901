/*
 * Fuzz target of src/lib/robots.h: the first line is what is asked for, the
 * rest is robots.txt.  tests/unit/fuzz_check replays the corpus.
 */
#include "lib/robots.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data, *end = text + len;
	const char *newline = len > 0 ? memchr(text, '\n', len) : NULL;
	const char *rest = newline != NULL ? newline + 1 : end;

	if (newline != NULL)
		(void)robots_allow((struct slice){ rest, (size_t)(end - rest) },
		    "vpipe", (struct slice){ text, (size_t)(newline - text) });
	return 0;
}
