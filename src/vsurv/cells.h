/*
 * cells: lines in, an answer out for each cell.
 *
 * Held is one cell, its rows and what its study needs: some 200 bytes a row,
 * CELLS_ROWS_MAX rows at most.
 */
#ifndef CELLS_H
#define CELLS_H

#include "line.h"
#include "options.h"
#include "reject.h"

#define CELLS_ROWS_MAX 200000

struct cells {
	const struct options *o;
	struct writer *out;
	struct rejects *rej;
	struct scan *scan;
	struct buf cell; /* JSON text; empty: no line was taken yet */
	struct row *rows;
	size_t n, cap;
	struct buf b; /* what goes out next */
	uint64_t lines, used;
	uint64_t cells, median, beyond, unsettled; /* of cells */
};

void cells_init(struct cells *, const struct options *, struct writer *,
    struct rejects *);
/* Dies (65) when the cell has too many lines. */
void cells_line(struct cells *, struct slice line, uint64_t number,
    bool toolong);
/* The last cell, the ledger; returns the status. */
int cells_end(struct cells *);
void cells_release(struct cells *);

#endif
