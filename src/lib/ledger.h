/*
 * ledger: named counters that must close, said on stderr at the end and
 * written with --metrics as Prometheus text (node_exporter's textfile
 * collector takes it).
 *
 *	struct count c[] = { { "requests", 12 }, { "answered", 10 },
 *	    { "failed", 1 }, { "put_off", 1 }, { 0 } };
 *	ledger_say(c);       vfetch: 12 requests = 10 answered + 1 failed + ...
 *	ledger_metrics("vfetch", NULL, c);
 *
 * The first counter is the sum of the others up to the first with `beside`
 * set; ledger_closes says whether they add up.
 *
 * The gathered metrics are the process's, as --metrics is.  For the main
 * thread.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stdint.h>

struct count {
	const char *name; /* [a-z_]+; NULL ends the list */
	uint64_t n;
	bool beside; /* shown, but no part of the sum */
};

bool ledger_closes(const struct count *c);
/* `what` stands before the sum, as in "item: "; may be NULL. */
void ledger_say(const char *what, const struct count *c);
/*
 * Adds the counters to the metrics text as vpipe_<program>_<name>_total, with
 * the label stream="WHAT" when what is not NULL.  Nothing without --metrics.
 */
void ledger_metrics(const char *what, const struct count *c);
/* Writes the file (beside, then rename).  Dies (74) when it cannot.  Call it
 * once, last. */
void ledger_metrics_write(void);

#endif
