/*
 * column: names and types of the rows, and how each is written.
 *
 * PostgreSQL's numeric has no bound; Parquet's decimals have 38 digits.  The
 * scale is the largest that the rows show, the precision always 38: no digit is
 * lost, and numbers that do not fit are refused by the column's name.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include <stdbool.h>

#include "duck.h"

#define COLUMN_DIGITS 38 /* of a decimal, at most */

struct column {
	char *name;
	const char *type; /* DuckDB's, without parameters */
	bool exact;       /* a decimal */
	bool finite;      /* may hold Infinity or NaN, and must not */
	int scale;        /* of a decimal, once it is measured */
};

struct columns {
	struct column *v;
	int n;
};

/* Reads lines "PostgreSQL's type, \x02, name".  Dies (74, 65). */
void columns_read(struct columns *c, const char *path);
void columns_release(struct columns *c);
struct column *columns_find(const struct columns *c, const char *name);

/* Measures the decimals in the table `line` of texts; dies (65). */
void columns_measure(struct columns *c, struct duck *d);

/* {'a': 'VARCHAR', ...}: all columns as texts */
void columns_as_text(const struct columns *c, struct buf *b);
/* "a"::TYPE, ...: what a select list holds */
void columns_as_typed(const struct columns *c, struct buf *b);

#endif
