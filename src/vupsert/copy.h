/*
 * copy: rows by COPY ... FROM STDIN (FORMAT BINARY).
 */
#ifndef COPY_H
#define COPY_H

#include "pg.h"

/* Appends row i: the number of its fields, 16 bits, then the fields. */
typedef void copy_row(struct buf *, const void *arg, size_t i);

/* Nothing at all is sent when n is 0. */
enum pg_outcome copy_in(struct pg *, const char *sql, size_t n, copy_row *,
    const void *arg);

#endif
