/*
 * buf: bytes that grow under a ceiling; slice: bytes somebody else owns.
 *
 *	data                 data+len              data+cap
 *	|  used              |  spare               |
 *
 * Zero is a valid buf (ceiling BUF_MAX).  The byte at data[len] is always
 * NUL once anything was added, so that data is also a C string.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "msg.h"

#define BUF_MAX ((size_t)1 << 30)

struct buf {
	char *data;
	size_t len, cap;
	size_t max; /* ceiling in bytes; 0 means BUF_MAX */
};

struct slice {
	const char *p;
	size_t len;
};

#define SLICE(lit) ((struct slice){ (lit), sizeof(lit) - 1 })
/* for printf("%.*s", SLICE_ARG(s)) */
#define SLICE_ARG(s) (int)(s).len, (s).p

void buf_grow_slow(struct buf *b, size_t more); /* dies above the ceiling */
/* As buf_add, but false, and nothing added, when the ceiling is in the way. */
bool buf_try_add(struct buf *b, const void *p, size_t n);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_reset(struct buf *b);   /* len 0, memory kept */
void buf_release(struct buf *b); /* memory gone, zero again */
char *buf_take(struct buf *b);   /* the caller frees; b is empty */

static inline void
buf_grow(struct buf *b, size_t more)
{
	if (b->cap - b->len <= more)
		buf_grow_slow(b, more);
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	buf_grow(b, n);
	if (n != 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

static inline void
buf_addc(struct buf *b, char c)
{
	buf_grow(b, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

static inline void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void
buf_addslice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.len);
}

static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){ b->data, b->len };
}

/* Without a byte order mark (U+FEFF in UTF-8) at its start. */
static inline struct slice
slice_unmarked(struct slice s)
{
	bool has = s.len >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0;

	return has ? (struct slice){ s.p + 3, s.len - 3 } : s;
}

/* Does it open as UTF-16 does, with its byte order mark? */
static inline bool
slice_utf16(struct slice s)
{
	return s.len >= 2 &&
	    (memcmp(s.p, "\xff\xfe", 2) == 0 ||
	        memcmp(s.p, "\xfe\xff", 2) == 0);
}

static inline struct slice
slice_of(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

#endif
