#include "url.h"

#include <ctype.h>
#include <strings.h>

#include "banned.h"

static bool
starts(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

bool
url_split(const char *text, struct url *u)
{
	const char *p = text, *q;
	size_t i;

	*u = (struct url){ 0 };
	if (starts(p, "https://"))
		p += 8;
	else if (starts(p, "http://"))
		p += 7;
	u->host = (struct slice){ p, strcspn(p, "/?#") };
	if (u->host.len == 0 || memchr(u->host.p, '.', u->host.len) == NULL)
		return false;
	for (i = 0; i < u->host.len; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '.' && p[i] != '-')
			return false;
	p += u->host.len;
	u->path = (struct slice){ p, strcspn(p, "?#") };
	q = p + u->path.len;
	if (*q == '?')
		u->query = (struct slice){ q + 1, strcspn(q + 1, "#") };
	return true;
}

int
url_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
url_decode(struct slice s, bool plus, struct buf *out)
{
	size_t i;
	char c;

	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (c == '%') {
			if (i + 2 >= s.len || url_hex(s.p[i + 1]) < 0 ||
			    url_hex(s.p[i + 2]) < 0)
				return false;
			c = (char)(url_hex(s.p[i + 1]) << 4 |
			    url_hex(s.p[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (iscntrl((unsigned char)c))
			return false;
		buf_addc(out, c);
	}
	return true;
}

void
url_encode(struct buf *out, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c;
	size_t i;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (isalnum(c) || (c != 0 && strchr("-._~", c) != NULL))
			buf_addc(out, (char)c);
		else
			buf_add(out,
			    (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
	}
}

bool
url_pair(struct slice *query, struct slice *key, struct slice *value)
{
	const char *end, *amp, *eq;

	while (query->len > 0 && *query->p == '&') {
		query->p++;
		query->len--;
	}
	if (query->len == 0)
		return false;
	end = query->p + query->len;
	amp = memchr(query->p, '&', query->len);
	if (amp == NULL)
		amp = end;
	eq = memchr(query->p, '=', (size_t)(amp - query->p));
	*key = (struct slice){ query->p,
		(size_t)((eq != NULL ? eq : amp) - query->p) };
	*value = eq == NULL ? (struct slice){ amp, 0 } :
	                      (struct slice){ eq + 1, (size_t)(amp - eq - 1) };
	*query = (struct slice){ amp, (size_t)(end - amp) };
	return true;
}

bool
url_path_match(const char *pattern, struct slice path, struct slice *name,
    struct slice *value)
{
	const char *p = path.p, *end = path.p + path.len;

	*name = *value = (struct slice){ NULL, 0 };
	while (end > p + 1 && end[-1] == '/')
		end--;
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '{') {
			*name = (struct slice){ pattern + 1,
				strcspn(pattern + 1, "}") };
			value->p = p;
			while (p < end && isdigit((unsigned char)*p))
				p++;
			value->len = (size_t)(p - value->p);
			if (value->len == 0 || name->p[name->len] == '\0')
				return false;
			pattern = name->p + name->len;
		} else if (*pattern == '*') {
			while (p < end && *p != '/')
				p++;
		} else if (p == end || *p++ != *pattern) {
			return false;
		}
	}
	return p == end;
}
