#include "image.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "image_canvas.h"
#include "image_tail.h"
#include "phash.h"
#include "banned.h"

const char *
image_format_name(enum image_format f)
{
	static const char *const names[] = { [IMAGE_JPEG] = "jpeg",
		[IMAGE_PNG] = "png",
		[IMAGE_WEBP] = "webp" };

	return names[f];
}

const char *
image_format_ext(enum image_format f)
{
	return f == IMAGE_JPEG ? "jpg" : image_format_name(f);
}

void
image_lenient_add(struct buf *out, unsigned lenient)
{
	static const char *const names[IMAGE_LENIENCES] = { "no-end-mark",
		"end-mark-again", "stray-bytes", "padding", "more-pictures",
		"maker-trailer", "motion-photo", "html-comment", "bad-chunk",
		"more-data" };
	int i;

	for (i = 0; i < IMAGE_LENIENCES; i++) {
		if ((lenient & 1u << i) == 0)
			continue;
		if (out->len > 0)
			buf_addc(out, ' ');
		buf_adds(out, names[i]);
	}
}

/* ---- what it is ---- */

static bool
has_at(struct slice s, size_t at, const char *text, size_t n)
{
	return s.len >= at + n && memcmp(s.p + at, text, n) == 0;
}

static enum image_format
format_of(struct slice s)
{
	if (has_at(s, 0, "\xff\xd8\xff", 3))
		return IMAGE_JPEG;
	if (has_at(s, 0, "\x89PNG\r\n\x1a\n", 8))
		return IMAGE_PNG;
	if (has_at(s, 0, "RIFF", 4) && has_at(s, 8, "WEBP", 4))
		return IMAGE_WEBP;
	return IMAGE_NONE;
}

/* Pictures of other kinds, named so that nobody looks for damage. */
static bool
is_foreign(struct slice s)
{
	static const struct {
		size_t at, n;
		const char *text;
	} known[] = { { 0, 4, "GIF8" }, { 0, 4, "II*\0" }, { 0, 4, "MM\0*" },
		{ 4, 8, "ftypavif" }, { 4, 8, "ftypavis" },
		{ 4, 8, "ftypheic" }, { 4, 8, "ftypheix" },
		{ 4, 8, "ftypmif1" }, { 4, 8, "ftypmsf1" },
		{ 0, 2, "\xff\x0a" }, { 0, 8, "\0\0\0\x0cJXL " },
		{ 6, 6, "\0\0\0\0\x36\0" } /* BMP: reserved, offset */ };
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (has_at(s, known[i].at, known[i].text, known[i].n))
			return i + 1 < sizeof known / sizeof *known ||
			    has_at(s, 0, "BM", 2);
	return false;
}

