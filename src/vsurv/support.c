/* The maximal intersections; see fit.h. */
#include <math.h>
#include <stdlib.h>

#include "support.h"
#include "banned.h"

/* Ends in order: at one age a single age begins, then what includes it ends,
 * then what excludes it begins. */
enum rank { AT, UNTIL, AFTER };

struct end {
	double age;
	enum rank rank;
};

static int
compare_ends(const void *x, const void *y)
{
	const struct end *a = x, *b = y;

	if (a->age != b->age)
		return a->age < b->age ? -1 : 1;
	return (int)a->rank - (int)b->rank;
}

static struct end
left_end(const struct row *r)
{
	return (struct end){ r->left, r->left == r->right ? AT : AFTER };
}

/* A row that was seen once only, and then not sold, tells nothing. */
static bool
tells(const struct row *r, const struct weight *w)
{
	return w->sold > 0 || (w->censored > 0 && r->left > r->entry);
}

static size_t
gather(const struct row *rows, const struct weight *w, size_t n,
    struct end *ends)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (!tells(&rows[i], &w[i]))
			continue;
		if (rows[i].entry >= 0)
			ends[k++] = (struct end){ rows[i].entry, UNTIL };
		if (w[i].censored > 0)
			ends[k++] = (struct end){ rows[i].left, AFTER };
		if (w[i].sold > 0) {
			ends[k++] = left_end(&rows[i]);
			ends[k++] = (struct end){ rows[i].right, UNTIL };
		}
	}
	return k;
}

static void
intersect(struct fit *f, const struct end *ends, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (ends[i - 1].rank != UNTIL && ends[i].rank == UNTIL) {
			f->lo[f->m] = ends[i - 1].age;
			f->hi[f->m] = ends[i].age;
			f->m++;
		}
}

/* The first support that begins at this end or later. */
static uint32_t
first_from(const struct fit *f, struct end from)
{
	size_t low = 0, high = f->m, mid;
	struct end e;

	while (low < high) {
		mid = (low + high) / 2;
		e = (struct end){ f->lo[mid],
			f->lo[mid] == f->hi[mid] ? AT : AFTER };
		if (compare_ends(&e, &from) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return (uint32_t)low;
}

uint32_t
support_beyond(const struct fit *f, double age)
{
	size_t low = 0, high = f->m, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (f->hi[mid] <= age)
			low = mid + 1;
		else
			high = mid;
	}
	return (uint32_t)low;
}

static void
place(struct fit *f, const struct row *rows)
{
	struct place *p;
	size_t i;

	for (i = 0; i < f->n; i++) {
		p = &f->place[i];
		p->entry = first_from(f, (struct end){ rows[i].entry, AFTER });
		p->censored =
		    first_from(f, (struct end){ rows[i].left, AFTER });
		p->from = first_from(f, left_end(&rows[i]));
		p->to = isinf(rows[i].right) ? p->from :
		                               support_beyond(f, rows[i].right);
	}
}

void
support_build(struct fit *f, const struct row *rows, const struct weight *w)
{
	struct end *ends = xcalloc(4 * f->n + 1, sizeof *ends);
	size_t n = gather(rows, w, f->n, ends);

	f->lo = xcalloc(n + 1, sizeof *f->lo);
	f->hi = xcalloc(n + 1, sizeof *f->hi);
	f->place = xcalloc(f->n + 1, sizeof *f->place);
	qsort(ends, n, sizeof *ends, compare_ends);
	intersect(f, ends, n);
	free(ends);
	place(f, rows);
}
