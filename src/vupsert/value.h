/*
 * value: one JSON value as PostgreSQL takes it, and back to an order.
 *
 * A field is a value as binary COPY and binary arrays have it:
 *
 *	| length, 4 bytes | its bytes |		null: length -1, no bytes
 *
 * Numbers go from their digits to numeric without a double (law 7).
 */
#ifndef VALUE_H
#define VALUE_H

#include "buf.h"
#include "pg.h"
#include "scan.h"

/* The types that vupsert gives to columns. */
enum value_type {
	VALUE_BOOL,
	VALUE_INT8,
	VALUE_NUMERIC,
	VALUE_TIMESTAMPTZ,
	VALUE_DATE,
	VALUE_TIME,
	VALUE_UUID,
	VALUE_TEXT,
	VALUE_JSONB,
	VALUE_TYPES /* how many; also: none yet */
};

#define VALUE_NULL "\xff\xff\xff\xff" /* the field of null */

extern const char value_too_wide[]; /* reasons of value_put */
extern const char value_no_time[];

const char *value_sql(enum value_type); /* "timestamptz" */
enum pg_type value_oid(enum value_type);
enum value_type value_of_oid(uint32_t oid); /* VALUE_TYPES: not ours */
/*
 * The narrowest type that holds all values of both, and tells 1 from "1": the
 * same one, and the same rows, in whatever order the values come.
 */
enum value_type value_join(enum value_type, enum value_type);

/*
 * Appends the field of v, which is not null.  False: nothing is appended, and
 * *why says what is wrong with it, as in "is not a date"; value_too_wide when
 * a wider column would take it.  tmp is scratch.
 */
bool value_put(struct buf *, enum value_type, struct val v, struct buf *tmp,
    const char **why);
/*
 * For what value_no_time says of a string: takes what is not quite RFC 3339's,
 * a bare date as its midnight; *naive: it said no zone, and is taken as UTC.
 */
bool value_put_loose_time(struct buf *, struct val v, struct buf *tmp,
    bool *naive);
/* The field that starts at p, with its length; its bytes alone. */
static inline struct slice
field_at(const char *p)
{
	int32_t n = (int32_t)get32(p);

	return (struct slice){ p, n < 0 ? 4 : 4 + (size_t)n };
}

static inline struct slice
field_bytes(struct slice field)
{
	return (struct slice){ field.p + 4, field.len - 4 };
}

static inline bool
field_is_null(struct slice field)
{
	return memcmp(field.p, VALUE_NULL, 4) == 0;
}

/* The order that the server has, text bytewise; neither is null. */
int field_compare(enum value_type, struct slice a, struct slice b);

#endif
