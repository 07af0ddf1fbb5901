/* vevents: looks at the listings of one seller after another, and what else is
 * known of her, to what happened to them.  See vevents(1). */

#include <unistd.h>

#include "events.h"
#include "stop.h"
#include "banned.h"

int
main(int argc, char *argv[])
{
	struct opts o = { .maxline = LINE_MAX_DEFAULT,
		.memory = INT64_C(64) << 20 };
	struct reader in;
	struct writer out;
	struct rejects rej;
	struct events e;
	struct slice line;
	int status, first;

	first = options(&o, argc, argv);
	reader_init(&in, STDIN_FILENO, (size_t)o.maxline);
	reader_files(&in, argc - first, argv + first, "history lines");
	writer_init(&out, STDOUT_FILENO);
	reader_tie(&in, &out);
	rejects_init(&rej, o.rejects, o.threshold, NULL);

	events_init(&e, &o, &out, &rej);
	while (!stopped && reader_next(&in, &line))
		events_line(&e, line, in.lines, in.toolong);
	status = events_end(&e);
	events_release(&e);

	reader_close_or_die(&in);
	writer_close_or_die(&out); /* a full disk shows up here */
	rejects_close_or_die(&rej);
	return stopped ? stop_again() : status;
}
