/* test: the few words the unit programs share.  A failure names its place. */
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_failures __attribute__((unused));

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,       \
			    __LINE__, #cond);                                  \
			test_failures++;                                       \
		}                                                              \
	} while (0)

#define CHECK_STR(have, want)                                                  \
	do {                                                                   \
		const char *h_ = (have), *w_ = (want);                         \
		if (strcmp(h_, w_) != 0) {                                     \
			fprintf(stderr, "%s:%d: have '%s', want '%s'\n",       \
			    __FILE__, __LINE__, h_, w_);                       \
			test_failures++;                                       \
		}                                                              \
	} while (0)

#define DONE() (test_failures ? EXIT_FAILURE : EXIT_SUCCESS)

#endif
