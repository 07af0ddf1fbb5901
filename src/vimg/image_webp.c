/*
 * WebP, by libwebp.  A lossy picture is decoded by rows and scaled as they
 * come; a lossless one, and the transparency of a lossy one, are held whole
 * by libwebp and counted so.
 */
#include "image_canvas.h"

#include <stdlib.h>
#include <webp/decode.h>

#include "banned.h"

#define ROW_MEMORY 128 /* bytes a column */
#define STATE_MEMORY ((size_t)256 << 10)
#define LOSSLESS 2 /* WebPBitstreamFeatures.format */

static size_t
le32(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24;
}

static const char *
reason(VP8StatusCode code)
{
	switch (code) {
	case VP8_STATUS_OK:
		return NULL;
	case VP8_STATUS_NOT_ENOUGH_DATA:
	case VP8_STATUS_SUSPENDED:
		return "truncated";
	case VP8_STATUS_UNSUPPORTED_FEATURE:
		return "unsupported";
	case VP8_STATUS_OUT_OF_MEMORY:
		die_no_memory();
	default:
		return "corrupt";
	}
}

/* RIFF says how long it is, itself and its padding aside. */
static const char *
walk(struct image_job *j)
{
	size_t riff = le32(j->bytes.p + 4);

	j->end = riff + (riff & 1) + 8;
	if (j->end > j->bytes.len && riff + 8 == j->bytes.len)
		j->end = j->bytes.len; /* the padding was forgotten */
	return j->end > j->bytes.len ? "truncated" : NULL;
}

static size_t
need(const struct image_job *j, const WebPDecoderConfig *c)
{
	size_t w = (size_t)j->im->width, pixels = w * (size_t)j->im->height;
	size_t scaled =
	    (size_t)c->options.scaled_width * (size_t)c->options.scaled_height;

	return canvases_memory(&j->canvases) + STATE_MEMORY + w * ROW_MEMORY +
	    scaled * 4 +
	    (c->input.format == LOSSLESS ? pixels * 4 :
	            c->input.has_alpha   ? pixels :
	                                   0);
}

static void
opaque_rows(struct image_job *j, const WebPRGBABuffer *b, int height)
{
	int y;

	for (y = 0; y < height; y++)
		canvases_row(&j->canvases, y,
		    b->rgba + (size_t)y * (size_t)b->stride);
}

/* On white. */
static void
rows(struct image_job *j, const WebPRGBABuffer *b, int width, int height)
{
	uint8_t *rgb = xmalloc((size_t)width * 3), *out;
	const uint8_t *p;
	int x, y, k;

	for (y = 0; y < height; y++) {
		p = b->rgba + (size_t)y * (size_t)b->stride;
		for (x = 0, out = rgb; x < width; x++, p += 4)
			for (k = 0; k < 3; k++)
				*out++ =
				    (uint8_t)((p[k] * p[3] +
				                  255 * (255 - p[3]) + 127) /
				        255);
		canvases_row(&j->canvases, y, rgb);
	}
	free(rgb);
}

static const char *
decode(struct image_job *j, WebPDecoderConfig *c)
{
	const char *why;

	if (j->by == 0)
		j->by = image_reduction(j->im, 0);
	c->options.use_scaling = j->by > 1;
	/* up, as libjpeg does: no edge becomes nothing */
	c->options.scaled_width = (j->im->width + j->by - 1) / j->by;
	c->options.scaled_height = (j->im->height + j->by - 1) / j->by;
	c->output.colorspace = c->input.has_alpha ? MODE_RGBA : MODE_RGB;
	image_plan(j, c->options.scaled_width, c->options.scaled_height, false);
	why = image_admit(j, need(j, c));
	if (why != NULL)
		return why;
	canvases_init(&j->canvases);
	why = reason(WebPDecode((const uint8_t *)j->bytes.p, j->bytes.len, c));
	if (why == NULL && !c->input.has_alpha)
		opaque_rows(j, &c->output.u.RGBA, c->options.scaled_height);
	else if (why == NULL)
		rows(j, &c->output.u.RGBA, c->options.scaled_width,
		    c->options.scaled_height);
	WebPFreeDecBuffer(&c->output);
	return why;
}

const char *
image_webp(struct image_job *j)
{
	WebPDecoderConfig c;
	const char *why;

	if (!WebPInitDecoderConfig(&c))
		return "unsupported";
	why = reason(WebPGetFeatures((const uint8_t *)j->bytes.p, j->bytes.len,
	    &c.input));
	if (why != NULL)
		return why;
	j->im->width = c.input.width;
	j->im->height = c.input.height;
	if (c.input.has_animation)
		return "unsupported";
	why = walk(j);
	return why != NULL ? why : decode(j, &c);
}
