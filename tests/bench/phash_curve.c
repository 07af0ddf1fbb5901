/*
 * phash_curve FILE...: near-copies of the pictures (PGM), hashed
 *
 * Each picture gets near-copies of the kinds below, every one a JPEG that is
 * written and read again.  Prints per kind which share is within the distance,
 * and the curve over all: recall is of the pairs of a picture and its
 * near-copy; precision of all pairs of hashes, pictures and near-copies, that
 * are within a distance, and then of the pictures alone per million pairs,
 * which is what a store of a million pictures will see.
 * All dice are seeded with the number of the picture.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#include "phash.h"

static int
distance(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a ^ b);
}

struct pic {
	int w, h;
	uint8_t *p;
};

enum kind {
	SELF,
	Q60,
	Q85,
	HALF,
	THREE_QUARTERS,
	CROP,
	CROP_CORNER,
	CROP_ANY,
	LABEL,
	WORDS,
	VEIL,
	MIXED1,
	MIXED2,
	MIXED3,
	ALL,
	GOALS,
	CROP5 = GOALS,
	CROP10,
	KINDS
};

static const char *const names[KINDS] = { "itself", "quality_60", "quality_85",
	"scale_0.5", "scale_0.75", "crop_2%_all_edges", "crop_2%_two_edges",
	"crop_0-2%_each_edge", "label_3%_in_a_corner", "words_3%",
	"veil_3%_anywhere", "mixed_at_random", "mixed_at_random",
	"mixed_at_random", "all_limits_at_once", "crop_5%_all_edges",
	"crop_10%_all_edges" };

struct sample {
	uint64_t hash;
	bool has;
};

static uint64_t dice;

/* splitmix64 */
static uint64_t
roll(void)
{
	uint64_t z = dice += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static int
below(int n)
{
	return n > 0 ? (int)(roll() % (uint64_t)n) : 0;
}

static struct pic
pic_new(int w, int h)
{
	struct pic c = { w, h, malloc((size_t)w * (size_t)h) };

	if (c.p == NULL)
		abort();
	return c;
}

static uint8_t *
at(const struct pic *c, int x, int y)
{
	return c->p + (size_t)y * (size_t)c->w + x;
}

static struct pic
pic_read(const char *name)
{
	struct pic c;
	FILE *f = fopen(name, "rb");
	int w, h;

	if (f == NULL || fscanf(f, "P5 %d %d 255", &w, &h) != 2 || w < 1 ||
	    h < 1 || w > 4096 || h > 4096) {
		fprintf(stderr, "phash_curve: cannot read '%s'\n", name);
		exit(66);
	}
	fgetc(f);
	c = pic_new(w, h);
	if (fread(c.p, (size_t)w, (size_t)h, f) != (size_t)h) {
		fprintf(stderr, "phash_curve: '%s' is cut off\n", name);
		exit(65);
	}
	fclose(f);
	return c;
}

static unsigned long
compress(const struct pic *c, int quality, unsigned char **bytes)
{
	struct jpeg_compress_struct j;
	struct jpeg_error_mgr err;
	unsigned long len = 0;

	j.err = jpeg_std_error(&err);
	jpeg_create_compress(&j);
	jpeg_mem_dest(&j, bytes, &len);
	j.image_width = (JDIMENSION)c->w;
	j.image_height = (JDIMENSION)c->h;
	j.input_components = 1;
	j.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&j);
	jpeg_set_quality(&j, quality, TRUE);
	jpeg_start_compress(&j, TRUE);
	while (j.next_scanline < j.image_height) {
		JSAMPROW row = at(c, 0, (int)j.next_scanline);

		jpeg_write_scanlines(&j, &row, 1);
	}
	jpeg_finish_compress(&j);
	jpeg_destroy_compress(&j);
	return len;
}

/* Through a JPEG and back, in place. */
static void
jpeg(struct pic *c, int quality)
{
	struct jpeg_decompress_struct j;
	struct jpeg_error_mgr err;
	unsigned char *bytes = NULL;
	unsigned long len = compress(c, quality, &bytes);

	j.err = jpeg_std_error(&err);
	jpeg_create_decompress(&j);
	jpeg_mem_src(&j, bytes, len);
	jpeg_read_header(&j, TRUE);
	jpeg_start_decompress(&j);
	while (j.output_scanline < j.output_height) {
		JSAMPROW row = at(c, 0, (int)j.output_scanline);

		jpeg_read_scanlines(&j, &row, 1);
	}
	jpeg_finish_decompress(&j);
	jpeg_destroy_decompress(&j);
	free(bytes);
}

/* edges in thousandths: left, top, right, bottom */
static struct pic
crop(const struct pic *c, const int e[4])
{
	int x = (c->w * e[0] + 500) / 1000, y = (c->h * e[1] + 500) / 1000;
	struct pic d = pic_new(c->w - x - (c->w * e[2] + 500) / 1000,
	    c->h - y - (c->h * e[3] + 500) / 1000);
	int i;

	for (i = 0; i < d.h; i++)
		memcpy(at(&d, 0, i), at(c, x, y + i), (size_t)d.w);
	return d;
}

