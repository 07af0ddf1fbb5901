/*
 * pg: a connection to PostgreSQL; alone includes <libpq-fe.h>.
 *
 * libpq's environment (PGHOST, PGDATABASE ...) says where to connect.  The
 * outcome alone says what a caller does next:
 *
 *	PG_OK		go on
 *	PG_LOST		the connection is gone: pg_reconnect, begin again
 *	PG_AGAIN	rolled back by the server (deadlock ...), or a key that
 *			appeared meanwhile: roll back, begin again
 *	PG_DATA		the server refuses a value: roll back, find the row
 *	PG_FAILED	anything else: pg_die
 *
 * The error stays in the connection until the next call: pg_state (SQLSTATE,
 * "" when there is none) and pg_message (its first line, nothing secret).
 *
 * A statement is prepared at its first use on each connection.  The result of a
 * command stays until the next one.
 *
 * Every wait has a limit: pg.c has those of connecting, locks and statements,
 * and libpq's environment overrides them.  From pg_open on SIGINT and SIGTERM
 * end the program within two seconds (stop.h).
 *
 * A connection is one thread's at a time: commit.h says whose.  Only one
 * connection may wait at a time, as signal handlers need to know it.
 */
#ifndef PG_H
#define PG_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

enum pg_outcome { PG_OK, PG_LOST, PG_AGAIN, PG_DATA, PG_FAILED };

/* Types as the server numbers them (catalog/pg_type.dat; they never change). */
enum pg_type {
	PG_BOOL = 16,
	PG_INT8 = 20,
	PG_TEXT = 25,
	PG_DATE = 1082,
	PG_TIME = 1083,
	PG_TIMESTAMPTZ = 1184,
	PG_NUMERIC = 1700,
	PG_UUID = 2950,
	PG_JSONB = 3802
};

struct pg;

struct pg_statement {
	char *sql;            /* owned by whoever filled it in */
	unsigned prepared_on; /* number of the connection; 0: none */
	unsigned id;
};

struct pg_param {
	struct slice value; /* p NULL: null; text must end in NUL */
	bool binary;
};

/*
 * Connects, or dies: 75 unreachable, 69 no such database, 77 wrong password.
 * A server that is starting up is waited for, retry_ms at most.  `setup` is
 * run on every new connection.
 */
struct pg *pg_open(const char *setup, int64_t retry_ms);
/* After PG_LOST: tries again with back-off, and dies (75) after retry_ms. */
void pg_reconnect(struct pg *);
/* Until it is called with NULL: a lost connection had a transaction that nobody
 * can begin again, and pg_reconnect dies (75): it could not do this. */
void pg_hold(struct pg *, const char *doing);
bool pg_is_inside(const struct pg *);      /* of a transaction */
unsigned pg_connection(const struct pg *); /* its number, from 1 */
/* What the server says of itself on connecting ("server_encoding"), or "". */
const char *pg_parameter(const struct pg *, const char *name);
void pg_close(struct pg *);

/* SQL without parameters; several statements are one transaction. */
enum pg_outcome pg_exec(struct pg *, const char *sql);
/* One statement with parameters, once; results are text. */
enum pg_outcome pg_query(struct pg *, const char *sql, const struct pg_param *,
    int n);
/* A statement that will come again; prepared. */
enum pg_outcome pg_run(struct pg *, struct pg_statement *,
    const struct pg_param *, int n, bool binary_result);

int pg_rows(const struct pg *);
/* p is NULL when the value is null.  Text ends in NUL. */
struct slice pg_value(const struct pg *, int row, int column);
const char *pg_text(const struct pg *, int row, int column);
uint64_t pg_affected(const struct pg *); /* rows of the last command */

/*
 * The data of a COPY ... FROM STDIN that pg_exec began.  A COPY that must not
 * stay is ended with `abort`, a text; else it is NULL.
 */
enum pg_outcome pg_copy_put(struct pg *, struct slice);
enum pg_outcome pg_copy_end(struct pg *, const char *abort);

const char *pg_state(const struct pg *);
bool pg_is_unique_violation(const struct pg *);
const char *pg_message(const struct pg *);
/* Dies of the last error, by the status that STYLE's table gives it. */
void pg_die(const struct pg *, const char *doing) __attribute__((noreturn));
/* pg_die unless the outcome is PG_OK. */
void pg_must(const struct pg *, enum pg_outcome, const char *doing);

/* Appends "name", quotes doubled; 'text', likewise. */
void pg_identifier(struct buf *, const char *name);
void pg_literal(struct buf *, const char *text);

static inline void
put16(struct buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	buf_add(b, &v, sizeof v);
}

static inline void
put32(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	buf_add(b, &v, sizeof v);
}

static inline void
put64(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	buf_add(b, &v, sizeof v);
}

static inline uint32_t
get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return __builtin_bswap32(v);
}

static inline uint64_t
get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return __builtin_bswap64(v);
}

#endif
