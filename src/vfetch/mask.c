#include "mask.h"

#include <ctype.h>
#include <stdlib.h>

#include "url.h"
#include "banned.h"

#define LEAST 8 /* characters of a secret */
#define MARK "***"

static bool
is_ordinary(struct slice s, const char *host)
{
	size_t i;

	if (s.len < LEAST || memmem(host, strlen(host), s.p, s.len) != NULL)
		return true;
	for (i = 0; i < s.len; i++)
		if (!isdigit((unsigned char)s.p[i]) &&
		    strchr("+-.,: ", s.p[i]) == NULL)
			return false;
	return true;
}

void
mask_add(struct mask *m, struct slice value, const char *host)
{
	struct buf text = { 0 };
	size_t i;

	if (value.len > 1 && *value.p == '"' && value.p[value.len - 1] == '"') {
		value.p++;
		value.len -= 2;
	}
	if (!url_decode(value, false, &text)) {
		buf_reset(&text);
		buf_addslice(&text, value);
	}
	for (i = 0; i < MASK_MOST; i++)
		if (slice_eq(buf_slice(&m->v[i]), buf_slice(&text)))
			break;
	if (i == MASK_MOST && !is_ordinary(buf_slice(&text), host)) {
		m->first[(unsigned char)*text.data] = true;
		buf_release(&m->v[m->next]);
		m->v[m->next] = text;
		m->next = (m->next + 1) % MASK_MOST;
	} else {
		buf_release(&text);
	}
}

void
mask_learn(struct mask *m, const struct http_answer *a, const char *host)
{
	struct slice h;
	const char *eq;
	int n;

	for (n = 0; (h = http_header(a, "set-cookie", n)).p != NULL; n++) {
		if ((eq = memchr(h.p, '=', h.len)) == NULL)
			continue;
		h.len -= (size_t)(++eq - h.p);
		h.p = eq;
		if ((eq = memchr(h.p, ';', h.len)) != NULL)
			h.len = (size_t)(eq - h.p);
		while (h.len > 0 && h.p[h.len - 1] == ' ')
			h.len--;
		mask_add(m, h, host);
	}
}

void
mask_release(struct mask *m)
{
	size_t i;

	for (i = 0; i < MASK_MOST; i++)
		buf_release(&m->v[i]);
	*m = (struct mask){ 0 };
}

/* A character as JSON may write it: its length there; beyond ASCII *c is 0. */
static size_t
json_unit(const char *p, const char *end, char *c)
{
	int i, digit, n = 0;

	*c = *p;
	if (*p != '\\' || end - p < 2)
		return 1;
	*c = strchr("\"\\/", p[1]) != NULL ? p[1] : '\0';
	if (p[1] != 'u' || end - p < 6)
		return 2;
	for (i = 2; i < 6; i++) {
		if ((digit = url_hex(p[i])) < 0)
			return 2;
		n = n << 4 | digit;
	}
	*c = n < 128 ? (char)n : '\0';
	return 6;
}

/* And as a URL may: %2E, and once more, %252E. */
static size_t
unit(const char *p, const char *end, char *c)
{
	size_t n = json_unit(p, end, c), more;
	char high, low;

	while (*c == '%' && p + n < end) {
		more = json_unit(p + n, end, &high);
		if (p + n + more >= end)
			break;
		more += json_unit(p + n + more, end, &low);
		if (url_hex(high) < 0 || url_hex(low) < 0)
			break;
		*c = (char)(url_hex(high) << 4 | url_hex(low));
		n += more;
	}
	return n;
}

/* The length of the secret as it stands at p; 0: it does not. */
static size_t
match(const char *p, const char *end, struct slice secret, bool json)
{
	const char *q = p;
	size_t i;
	char c;

	for (i = 0; i < secret.len; i++) {
		if (q >= end || (json && *q == '"'))
			return 0;
		q += unit(q, end, &c);
		if (c != secret.p[i])
			return 0;
	}
	return (size_t)(q - p);
}

static size_t
match_any(const struct mask *m, const char *p, const char *end, bool json)
{
	size_t i, n, longest = 0;
	char c;

	unit(p, end, &c);
	if (!m->first[(unsigned char)c])
		return 0;
	for (i = 0; i < MASK_MOST; i++) {
		n = match(p, end, buf_slice(&m->v[i]), json);
		if (n > longest)
			longest = n;
	}
	return longest;
}

uint64_t
mask_text(const struct mask *m, struct slice text, bool json, struct buf *out)
{
	const char *p = text.p, *end = p + text.len, *kept = p;
	bool in_string = !json;
	uint64_t count = 0;
	size_t n;
	char c;

	buf_reset(out);
	while (p < end) {
		n = in_string ? match_any(m, p, end, json) : 0;
		if (n > 0) {
			buf_add(out, kept, (size_t)(p - kept));
			buf_adds(out, MARK);
			kept = p += n;
			count++;
			continue;
		}
		if (json && *p == '"')
			in_string = !in_string;
		p += json ? json_unit(p, end, &c) : 1;
	}
	if (count > 0)
		buf_add(out, kept, (size_t)(end - kept));
	return count;
}
