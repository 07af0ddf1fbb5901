#include "opt.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "near.h"
#include "stop.h"
#include "banned.h"

#define OPT_MAX 64

const char *metrics_file;

static bool opt_help, opt_version, opt_verbose, opt_quiet;

static const struct opt common[] = { { 'h', "help", NULL, OPT_FLAG, &opt_help,
	                                 "print this help" },
	{ 0, "metrics", "FILE", OPT_STRING, &metrics_file,
	    "write counters as Prometheus text" },
	{ 'q', "quiet", NULL, OPT_FLAG, &opt_quiet, "say errors only" },
	{ 'v', "verbose", NULL, OPT_FLAG, &opt_verbose, "say more" },
	{ 0, "version", NULL, OPT_FLAG, &opt_version, "print the version" },
	{ 0 } };

static bool
with_unit(const char *s, int64_t *out, const char *const names[],
    const int64_t factors[])
{
	char *end;
	long long v;
	int i;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0)
		return false;
	for (i = 0; names[i] != NULL; i++)
		if (strcmp(end, names[i]) == 0)
			return !__builtin_mul_overflow(v, factors[i], out);
	return false;
}

bool
opt_number(const char *s, int64_t *out)
{
	return with_unit(s, out, (const char *const[]){ "", NULL },
	    (const int64_t[]){ 1 });
}

static bool
opt_size(const char *s, int64_t *out)
{
	return with_unit(s, out,
	    (const char *const[]){
	        "", "K", "KiB", "M", "MiB", "G", "GiB", NULL },
	    (const int64_t[]){
	        1, 1 << 10, 1 << 10, 1 << 20, 1 << 20, 1 << 30, 1 << 30 });
}

bool
opt_duration(const char *s, int64_t *out)
{
	return with_unit(s, out,
	    (const char *const[]){ "ms", "s", "m", "h", "d", NULL },
	    (const int64_t[]){ 1, 1000, 60000, 3600000, 86400000 });
}

static void
print_options(const struct opt *o)
{
	char left[64];

	for (; o->name != NULL; o++) {
		if (o->type == OPT_MOVED)
			continue;
		snprintf(left, sizeof left, "%c%c%s --%s%s%s",
		    o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		    o->letter ? "," : " ", o->name, o->arg ? " " : "",
		    o->arg ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
}

static void
help(const char *synopsis, const char *purpose, const struct opt *table)
{
	printf("usage: %s %s\n%s\n\n", progname, synopsis, purpose);
	print_options(table);
	print_options(common);
	printf("\nSee %s(1).\n", progname);
	if (fflush(stdout) != 0)
		die_errno(EX_IOERR, "cannot write standard output");
	exit(EX_OK);
}

static void
set(const struct opt *o, const char *arg)
{
	int64_t *n = o->value;
	bool ok = true;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->value = true;
		break;
	case OPT_STRING:
		*(const char **)o->value = arg;
		break;
	case OPT_NUMBER:
		ok = opt_number(arg, n);
		break;
	case OPT_SIZE:
		ok = opt_size(arg, n);
		break;
	case OPT_DURATION:
		ok = opt_duration(arg, n);
		break;
	case OPT_TIME:
		ok = clock_parse(arg, strlen(arg), n);
		break;
	case OPT_LIST: {
		struct opt_list *l = o->value;

		l->v = xrealloc(l->v, (size_t)(l->n + 1) * sizeof *l->v);
		l->v[l->n++] = arg;
		break;
	}
	case OPT_MOVED:
		die(EX_USAGE, "no such option '--%s': %s does that", o->name,
		    o->help);
	}
	if (!ok)
		die(EX_USAGE, "--%s does not take '%s'", o->name, arg);
}

static int
gather(const struct opt *all[], const struct opt *table, int n)
{
	for (; table->name != NULL; table++) {
		if (n == OPT_MAX)
			die(EX_SOFTWARE, "more than %d options", OPT_MAX);
		all[n++] = table;
	}
	return n;
}

/*
 * A descriptor that came closed would be the next file's that we open.  It is
 * held by one that cannot be used that way round, so that reading standard
 * input, or writing standard output, fails as it should.
 */
static void
hold_standard_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static void
no_option(const char *word, const struct option *longs)
{
	char *name = xstrndup(word, strcspn(word, "="));
	struct near near = near_to(name + strspn(name, "-"));

	for (; longs->name != NULL; longs++)
		near_try(&near, longs->name);
	die(EX_USAGE, "no such option '%s'%s%s; see --help", name,
	    near.name ? ", nearest: --" : "", near.name ? near.name : "");
}

int
opt_parse(int argc, char *argv[], const char *synopsis, const char *purpose,
    const struct opt *table)
{
	const struct opt *all[OPT_MAX];
	struct option longs[OPT_MAX + 1] = { { 0 } };
	char shorts[2 * OPT_MAX + 2] = ":";
	int n, i, c;
	size_t len = 1;

	hold_standard_descriptors();
	progname = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	n = gather(all, table, 0);
	n = gather(all, common, n);
	for (i = 0; i < n; i++) {
		longs[i] = (struct option){ all[i]->name,
			all[i]->type == OPT_MOVED ? optional_argument :
			    all[i]->arg           ? required_argument :
			                            no_argument,
			NULL, 256 + i };
		if (all[i]->letter) {
			shorts[len++] = (char)all[i]->letter;
			if (all[i]->arg)
				shorts[len++] = ':';
		}
	}
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == ':')
			die(EX_USAGE, "'%s' needs an argument",
			    argv[optind - 1]);
		if (c == '?' && optopt != 0 && optopt < 256)
			die(EX_USAGE, "no such option '-%c'; see --help",
			    optopt);
		if (c == '?')
			no_option(argv[optind - 1], longs);
		for (i = 0; i < n; i++)
			if (c == 256 + i || c == all[i]->letter)
				break;
		set(all[i], optarg);
	}
	if (opt_help)
		help(synopsis, purpose, table);
	if (opt_version) {
		printf("%s %s\n", progname, VPIPE_VERSION);
		exit(fflush(stdout) == 0 ? EX_OK : EX_IOERR);
	}
	verbosity = opt_quiet ? -1 : opt_verbose ? 1 : 0;
	stop_install();
	return optind;
}
