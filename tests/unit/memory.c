/*
 * memory: threads that run out of memory at once.  One of them says so, once,
 * and the process ends with 70, also where what runs at exit waits for another.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "msg.h"
#include "test.h"

#define THREADS 8
#define ROUNDS 200

static pthread_barrier_t all_run, none_left;
static pthread_mutex_t held = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static bool hold; /* the first thread has what is asked for at exit */

static void
ask_for_held(void)
{
	pthread_mutex_lock(&held);
}

static void *
use_up(void *arg)
{
	if (hold && *(char **)arg != NULL)
		pthread_mutex_lock(&held);
	pthread_barrier_wait(&all_run);
	pthread_barrier_wait(&none_left);
	for (;;)
		*(char *volatile *)arg = xmalloc(1 << 20);
	return NULL;
}

static void
run_out(void)
{
	const struct rlimit none = { 0, 0 };
	pthread_t thread;
	char *last[THREADS] = { (char *)"" };
	int i;

	if (hold)
		atexit(ask_for_held);
	progname = "memory";
	pthread_barrier_init(&all_run, NULL, THREADS + 1);
	pthread_barrier_init(&none_left, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_create(&thread, NULL, use_up, &last[i]) == 0);
	pthread_barrier_wait(&all_run);
	CHECK(setrlimit(RLIMIT_AS, &none) == 0);
	pthread_barrier_wait(&none_left);
	for (;;)
		pause();
}

int
main(void)
{
	char said[256];
	FILE *in;
	int i, status, out[2];

	for (i = 0; i < ROUNDS && test_failures == 0; i++) {
		hold = i >= ROUNDS - 3;
		CHECK(pipe(out) == 0);
		if (fork() == 0) {
			dup2(out[1], STDERR_FILENO);
			run_out();
		}
		close(out[1]);
		CHECK((in = fdopen(out[0], "r")) != NULL);
		said[fread(said, 1, sizeof said - 1, in)] = '\0';
		fclose(in);
		CHECK(wait(&status) > 0);
		CHECK_STR(said, "memory: out of memory\n");
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EX_SOFTWARE);
	}
	return DONE();
}
