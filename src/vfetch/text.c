#include "text.h"

#include "json.h"
#include "line.h"
#include "scan.h"
#include "banned.h"

/* The JSON reader judges UTF-8 already; text is a JSON string, escaped. */
bool
text_valid(struct slice s)
{
	static struct scan *scan;
	struct buf b = { 0 };
	const char *why;
	size_t at;
	bool ok;

	if (scan == NULL)
		scan = scan_new();
	json_escape(&b, s);
	buf_grow(&b, LINE_PADDING);
	ok = scan_parse(scan, buf_slice(&b), &at, &why);
	buf_release(&b);
	return ok;
}
