#include "stop.h"

#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "banned.h"

volatile sig_atomic_t stopped;

static volatile sig_atomic_t limited;
static void (*last_words)(void);

/* The time for the work in hand, then for the last words. */
static const struct itimerval limit = { .it_value = { 1, 600000 },
	.it_interval = { 0, 250000 } };

static void
on_signal(int sig)
{
	if (limited && !stopped) /* a second signal gives no more time */
		setitimer(ITIMER_REAL, &limit, NULL);
	stopped = sig;
}

static void
on_alarm(int sig)
{
	static volatile sig_atomic_t n;

	(void)sig;
	if (n++ == 0 && last_words != NULL)
		last_words();
	stop_again();
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

void
stop_limit(void (*words)(void))
{
	/* last words that hang are interrupted by the next alarm */
	struct sigaction sa = { .sa_handler = on_alarm,
		.sa_flags = SA_RESTART | SA_NODEFER };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
	last_words = words;
	limited = 1;
	if (stopped)
		stop_again();
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
