/*
 * JPEG, by libjpeg (-turbo).  Its errors leave by longjmp; that stays within
 * guarded(), and all that is allocated hangs on structures outside of it.
 */
#include "image_canvas.h"
#include "image_tail.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h> /* wants FILE */

#include <jerror.h> /* wants jpeglib.h */

#include "banned.h"

#define QUALITY 80
#define ROW_MEMORY 160  /* bytes a column, for rows at hand */
#define SKIPPED_MOST 64 /* stray bytes between markers */

struct decoder {
	struct jpeg_decompress_struct c;
	struct jpeg_error_mgr err;
	struct jpeg_progress_mgr progress;
	jmp_buf out;
	const char *why;
	bool ended;           /* the bytes did, before the end mark */
	unsigned seen;        /* components that a scan had */
	long skipped, behind; /* bytes between markers; behind all of them */
	uint8_t *row, *rgb;
	struct image_job *job;
};

struct encoder {
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	jmp_buf out;
	const struct canvas *from;
	unsigned char *bytes;
	unsigned long len;
};

static void
quiet(j_common_ptr c)
{
	(void)c;
}

/* ---- decode ---- */

/* What goes wrong behind the end of the bytes goes wrong because of it. */
static void
blame(struct decoder *d, const char *why)
{
	if (d->why == NULL)
		d->why = d->ended ? "truncated" : why;
}

static const char *
reason(int code)
{
	switch (code) {
	case JERR_SOF_UNSUPPORTED:
	case JERR_BAD_PRECISION:
	case JERR_ARITH_NOTIMPL:
	case JERR_CONVERSION_NOTIMPL:
	case JERR_NOT_COMPILED:
	case JERR_CCIR601_NOTIMPL:
	case JERR_FRACT_SAMPLE_NOTIMPL:
	case JERR_COMPONENT_COUNT:
		return "unsupported";
	case JERR_IMAGE_TOO_BIG:
	case JERR_WIDTH_OVERFLOW:
	case JERR_NO_BACKING_STORE:
		return "too-many-pixels";
	case JERR_OUT_OF_MEMORY:
		die_no_memory();
	default:
		return "corrupt";
	}
}

static void
on_error(j_common_ptr c)
{
	struct decoder *d = c->client_data;

	blame(d, reason(c->err->msg_code));
	longjmp(d->out, 1);
}

/* What libjpeg mends and goes on from; some of it is no damage. */
static void
on_message(j_common_ptr c, int level)
{
	struct decoder *d = c->client_data;

	if (level >= 0)
		return;
	switch (c->err->msg_code) {
	case JWRN_JPEG_EOF:
		d->ended = true;
		break;
	case JWRN_EXTRANEOUS_DATA:
		*(d->ended ? &d->behind : &d->skipped) += c->err->msg_parm.i[0];
		if (d->skipped > SKIPPED_MOST)
			blame(d, "corrupt");
		break;
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_ARITH_BAD_CODE:
	case JWRN_BOGUS_PROGRESSION:
	case JWRN_MUST_RESYNC:
	case JWRN_NOT_SEQUENTIAL:
		blame(d, "corrupt");
		break;
	default:
		break;
	}
}

/* Each scan costs a walk over all blocks, however short it is. */
static void
on_progress(j_common_ptr c)
{
	struct decoder *d = c->client_data;
	int i;

	for (i = 0; i < d->c.comps_in_scan; i++)
		d->seen |= 1u << d->c.cur_comp_info[i]->component_index;
	if (d->c.input_scan_number > IMAGE_SCANS) {
		d->why = "unsupported";
		longjmp(d->out, 1);
	}
}

static size_t
coefficients(const struct jpeg_decompress_struct *c)
{
	size_t sum = 0;
	int i;

	for (i = 0; i < c->num_components; i++)
		sum += ((size_t)c->comp_info[i].width_in_blocks +
		           (size_t)c->max_h_samp_factor) *
		    ((size_t)c->comp_info[i].height_in_blocks +
		        (size_t)c->max_v_samp_factor) *
		    sizeof(JBLOCK);
	return sum;
}

/* Adobe stores CMYK upside down, and everybody else's is rare. */
static void
row_to_rgb(const struct decoder *d)
{
	const uint8_t *p = d->row;
	uint8_t *out = d->rgb;
	bool inverted = d->c.saw_Adobe_marker;
	JDIMENSION x;
	int i, v, k;

	for (x = 0; x < d->c.output_width; x++, p += 4) {
		k = inverted ? p[3] : 255 - p[3];
		for (i = 0; i < 3; i++) {
			v = inverted ? p[i] : 255 - p[i];
			*out++ = (uint8_t)(v * k / 255);
		}
	}
}

/* All scans are there, as far as they tell: all components of a sequential
 * picture, all bits of a progressive one. */
