/*
 * phash: 64 bits that recognize near-copies of a picture: recompressed, scaled,
 * cropped a little, marked.  Two pictures are near when their hashes differ in
 * at most PHASH_NEAR bits.
 *
 * The way of Marr and Hildreth ("Theory of edge detection", Proc. R. Soc.
 * Lond. B 207, 1980), whose operator C. Zauner made a picture hash of
 * ("Implementation and Benchmarking of Perceptual Image Hash Functions",
 * thesis, Hagenberg 2010): the picture is smoothed, and the hash keeps the sign
 * of a second derivative at 8 x 8 places.
 *
 *	1. The mean of each cell of 39 x 39, whatever the shape of the picture.
 *	2. Eight times [1 2 1]/4 both ways: a Gaussian of 2 cells (5 %).
 *	3. At the places (5 + 4i, 5 + 4j), by turns as on a chessboard, the
 *	   Laplacian (five points, 3 cells apart) and the mixed derivative (four
 *	   points, 2 cells off): the bit says whether it is positive.
 *
 *	. . . . . . .      second derivatives, because neighbouring brightness,
 *	. -   +   + .      and with it neighbouring gradients, are alike in most
 *	. . . . - . .      photographs, and bits that agree by themselves tell
 *	. +   - + 4 +      nothing; two kinds by turns, because these two are
 *	. . . . + . .      independent even where they overlap
 *
 * Why not the DCT that most of such hashes use: each of its coefficients sees
 * the whole picture, so that a sticker on 3 % of it flips a bit in eight.
 * Here a sticker is seen by the bits around it.  tests/bench/phash measures
 * the recall and the false pairs, and has the numbers.
 *
 * Integers throughout: the same plane gives the same hash on every machine.
 * The bits of neighbouring places are 21 apart, so that each part of the hash
 * that the index looks up has its share of the whole picture.
 *
 * It does not recognize mirrored or rotated pictures.  The hash is stored:
 * another way of computing it needs another column.
 *
 * Any thread may call.
 */
#ifndef PHASH_H
#define PHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PHASH_NEAR = 10, /* the distance at which pictures are near */
	PHASH_MIN = 8,   /* of width and height */
	PHASH_MAX = 1 << 20
};

/*
 * Of a plane of brightness, 0 black, rows `stride` bytes apart.  False, and the
 * hash is 0, when its size is out of bounds or there is too little to see: all
 * pictures of a white wall would be near.
 */
bool phash(const uint8_t *gray, int w, int h, size_t stride, uint64_t *hash);

#endif
