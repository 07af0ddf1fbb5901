/*
 * drawn COUNT FOLDER: pictures as the simulated marketplace draws them, in
 * the size it shows them, as FOLDER/drawn-N.pgm
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "rng.h"

static void
write_gray(const struct canvas *c, const char *name)
{
	FILE *f = fopen(name, "wb");
	const uint8_t *p = c->rgb;
	int i;

	if (f == NULL) {
		perror(name);
		exit(74);
	}
	fprintf(f, "P5\n%d %d\n255\n", c->w, c->h);
	/* the brightness that JPEG stores (ITU-R BT.601) */
	for (i = 0; i < c->w * c->h; i++, p += 3)
		fputc((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000, f);
	if (ferror(f) || fclose(f) != 0) {
		perror(name);
		exit(74);
	}
}

int
main(int argc, char *argv[])
{
	char name[4096];
	struct canvas c;
	int i, w, h;

	if (argc != 3) {
		fprintf(stderr, "usage: drawn COUNT FOLDER\n");
		return 64;
	}
	for (i = 0; i < atoi(argv[1]); i++) {
		uint64_t picture = rng_hash((uint64_t)i, 77, 0);

		draw_shape(picture, &w, &h);
		canvas_init(&c, w, h);
		draw(&c, picture, i % 2 == 0);
		snprintf(name, sizeof(name), "%s/drawn-%d.pgm", argv[2], i);
		write_gray(&c, name);
		canvas_release(&c);
	}
	return 0;
}
