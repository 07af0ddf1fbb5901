/* phash.h: near-copies are near, others are not, and a wall has no hash */
#include "phash.h"
#include "test.h"

static int
distance(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a ^ b);
}

enum { W = 240, H = 180, PAD = 16 };

static uint8_t one[W * H], two[4 * W * H];

/* Some twenty soft discs of many sizes and shades, drawn from a seed. */
static void
draw(uint8_t *p, uint32_t seed)
{
	int n, x, y, cx, cy, r, shade;

	memset(p, 128, W * H);
	for (n = 0; n < 20; n++) {
		seed = seed * 1664525 + 1013904223;
		cx = (int)(seed >> 24) * W / 256;
		cy = (int)(seed >> 16 & 255) * H / 256;
		r = 12 + (int)(seed >> 8 & 31);
		shade = (int)(seed >> 9 & 255);
		for (y = 0; y < H; y++)
			for (x = 0; x < W; x++)
				if ((x - cx) * (x - cx) + (y - cy) * (y - cy) <
				    r * r)
					p[y * W + x] = (uint8_t)shade;
	}
}

static uint64_t
hash_of(const uint8_t *p, int w, int h, size_t stride)
{
	uint64_t hash = 1;

	CHECK(phash(p, w, h, stride, &hash));
	return hash;
}

/* The same on every machine: a stored hash is compared for years. */
static void
pinned(void)
{
	char text[17];

	draw(one, 1);
	snprintf(text, sizeof(text), "%016llx",
	    (unsigned long long)hash_of(one, W, H, W));
	CHECK_STR(text, "6d75e8b68c1ed3ad");
	snprintf(text, sizeof(text), "%016llx",
	    (unsigned long long)hash_of(one + 30 * W + 30, 31, 29, W));
	CHECK_STR(text, "20024801258125b7");
}

static void
twice_as_large(void)
{
	int x, y;

	draw(one, 2);
	for (y = 0; y < 2 * H; y++)
		for (x = 0; x < 2 * W; x++)
			two[y * 2 * W + x] = one[y / 2 * W + x / 2];
	CHECK(hash_of(one, W, H, W) == hash_of(two, 2 * W, 2 * H, 2 * W));
}

/* what lies between the rows is not looked at */
static void
stride(void)
{
	int y;

	draw(one, 3);
	memset(two, 255, sizeof(two));
	for (y = 0; y < H; y++)
		memcpy(two + y * (W + PAD), one + y * W, W);
	CHECK(hash_of(one, W, H, W) == hash_of(two, W, H, W + PAD));
}

/* The last byte of the last row is the last that may be read. */
static void
to_the_byte(void)
{
	static const int sizes[][2] = { { 8, 8 }, { 39, 39 }, { 40, 11 },
		{ 257, 9 }, { 8, 300 }, { 511, 513 } };
	uint64_t hash;
	uint8_t *p;
	size_t i, k, n;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		n = (size_t)sizes[i][0] * (size_t)sizes[i][1];
		p = malloc(n);
		if (p == NULL)
			abort();
		for (k = 0; k < n; k++)
			p[k] = (uint8_t)(k * k >> 3);
		phash(p, sizes[i][0], sizes[i][1], (size_t)sizes[i][0], &hash);
		free(p);
	}
}

static void
copies_are_near(void)
{
	uint64_t hash;
	uint32_t seed;
	int y;

	for (seed = 10; seed < 30; seed++) {
		draw(one, seed);
		hash = hash_of(one, W, H, W);
		/* 2 % of two edges */
		CHECK(distance(hash,
		          hash_of(one + 4 * W + 5, W - 5, H - 4, W)) <=
		    PHASH_NEAR);
		/* a white label on 3 % */
		for (y = 0; y < 25; y++)
			memset(one + (H - 30 + y) * W + 4, 255, 51);
		CHECK(distance(hash, hash_of(one, W, H, W)) <= PHASH_NEAR);
	}
}

static void
others_are_not(void)
{
	uint64_t hash[200];
	uint32_t i, k, near = 0;

	for (i = 0; i < 200; i++) {
		draw(one, 1000 + i);
		hash[i] = hash_of(one, W, H, W);
		for (k = 0; k < i; k++)
			near += distance(hash[i], hash[k]) <= PHASH_NEAR;
	}
	CHECK(near == 0);
}

static void
nothing_to_see(void)
{
	uint64_t hash = 1;
	int i;

	memset(one, 255, sizeof(one));
	CHECK(!phash(one, W, H, W, &hash) && hash == 0);
	for (i = 0; i < W * H; i++) /* a wall in the light of a window */
		one[i] = (uint8_t)(40 + i % W * 180 / W);
	hash = 1;
	CHECK(!phash(one, W, H, W, &hash) && hash == 0);
	for (i = 0; i < W * H; i++) /* grain */
		one[i] = (uint8_t)(120 + (i * 7919 >> 4) % 9);
	CHECK(!phash(one, W, H, W, &hash));
}

static void
sizes(void)
{
	uint64_t hash = 1;

	draw(one, 4);
	CHECK(!phash(one, PHASH_MIN - 1, H, W, &hash) && hash == 0);
	CHECK(!phash(one, W, PHASH_MIN - 1, W, &hash));
	CHECK(!phash(one, PHASH_MAX + 1, H, W, &hash));
	CHECK(!phash(one, 0, 0, 0, &hash));
	CHECK(!phash(one, -1, H, W, &hash));
}

int
main(void)
{
	pinned();
	twice_as_large();
	stride();
	to_the_byte();
	copies_are_near();
	others_are_not();
	nothing_to_see();
	sizes();
	return DONE();
}
