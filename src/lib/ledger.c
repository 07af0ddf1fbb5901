#include "ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "file.h"
#include "msg.h"
#include "opt.h"
#include "banned.h"

static struct buf samples; /* "name{labels} value" lines */

bool
ledger_closes(const struct count *c)
{
	uint64_t sum = 0;
	const struct count *p;

	for (p = c + 1; p->name != NULL && !p->beside; p++)
		sum += p->n;
	return sum == c->n;
}

static void
add_name(struct buf *b, const char *name)
{
	for (; *name != '\0'; name++)
		buf_addc(b, *name == '_' ? ' ' : *name);
}

void
ledger_say(const char *what, const struct count *c)
{
	struct buf b = { 0 };
	const struct count *p;

	if (what != NULL)
		buf_addf(&b, "%s: ", what);
	buf_addf(&b, "%" PRIu64 " ", c->n);
	add_name(&b, c->name);
	for (p = c + 1; p->name != NULL; p++) {
		if (p->beside)
			buf_addf(&b, ", %" PRIu64 " ", p->n);
		else
			buf_addf(&b, " %s %" PRIu64 " ", p == c + 1 ? "=" : "+",
			    p->n);
		add_name(&b, p->name);
	}
	if (!ledger_closes(c))
		buf_adds(&b, " (DOES NOT CLOSE: a bug)");
	if (verbosity >= 0)
		say("%s", b.data);
	buf_release(&b);
}

void
ledger_metrics(const char *what, const struct count *c)
{
	if (metrics_file == NULL)
		return;
	for (; c->name != NULL; c++) {
		buf_addf(&samples, "vpipe_%s_%s_total", progname, c->name);
		if (what != NULL) {
			buf_adds(&samples, "{stream=");
			buf_addf(&samples, "\"%s\"}", what);
		}
		buf_addf(&samples, " %" PRIu64 "\n", c->n);
	}
}

/* The lines of one metric must stand together under their HELP and TYPE. */
static void
add_family(struct buf *out, const char *line, size_t name_len)
{
	const char *p, *end;

	buf_addf(out,
	    "# HELP %.*s Of the last run of %s, a line of its ledger.\n"
	    "# TYPE %.*s counter\n",
	    (int)name_len, line, progname, (int)name_len, line);
	for (p = line; *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		if (strncmp(p, line, name_len) == 0 &&
		    (p[name_len] == ' ' || p[name_len] == '{'))
			buf_add(out, p, (size_t)(end + 1 - p));
	}
}

static bool
seen_before(const char *line, size_t name_len)
{
	const char *p;

	for (p = samples.data; p < line; p = strchr(p, '\n') + 1)
		if (strncmp(p, line, name_len) == 0 &&
		    (p[name_len] == ' ' || p[name_len] == '{'))
			return true;
	return false;
}

void
ledger_metrics_write(void)
{
	struct buf out = { 0 };
	const char *p;
	size_t len;

	if (metrics_file == NULL)
		return;
	for (p = samples.data; p != NULL && *p != '\0';
	     p = strchr(p, '\n') + 1) {
		len = strcspn(p, " {");
		if (!seen_before(p, len))
			add_family(&out, p, len);
	}
	buf_addf(&out,
	    "# HELP vpipe_%s_ended_seconds When the last run ended.\n"
	    "# TYPE vpipe_%s_ended_seconds gauge\n"
	    "vpipe_%s_ended_seconds %" PRId64 "\n# EOF\n",
	    progname, progname, progname, clock_now_ms() / 1000);
	if (!file_replace(metrics_file, buf_slice(&out), 0644))
		die_errno(EX_IOERR, "cannot write '%s'", metrics_file);
	buf_release(&out);
	buf_release(&samples);
}
