/* vsnapshot: typed records, passed on, and snapshots of them.  See
 * vsnapshot(1). */

#include <unistd.h>

#include "line.h"
#include "options.h"
#include "reject.h"
#include "stop.h"
#include "take.h"
#include "banned.h"

static int
run_take(const struct opts *o, struct reader *in, struct writer *out,
    struct rejects *rej)
{
	struct take t;
	struct slice line;
	int status;

	take_init(&t, o, out, rej);
	while (!stopped && reader_next(in, &line))
		take_line(&t, line, in->lines, in->toolong);
	status = take_end(&t);
	take_release(&t);
	return status;
}

int
main(int argc, char *argv[])
{
	struct opts o = { .maxline = LINE_MAX_DEFAULT };
	struct reader in;
	struct writer out;
	struct rejects rej;
	int status, first;

	first = options(&o, argc, argv);
	reader_init(&in, STDIN_FILENO, (size_t)o.maxline);
	reader_files(&in, argc - first, argv + first, "Singer messages");
	writer_init(&out, STDOUT_FILENO);
	reader_tie(&in, &out);
	rejects_init(&rej, o.rejects, o.threshold, NULL);

	status = run_take(&o, &in, &out, &rej);

	reader_close_or_die(&in);
	writer_close_or_die(&out); /* a full disk shows up here */
	rejects_close_or_die(&rej);
	return stopped ? stop_again() : status;
}
