#include "cells.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger.h"
#include "stop.h"
#include "write.h"
#include "banned.h"

void
cells_init(struct cells *c, const struct options *o, struct writer *out,
    struct rejects *rej)
{
	*c = (struct cells){ .o = o, .out = out, .rej = rej };
	c->scan = scan_new();
}

void
cells_release(struct cells *c)
{
	scan_free(c->scan);
	buf_release(&c->cell);
	buf_release(&c->b);
	free(c->rows);
}

static void
end_cell(struct cells *c)
{
	const struct question *q = &c->o->question;
	struct answer a;

	if (c->cell.len == 0)
		return;
	study_run(q, c->rows, c->n, &a);
	if (!stopped) { /* else more of its lines may have been to come */
		write_answer(&c->b, buf_slice(&c->cell), q, &a);
		writer_add(c->out, c->b.data, c->b.len);
		buf_reset(&c->b);
		c->cells++;
		c->median += isfinite(a.median.at);
		c->beyond += isinf(a.median.at);
		c->unsettled += !a.settled;
	}
	study_release(&a);
	buf_reset(&c->cell);
	c->n = 0;
}

/* ---- lines ---- */

static void
reject(struct cells *c, uint64_t number, const struct row_fault *f,
    struct slice line)
{
	rejects_add(c->rej,
	    &(struct reject){ .line = (int64_t)number,
	        .index = -1,
	        .stream = "interval",
	        .property = f->property,
	        .reason = f->reason,
	        .value = f->value.s ? val_text(f->value) : line,
	        .elements = 1 });
}

static bool
read_line(struct cells *c, struct slice line, struct row *row,
    struct row_fault *f)
{
	struct val root = { 0 };
	size_t at;

	*f = (struct row_fault){ 0 };
	if (!scan_parse(c->scan, line, &at, &f->reason))
		return false;
	root = scan_root(c->scan);
	f->reason = "the line is no JSON object";
	if (val_type(root) != SCAN_OBJECT)
		return false;
	f->property = "cell";
	f->reason = "'cell' is missing";
	if (val_type(val_member(root, "cell")) == SCAN_NONE)
		return false;
	f->reason = "'cell' holds half a surrogate pair";
	if (val_lone(val_member(root, "cell")))
		return false;
	return row_read(root, row, f);
}

static void
add_row(struct cells *c, struct row *row, uint64_t number)
{
	if (c->n == CELLS_ROWS_MAX) {
		writer_flush(c->out); /* the cells before it are whole */
		die(EX_DATAERR,
		    "line %" PRIu64 ": more than %d lines of one "
		    "cell",
		    number, CELLS_ROWS_MAX);
	}
	if (c->n == c->cap) {
		c->cap = c->cap > 0 ? 2 * c->cap : 256;
		c->rows = xrealloc(c->rows, c->cap * sizeof *c->rows);
	}
	if (c->o->round > 0)
		row_round(row, c->o->round);
	c->rows[c->n++] = *row;
}

void
cells_line(struct cells *c, struct slice line, uint64_t number, bool toolong)
{
	struct row row;
	struct row_fault f;
	struct slice cell;
	char reason[64];

	c->lines++;
	if (number % 65536 == 0)
		progress("%" PRIu64 " lines, %" PRIu64 " cells", number,
		    c->cells);
	if (toolong) {
		snprintf(reason, sizeof reason, "longer than %" PRId64 " bytes",
		    c->o->max_line);
		f = (struct row_fault){ .reason = reason };
		reject(c, number, &f, line);
		return;
	}
	if (!read_line(c, line, &row, &f)) {
		reject(c, number, &f, line);
		return;
	}
	cell = val_text(val_member(scan_root(c->scan), "cell"));
	if (!slice_eq(cell, buf_slice(&c->cell))) {
		end_cell(c);
		buf_addslice(&c->cell, cell);
	}
	add_row(c, &row, number);
	c->used++;
}

/* ---- the end ---- */

static void
account(const struct cells *c)
{
	struct count lines[] = { { "lines", c->lines, false },
		{ "used", c->used, false }, { "rejected", c->rej->n, false },
		{ 0 } };
	struct count cells[] = { { "cells", c->cells, false },
		{ "with_median", c->median, false },
		{ "median_beyond_window", c->beyond, false },
		{ "without", c->cells - c->median - c->beyond, false },
		{ "unsettled", c->unsettled, true }, { 0 } };

	ledger_say(NULL, lines);
	ledger_say("curve", cells);
	ledger_metrics(NULL, lines);
	ledger_metrics("curve", cells);
	ledger_metrics_write();
	if (!ledger_closes(lines) || !ledger_closes(cells))
		die(EX_SOFTWARE, "the ledger does not close");
}

int
cells_end(struct cells *c)
{
	end_cell(c);
	progress_clear();
	account(c);
	return rejects_status(c->rej, c->rej->n, c->lines, "lines");
}
