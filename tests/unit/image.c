/* image FOLDER - pictures of all kinds, whole, cut, changed and dishonest.
 * The folder's are 48 x 36, and all of the same drawing. */
#include "image.h"

#include <stdio.h>
#include <zlib.h>

#include <jpeglib.h> /* wants FILE */

#include "../fuzz/image.c"
#include "file.h"
#include "test.h"

#define MUTATIONS 2000

static const char *folder;
static size_t taken, most_taken;

static void
take(void *arg, size_t n)
{
	(void)arg;
	taken += n;
	most_taken = taken > most_taken ? taken : most_taken;
}

static void
give(void *arg, size_t n)
{
	(void)arg;
	taken -= n;
}

static const struct image_limits usual = {
	.pixels = 50 << 20, .memory = 20 << 20, .take = take, .give = give
};

static struct buf
picture(const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct buf b = { 0 };

	if (!file_read(path, &b))
		die_errno(EX_IOERR, "cannot read '%s'", path);
	free(path);
	return b;
}

static const char *
judged(struct slice s, struct image *im)
{
	const char *why = image_decode(s, &usual, im, NULL, 0);

	return why != NULL ? why : "fine";
}

static const struct {
	const char *name;
	enum image_format format;
} all[] = { { "plain.jpg", IMAGE_JPEG }, { "progressive.jpg", IMAGE_JPEG },
	{ "gray.jpg", IMAGE_JPEG }, { "cmyk.jpg", IMAGE_JPEG },
	{ "plain.png", IMAGE_PNG }, { "interlaced.png", IMAGE_PNG },
	{ "palette.png", IMAGE_PNG }, { "sixteen.png", IMAGE_PNG },
	{ "gray.png", IMAGE_PNG }, { "alpha.png", IMAGE_PNG },
	{ "plain.webp", IMAGE_WEBP }, { "lossless.webp", IMAGE_WEBP },
	{ "alpha.webp", IMAGE_WEBP } };
#define ALL (sizeof all / sizeof *all)

/* ---- whole ---- */

static void
each_is_read(void)
{
	struct image im;
	struct buf b;
	size_t i;

	for (i = 0; i < ALL; i++) {
		b = picture(all[i].name);
		CHECK_STR(judged(buf_slice(&b), &im), "fine");
		CHECK(im.format == all[i].format);
		CHECK(im.width == 48 && im.height == 36);
		CHECK(im.has_phash);
		buf_release(&b);
	}
	CHECK(taken == 0 && most_taken > 0);
}

static struct image
look(const char *name)
{
	struct buf b = picture(name);
	struct image im;

	CHECK_STR(judged(buf_slice(&b), &im), "fine");
	buf_release(&b);
	return im;
}

/* The same pixels, in whatever order they come. */
static void
the_same_pixels_look_the_same(void)
{
	struct image a = look("plain.png"), b = look("interlaced.png"),
	             c = look("lossless.webp"), d = look("sixteen.png");

	CHECK(a.phash == b.phash && a.phash == c.phash && a.phash == d.phash);
	CHECK(a.red == b.red && a.green == b.green && a.blue == b.blue);
	CHECK(a.red == c.red && a.green == c.green && a.blue == c.blue);
	/* the rectangle is the largest surface of one colour */
	CHECK(a.red == 0x20 && a.green == 0x60 && a.blue == 0x30);
}

static void
copies_are_made(void)
{
	struct image_copy copies[2] = { { .edge = 16 }, { .edge = 400 } };
	struct buf b = picture("interlaced.png");
	struct image im, copy;

	CHECK(image_decode(buf_slice(&b), &usual, &im, copies, 2) == NULL);
	CHECK(copies[0].width == 16 && copies[0].height == 12);
	CHECK(copies[1].width == 48 && copies[1].height == 36);
	CHECK_STR(judged(buf_slice(&copies[0].jpeg), &copy), "fine");
	CHECK(copy.format == IMAGE_JPEG && copy.width == 16 &&
	    copy.height == 12);
	buf_release(&copies[0].jpeg);
	buf_release(&copies[1].jpeg);
	buf_release(&b);
}

static void
a_copy_too_many_is_left_out(void)
{
	struct image_limits l = usual;
	struct image_copy copy = { .edge = 16 };
	struct buf b = picture("lossless.webp");
	struct image im;

	/* enough for the picture (libwebp's own, mostly), and not one byte more
	 */
	for (l.memory = 1000;
	     image_decode(buf_slice(&b), &l, &im, NULL, 0) != NULL; l.memory++)
		CHECK(l.memory < usual.memory);
	CHECK(image_decode(buf_slice(&b), &l, &im, &copy, 1) == NULL);
	CHECK(copy.width == 0 && copy.jpeg.len == 0 && im.has_phash);
	l.memory += 1 << 16;
	CHECK(image_decode(buf_slice(&b), &l, &im, &copy, 1) == NULL);
	CHECK(copy.width == 16 && copy.jpeg.len > 0);
	buf_release(&copy.jpeg);
	buf_release(&b);
}

