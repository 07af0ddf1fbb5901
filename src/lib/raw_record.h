/*
 * raw_record: the members of a raw record that publishing needs; vpipe-raw(7)
 * has all of them.
 */
#ifndef RAW_RECORD_H
#define RAW_RECORD_H

#include "scan.h"

/* Slices borrow from the line. */
struct raw_record {
	struct slice source, flow, run;
	int64_t line, fetched_at; /* Unix milliseconds */
	struct slice sha256;      /* empty when null */
	struct slice body;        /* JSON text, empty when absent */
	bool closing;             /* kind "run": the last of its run */
	bool redacted;
};

/* False: no raw record, and a short reason why. */
bool raw_record_read(struct scan *s, struct slice line, struct raw_record *r,
    const char **why);

#endif
