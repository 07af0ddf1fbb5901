#include "stop.h"

#include <stddef.h>
#include <unistd.h>

#include "banned.h"

volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = sig;
}

void
stop_install(void)
{
	/* no SA_RESTART: a blocked read or poll must come back */
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_DFL);
}

int
stop_again(void)
{
	int sig = stopped ? stopped : SIGTERM;
	sigset_t set;

	/* a thread that is not the main one may have it blocked */
	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(128 + sig);
}