/* Interlaced, a copy is summed whole: the larger, the more. */
static void
only_the_largest_is_left_out(void)
{
	struct image_copy copies[3] = { { .edge = 48 }, { .edge = 16 },
		{ .edge = 30 } };
	struct image_limits l = usual;
	struct buf b = picture("interlaced.png");
	struct image im;
	int i;

	for (l.memory = 1000;
	     image_decode(buf_slice(&b), &l, &im, copies + 1, 2) != NULL ||
	     copies[1].width == 0 || copies[2].width == 0;
	     l.memory++) {
		CHECK(l.memory < usual.memory);
		for (i = 1; i < 3; i++)
			buf_reset(&copies[i].jpeg);
	}
	for (i = 1; i < 3; i++)
		buf_reset(&copies[i].jpeg);
	CHECK(image_decode(buf_slice(&b), &l, &im, copies, 3) == NULL);
	CHECK(copies[0].width == 0 && copies[0].jpeg.len == 0);
	CHECK(copies[1].width == 16 && copies[1].jpeg.len > 0);
	CHECK(copies[2].width == 30 && copies[2].jpeg.len > 0);
	for (i = 0; i < 3; i++)
		buf_release(&copies[i].jpeg);
	buf_release(&b);
	CHECK(taken == 0);
}

/* ---- cut and changed ---- */

/* Bytes of their own, so that one behind them is noticed. */
static uint8_t *
exact(const struct buf *b, size_t n)
{
	uint8_t *p = xmalloc(n + (n == 0));

	memcpy(p, b->data, n);
	return p;
}

static void
none_is_fine_when_cut(void)
{
	struct image im;
	struct buf b;
	uint8_t *p;
	size_t i, n;

	for (i = 0; i < ALL; i++) {
		b = picture(all[i].name);
		for (n = 0; n < b.len; n++) {
			p = exact(&b, n);
			if (strcmp(judged((struct slice){ (char *)p, n }, &im),
			        "fine") == 0) {
				fprintf(stderr, "%s is fine, cut to %zu\n",
				    all[i].name, n);
				test_failures++;
			}
			free(p);
		}
		buf_release(&b);
	}
	CHECK(taken == 0);
}

static uint32_t
random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void
changes_do_no_harm(void)
{
	uint32_t state = 7;
	struct buf b;
	uint8_t *p;
	size_t i;
	int n, k;

	for (i = 0; i < ALL; i++) {
		b = picture(all[i].name);
		for (n = 0; n < MUTATIONS; n++) {
			p = exact(&b, b.len);
			for (k = (int)(random_next(&state) % 4); k >= 0; k--)
				p[random_next(&state) % b.len] =
				    (uint8_t)random_next(&state);
			LLVMFuzzerTestOneInput(p, b.len);
			free(p);
		}
		buf_release(&b);
	}
}

/* ---- dishonest ---- */

static void
before_and_behind(void)
{
	char *padding = xcalloc(1, IMAGE_PADDING + 1);
	struct image im;
	struct buf b;
	size_t i, len;

	for (i = 0; i < ALL; i++) {
		b = picture(all[i].name);
		len = b.len;
		buf_add(&b, "\r\n\0\xff", 4);
		CHECK_STR(judged(buf_slice(&b), &im), "fine");
		b.len = len;
		buf_adds(&b, "PK\3\4");
		CHECK_STR(judged(buf_slice(&b), &im), "trailing-data");
		b.len = len;
		buf_add(&b, padding, IMAGE_PADDING + 1);
		CHECK_STR(judged(buf_slice(&b), &im), "trailing-data");
		buf_release(&b);
		buf_adds(&b, "PK\3\4");
		buf_release(&b);
	}
	free(padding);
	b = picture("plain.jpg");
	for (i = 0; i < 4; i++) {
		struct buf c = { 0 };

		buf_adds(&c,
		    ((const char *[]){ "x", "GIF89a", "<!DOCTYPE html>",
		        "\xef\xbb\xbf \n<HTML>" })[i]);
		buf_addslice(&c, buf_slice(&b));
		CHECK_STR(judged(buf_slice(&c), &im),
		    ((const char *[]){
		        "not-an-image", "unsupported", "html", "html" })[i]);
		buf_release(&c);
	}
	CHECK_STR(judged((struct slice){ "", 0 }, &im), "not-an-image");
	buf_release(&b);
}

static void
put_be(struct buf *b, size_t at, uint32_t n, int bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		b->data[at + (size_t)bytes - 1] = (char)n;
}

static void
png_size(struct buf *b, uint32_t w, uint32_t h)
{
	put_be(b, 16, w, 4);
	put_be(b, 20, h, 4);
	put_be(b, 29, (uint32_t)crc32(0, (unsigned char *)b->data + 12, 17), 4);
}