/* The mean of what a pixel covers; share in thousandths. */
static struct pic
scale(const struct pic *c, int share)
{
	struct pic d =
	    pic_new((c->w * share + 500) / 1000, (c->h * share + 500) / 1000);
	int x, y, i, k;

	for (y = 0; y < d.h; y++)
		for (x = 0; x < d.w; x++) {
			int x0 = x * c->w / d.w, x1 = (x + 1) * c->w / d.w;
			int y0 = y * c->h / d.h, y1 = (y + 1) * c->h / d.h;
			int sum = 0;

			for (k = y0; k < y1; k++)
				for (i = x0; i < x1; i++)
					sum += *at(c, i, k);
			*at(&d, x, y) =
			    (uint8_t)(sum / ((x1 - x0) * (y1 - y0)));
		}
	return d;
}

static int
root(double x)
{
	int n = 0;

	while ((n + 1.0) * (n + 1.0) <= x)
		n++;
	return n;
}

/* Blends a rectangle with a shade; alpha in tenths. */
static void
rectangle(struct pic *c, int x, int y, int w, int h, int shade, int alpha)
{
	int i, k;
	uint8_t *p;

	for (k = y; k < y + h; k++)
		for (i = x; i < x + w; i++) {
			p = at(c, i, k);
			*p =
			    (uint8_t)((*p * (10 - alpha) + shade * alpha) / 10);
		}
}

/* an opaque label with something on it, twice as wide as high */
static void
label(struct pic *c, double area)
{
	int h = root(area / 2), w = 2 * h, shade = below(2) ? 255 : below(256);
	int x, y;

	if (w > c->w - 4) {
		w = c->w - 4;
		h = (int)(area / w);
	}
	x = below(2) ? 2 : c->w - w - 2;
	y = below(2) ? 2 : c->h - h - 2;
	rectangle(c, x, y, w, h, shade, 10);
	rectangle(c, x + w / 5, y + h / 4, w / 3, h / 2, 255 - shade, 10);
}

/* a line of strokes such as letters make, black or white, across it */
static void
words(struct pic *c, double area)
{
	int w = c->w * 9 / 10, h = (int)(area / w), shade = below(2) ? 255 : 0;
	int x = c->w / 20, y = below(c->h - h), end = x + w, stroke, gap;

	while (x < end - h) {
		stroke = 1 + below(h / 3 + 1);
		gap = 1 + below(h / 2 + 1);
		if (below(3) == 0)
			rectangle(c, x, y + below(h / 2), h / 2, 1 + h / 6,
			    shade, 10);
		rectangle(c, x, y, stroke, h, shade, 10);
		x += stroke + gap;
	}
}

static void
veil(struct pic *c, double area)
{
	int side = root(area);

	rectangle(c, below(c->w - side), below(c->h - side), side, side,
	    below(2) ? 255 : 0, 7);
}

/* which: 0 label, 1 words, 2 veil; on 3 % of the area */
static void
mark(struct pic *c, int which)
{
	double area = 0.03 * c->w * c->h;

	if (which == 0)
		label(c, area);
	else if (which == 1)
		words(c, area);
	else
		veil(c, area);
}

static const int none[4], each2[4] = { 20, 20, 20, 20 },
                          each5[4] = { 50, 50, 50, 50 },
                          each10[4] = { 100, 100, 100, 100 };

static void
random_edges(int e[4], enum kind k)
{
	int i, first = below(4);

	for (i = 0; i < 4; i++)
		if (k == CROP_CORNER)
			e[(first + i) % 4] = i < 2 ? 20 : 0;
		else
			e[i] = below(21);
}

static struct pic
near_copy(const struct pic *c, enum kind k)
{
	int e[4], share = 1000, which = -1, quality = 85;
	const int *edges = none;
	struct pic cut, d;

	random_edges(e, k);
	if (k == Q60 || k == ALL)
		quality = 60;
	if (k == HALF || k == ALL)
		share = 500;
	if (k == THREE_QUARTERS)
		share = 750;
	if (k == CROP || k == ALL)
		edges = each2;
	if (k == CROP_CORNER || k == CROP_ANY)
		edges = e;
	if (k == CROP5 || k == CROP10)
		edges = k == CROP5 ? each5 : each10;
	if (k >= LABEL && k <= VEIL)
		which = (int)(k - LABEL);
	if (k == ALL)
		which = below(3);
	if (k >= MIXED1 && k <= MIXED3) {
		edges = e;
		share = 500 + below(501);
		quality = 60 + below(36);
		which = below(6);
	}
	cut = crop(c, edges);
	d = scale(&cut, share);
	free(cut.p);
	if (which >= 0)
		mark(&d, which < 3 ? which : -1);
	if (k != SELF)
		jpeg(&d, quality);
	return d;
}

