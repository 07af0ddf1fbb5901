#include "row.h"

#include <math.h>
#include <stdlib.h>

#include "banned.h"

static const char *const exit_names[ROW_EXITS] = {
	[ROW_SOLD] = "sold", [ROW_OTHER] = "other", [ROW_UNKNOWN] = "unknown"
};

static bool
wrong(struct row_fault *f, struct val v, const char *property,
    const char *reason)
{
	*f = (struct row_fault){ property, reason, v };
	return false;
}

static bool
is_null(struct val v)
{
	return val_type(v) == SCAN_NONE || val_type(v) == SCAN_NULL;
}

/* What JSON allows is what strtod reads, up to the byte behind it. */
static bool
number(struct val v, double max, double *out)
{
	if (val_type(v) != SCAN_NUMBER)
		return false;
	*out = strtod(val_text(v).p, NULL);
	return *out >= 0 && *out <= max;
}

static bool
read_exit(struct val object, struct row *row)
{
	struct val v = val_member(object, "exit");
	int i;

	row->exit = ROW_LIVE;
	if (is_null(v))
		return true;
	for (i = ROW_SOLD; i < ROW_EXITS; i++)
		if (val_is(v, exit_names[i]))
			row->exit = (enum row_exit)i;
	return row->exit != ROW_LIVE;
}

static bool
read_age(struct val object, const char *name, double absent, double *out,
    struct row_fault *f)
{
	struct val v = val_member(object, name);

	*out = absent;
	if (is_null(v) && !isnan(absent))
		return true;
	if (number(v, ROW_AGE_MAX, out))
		return true;
	return wrong(f, v, name, "an age is from 0 to 100000 days");
}

/* Do the ages suit each other, and the exit? */
static bool
check(struct val object, struct row *row, struct row_fault *f)
{
	struct val right = val_member(object, "right");
	bool gone = row->exit == ROW_SOLD || row->exit == ROW_UNKNOWN;

	if (row->right < row->left)
		return wrong(f, right, "right", "'right' is less than 'left'");
	if (gone && isinf(row->right))
		return wrong(f, right, "right", "an exit needs its 'right'");
	if (row->exit == ROW_LIVE && !isinf(row->right))
		return wrong(f, right, "right", "'right' without an 'exit'");
	if (row->right <= row->entry)
		return wrong(f, right, "right",
		    "'right' is not later than 'entry'");
	if (row->left < row->entry) /* it was there when first seen */
		row->left = row->entry;
	return true;
}

bool
row_read(struct val object, struct row *row, struct row_fault *f)
{
	struct val n = val_member(object, "n");

	if (!read_exit(object, row))
		return wrong(f, val_member(object, "exit"), "exit",
		    "'exit' is sold, other, unknown or null");
	if (!read_age(object, "entry", -1, &row->entry, f) ||
	    !read_age(object, "left", NAN, &row->left, f) ||
	    !read_age(object, "right", INFINITY, &row->right, f))
		return false;
	if (!number(n, ROW_N_MAX, &row->n))
		return wrong(f, n, "n", "'n' is a number from 0 to 1e12");
	return check(object, row, f);
}

static double
nearest(double age, double step)
{
	return floor(age / step + 0.5) * step;
}

void
row_round(struct row *row, double step)
{
	bool exact = row->left == row->right;

	if (row->entry >= 0)
		row->entry = nearest(row->entry, step);
	row->left = nearest(row->left, step);
	if (isinf(row->right))
		return;
	row->right = nearest(row->right, step);
	if (row->right < row->left + step &&
	    (!exact || row->right <= row->entry))
		row->right = nearest(row->left + step, step);
}

static int
compare_double(double a, double b)
{
	return (a > b) - (a < b);
}

static int
compare_keys(const struct row *a, const struct row *b)
{
	int c = (int)a->exit - (int)b->exit;

	if (c == 0)
		c = compare_double(a->left, b->left);
	if (c == 0)
		c = compare_double(a->right, b->right);
	return c != 0 ? c : compare_double(a->entry, b->entry);
}

/* Equal rows by weight, so that their sum is the same in any order. */
static int
compare(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int c = compare_keys(a, b);

	return c != 0 ? c : compare_double(a->n, b->n);
}

size_t
row_merge(struct row *rows, size_t n)
{
	size_t i, kept = 0;

	if (n > 0)
		qsort(rows, n, sizeof *rows, compare);
	for (i = 0; i < n; i++) {
		if (rows[i].n == 0)
			continue;
		if (kept > 0 && compare_keys(&rows[kept - 1], &rows[i]) == 0)
			rows[kept - 1].n += rows[i].n;
		else
			rows[kept++] = rows[i];
	}
	return kept;
}
