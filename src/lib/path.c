/* path: keys and positions, as jq writes them; see scan.h */
#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "banned.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
add_step(struct path *p, struct slice key, size_t index)
{
	struct step *s;

	p->steps = xrealloc(p->steps, (p->n + 1) * sizeof *p->steps);
	s = &p->steps[p->n++];
	*s = (struct step){ { NULL, 0 }, index };
	if (key.p != NULL)
		s->key = (struct slice){ xstrndup(key.p, key.len), key.len };
}

/* "a key" with no escapes in it; *s moves behind the closing quote. */
static bool
quoted_key(const char **s, struct slice *key)
{
	const char *end = strchr(*s + 1, '"');

	if (**s != '"' || end == NULL)
		return false;
	*key = (struct slice){ *s + 1, (size_t)(end - *s - 1) };
	*s = end + 1;
	return memchr(key->p, '\\', key->len) == NULL;
}

static bool
is_letter(char c)
{
	return c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool
name_key(const char **s, struct slice *key)
{
	size_t n = 0;

	while (is_letter((*s)[n]) || (n > 0 && is_digit((*s)[n])))
		n++;
	*key = (struct slice){ *s, n };
	*s += n;
	return n > 0;
}

/* [], [0] or ["a key"]; *s stands behind the bracket */
static bool
bracket(struct path *p, const char **s)
{
	struct slice key = { NULL, 0 };
	char *end;

	if (**s == ']') {
		p->each = true;
	} else if (**s == '"') {
		if (!quoted_key(s, &key))
			return false;
		add_step(p, key, 0);
	} else if (is_digit(**s)) {
		add_step(p, key, strtoul(*s, &end, 10));
		*s = end;
	} else {
		return false;
	}
	return *(*s)++ == ']';
}

struct path *
path_compile(const char *text, const char **why)
{
	struct path *p = xcalloc(1, sizeof *p);
	const char *s = text;
	struct slice key;
	bool ok = *s == '.';

	if (ok && s[1] == '\0')
		return p;
	if (ok && s[1] == '[')
		s++;
	while (ok && *s != '\0' && !p->each) {
		if (*s == '[') {
			s++;
			ok = bracket(p, &s);
		} else if (*s == '.') {
			s++;
			ok = *s == '"' ? quoted_key(&s, &key) :
			                 name_key(&s, &key);
			if (ok)
				add_step(p, key, 0);
		} else {
			ok = false;
		}
	}
	if (ok && *s == '\0')
		return p;
	*why = "no path of keys and positions";
	path_free(p);
	return NULL;
}

void
path_free(struct path *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		free((char *)p->steps[i].key.p);
	free(p->steps);
	free(p);
}

struct val
val_path(struct val v, const struct path *p)
{
	size_t i;

	for (i = 0; i < p->n && v.s != NULL; i++)
		v = p->steps[i].key.p != NULL ? val_get(v, p->steps[i].key) :
		                                val_at(v, p->steps[i].index);
	return v;
}
