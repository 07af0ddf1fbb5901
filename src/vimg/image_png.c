/*
 * PNG, by libpng.  Its errors leave by longjmp; that stays within guarded().
 * The chunks are walked first: where the picture ends, and that no file of a
 * million chunks keeps libpng busy.  Texts, profiles and other ancillary
 * chunks are skipped unread, so that there is nothing in them to unpack, and
 * what is wrong with them costs nothing.
 *
 * A picture's data may go on when its rows are there (libpng calls that
 * benign): by no more than an eighth, or its header is not to be believed, and
 * without the signature of another format in it.
 *
 * An interlaced picture is never held as a whole: each pass adds its pixels
 * to the averages.
 */
#include "image_canvas.h"
#include "image_tail.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <zlib.h>

#include "banned.h"

#define CHUNKS_MOST 65536
#define STATE_MEMORY ((size_t)192 << 10) /* zlib's window, libpng's own */
#define BITS_MOST 64                     /* a pixel: 16-bit RGBA */

struct reading {
	png_structp png;
	png_infop info;
	struct image_job *job;
	size_t at;
	const char *why;
	uint8_t *row, *rgb;
	size_t bits;  /* a pixel, as it is packed */
	size_t bytes; /* of the rows so far, so packed */
	int channels;
};

static uint32_t
be32(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* ---- before libpng ---- */

/* Finds the end; NULL when all chunks are there. */
static const char *
walk(struct image_job *j)
{
	struct slice s = j->bytes;
	size_t at = 8;
	uint32_t len;
	int n;

	for (n = 0; n < CHUNKS_MOST; n++) {
		if (s.len - at < 12)
			return "truncated";
		len = be32(s.p + at);
		if (len > INT32_MAX)
			return "corrupt";
		if (s.len - at - 12 < len)
			return "truncated";
		if (n == 0 &&
		    (len != 13 || memcmp(s.p + at + 4, "IHDR", 4) != 0))
			return "corrupt";
		at += 12 + (size_t)len;
		if (memcmp(s.p + at - 8 - len, "IEND", 4) == 0) {
			j->end = at;
			return NULL;
		}
	}
	return "unsupported";
}

/* Its size is known even when no more of it can be read. */
static const char *
header(struct image_job *j)
{
	uint32_t w, h;

	if (j->bytes.len < 8 + 8 + 13)
		return "truncated";
	if (memcmp(j->bytes.p + 12, "IHDR", 4) != 0)
		return "corrupt";
	w = be32(j->bytes.p + 16);
	h = be32(j->bytes.p + 20);
	if (w < 1 || h < 1 || w > INT32_MAX || h > INT32_MAX)
		return "corrupt";
	j->im->width = (int)w;
	j->im->height = (int)h;
	return NULL;
}

/* ---- libpng's ways out ---- */

static void
on_error(png_structp png, png_const_charp message)
{
	struct reading *r = png_get_error_ptr(png);

	(void)message;
	if (r->why == NULL)
		r->why = "corrupt";
	png_longjmp(png, 1);
}

/* Benign errors come here, too: "tEXt: CRC error", "IDAT: Too much image data".
 * Of what is critical only those of more data are. */
static void
on_warning(png_structp png, png_const_charp message)
{
	struct reading *r = png_get_error_ptr(png);

	if (strcmp(message, "IDAT: Too much image data") == 0 ||
	    strcmp(message, "IDAT: Extra compressed data") == 0 ||
	    strstr(message, "Too many IDATs") != NULL)
		r->job->im->lenient |= IMAGE_MORE_DATA;
	else if (strncmp(message, "IDAT: ", 6) == 0)
		r->why = r->why != NULL ? r->why : "corrupt";
	else if (strlen(message) > 6 && memcmp(message + 4, ": ", 2) == 0)
		r->job->im->lenient |= IMAGE_BAD_CHUNK;
}

static png_voidp
on_malloc(png_structp png, png_alloc_size_t n)
{
	(void)png;
	return xmalloc(n);
}

static void
on_free(png_structp png, png_voidp p)
{
	(void)png;
	free(p);
}

static void
on_read(png_structp png, png_bytep to, size_t n)
{
	struct reading *r = png_get_io_ptr(png);

	if (r->job->bytes.len - r->at < n) {
		r->why = "truncated";
		png_error(png, "no more");
	}
	memcpy(to, r->job->bytes.p + r->at, n);
	r->at += n;
}

/* ---- data behind the pixels ---- */

/* Unpacks what `z` has; keeps what is beyond the picture's own bytes. */
static bool
unpack(const struct reading *r, z_stream *z, size_t *got, struct buf *more)
{
	unsigned char piece[16384];
	size_t n, from;
	int code = Z_OK;

	while (code == Z_OK && (z->avail_in > 0 || z->avail_out == 0)) {
		z->next_out = piece;
		z->avail_out = sizeof piece;
		code = inflate(z, Z_NO_FLUSH);
		n = sizeof piece - z->avail_out;
		from = *got >= r->bytes ? 0 :
		    r->bytes - *got > n ? n :
		                          r->bytes - *got;
		if (!buf_try_add(more, piece + from, n - from))
			return false;
		*got += n;
	}
	/* behind the end of the compressed data: as it is */
	return code != Z_STREAM_END ||
	    buf_try_add(more, z->next_in, z->avail_in);
}

static bool
is_more_harmless(const struct reading *r)
{
	struct slice s = r->job->bytes;
	size_t at = 8, len, got = 0, most = r->bytes / 8;
	struct buf more = { .max = most < IMAGE_PADDING ? most + 1 :
		                                          IMAGE_PADDING };
	z_stream z = { 0 };
	bool ok;

	if (inflateInit(&z) != Z_OK)
		die_no_memory();
	for (ok = true; ok && s.len - at >= 12; at += 12 + len) {
		len = be32(s.p + at);
		if (s.len - at - 12 < len)
			break;
		if (memcmp(s.p + at + 4, "IDAT", 4) != 0)
			continue;
		z.next_in = (unsigned char *)(uintptr_t)(s.p + at + 8);
		z.avail_in = (unsigned)len;
		ok = unpack(r, &z, &got, &more);
	}
	inflateEnd(&z);
	ok = ok && !image_tail_hides(buf_slice(&more), NULL);
	buf_release(&more);
	return ok;
}

/* ---- rows ---- */

/* On white. */
static void
flatten(const struct reading *r, int width)
{
	const uint8_t *p = r->row;
	uint8_t *out = r->rgb;
	int x, k;

	for (x = 0; x < width; x++, p += 4)
		for (k = 0; k < 3; k++)
			*out++ =
			    (uint8_t)((p[k] * p[3] + 255 * (255 - p[3]) + 127) /
			        255);
}

static void
read_row(struct reading *r, int width)
{
	/* as it is packed: a byte for the filter, then the pixels */
	size_t packed = 1 + ((size_t)width * r->bits + 7) / 8;

	png_read_row(r->png, r->row, NULL);
	r->bytes += packed;
	if (r->channels == 4)
		flatten(r, width);
}

static void
read_ordered(struct reading *r)
{
	struct image_job *j = r->job;
	int y;

	for (y = 0; y < j->im->height; y++) {
		read_row(r, j->im->width);
		canvases_row(&j->canvases, y, r->rgb);
	}
}

static void
scatter(struct reading *r, int pass, int row, int columns)
{
	struct canvases *all = &r->job->canvases;
	int y = (int)PNG_ROW_FROM_PASS_ROW((unsigned)row, pass), x, i;

	for (i = 0; i < columns; i++) {
		x = (int)PNG_COL_FROM_PASS_COL((unsigned)i, pass);
		for (int k = 0; k < all->n; k++)
			canvas_pixel(&all->v[k], x, y, r->rgb + 3 * (size_t)i);
	}
}

static void
read_passes(struct reading *r)
{
	int width = r->job->im->width, height = r->job->im->height;
	int pass, row, rows, columns;

	for (pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
		columns = (int)PNG_PASS_COLS((unsigned)width, pass);
		rows = (int)PNG_PASS_ROWS((unsigned)height, pass);
		for (row = 0; columns > 0 && row < rows; row++) {
			read_row(r, columns);
			scatter(r, pass, row, columns);
		}
	}
}

static const char *
decode(struct reading *r)
{
	struct image_job *j = r->job;
	size_t width = (size_t)j->im->width;
	bool scattered;
	const char *why;

	png_set_read_fn(r->png, r, on_read);
	png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
	png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_chunk_malloc_max(r->png, 0); /* they are skipped */
	png_set_benign_errors(r->png, 1);
	png_read_info(r->png, r->info);
	r->bits = (size_t)png_get_bit_depth(r->png, r->info) *
	    png_get_channels(r->png, r->info);
	scattered =
	    png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE;
	j->by = 1;
	image_plan(j, j->im->width, j->im->height, scattered);
	/* libpng has three rows at their widest, we have two */
	why = image_admit(j,
	    canvases_memory(&j->canvases) + STATE_MEMORY +
	        5 * width * (BITS_MOST / 8));
	if (why != NULL)
		return why;
	png_set_expand(r->png);
	png_set_scale_16(r->png);
	png_set_gray_to_rgb(r->png);
	png_read_update_info(r->png, r->info);
	r->channels = png_get_channels(r->png, r->info);
	if (r->channels != 3 && r->channels != 4)
		return "unsupported";
	canvases_init(&j->canvases);
	r->row = xmalloc(png_get_rowbytes(r->png, r->info) + 8);
	r->rgb = r->channels == 4 ? xmalloc(width * 3) : r->row;
	if (scattered)
		read_passes(r);
	else
		read_ordered(r);
	png_read_end(r->png, NULL);
	if (r->why == NULL && (j->im->lenient & IMAGE_MORE_DATA) != 0 &&
	    !is_more_harmless(r))
		r->why = "corrupt";
	return r->why;
}

static const char *
guarded(struct reading *r)
{
	if (setjmp(png_jmpbuf(r->png)) != 0)
		return r->why;
	return decode(r);
}

const char *
image_png(struct image_job *j)
{
	struct reading r = { .job = j };
	const char *why = header(j), *walked;

	if (why == NULL &&
	    (int64_t)j->im->width * j->im->height > j->limits->pixels)
		why = "too-many-pixels";
	walked = walk(j);
	if (why != NULL || walked != NULL)
		return why != NULL ? why : walked;
	r.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &r, on_error,
	    on_warning, NULL, on_malloc, on_free);
	r.info = r.png != NULL ? png_create_info_struct(r.png) : NULL;
	if (r.info == NULL)
		die_no_memory();
	why = guarded(&r);
	png_destroy_read_struct(&r.png, &r.info, NULL);
	if (r.rgb != r.row)
		free(r.rgb);
	free(r.row);
	return why;
}
