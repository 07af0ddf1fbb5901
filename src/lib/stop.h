/*
 * stop: the flag that SIGINT and SIGTERM set.
 *
 * A program looks at `stopped` between records, finishes the one in hand,
 * flushes, and leaves by stop_again(), so that its caller sees the signal.  It
 * is the process's, as signals are; any thread may look.
 */
#ifndef STOP_H
#define STOP_H

#include <signal.h>

extern volatile sig_atomic_t stopped; /* 0, or the signal's number */

void stop_install(void); /* also: SIGPIPE to its default */
int stop_again(void);    /* raises the signal; does not come back */

/*
 * From now on the signal kills two seconds after it came at the latest,
 * whatever the program waits for.  `words`, or NULL, is called shortly before,
 * from a signal handler, and may hang.
 */
void stop_limit(void (*words)(void));

#endif
