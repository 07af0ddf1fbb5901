#include "buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "banned.h"

static size_t
ceiling(const struct buf *b)
{
	return b->max ? b->max : BUF_MAX;
}

void
buf_grow_slow(struct buf *b, size_t more)
{
	size_t need, cap;

	if (more > ceiling(b) || b->len > ceiling(b) - more)
		die(EX_SOFTWARE, "a buffer would pass its ceiling of %zu bytes",
		    ceiling(b));
	need = b->len + more + 1; /* room for the NUL */
	if (need <= b->cap)
		return;
	cap = b->cap ? b->cap : 256;
	while (cap < need)
		cap += cap / 2 + 64;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

bool
buf_try_add(struct buf *b, const void *p, size_t n)
{
	if (n > ceiling(b) || b->len > ceiling(b) - n)
		return false;
	buf_add(b, p, n);
	return true;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		die(EX_SOFTWARE, "cannot format '%s'", fmt);
	buf_grow(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_release(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

char *
buf_take(struct buf *b)
{
	char *p;

	buf_grow(b, 1);
	p = b->data;
	b->data = NULL;
	b->len = b->cap = 0;
	return p;
}
