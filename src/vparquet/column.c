#include "column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "banned.h"

/* What is not here (json, uuid, interval, arrays ...) is written as text. */
static const struct {
	const char *postgres, *duck;
	bool exact, finite;
} types[] = {
	{ "boolean", "BOOLEAN", false, false },
	{ "smallint", "SMALLINT", false, false },
	{ "integer", "INTEGER", false, false },
	{ "bigint", "BIGINT", false, false },
	{ "real", "FLOAT", false, false },
	{ "double precision", "DOUBLE", false, false },
	{ "numeric", "DECIMAL", true, true },
	{ "date", "DATE", false, true },
	{ "timestamp without time zone", "TIMESTAMP", false, true },
	{ "timestamp with time zone", "TIMESTAMPTZ", false, true },
};

static struct column
column_of(const char *type, const char *name)
{
	struct column c = { .name = xstrdup(name), .type = "VARCHAR" };
	size_t i;

	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(type, types[i].postgres) == 0) {
			c.type = types[i].duck;
			c.exact = types[i].exact;
			c.finite = types[i].finite;
		}
	return c;
}

void
columns_read(struct columns *c, const char *path)
{
	struct buf b = { 0 };
	char *line, *next, *name;

	*c = (struct columns){ 0 };
	if (!file_read(path, &b))
		die_errno(EX_IOERR, "cannot read '%s'", path);
	for (line = b.data; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		name = strchr(line, '\x02');
		if (name == NULL)
			die(EX_DATAERR, "'%s' names no columns", path);
		*name++ = '\0';
		c->v = xrealloc(c->v, (size_t)(c->n + 1) * sizeof *c->v);
		c->v[c->n++] = column_of(line, name);
	}
	if (c->n == 0)
		die(EX_DATAERR, "there is no column to write");
	buf_release(&b);
}

void
columns_release(struct columns *c)
{
	while (c->n > 0)
		free(c->v[--c->n].name);
	free(c->v);
	c->v = NULL;
}

struct column *
columns_find(const struct columns *c, const char *name)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return &c->v[i];
	return NULL;
}

/* -- decimals ------------------------------------------------------------- */

/* Digits before and behind the point at most, and one value that is none. */
static void
measure_of(struct buf *b, const struct column *c)
{
	struct buf name = { 0 };

	duck_name(&name, c->name);
	buf_addf(b,
	    "select max(length(ltrim(split_part(%s, '.', 1), '-0'))),"
	    " max(length(split_part(%s, '.', 2))),"
	    " any_value(%s) filter (%s ilike '%%n%%')"
	    " from line",
	    name.data, name.data, name.data, name.data);
	buf_release(&name);
}

static void
measure(struct column *c, struct duck *d)
{
	struct buf b = { 0 };
	char *value[3];
	int before;

	measure_of(&b, c);
	duck_row(d, b.data, value, 3);
	if (*value[2] != '\0')
		die(EX_DATAERR,
		    "column '%s' holds %s, which is not written: cast it to "
		    "text in a query",
		    c->name, value[2]);
	before = atoi(value[0]);
	c->scale = atoi(value[1]);
	if (c->exact && before + c->scale > COLUMN_DIGITS)
		die(EX_DATAERR,
		    "column '%s' needs decimals of %d digits, and Parquet's "
		    "have %d: round it, or cast it to text, in a query",
		    c->name, before + c->scale, COLUMN_DIGITS);
	free(value[0]);
	free(value[1]);
	free(value[2]);
	buf_release(&b);
}

void
columns_measure(struct columns *c, struct duck *d)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].finite)
			measure(&c->v[i], d);
}

/* -- statements ----------------------------------------------------------- */

void
columns_as_text(const struct columns *c, struct buf *b)
{
	int i;

	for (i = 0; i < c->n; i++) {
		buf_adds(b, i == 0 ? "{" : ", ");
		duck_literal(b, c->v[i].name);
		buf_adds(b, ": 'VARCHAR'");
	}
	buf_addc(b, '}');
}

void
columns_as_typed(const struct columns *c, struct buf *b)
{
	int i;

	for (i = 0; i < c->n; i++) {
		if (i > 0)
			buf_adds(b, ", ");
		duck_name(b, c->v[i].name);
		buf_addf(b, "::%s", c->v[i].type);
		if (c->v[i].exact)
			buf_addf(b, "(%d, %d)", COLUMN_DIGITS, c->v[i].scale);
		buf_adds(b, " as ");
		duck_name(b, c->v[i].name);
	}
}
