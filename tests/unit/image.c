/* image FOLDER - pictures of all kinds, whole, cut, changed and dishonest.
 * The folder's are 48 x 36, and all of the same drawing. */
#include "image.h"

#include <stdio.h>
#include <zlib.h>

#include <jpeglib.h> /* wants FILE */

#include "../fuzz/image.c"
#include "file.h"
#include "test.h"

/* So many changes to each picture; the first where SOAK is set. */
#define MUTATIONS 2000
#define MUTATIONS_FEW 300

static const char *folder;
static bool soak;
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

static bool
enough(const struct buf *b, size_t memory, struct image_copy *copies, size_t n)
{
	struct image_limits l = usual;
	struct image im;
	bool made;
	size_t i;

	l.memory = memory;
	made = image_decode(buf_slice(b), &l, &im, copies, n) == NULL;
	for (i = 0; i < n; i++) {
		made = made && copies[i].width > 0;
		buf_reset(&copies[i].jpeg);
	}
	return made;
}

/* The least that the picture and all these copies are made with. */
static size_t
least_memory(const struct buf *b, struct image_copy *copies, size_t n)
{
	size_t low = 1000, high = usual.memory, middle;

	CHECK(!enough(b, low, copies, n) && enough(b, high, copies, n));
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (enough(b, middle, copies, n))
			high = middle;
		else
			low = middle;
	}
	return high;
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
	l.memory = least_memory(&b, NULL, 0);
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

	l.memory = least_memory(&b, copies + 1, 2);
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
			        "fine") == 0 &&
			    (all[i].format != IMAGE_JPEG || n + 2 < b.len ||
			        im.lenient != IMAGE_NO_END)) {
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
		for (n = 0; n < (soak ? MUTATIONS : MUTATIONS_FEW); n++) {
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

/* ---- what viewers forgive ---- */

static void
add_le(struct buf *b, uint32_t n, int bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		buf_addc(b, (char)n);
}

/* A block of Samsung's, and the directory of it. */
static void
add_samsung(struct buf *b, const char *name, struct slice data)
{
	uint32_t len = (uint32_t)(8 + strlen(name) + data.len);

	add_le(b, 0x0a010000, 4);
	add_le(b, (uint32_t)strlen(name), 4);
	buf_adds(b, name);
	buf_addslice(b, data);
	buf_adds(b, "SEFH");
	add_le(b, 106, 4);
	add_le(b, 1, 4);
	add_le(b, 0x0a010000, 4);
	add_le(b, len, 4);
	add_le(b, len, 4);
	add_le(b, 24, 4);
	buf_adds(b, "SEFT");
}

static void
add_canon(struct buf *b, const char *data)
{
	char len[4] = { 0, 0, 0, (char)strlen(data) };

	buf_add(b, "CANON OPTIONAL DATA\0\0\1\0\0", 24);
	buf_add(b, len, 4);
	buf_adds(b, data);
	buf_add(b, "CANON OPTIONAL DATA\0", 20);
	buf_add(b, len, 4);
	buf_add(b, (char[40]){ 0 }, 40);
}

static const char video[] = "\0\0\0\x10"
                            "ftypisom\0\0\0\0"
                            "\0\0\0\x0c"
                            "moov\0\0\0\0"
                            "\0\0\0\x0c"
                            "mdatabcd";

/* With XMP behind the first marker. */
static void
add_xmp(struct buf *b, const char *xmp)
{
	size_t at = b->len, len = 2 + 29 + strlen(xmp);
	struct buf jpeg = picture("plain.jpg");

	buf_add(b, jpeg.data, 2);
	buf_add(b, (char[]){ '\xff', '\xe1', (char)(len >> 8), (char)len }, 4);
	buf_add(b, "http://ns.adobe.com/xap/1.0/", 29);
	buf_adds(b, xmp);
	buf_add(b, jpeg.data + 2, jpeg.len - 2);
	buf_release(&jpeg);
	CHECK(b->len > at);
}

/* Judges "fine" with the names of what was forgiven, or the reason; it also
 * goes to the fuzz target, cut and changed. */
static void
shape(struct buf *b, const char *want)
{
	uint32_t state = 11;
	struct buf have = { 0 };
	struct image im;
	uint8_t *p;
	int n;

	buf_adds(&have, judged(buf_slice(b), &im));
	if (strcmp(have.data, "fine") == 0) {
		buf_reset(&have);
		image_lenient_add(&have, im.lenient);
	}
	CHECK_STR(have.len > 0 ? have.data : "", want);
	for (n = 0; n < 60 && b->len < 1 << 20; n++) {
		p = exact(b, b->len);
		p[random_next(&state) % b->len] = (uint8_t)random_next(&state);
		LLVMFuzzerTestOneInput(p, b->len - random_next(&state) % 40);
		free(p);
	}
	buf_release(&have);
	buf_release(b);
	CHECK(taken == 0);
}

static struct buf
jpeg_and(const char *tail, size_t n)
{
	struct buf b = picture("plain.jpg");

	buf_add(&b, tail, n);
	return b;
}

#define JPEG_AND(tail) jpeg_and("" tail, sizeof(tail) - 1)

/* Two pictures in one file: MPO, gain maps. */
static void
pictures_behind_a_picture(void)
{
	struct buf small = picture("gray.jpg"), b, c;

	b = jpeg_and(small.data, small.len);
	shape(&b, "more-pictures");
	b = jpeg_and("\0\0\0", 3);
	buf_addslice(&b, buf_slice(&small));
	buf_addslice(&b, buf_slice(&small));
	shape(&b, "padding more-pictures");
	b = jpeg_and(small.data, small.len - 2);
	shape(&b, "no-end-mark more-pictures");
	b = jpeg_and(small.data, small.len / 2);
	shape(&b, "truncated");
	b = jpeg_and(small.data, small.len);
	b.data[b.len - small.len / 3] = '\xff';
	b.data[b.len - small.len / 3 + 1] = '\xc5';
	shape(&b, "trailing-data");
	c = picture("plain.png"); /* no JPEG, and none behind a PNG */
	b = jpeg_and(c.data, c.len);
	shape(&b, "trailing-data");
	buf_addslice(&c, buf_slice(&small));
	shape(&c, "trailing-data");
	b = jpeg_and(small.data, small.len);
	buf_adds(&b, "<html>");
	shape(&b, "trailing-data");
	buf_release(&small);
}

static void
end_marks(void)
{
	struct buf b = JPEG_AND("\xff\xd9"), progressive;
	size_t i;

	shape(&b, "end-mark-again");
	b = JPEG_AND("\0\xff\xd9\n");
	shape(&b, "end-mark-again padding");
	for (i = 0; i < 4; i++) { /* all the JPEGs */
		b = picture(all[i].name);
		b.len -= 2;
		shape(&b, "no-end-mark");
		b = picture(all[i].name);
		b.len -= 2;
		add_samsung(&b, "Image_UTC_Data", SLICE("1577836800000"));
		shape(&b, "no-end-mark maker-trailer");
		b = picture(all[i].name);
		b.len -= 2;
		buf_add(&b, (char[200]){ 0 }, 200);
		shape(&b, "no-end-mark padding");
		b = picture(all[i].name);
		b.len -= 2;
		buf_adds(&b, "and what is this, then?");
		shape(&b, "trailing-data");
	}
	/* scan after scan: the last one is missing, cleanly */
	progressive = picture("progressive.jpg");
	for (i = progressive.len - 3; i > 0; i--)
		if (progressive.data[i] == '\xff' &&
		    (progressive.data[i + 1] == '\xc4' ||
		        progressive.data[i + 1] == '\xda'))
			break;
	progressive.len = i;
	shape(&progressive, "truncated");
}

static void
trailers(void)
{
	struct buf b = JPEG_AND(""), zip = { 0 };

	add_samsung(&b, "Image_UTC_Data", SLICE("1577836800000"));
	shape(&b, "maker-trailer");
	b = JPEG_AND("\xff\xd9");
	add_samsung(&b, "Image_UTC_Data", SLICE("1577836800000"));
	buf_adds(&b, "<!-- 12 ms -->\n");
	shape(&b, "end-mark-again maker-trailer html-comment");
	b = JPEG_AND("");
	add_samsung(&b, "MotionPhoto_Data",
	    (struct slice){ video, sizeof video - 1 });
	shape(&b, "maker-trailer");
	b = JPEG_AND("");
	add_samsung(&b, "Other_Data",
	    (struct slice){ video, sizeof video - 1 });
	shape(&b, "trailing-data");
	buf_adds(&zip, "PK\3\4");
	buf_add(&zip, (char[40]){ 20 }, 40);
	b = JPEG_AND("");
	add_samsung(&b, "Image_UTC_Data", buf_slice(&zip));
	shape(&b, "trailing-data");
	b = JPEG_AND("SEFT");
	shape(&b, "trailing-data");
	b = JPEG_AND("what is not named by the directory");
	add_samsung(&b, "Image_UTC_Data", SLICE("1577836800000"));
	shape(&b, "trailing-data");
	b = JPEG_AND("");
	add_canon(&b, "a recipe");
	shape(&b, "maker-trailer");
	b = JPEG_AND("");
	add_canon(&b, "#! %PDF-1.4");
	shape(&b, "trailing-data");
	b = picture("plain.webp");
	add_samsung(&b, "Image_UTC_Data", SLICE("1577836800000"));
	shape(&b, "maker-trailer");
	buf_release(&zip);
}

static void
comments(void)
{
	static const struct {
		const char *tail, *want;
	} cases[] = { { "<!-- cached -->", "html-comment" },
		{ "\n<!-- a --><!-- b -->\n", "padding html-comment" },
		{ "<!-- <script>x</script> -->", "trailing-data" },
		{ "<!--[if IE]>x<![endif]-->", "trailing-data" },
		{ "<!-- open", "trailing-data" },
		{ "<p>x</p><!-- cached -->", "trailing-data" },
		{ "<!-- a\1b -->", "trailing-data" },
		{ "#!/bin/sh\nid\n", "trailing-data" },
		{ "\n%PDF-1.4", "trailing-data" },
		{ "MZ and more", "trailing-data" } };
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		b = jpeg_and(cases[i].tail, strlen(cases[i].tail));
		shape(&b, cases[i].want);
	}
}

static void
motion_photos(void)
{
	struct buf b = { 0 };

	add_xmp(&b, "<x Camera:MotionPhoto=\"1\"/>");
	buf_add(&b, video, sizeof video - 1);
	shape(&b, "motion-photo");
	add_xmp(&b, "<x Camera:MotionPhoto=\"0\"/>");
	buf_add(&b, video, sizeof video - 1);
	shape(&b, "trailing-data");
	add_xmp(&b, "<x GCamera:MicroVideo=\"1\"/>");
	buf_add(&b, video, sizeof video - 4); /* its last box is cut */
	shape(&b, "trailing-data");
	add_xmp(&b, "<x GCamera:MicroVideo=\"1\"/>");
	buf_add(&b, video, sizeof video - 1);
	buf_add(&b, "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
	shape(&b, "trailing-data");
	b = jpeg_and(video, sizeof video - 1);
	shape(&b, "trailing-data");
}

static void
add_chunk(struct buf *b, const char *name, struct slice data, bool right)
{
	char n[4] = { (char)(data.len >> 24), (char)(data.len >> 16),
		(char)(data.len >> 8), (char)data.len };
	uLong sum = crc32(crc32(0, (const Bytef *)name, 4),
	    (const Bytef *)data.p, (uInt)data.len);

	buf_add(b, n, 4);
	buf_adds(b, name);
	buf_addslice(b, data);
	if (!right)
		sum = ~sum;
	buf_add(b,
	    (char[]){ (char)(sum >> 24), (char)(sum >> 16), (char)(sum >> 8),
	        (char)sum },
	    4);
}

/* 8 x 8 of nothing, and so many bytes more. */
static struct buf
flat_png(size_t more, struct slice last, struct slice behind)
{
	static const char ihdr[] = "\0\0\0\x40\0\0\0\x40\x08\2\0\0\0";
	size_t n = 64 * (1 + 64 * 3) + more + last.len;
	char *pixels = xcalloc(1, n);
	uLongf len = compressBound(n);
	struct buf b = { 0 }, packed = { 0 };

	memcpy(pixels + n - last.len, last.p, last.len);
	buf_grow(&packed, len);
	CHECK(compress((Bytef *)packed.data, &len, (Bytef *)pixels, n) == Z_OK);
	packed.len = len;
	buf_addslice(&packed, behind);
	buf_add(&b, "\x89PNG\r\n\x1a\n", 8);
	add_chunk(&b, "IHDR", (struct slice){ ihdr, 13 }, true);
	add_chunk(&b, "IDAT", buf_slice(&packed), true);
	add_chunk(&b, "IEND", (struct slice){ "", 0 }, true);
	buf_release(&packed);
	free(pixels);
	return b;
}

static void
benign_png(void)
{
	static const struct {
		const char *name, *want;
		size_t len;
		bool right;
	} chunks[] = { { "tEXt", "", 0, true },
		{ "tEXt", "bad-chunk", 9, false }, { "gAMA", "", 3, true },
		{ "vpAg", "bad-chunk", 70, false },
		{ "iCCP", "", 9 << 20, true }, { "VPAG", "corrupt", 4, false },
		{ "VPAG", "corrupt", 4, true },
		{ "tRNS", "bad-chunk", 1, true } };
	char *data = xcalloc(1, 9 << 20);
	struct buf b, c;
	size_t i;

	b = flat_png(0, SLICE(""), SLICE(""));
	shape(&b, "");
	b = flat_png(700, SLICE(""), SLICE(""));
	shape(&b, "more-data");
	b = flat_png(4000, SLICE(""), SLICE(""));
	shape(&b, "corrupt");
	b = flat_png(0, SLICE(""), SLICE("some bytes"));
	shape(&b, "more-data");
	b = flat_png(10, SLICE("<script>x</script>"), SLICE(""));
	shape(&b, "corrupt");
	b = flat_png(0, SLICE(""), SLICE("PK\5\6                  \0\0"));
	shape(&b, "corrupt");
	for (i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		b = flat_png(0, SLICE(""), SLICE(""));
		c = (struct buf){ 0 };
		buf_add(&c, b.data, 33);
		add_chunk(&c, chunks[i].name,
		    (struct slice){ data, chunks[i].len }, chunks[i].right);
		buf_add(&c, b.data + 33, b.len - 33);
		shape(&c, chunks[i].want);
		buf_release(&b);
	}
	free(data);
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
	soak = getenv("SOAK") != NULL;
	each_is_read();
	the_same_pixels_look_the_same();
	copies_are_made();
	a_copy_too_many_is_left_out();
	only_the_largest_is_left_out();
	none_is_fine_when_cut();
	changes_do_no_harm();
	before_and_behind();
	pictures_behind_a_picture();
	end_marks();
	trailers();
	comments();
	motion_photos();
	benign_png();
	lying_headers();
	limits_come_before_memory();
	too_many_scans();
	animated_webp();
	return DONE();
}
