#include "image_canvas.h"

#include <stdlib.h>

#include "banned.h"

#define LONG_MOST 2048 /* of the canvas for the hash */

/* Where target cell i of n begins in a row of w. */
static int
begin(int i, int w, int n)
{
	return (int)((int64_t)i * w / n);
}

/* The cell of n that holds pixel x of w; the inverse of begin. */
static int
cell(int x, int w, int n)
{
	return (int)((((int64_t)x + 1) * n - 1) / w);
}

static size_t
sums(const struct canvas *c)
{
	return (size_t)c->tw * (c->scattered ? (size_t)c->th : 1) * 3;
}

static size_t
canvas_memory(const struct canvas *c)
{
	return sums(c) * sizeof *c->sum + (size_t)c->tw * (size_t)c->th * 3;
}

void
canvas_init(struct canvas *c)
{
	c->row = 0;
	c->sum = xcalloc(sums(c), sizeof *c->sum);
	c->rgb = xmalloc((size_t)c->tw * (size_t)c->th * 3);
}

/* The sums of a target row, divided. */
static void
settle(struct canvas *c, int ty, uint32_t *sum)
{
	uint8_t *out = c->rgb + (size_t)ty * (size_t)c->tw * 3;
	uint32_t rows = (uint32_t)(begin(ty + 1, c->h, c->th) -
	             begin(ty, c->h, c->th)),
	         n;
	int tx, k;

	for (tx = 0; tx < c->tw; tx++) {
		n = rows *
		    (uint32_t)(begin(tx + 1, c->w, c->tw) -
		        begin(tx, c->w, c->tw));
		for (k = 0; k < 3; k++, sum++) {
			*out++ = (uint8_t)((*sum + n / 2) / n);
			*sum = 0;
		}
	}
}

static void
canvas_row(struct canvas *c, int y, const uint8_t *rgb)
{
	uint32_t *sum = c->sum, r, g, b;
	int tx, x = 0, end;

	if (c->tw == c->w && c->th == c->h) {
		memcpy(c->rgb + (size_t)y * (size_t)c->w * 3, rgb,
		    (size_t)c->w * 3);
		return;
	}
	for (tx = 0; tx < c->tw; tx++, sum += 3) {
		r = g = b = 0;
		for (end = begin(tx + 1, c->w, c->tw); x < end; x++) {
			r += *rgb++;
			g += *rgb++;
			b += *rgb++;
		}
		sum[0] += r;
		sum[1] += g;
		sum[2] += b;
	}
	if (y + 1 == begin(c->row + 1, c->h, c->th))
		settle(c, c->row++, c->sum);
}

void
canvas_pixel(struct canvas *c, int x, int y, const uint8_t *rgb)
{
	size_t at = (size_t)cell(y, c->h, c->th) * (size_t)c->tw +
	    (size_t)cell(x, c->w, c->tw);

	c->sum[3 * at] += rgb[0];
	c->sum[3 * at + 1] += rgb[1];
	c->sum[3 * at + 2] += rgb[2];
}

void
canvas_end(struct canvas *c)
{
	int ty;

	for (ty = 0; c->scattered && ty < c->th; ty++)
		settle(c, ty, c->sum + (size_t)ty * (size_t)c->tw * 3);
}

void
canvas_release(struct canvas *c)
{
	free(c->sum);
	free(c->rgb);
	c->sum = NULL;
	c->rgb = NULL;
}

/* ---- of one picture ---- */

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* Whole pixels a cell, so that no cell is averaged of more than another. */
static void
plan_first(struct canvas *c)
{
	int factor = least(c->w, c->h) / IMAGE_SHORT;

	if (factor < 1)
		factor = 1;
	c->tw = least(c->w / factor, LONG_MOST);
	c->th = least(c->h / factor, LONG_MOST);
}

/* No larger than what came, for a copy adds nothing. */
static void
plan_copy(struct canvas *c, const struct image *im)
{
	int longer = im->width > im->height ? im->width : im->height;
	int edge = least(c->copy->edge, longer);

	c->tw = (int)(((int64_t)im->width * edge + longer / 2) / longer);
	c->th = (int)(((int64_t)im->height * edge + longer / 2) / longer);
	c->tw = least(c->tw > 0 ? c->tw : 1, c->w);
	c->th = least(c->th > 0 ? c->th : 1, c->h);
	c->copy->width = c->tw;
	c->copy->height = c->th;
}

void
image_plan(struct image_job *j, int w, int h, bool scattered)
{
	struct canvases *all = &j->canvases;
	struct canvas *c;
	int i;

	all->n = 0;
	for (i = -1; i < j->ncopies; i++) {
		if ((i >= 0 && j->without[i]) ||
		    image_reduction(j->im, i < 0 ? 0 : j->copies[i].edge) !=
		        j->by)
			continue;
		c = &all->v[all->n++];
		*c = (struct canvas){ .w = w,
			.h = h,
			.scattered = scattered,
			.copy = i < 0 ? NULL : &j->copies[i] };
		if (i < 0)
			plan_first(c);
		else
			plan_copy(c, j->im);
	}
}

size_t
canvases_memory(const struct canvases *all)
{
	size_t sum = 0;
	int i;

	for (i = 0; i < all->n; i++)
		sum += canvas_memory(&all->v[i]);
	return sum;
}

void
canvases_init(struct canvases *all)
{
	int i;

	for (i = 0; i < all->n; i++)
		canvas_init(&all->v[i]);
}

void
canvases_row(struct canvases *all, int y, const uint8_t *rgb)
{
	int i;

	for (i = 0; i < all->n; i++)
		canvas_row(&all->v[i], y, rgb);
}

void
canvases_release(struct canvases *all)
{
	int i;

	for (i = 0; i < all->n; i++)
		canvas_release(&all->v[i]);
}

int
image_reduction(const struct image *im, int edge)
{
	/* of a size that nobody has held against the limits yet */
	int shorter = least(im->width, im->height), by = 8;
	int longer = im->width > im->height ? im->width : im->height;

	if (im->format == IMAGE_PNG)
		return 1; /* it knows no other */
	if (edge == 0)
		while (by > 1 && shorter / by < IMAGE_SHORT)
			by /= 2;
	else /* two pixels or more for one of the copy's */
		while (by > 1 && longer / by < 2 * edge)
			by /= 2;
	return by;
}
