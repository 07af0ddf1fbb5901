/*
 * Fuzz target of src/vimg/image.h: a picture, decoded, and a copy of it made.
 * tests/unit/image replays the corpus, cut off after each byte and changed here
 * and there.
 */
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct image_limits l = { .pixels = 1 << 20, .memory = 8 << 20 };
	struct image_copy copy = { .edge = 16 };
	struct image im;

	(void)image_decode((struct slice){ (const char *)data, len }, &l, &im,
	    &copy, 1);
	buf_release(&copy.jpeg);
	return 0;
}
