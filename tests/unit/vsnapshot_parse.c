/* vsnapshot_parse - reads and parses the lines of standard input, and does
 * nothing with them: what no program that reads such lines can beat. */
#include <unistd.h>

#include "line.h"
#include "scan.h"
#include "test.h"

int
main(void)
{
	struct scan *s = scan_new();
	struct reader in;
	struct slice line;
	const char *why;
	size_t at;

	reader_init(&in, STDIN_FILENO, LINE_MAX_DEFAULT);
	while (reader_next(&in, &line))
		CHECK(scan_parse(s, line, &at, &why));
	reader_close_or_die(&in);
	scan_free(s);
	return DONE();
}
