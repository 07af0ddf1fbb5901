/*
 * check: prove by the answers that each parameter is honoured.
 *
 * One request without filters, then one for each parameter whose source
 * description gives a proof: a rule that must be true of the filtered answer
 * and false of the other.
 */
#ifndef VFETCH_CHECK_H
#define VFETCH_CHECK_H

#include "query.h"
#include "run.h"

/*
 * Prints a row a parameter on the run's output.  Values are those of the
 * draft, else those of the description.  A parameter that is not honoured
 * makes the run's status 69.
 */
void check_endpoint(struct run *r, const struct draft *d,
    const struct endpoint *e);

#endif
