/*
 * plain: lines that are bare records (--stream), whose columns come from their
 * values.
 *
 * A record that needs a new or wider column waits, as do those behind it, until
 * no new column has come for a while: the table is altered once for many lines.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "take.h"

void plain_take(struct run *, struct slice line);
/* Makes the columns that are waited for, and takes the records. */
void plain_settle(struct run *);
/* The same, when the input has nothing more for the moment. */
void plain_settle_if_slow(struct run *, struct reader *);

#endif
