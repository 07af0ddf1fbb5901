/*
 * opt: GNU long options from one table, which is also the --help text.
 *
 * Every program has --help, --version, -v, -q and --metrics FILE; opt_parse
 * adds them.  A wrong option ends with 64 and one sentence.  Call it once,
 * before there are threads.
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG,     /* bool */
	OPT_STRING,   /* const char *: borrows from argv */
	OPT_NUMBER,   /* int64_t, not negative */
	OPT_SIZE,     /* int64_t bytes: 512, 64K, 8M, 1G (binary) */
	OPT_DURATION, /* int64_t milliseconds: 500ms, 30s, 5m, 2h, 7d */
	OPT_TIME,     /* int64_t Unix milliseconds: RFC 3339 */
	OPT_LIST,     /* struct opt_list: may be given again and again */
	OPT_MOVED     /* refused; `help` names the program that does that */
};

struct opt_list {
	const char **v;
	int n;
};

struct opt {
	int letter; /* 0 when there is only a long name */
	const char *name;
	const char *arg; /* its name in --help; NULL for OPT_FLAG */
	enum opt_type type;
	void *value;
	const char *help;
};

extern const char *metrics_file; /* --metrics, or NULL */

/*
 * Parses, sets progname and verbosity, installs the signal handlers, sets the
 * C locale for numbers.  `synopsis` is what follows the program's name in its
 * usage line, `purpose` one sentence.  Returns the index of the first operand.
 * The table ends with a zero entry.
 */
int opt_parse(int argc, char *argv[], const char *synopsis, const char *purpose,
    const struct opt *table);

bool opt_number(const char *s, int64_t *out);
bool opt_duration(const char *s, int64_t *out);

#endif
