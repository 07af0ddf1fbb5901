#include "copy.h"

#include "line.h"
#include "banned.h"

/* https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4 */
static const char header[19] = "PGCOPY\n\377\r\n\0"; /* no flags, no more */
#define TRAILER 0xffff

enum pg_outcome
copy_in(struct pg *pg, const char *sql, size_t n, copy_row *add,
    const void *arg)
{
	struct buf b = { 0 };
	enum pg_outcome o;
	size_t i;

	if (n == 0)
		return PG_OK;
	o = pg_exec(pg, sql);
	buf_add(&b, header, sizeof header);
	for (i = 0; o == PG_OK && i < n; i++) {
		add(&b, arg, i);
		if (b.len >= LINE_PIECE) {
			o = pg_copy_put(pg, buf_slice(&b));
			buf_reset(&b);
		}
	}
	put16(&b, TRAILER);
	if (o == PG_OK)
		o = pg_copy_put(pg, buf_slice(&b));
	buf_release(&b);
	return o == PG_OK ? pg_copy_end(pg, NULL) : o;
}
