/*
 * record: the lines that vfetch writes: a raw record for every attempt, and the
 * closing record of the run.  Each line is written at once and whole, so that a
 * killed run leaves whole records.
 */
#ifndef VFETCH_RECORD_H
#define VFETCH_RECORD_H

#include "run.h"

/*
 * Judges the answer in run->answer and writes its record: run->verdict is the
 * judgement, and borrows from the answer.
 */
void record_answer(struct run *r, const struct call *c, int attempt);
/* The closing record, with the body given as JSON text. */
void record_run(struct run *r, struct slice body);

#endif
