/* vraw: what lies in the raw layer: listed, checked, unpacked, replaced.  See
 * vraw(1). */
#include <unistd.h>

#include "options.h"
#include "stop.h"
#include "banned.h"

int
main(int argc, char *argv[])
{
	struct options o;
	int first = options(&o, argc, argv), status;
	struct writer out;

	writer_init(&out, STDOUT_FILENO);

	status = o.command->run(&o, argv + first, &out);

	writer_close_or_die(&out); /* a full disk shows up here */
	return stopped ? stop_again() : status;
}
