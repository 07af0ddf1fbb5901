/*
 * Fuzz target of src/lib/url.h: the first line is a pattern of a path, the
 * second a URL.  tests/unit/fuzz_check replays the corpus.
 */
#include "lib/url.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf in = { 0 }, out = { 0 };
	struct slice key, value;
	struct url u;
	char *text;

	buf_add(&in, data, len);
	buf_addc(&in, '\0');
	text = strchr(in.data, '\n');
	if (text != NULL)
		*text++ = '\0';
	if (text != NULL && url_split(text, &u)) {
		(void)url_path_match(in.data, u.path, &key, &value);
		while (url_pair(&u.query, &key, &value)) {
			(void)url_decode(key, true, &out);
			url_encode(&out, value);
		}
	}
	buf_release(&in);
	buf_release(&out);
	return 0;
}
