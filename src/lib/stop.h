/*
 * stop: the flag that SIGINT and SIGTERM set.
 *
 * A program looks at `stopped` between records, finishes the one in hand,
 * flushes, and leaves by stop_again(), so that its caller sees the signal.
 */
#ifndef STOP_H
#define STOP_H

#include <signal.h>

extern volatile sig_atomic_t stopped; /* 0, or the signal's number */

void stop_install(void); /* also: SIGPIPE to its default */
int stop_again(void);    /* raises the signal; does not come back */

#endif