static void
jpeg_size(struct buf *b, uint32_t w, uint32_t h)
{
	size_t i;

	for (i = 2; b->data[i + 1] != '\xc0' && b->data[i + 1] != '\xc2';)
		i += 2 +
		    (size_t)((unsigned char)b->data[i + 2] << 8 |
		        (unsigned char)b->data[i + 3]);
	put_be(b, i + 5, h, 2);
	put_be(b, i + 7, w, 2);
}

static void
lying_headers(void)
{
	static const uint32_t sizes[][2] = { { 48, 72 }, { 96, 36 }, { 48, 16 },
		{ 16, 36 }, { 480, 360 } };
	struct image im;
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		b = picture("plain.png");
		png_size(&b, sizes[i][0], sizes[i][1]);
		CHECK_STR(judged(buf_slice(&b), &im), "corrupt");
		buf_release(&b);
		b = picture("plain.jpg");
		jpeg_size(&b, sizes[i][0], sizes[i][1]);
		CHECK_STR(judged(buf_slice(&b), &im), "corrupt");
		buf_release(&b);
	}
	b = picture("lossless.webp");
	b.data[21] = (char)(b.data[21] + 8);
	CHECK(strcmp(judged(buf_slice(&b), &im), "fine") != 0);
	buf_release(&b);
}

/* ---- limits ---- */

static void
limits_come_before_memory(void)
{
	struct image_limits pixels = usual, memory = usual;
	struct image_copy copy = { .edge = 16 };
	struct image im;
	struct buf b;
	size_t i;

	pixels.pixels = 48 * 36 - 1;
	memory.memory = 1000;
	most_taken = 0;
	for (i = 0; i < ALL; i++) {
		b = picture(all[i].name);
		CHECK_STR(image_decode(buf_slice(&b), &pixels, &im, NULL, 0),
		    "too-many-pixels");
		CHECK(im.width == 48 && im.height == 36);
		CHECK_STR(image_decode(buf_slice(&b), &memory, &im, NULL, 0),
		    "too-many-pixels");
		buf_release(&b);
	}
	b = picture("plain.png");
	png_size(&b, 30000, 30000);
	CHECK_STR(judged(buf_slice(&b), &im), "too-many-pixels");
	buf_release(&b);
	/* the greatest sizes that a header can state, and a copy wanted */
	b = picture("plain.png");
	png_size(&b, INT32_MAX, INT32_MAX);
	CHECK_STR(image_decode(buf_slice(&b), &usual, &im, &copy, 1),
	    "too-many-pixels");
	CHECK(copy.width == 0 && copy.jpeg.len == 0);
	buf_release(&b);
	/* a single row of gigabytes passes no limit of pixels */
	b = picture("plain.png");
	png_size(&b, 50 << 20, 1);
	CHECK_STR(judged(buf_slice(&b), &im), "too-many-pixels");
	buf_release(&b);
	/* a progressive picture is held whole, one by rows is not */
	b = picture("progressive.jpg");
	jpeg_size(&b, 6000, 6000);
	CHECK_STR(judged(buf_slice(&b), &im), "too-many-pixels");
	buf_release(&b);
	CHECK(most_taken == 0);
}

/* Each coefficient in a scan of its own: 190 of them. */
static void
too_many_scans(void)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	jpeg_scan_info scans[1 + 3 * 63];
	unsigned char *bytes = NULL, row[48 * 3] = { 0 };
	unsigned long len = 0;
	JSAMPROW rows = row;
	struct image im;
	int i;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &bytes, &len);
	c.image_width = 48;
	c.image_height = 36;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	scans[0] = (jpeg_scan_info){ 3, { 0, 1, 2 }, 0, 0, 0, 0 };
	for (i = 0; i < 3 * 63; i++)
		scans[1 + i] = (jpeg_scan_info){ 1, { i / 63 }, 1 + i % 63,
			1 + i % 63, 0, 0 };
	c.scan_info = scans;
	c.num_scans = 1 + 3 * 63;
	jpeg_start_compress(&c, TRUE);
	for (i = 0; i < 36; i++)
		jpeg_write_scanlines(&c, &rows, 1);
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	CHECK_STR(judged((struct slice){ (char *)bytes, len }, &im),
	    "unsupported");
	free(bytes);
}

static void
animated_webp(void)
{
	struct buf b = picture("animated.webp");
	struct image im;

	CHECK_STR(judged(buf_slice(&b), &im), "unsupported");
	buf_release(&b);
}

int
main(int argc, char *argv[])
{
	CHECK(argc == 2);
	folder = argv[1];
	each_is_read();
	the_same_pixels_look_the_same();
	copies_are_made();
	a_copy_too_many_is_left_out();
	only_the_largest_is_left_out();
	none_is_fine_when_cut();
	changes_do_no_harm();
	before_and_behind();
	lying_headers();
	limits_come_before_memory();
	too_many_scans();
	animated_webp();
	return DONE();
}
