#include "share.h"

#include <math.h>

#include "banned.h"

static const double bounds[] = { 1, 3, 7, 14, 30, 60, 90 };

#define BANDS (sizeof bounds / sizeof *bounds + 1)

struct known {
	double sold[BANDS + 1], all[BANDS + 1]; /* the last: of all ages */
};

static size_t
band(const struct row *r)
{
	double age = isinf(r->right) ? r->left : (r->left + r->right) / 2;
	size_t b = 0;

	while (b < BANDS - 1 && age >= bounds[b])
		b++;
	return b;
}

static void
count_known(const struct row *rows, const double *count, size_t n,
    struct known *k)
{
	size_t i, b;

	*k = (struct known){ 0 };
	for (i = 0; i < n; i++) {
		if (rows[i].exit != ROW_SOLD && rows[i].exit != ROW_OTHER)
			continue;
		b = band(&rows[i]);
		k->all[b] += count[i];
		k->all[BANDS] += count[i];
		if (rows[i].exit == ROW_SOLD) {
			k->sold[b] += count[i];
			k->sold[BANDS] += count[i];
		}
	}
}

static double
split_one(const struct row *r, double count, const struct known *k,
    struct weight *w)
{
	size_t b = band(r);
	double share, borrowed = 0;

	if (k->all[b] == 0) {
		b = BANDS;
		borrowed = count;
	}
	if (k->all[b] == 0)
		borrowed = NAN;
	share = k->all[b] > 0 ? k->sold[b] / k->all[b] : 0;
	*w = (struct weight){ count * share, count - count * share };
	return borrowed;
}

double
share_split(const struct row *rows, const double *count, size_t n,
    enum share_of how, struct weight *w)
{
	struct known k;
	double borrowed = 0;
	bool sold;
	size_t i;

	count_known(rows, count, n, &k);
	for (i = 0; i < n; i++) {
		if (rows[i].exit == ROW_UNKNOWN && how == SHARE_BY_AGE) {
			borrowed += split_one(&rows[i], count[i], &k, &w[i]);
			continue;
		}
		sold = rows[i].exit == ROW_SOLD ||
		    (rows[i].exit == ROW_UNKNOWN && how == SHARE_ALL);
		w[i] =
		    (struct weight){ sold ? count[i] : 0, sold ? 0 : count[i] };
	}
	return borrowed;
}
