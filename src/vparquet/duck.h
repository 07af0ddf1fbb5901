/*
 * duck: DuckDB's library, found at run time, so that nothing needs it to build.
 *
 * Of its C API (https://duckdb.org/docs/stable/clients/c/api) only what is used
 * here is declared.  One connection to a database in memory, one thread, no
 * extension from the network; what does not fit into memory goes to a folder.
 *
 * Each function dies: 69 when the library is not the one that we know, 65 with
 * DuckDB's own words when a statement fails, 74 when it could not write.
 */
#ifndef DUCK_H
#define DUCK_H

#include <stdint.h>

#include "buf.h"

#define DUCK_VERSION "v1.5.6"
#define DUCK_LINE (32 << 20) /* bytes of a row of CSV, at most */

struct duck;

/* temporary: the folder for what does not fit; made when needed. */
struct duck *duck_open(const char *library, const char *temporary);
void duck_close(struct duck *d);

void duck_run(struct duck *d, const char *statement);
/* Row 0 of a query, as texts; NULL is empty.  The caller frees each. */
void duck_row(struct duck *d, const char *query, char *value[], int n);

/* 'text' and "name", with their quotes doubled. */
void duck_literal(struct buf *b, const char *text);
void duck_name(struct buf *b, const char *name);

#endif
