/*
 * value: the result of an expression, and how it becomes a column of a record.
 *
 * No value passes through a double.  jq's numbers are doubles; a number whose
 * text a double would not print (6.00) is text for both engines, so that they
 * agree.
 */
#ifndef VALUE_H
#define VALUE_H

#include <jv.h>

#include "scan.h"

enum value_kind {
	VALUE_NONE, /* does not exist */
	VALUE_NULL,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_NUMBER, /* text: its digits */
	VALUE_STRING, /* text: without quotes and escapes */
	VALUE_JSON    /* an array or object; text: compact */
};

struct value {
	enum value_kind kind;
	bool raw;          /* a string that stood in JSON as it is */
	struct slice text; /* borrowed */
};

enum type {
	TYPE_STRING,
	TYPE_INTEGER,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
	TYPE_ARRAY,
	TYPE_OBJECT,
	TYPE_TIME /* a string of format date-time */
};

/* Borrows from the text of v or from *tmp, which is reset. */
struct value value_of(struct val v, struct buf *tmp);
struct value value_of_jv(jv j, struct buf *tmp); /* consumes j */
jv value_to_jv(struct val v);                    /* SCAN_NONE gives null */

/* JSON without spaces, as jq -c writes it. */
void value_write(struct buf *b, struct value v);
void val_write(struct buf *b, struct val v);

/* Appends v, which is not null, as a JSON value of the type: NULL.  Else
 * nothing is appended, and the result says why ("is not a number"). */
const char *value_put(struct buf *b, enum type t, struct value v);

#endif
