#include "near.h"

#include <stdint.h>
#include <string.h>

#include "banned.h"

struct near
near_to(const char *meant)
{
	return (struct near){ meant, NULL, strlen(meant) / 3 + 1 };
}

/* One row of Levenshtein's table at a time. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b), i, j, corner, above;

	if (n >= sizeof row / sizeof *row)
		return SIZE_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		corner = row[0];
		row[0] = i + 1;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = corner + (a[i] != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			corner = above;
		}
	}
	return row[n];
}

void
near_try(struct near *n, const char *name)
{
	size_t d = distance(n->meant, name);

	if (d < n->distance) {
		n->distance = d;
		n->name = name;
	}
}
