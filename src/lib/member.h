/* member: writes values into JSON text with constant member names. */
#ifndef MEMBER_H
#define MEMBER_H

#include "json.h"

#define ADD(b, literal) buf_add(b, literal, sizeof(literal) - 1)
#define MEMBER(b, name) ADD(b, ",\"" name "\":")

static inline void
add_raw(struct buf *b, struct slice s) /* NULL p: null */
{
	if (s.p == NULL)
		ADD(b, "null");
	else
		buf_add(b, s.p, s.len);
}

static inline void
add_text(struct buf *b, struct slice s)
{
	if (s.p == NULL)
		ADD(b, "null");
	else
		json_escape(b, s);
}

static inline void
add_cstr(struct buf *b, const char *s) /* a word: nothing to escape */
{
	if (s == NULL) {
		ADD(b, "null");
		return;
	}
	buf_addc(b, '"');
	buf_adds(b, s);
	buf_addc(b, '"');
}

static inline void
add_number(struct buf *b, uint64_t n)
{
	char digits[24], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

#endif
