/*
 * utf8: UTF-8 (RFC 3629), and the escapes by which JSON names a character.
 *
 * Valid is what a decoder must take: no surrogates, nothing above U+10FFFF,
 * nothing longer than needed.
 */
#ifndef UTF8_H
#define UTF8_H

#ifdef __cplusplus
extern "C" {
#endif

#include "buf.h"

bool utf8_valid(struct slice s);
size_t utf8_span(struct slice s); /* bytes of it before the first bad one */

/* The rest is of valid text. */

/* Bytes of its longest start that ends between characters: at most `most`. */
size_t utf8_cut(struct slice s, size_t most);
/* Bytes of the character at p, of which `left` are there. */
size_t utf8_len(const char *p, size_t left);
void utf8_add(struct buf *b, int character);

/*
 * The character that \u00e9 or a pair like \ud83d\ude00 at p names, and the
 * length of that; half a pair is its own number.  -1: no such escape.
 */
int utf8_escape(const char *p, const char *end, size_t *len);

static inline bool
utf8_is_half(int character) /* of a surrogate pair */
{
	return character >= 0xd800 && character <= 0xdfff;
}

#ifdef __cplusplus
}
#endif
#endif
