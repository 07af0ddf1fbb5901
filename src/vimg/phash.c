#include "phash.h"

#include <string.h>

#include "banned.h"

enum {
	SIDE = 39, /* cells of the reduced picture, both ways */
	FIRST = 5,
	STEP = 4, /* places: FIRST + STEP * 0 to 7 */
	PASSES = 8,
	LAPLACE = 3,
	MIXED = 2,       /* how far the points are from the place */
	LEVEL = 1 << 12, /* one step of brightness, of 255 */
	STRIP = 256,
	WEAK = LEVEL, /* below it a derivative says little ... */
	SEEN = 20     /* ... and so many places must say more */
};

typedef int32_t plane[SIDE][SIDE];

/*
 * A pixel is SIDE units long and a cell w (or h) units, so that both ways are
 * the same in all and overlaps are whole numbers.
 */
static int64_t
overlap(int64_t cell, int64_t len, int64_t pixel)
{
	int64_t from = cell * len, to = from + len;

	if (from < pixel * SIDE)
		from = pixel * SIDE;
	if (to > (pixel + 1) * SIDE)
		to = (pixel + 1) * SIDE;
	return to - from;
}

/* Adds columns x to x + n, each already summed over a row of cells. */
static void
add_columns(uint64_t *cells, const uint32_t *sums, int x, int n, int w)
{
	int64_t i, last, at;
	int k;

	for (k = 0; k < n; k++) {
		at = x + k;
		last = (at * SIDE + SIDE - 1) / w;
		for (i = at * SIDE / w; i <= last; i++)
			cells[i] += sums[k] * (uint64_t)overlap(i, w, at);
	}
}

/* Row j of the cells: first down, then across, where a strip stays in cache */
static void
reduce_row(uint64_t *cells, const uint8_t *gray, int w, int h, size_t stride,
    int j)
{
	uint32_t sums[STRIP], weight;
	const uint8_t *p;
	int64_t y, last = ((int64_t)(j + 1) * h - 1) / SIDE;
	int x, k, n;

	for (x = 0; x < w; x += STRIP) {
		n = w - x < STRIP ? w - x : STRIP;
		memset(sums, 0, sizeof(sums));
		for (y = (int64_t)j * h / SIDE; y <= last; y++) {
			weight = (uint32_t)overlap(j, h, y);
			p = gray + (size_t)y * stride + x;
			for (k = 0; k < n; k++)
				sums[k] += weight * p[k];
		}
		add_columns(cells, sums, x, n, w);
	}
}

static void
reduce(plane out, const uint8_t *gray, int w, int h, size_t stride)
{
	uint64_t cells[SIDE], area = (uint64_t)w * (uint64_t)h;
	int i, j;

	for (j = 0; j < SIDE; j++) {
		memset(cells, 0, sizeof(cells));
		reduce_row(cells, gray, w, h, stride, j);
		for (i = 0; i < SIDE; i++)
			out[j][i] =
			    (int32_t)((cells[i] * LEVEL + area / 2) / area);
	}
}

/* [1 2 1]/4 along a line, the ends repeated */
static void
smooth_line(int32_t *p, int step)
{
	int32_t before = p[0], here;
	int i;

	for (i = 0; i < SIDE - 1; i++, p += step) {
		here = *p;
		*p = (before + 2 * here + p[step] + 2) / 4;
		before = here;
	}
	*p = (before + 3 * *p + 2) / 4;
}

static void
smooth(plane p)
{
	int n, i;

	for (n = 0; n < PASSES; n++) {
		for (i = 0; i < SIDE; i++)
			smooth_line(p[i], 1);
		for (i = 0; i < SIDE; i++)
			smooth_line(&p[0][i], SIDE);
	}
}

static int32_t
laplacian(plane p, int y, int x)
{
	return p[y - LAPLACE][x] + p[y + LAPLACE][x] + p[y][x - LAPLACE] +
	    p[y][x + LAPLACE] - 4 * p[y][x];
}

static int32_t
mixed(plane p, int y, int x)
{
	return p[y + MIXED][x + MIXED] - p[y + MIXED][x - MIXED] -
	    p[y - MIXED][x + MIXED] + p[y - MIXED][x - MIXED];
}

bool
phash(const uint8_t *gray, int w, int h, size_t stride, uint64_t *hash)
{
	int i, x, y, seen = 0;
	int32_t v;
	plane p;

	*hash = 0;
	if (w < PHASH_MIN || h < PHASH_MIN || w > PHASH_MAX || h > PHASH_MAX)
		return false;
	reduce(p, gray, w, h, stride);
	smooth(p);
	for (i = 0; i < 64; i++) {
		y = FIRST + STEP * (i / 8);
		x = FIRST + STEP * (i % 8);
		v = (i / 8 + i) % 2 == 0 ? mixed(p, y, x) : laplacian(p, y, x);
		seen += v > WEAK || v < -WEAK;
		if (v > 0)
			*hash |= (uint64_t)1 << (i * 21 % 64);
	}
	if (seen < SEEN)
		*hash = 0;
	return seen >= SEEN;
}
