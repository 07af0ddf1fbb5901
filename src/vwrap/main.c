/* vwrap: bare bodies, as somebody's old scripts left them, to raw records.  See
 * vwrap(1). */
#include <unistd.h>

#include "stop.h"
#include "wrap.h"
#include "banned.h"

int
main(int argc, char *argv[])
{
	struct options o;
	int first = options(&o, argc, argv);
	struct writer out;

	writer_init(&out, STDOUT_FILENO);

	wrap_files(&o, argv + first, &out);

	writer_close_or_die(&out); /* a full disk shows up here */
	return stopped ? stop_again() : EX_OK;
}
