#include "cookie.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "clock.h"
#include "http_date.h"
#include "url.h"
#include "banned.h"

struct cookie {
	struct slice value, domain, path;
	bool cleared;
};

/* Up to the character, or all; what is left begins behind it. */
static struct slice
cut(struct slice *s, char c)
{
	const char *at = memchr(s->p, c, s->len);
	struct slice part = { s->p, at != NULL ? (size_t)(at - s->p) : s->len };
	size_t n = part.len + (at != NULL);

	s->p += n;
	s->len -= n;
	while (part.len > 0 && isspace((unsigned char)part.p[0])) {
		part.p++;
		part.len--;
	}
	while (part.len > 0 && isspace((unsigned char)part.p[part.len - 1]))
		part.len--;
	return part;
}

static bool
is_named(struct slice s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.p, name, s.len) == 0;
}

bool
cookie_fits(struct slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (iscntrl((unsigned char)s.p[i]))
			return false;
	return s.len > 0 && s.len <= COOKIE_MAX;
}

static struct slice
unquoted(struct slice s)
{
	if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
		return s;
	return (struct slice){ s.p + 1, s.len - 2 };
}

/* RFC 6265, 5.1.3 */
static bool
is_within(struct slice host, struct slice domain)
{
	size_t n = domain.len;

	if (host.len < n ||
	    strncasecmp(host.p + host.len - n, domain.p, n) != 0)
		return false;
	return host.len == n ||
	    (host.p[host.len - n - 1] == '.' && memchr(domain.p, '.', n));
}

/* RFC 6265, 5.1.4 */
static struct slice
default_path(struct slice path)
{
	size_t n = path.len;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	if (n <= 1)
		return SLICE("/");
	return (struct slice){ path.p, n - 1 };
}

/* "-1", "0", "3600": is it over at once? */
static bool
is_over(struct slice s)
{
	size_t i = s.len > 0 && s.p[0] == '-';

	for (; i < s.len; i++)
		if (s.p[i] != '0')
			return s.p[0] == '-';
	return s.len > 0;
}

static bool
is_number(struct slice s)
{
	size_t i = s.len > 0 && s.p[0] == '-';

	if (i == s.len)
		return false;
	for (; i < s.len; i++)
		if (!isdigit((unsigned char)s.p[i]))
			return false;
	return true;
}

/* The rest of the line, behind the value; false: it is not for this host. */
static bool
attributes(struct slice rest, struct slice host, struct cookie *c)
{
	struct slice value, name;
	bool aged = false, over = false, expired = false;
	int64_t at;
	size_t n;

	while (rest.len > 0) {
		value = cut(&rest, ';');
		name = cut(&value, '=');
		value = unquoted(cut(&value, '\0'));
		if (is_named(name, "path") && value.len > 0 && *value.p == '/')
			c->path = value;
		if (is_named(name, "domain") && value.len > 0) {
			n = *value.p == '.';
			c->domain =
			    (struct slice){ value.p + n, value.len - n };
		}
		if (is_named(name, "max-age") && is_number(value)) {
			aged = true;
			over = is_over(value);
		}
		if (is_named(name, "expires") && http_date_parse(value, &at))
			expired = at <= clock_now_ms();
	}
	c->cleared |= aged ? over : expired;
	return is_within(host, c->domain);
}

static bool
same_place(const struct cookie *a, const struct cookie *b)
{
	return slice_eq(a->path, b->path) && a->domain.len == b->domain.len &&
	    strncasecmp(a->domain.p, b->domain.p, a->domain.len) == 0;
}

/* Behind those before it; of its own place there is one. */
static struct cookie *
keep(struct cookie *list, size_t *n, struct cookie c)
{
	size_t i, k;

	for (i = k = 0; i < *n; i++)
		if (!same_place(&list[i], &c))
			list[k++] = list[i];
	*n = k;
	if (c.cleared)
		return list;
	list = xrealloc(list, (k + 1) * sizeof *list);
	list[(*n)++] = c;
	return list;
}

struct slice
cookie_of(const struct http_answer *a, const char *url, const char *name)
{
	struct cookie *list = NULL, c;
	struct slice line, pair, found = { NULL, 0 };
	size_t n = 0;
	struct url u;
	int i;

	if (!url_split(url, &u))
		return found;
	for (i = 0; (line = http_header(a, "set-cookie", i)).p != NULL; i++) {
		pair = cut(&line, ';');
		if (!slice_is(cut(&pair, '='), name))
			continue;
		c = (struct cookie){ .value = unquoted(cut(&pair, '\0')),
			.domain = u.host,
			.path = default_path(u.path) };
		c.cleared = c.value.len == 0;
		if ((c.cleared || cookie_fits(c.value)) &&
		    attributes(line, u.host, &c))
			list = keep(list, &n, c);
	}
	if (n > 0)
		found = list[n - 1].value;
	free(list);
	return found;
}
