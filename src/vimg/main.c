/* vimg: photos on stdin to pictures in the image store; a record of each on
 * stdout.  See vimg(1). */

#include <malloc.h>

#include "run.h"
#include "stop.h"
#include "banned.h"

/*
 * What was freed goes back to the system: pictures come in all sizes, and a
 * heap for each thread, each in pieces, is what would grow.
 */
static void
keep_memory_small(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

int
main(int argc, char *argv[])
{
	struct options o;
	struct run r;
	int status;

	keep_memory_small();
	options(&o, argc, argv);
	run_init(&r, &o);

	run_all(&r);

	status = r.manners.status;
	if (stopped) {
		r.stop = "signal";
		status = 128 + stopped;
	}
	record_closing(&r, status);
	reader_close_or_die(&r.in);
	writer_close_or_die(&r.out); /* a full disk shows up here */
	record_say(&r);
	run_release(&r);
	options_release(&o);
	return stopped ? stop_again() : status;
}