static bool
is_html(struct slice s)
{
	static const char *const starts[] = { "<!doctype", "<html", "<head",
		"<body", "<!--", "<script", "<title" };
	size_t i;

	if (has_at(s, 0, "\xef\xbb\xbf", 3)) {
		s.p += 3;
		s.len -= 3;
	}
	while (s.len > 0 && isspace((unsigned char)*s.p)) {
		s.p++;
		s.len--;
	}
	for (i = 0; i < sizeof starts / sizeof *starts; i++)
		if (s.len >= strlen(starts[i]) &&
		    strncasecmp(s.p, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

const char *
image_admit(struct image_job *j, size_t memory)
{
	const struct image_limits *l = j->limits;

	if (j->im->width < 1 || j->im->height < 1)
		return "corrupt";
	if ((int64_t)j->im->width * j->im->height > l->pixels ||
	    memory > l->memory)
		return "too-many-pixels";
	j->taken = memory;
	if (l->take != NULL)
		l->take(l->arg, memory);
	return NULL;
}

/* ---- what it looks like ---- */

#define BINS 4096 /* 4 bits a channel */

/* The fullest bin of the colour cube (of equals the first): its mean. */
static void
find_colour(const struct canvas *c, struct image *im)
{
	uint32_t(*bins)[4] = xcalloc(BINS, sizeof *bins), *bin, *most = *bins;
	size_t n = (size_t)c->tw * (size_t)c->th, i;
	const uint8_t *p = c->rgb;

	for (i = 0; i < n; i++, p += 3) {
		bin = bins[(p[0] >> 4) << 8 | (p[1] >> 4) << 4 | p[2] >> 4];
		bin[0]++;
		bin[1] += p[0];
		bin[2] += p[1];
		bin[3] += p[2];
	}
	for (i = 0; i < BINS; i++)
		if (bins[i][0] > most[0])
			most = bins[i];
	im->red = (uint8_t)((most[1] + most[0] / 2) / most[0]);
	im->green = (uint8_t)((most[2] + most[0] / 2) / most[0]);
	im->blue = (uint8_t)((most[3] + most[0] / 2) / most[0]);
	free(bins);
}

/* ITU-R BT.601, as JPEG has it. */
static void
find_phash(const struct canvas *c, struct image *im)
{
	size_t n = (size_t)c->tw * (size_t)c->th, i;
	uint8_t *gray = xmalloc(n);
	const uint8_t *p = c->rgb;

	for (i = 0; i < n; i++, p += 3)
		gray[i] = (uint8_t)((19595u * p[0] + 38470u * p[1] +
		                        7471u * p[2] + 32768u) >>
		    16);
	im->has_phash = c->tw >= 8 && c->th >= 8 &&
	    phash(gray, c->tw, c->th, (size_t)c->tw, &im->phash);
	free(gray);
}

static void
drop(struct image_copy *c)
{
	buf_release(&c->jpeg);
	c->width = c->height = 0;
}

/* What a pass has filled, made use of. */
static void
look(struct image_job *j)
{
	struct canvas *c;
	int i;

	for (i = 0; i < j->canvases.n; i++) {
		c = &j->canvases.v[i];
		canvas_end(c);
		if (c->copy == NULL) {
			find_colour(c, j->im);
			find_phash(c, j->im);
		} else if (!image_encode(c, &c->copy->jpeg)) {
			drop(c->copy);
		}
	}
}

static const char *
try_pass(struct image_job *j, int by)
{
	static const char *(*const decoders[])(struct image_job *) = {
		[IMAGE_JPEG] = image_jpeg,
		[IMAGE_PNG] = image_png,
		[IMAGE_WEBP] = image_webp
	};
	const char *why;

	j->by = by;
	j->taken = 0;
	why = decoders[j->im->format](j);
	if (why == NULL && !j->unseen)
		look(j);
	canvases_release(&j->canvases);
	if (j->taken > 0 && j->limits->give != NULL)
		j->limits->give(j->limits->arg, j->taken);
	return why;
}

/* Is copy i made in the pass at that reduction? */
static bool
is_due(const struct image_job *j, int i, int by)
{
	return !j->without[i] &&
	    image_reduction(j->im, j->copies[i].edge) == by;
}

/* Of the pass at hand; false: it makes no copy. */
static bool
leave_out_largest(struct image_job *j)
{
	int i, most = -1;

	for (i = 0; i < j->ncopies; i++)
		if (is_due(j, i, j->by) &&
		    (most < 0 || j->copies[i].edge > j->copies[most].edge))
			most = i;
	if (most < 0)
		return false;
	j->without[most] = true;
	drop(&j->copies[most]);
	return true;
}

static bool
any_due(const struct image_job *j, int by)
{
	int i;

	for (i = 0; i < j->ncopies; i++)
		if (is_due(j, i, by))
			return true;
	return false;
}

/* A picture is not unfit because copies of it are wanted. */
static const char *
pass(struct image_job *j, int by)
{
	const char *why;

	do
		why = try_pass(j, by);
	while (why != NULL && strcmp(why, "too-many-pixels") == 0 &&
	    leave_out_largest(j) && (by == 0 || any_due(j, by)));
	return why;
}

/* A pass for the hash, and one more for each other reduction. */
static const char *
passes(struct image_job *j)
{
	const char *why = pass(j, 0);
	int first = j->by, by;

	for (by = 1; by <= 8 && why == NULL; by *= 2) {
		if (by == first || !any_due(j, by))
			continue;
		why = pass(j, by);
		/* without a copy left there is nothing that it was for */
		if (why != NULL && !any_due(j, by) &&
		    strcmp(why, "too-many-pixels") == 0)
			why = NULL;
	}
	return why;
}

const char *
image_second(const struct image_job *of, struct slice bytes, size_t *len)
{
	struct image im = { .format = IMAGE_JPEG };
	struct image_job j = {
		.bytes = bytes, .limits = of->limits, .im = &im, .unseen = true
	};
	const char *why = try_pass(&j, 0);

	*len = j.end;
	of->im->lenient |= im.lenient;
	return why;
}

const char *
image_decode(struct slice bytes, const struct image_limits *l, struct image *im,
    struct image_copy *copies, int n)
{
	struct image_job j = { .bytes = bytes,
		.limits = l,
		.im = im,
		.copies = copies,
		.ncopies = n < CANVAS_COPIES ? n : CANVAS_COPIES };
	const char *why;

	*im = (struct image){ .format = format_of(bytes) };
	if (im->format != IMAGE_NONE) {
		/* what is known by its end is no data of the picture's */
		j.bytes.len = image_tail_trim(bytes, im);
		why = passes(&j);
		return why != NULL ? why : image_tail(&j, bytes);
	}
	if (is_html(bytes))
		return "html";
	return is_foreign(bytes) ? "unsupported" : "not-an-image";
}
