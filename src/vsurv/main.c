/* vsurv: grouped intervals to curves of the time to sale.  See vsurv(1). */

#include <unistd.h>

#include "cells.h"
#include "stop.h"
#include "banned.h"

int
main(int argc, char *argv[])
{
	struct options o;
	struct reader in;
	struct writer out;
	struct rejects rej;
	struct cells cells;
	struct slice line;
	int status, first = options(&o, argc, argv);

	reader_init(&in, STDIN_FILENO, (size_t)o.max_line);
	reader_files(&in, argc - first, argv + first, "grouped intervals");
	writer_init(&out, STDOUT_FILENO);
	reader_tie(&in, &out);
	rejects_init(&rej, o.rejects, o.threshold, NULL);
	cells_init(&cells, &o, &out, &rej);

	while (!stopped && reader_next(&in, &line))
		cells_line(&cells, line, in.lines, in.toolong);

	status = cells_end(&cells);
	reader_close_or_die(&in);
	writer_close_or_die(&out); /* a full disk shows up here */
	rejects_close_or_die(&rej);
	cells_release(&cells);
	return stopped ? stop_again() : status;
}
