/*
 * msg: words for people, on stderr, and the exit statuses.
 *
 * Wording: lower case, no full stop: what failed, its subject in quotes, the
 * system's reason.  An error is said once, where its cause is known.
 *
 * Any thread may call all but progress..., which are for the main thread.
 */
#ifndef MSG_H
#define MSG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The statuses of <sysexits.h>, as vpipe uses them; the one list. */
enum {
	EX_OK = 0,           /* done, and the ledger closes */
	EX_USAGE = 64,       /* asked wrongly */
	EX_DATAERR = 65,     /* more rejected than the threshold allows */
	EX_UNAVAILABLE = 69, /* the far side lacks what we need */
	EX_SOFTWARE = 70,    /* a bug of ours */
	EX_IOERR = 74,       /* a read, write or close failed, a full disk */
	EX_TEMPFAIL = 75,    /* unreachable, cooling down, locked: try again */
	EX_NOPERM = 77,      /* refused; wrong password */
	EX_CONFIG = 78       /* unknown contract, missing setting */
};

#define VPIPE_VERSION "0.1.0"

#define PRINTF(f, a) __attribute__((format(printf, f, a)))

extern const char *progname; /* set by opt_parse */
extern int verbosity;        /* -1 quiet, 0, 1.. verbose */

/* "prog: MESSAGE" on stderr; die leaves with the status, say never fails. */
void die(int status, const char *fmt, ...) __attribute__((noreturn))
PRINTF(2, 3);
/* As die, followed by ": " and the text of errno. */
void die_errno(int status, const char *fmt, ...) __attribute__((noreturn))
PRINTF(2, 3);
/* "out of memory", 70; silent in a thread that already ends the process. */
void die_no_memory(void) __attribute__((noreturn));
void warn(const char *fmt, ...) PRINTF(1, 2); /* unless -q */
void warn_errno(const char *fmt, ...) PRINTF(1, 2);
void info(const char *fmt, ...) PRINTF(1, 2); /* only with -v */
void say(const char *fmt, ...) PRINTF(1, 2);  /* even with -q: the ledger */

/*
 * One line that is rewritten in place, four times a second at most, only when
 * stderr is a terminal that can erase a line and -q was not given.  Any message
 * clears it first.  After progress_share (a reader of files calls it) the line
 * ends with the share of the input that is done and the time left.
 */
void progress(const char *fmt, ...) PRINTF(1, 2);
void progress_share(uint64_t done, uint64_t total);
void progress_clear(void);

/* malloc and friends that do not come back empty-handed (memory.c). */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);

#endif
