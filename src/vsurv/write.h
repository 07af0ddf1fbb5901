/* write: an answer as a line of JSON; see vsurv(1). */
#ifndef WRITE_H
#define WRITE_H

#include "buf.h"
#include "study.h"

/* Adds the line to b.  cell is JSON text. */
void write_answer(struct buf *b, struct slice cell, const struct question *q,
    const struct answer *a);

#endif