static void
samples(struct sample *s, const char *name, int number)
{
	struct pic c = pic_read(name), d;
	enum kind k;

	dice = (uint64_t)number;
	for (k = SELF; k < KINDS; k++) {
		d = near_copy(&c, k);
		s[k].has = phash(d.p, d.w, d.h, (size_t)d.w, &s[k].hash);
		free(d.p);
	}
	free(c.p);
}

/* Counts of pairs by their distance. */
struct counts {
	double copies[65], same[65], other[65], unrelated[65];
};

static bool
both(const struct sample *a, const struct sample *b)
{
	return a->has && b->has;
}

static void
count_own(struct counts *t, const struct sample *s)
{
	int i, k, d;

	for (i = 0; i < GOALS; i++)
		for (k = i + 1; k < GOALS; k++) {
			/* one without a hash is never found: a miss */
			d = both(s + i, s + k) ?
			    distance(s[i].hash, s[k].hash) :
			    64;
			if (i == 0)
				t->copies[d]++;
			t->same[d]++;
		}
}

static void
count_other(struct counts *t, const struct sample *a, const struct sample *b)
{
	int i, k, d;

	for (i = 0; i < GOALS; i++)
		for (k = 0; k < GOALS; k++) {
			d = both(a + i, b + k) ?
			    distance(a[i].hash, b[k].hash) :
			    64;
			t->other[d]++;
			if (i == 0 && k == 0)
				t->unrelated[d]++;
		}
}

static double
upto(const double v[65], int d)
{
	double sum = 0;
	int i;

	for (i = 0; i <= d; i++)
		sum += v[i];
	return sum;
}

static void
curve(const struct counts *t)
{
	double own, other;
	int d;

	printf("# pairs: %.0f of a picture and its near-copy, %.0f of the same "
	       "picture in all, %.0f of different ones\n",
	    upto(t->copies, 64), upto(t->same, 64), upto(t->other, 64));
	printf("# distance recall precision false_per_million_pairs "
	       "(of_pictures_alone)\n");
	for (d = 0; d <= 16; d++) {
		own = upto(t->same, d);
		other = upto(t->other, d);
		printf("curve %d %.4f %.4f %.2f %.2f\n", d,
		    upto(t->copies, d) / upto(t->copies, 64),
		    own + other > 0 ? own / (own + other) : 1,
		    other / upto(t->other, 64) * 1e6,
		    upto(t->unrelated, d) / upto(t->unrelated, 64) * 1e6);
	}
}

static void
by_kind(const struct sample *s, int n, int most)
{
	int i, k, near, with;

	for (k = Q60; k < KINDS; k++) {
		near = with = 0;
		for (i = 0; i < n; i++) {
			const struct sample *own = s + (size_t)i * KINDS;

			with += own->has;
			near += both(own, own + k) &&
			    distance(own->hash, own[k].hash) <= most;
		}
		printf("# within %d: %s %.4f\n", most, names[k],
		    with > 0 ? (double)near / with : 0);
	}
}

/* Of one plane, the best of many runs, in milliseconds. */
static void
speed(void)
{
	struct pic c = pic_new(800, 600);
	struct timespec a, b;
	double ms, best = 1e9;
	uint64_t hash;
	int i;

	for (i = 0; i < c.w * c.h; i++)
		c.p[i] = (uint8_t)(i * 7 + i / 800 * 3);
	for (i = 0; i < 50; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		phash(c.p, c.w, c.h, (size_t)c.w, &hash);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ms = (double)(b.tv_sec - a.tv_sec) * 1e3 +
		    (double)(b.tv_nsec - a.tv_nsec) / 1e6;
		best = ms < best ? ms : best;
	}
	printf("speed %.3f\n", best);
	free(c.p);
}

int
main(int argc, char *argv[])
{
	static struct counts t;
	struct sample *s;
	int n = 0, i, k, d, flat = 0;

	s = calloc((size_t)argc * KINDS, sizeof(*s));
	if (s == NULL)
		abort();
	for (i = 1; i < argc; i++) {
		samples(s + (size_t)n * KINDS, argv[i], i);
		if (s[(size_t)n * KINDS].has)
			argv[n++] = argv[i];
		else {
			printf("# without a hash: %s\n", argv[i]);
			flat++;
		}
	}
	for (i = 0; i < n; i++) {
		count_own(&t, s + (size_t)i * KINDS);
		for (k = 0; k < i; k++) {
			const struct sample *a = s + (size_t)i * KINDS;
			const struct sample *b = s + (size_t)k * KINDS;

			count_other(&t, a, b);
			d = distance(a->hash, b->hash);
			if (d <= PHASH_NEAR)
				printf("# near: %d %s %s\n", d, argv[i],
				    argv[k]);
		}
	}
	printf("# %d pictures, %d more have no hash\n", n, flat);
	by_kind(s, n, PHASH_NEAR);
	curve(&t);
	printf("shipped %d\nflat %.4f\n", PHASH_NEAR,
	    argc > 1 ? (double)flat / (argc - 1) : 0);
	speed();
	free(s);
	if (fflush(stdout) != 0) {
		perror("phash_curve: cannot write");
		return 74;
	}
	return 0;
}