static bool
has_all_scans(const struct decoder *d)
{
	const struct jpeg_decompress_struct *c = &d->c;
	int i, k;

	if (!c->progressive_mode)
		return c->num_components == c->comps_in_scan ||
		    d->seen == (1u << c->num_components) - 1;
	for (i = 0; i < c->num_components; i++)
		for (k = 0; k < DCTSIZE2; k++)
			if (c->coef_bits[i][k] != 0)
				return false;
	return true;
}

/* All rows are there.  Is the end mark?  Without it only padding may follow. */
static const char *
finish(struct decoder *d)
{
	struct image_job *j = d->job;
	bool all = has_all_scans(d);

	jpeg_finish_decompress(&d->c);
	j->end = j->bytes.len - d->c.src->bytes_in_buffer;
	if (d->skipped > 0)
		j->im->lenient |= IMAGE_STRAY;
	if (!d->ended || d->why != NULL)
		return d->why;
	if (!all)
		return "truncated";
	j->end = j->bytes.len;
	j->im->lenient |= IMAGE_NO_END;
	if (d->behind > 0)
		j->im->lenient |= IMAGE_PADDED;
	return d->behind > (long)image_tail_padding(j->bytes) ?
	    "trailing-data" :
	    NULL;
}

static const char *
decode(struct decoder *d)
{
	struct image_job *j = d->job;
	struct jpeg_decompress_struct *c = &d->c;
	const char *why;
	size_t memory;
	bool cmyk;

	jpeg_mem_src(c, (const unsigned char *)j->bytes.p, j->bytes.len);
	jpeg_read_header(c, TRUE);
	j->im->width = (int)c->image_width;
	j->im->height = (int)c->image_height;
	cmyk = c->num_components == 4;
	c->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
	c->scale_num = 1;
	if (j->by == 0)
		j->by = image_reduction(j->im, 0);
	c->scale_denom = (unsigned)j->by;
	c->do_fancy_upsampling = FALSE;
	jpeg_calc_output_dimensions(c);
	image_plan(j, (int)c->output_width, (int)c->output_height, false);
	memory =
	    canvases_memory(&j->canvases) + (size_t)c->image_width * ROW_MEMORY;
	if (jpeg_has_multiple_scans(c))
		memory += coefficients(c);
	why = image_admit(j, memory);
	if (why != NULL)
		return why;
	canvases_init(&j->canvases);
	d->row = xmalloc((size_t)c->output_width * 4);
	d->rgb = cmyk ? xmalloc((size_t)c->output_width * 3) : d->row;
	jpeg_start_decompress(c);
	while (c->output_scanline < c->output_height && d->why == NULL) {
		jpeg_read_scanlines(c, &d->row, 1);
		if (cmyk)
			row_to_rgb(d);
		canvases_row(&j->canvases, (int)c->output_scanline - 1, d->rgb);
	}
	return d->why != NULL ? d->why : finish(d);
}

static const char *
guarded(struct decoder *d)
{
	if (setjmp(d->out) != 0)
		return d->why;
	jpeg_create_decompress(&d->c);
	d->c.client_data = d;
	d->c.progress = &d->progress;
	return decode(d);
}

const char *
image_jpeg(struct image_job *j)
{
	struct decoder d = { .job = j };
	const char *why;

	d.c.err = jpeg_std_error(&d.err);
	d.c.client_data = &d;
	d.err.error_exit = on_error;
	d.err.emit_message = on_message;
	d.err.output_message = quiet;
	d.progress.progress_monitor = on_progress;
	why = guarded(&d);
	jpeg_destroy_decompress(&d.c);
	if (d.rgb != d.row)
		free(d.rgb);
	free(d.row);
	return why;
}

/* ---- encode ---- */

static void
on_encode_error(j_common_ptr c)
{
	struct encoder *e = c->client_data;

	longjmp(e->out, 1);
}

static bool
encode(struct encoder *e)
{
	struct jpeg_compress_struct *c = &e->c;
	JSAMPROW row;

	if (setjmp(e->out) != 0)
		return false;
	jpeg_create_compress(c);
	c->client_data = e;
	jpeg_mem_dest(c, &e->bytes, &e->len);
	c->image_width = (JDIMENSION)e->from->tw;
	c->image_height = (JDIMENSION)e->from->th;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, QUALITY, TRUE);
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		row = e->from->rgb +
		    (size_t)c->next_scanline * c->image_width * 3;
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
	return true;
}

bool
image_encode(const struct canvas *from, struct buf *jpeg)
{
	struct encoder e = { .from = from };
	bool ok;

	e.c.err = jpeg_std_error(&e.err);
	e.c.client_data = &e;
	e.err.error_exit = on_encode_error;
	e.err.output_message = quiet;
	ok = encode(&e);
	jpeg_destroy_compress(&e.c);
	if (ok)
		buf_add(jpeg, e.bytes, e.len);
	free(e.bytes);
	return ok;
}
