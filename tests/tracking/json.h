/*
 * json.h - for the judges of the tracking flow: one line's object, its members
 * as they stand.  Shares nothing with what is judged.
 *
 * A value is the bytes of its JSON text, quotes and all: it is compared and
 * printed as it came.  Null and absent are the same: p is NULL.
 */
#ifndef TRACKING_JSON_H
#define TRACKING_JSON_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS 128
#define TEXT(s) ((struct text){ "\"" s "\"", sizeof s + 1 })

struct text {
	const char *p;
	size_t n;
};

struct object {
	struct {
		struct text name, value;
	} m[MEMBERS];
	int n;
};

static inline void
json_bad(const char *what, const char *at)
{
	fprintf(stderr, "not the JSON we know: %s at: %.60s\n", what, at);
	exit(65);
}

static inline const char *
json_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* The end of the value that begins at p. */
static inline const char *
json_skip(const char *p)
{
	int depth = 0;

	do {
		if (*p == '"') {
			for (p++; *p != '"'; p++)
				if (*p == '\0' || (*p == '\\' && *++p == '\0'))
					json_bad("a string without end", p);
			p++;
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			depth--;
			p++;
		} else if (depth > 0 && strchr(",: \t", *p) != NULL) {
			if (*p++ == '\0')
				json_bad("an end in the middle", p - 1);
		} else {
			if (strchr(",:]} \t\n", *p) != NULL)
				json_bad("no value", p);
			while (strchr(",:]} \t\n", *p) == NULL)
				p++;
		}
	} while (depth > 0);
	return p;
}

static inline const char *
object_read(struct object *o, const char *p)
{
	p = json_blanks(p);
	if (*p++ != '{')
		json_bad("no object", p - 1);
	for (o->n = 0; *(p = json_blanks(p)) != '}'; o->n++) {
		if (o->n == MEMBERS)
			json_bad("too many members", p);
		if (o->n > 0 && *p++ != ',')
			json_bad("no comma", p - 1);
		p = json_blanks(p);
		o->m[o->n].name.p = p;
		p = json_skip(p);
		o->m[o->n].name.n = (size_t)(p - o->m[o->n].name.p);
		if (*(p = json_blanks(p)) != ':')
			json_bad("no colon", p);
		p = json_blanks(p + 1);
		o->m[o->n].value.p = p;
		p = json_skip(p);
		o->m[o->n].value.n = (size_t)(p - o->m[o->n].value.p);
		if (strncmp(o->m[o->n].value.p, "null", 4) == 0)
			o->m[o->n].value = (struct text){ NULL, 0 };
	}
	return p + 1;
}

static inline bool
same(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Is it the string? */
static inline bool
is(struct text t, const char *word)
{
	size_t n = strlen(word);

	return t.n == n + 2 && t.p[0] == '"' && memcmp(t.p + 1, word, n) == 0;
}

static inline struct text
member(const struct object *o, const char *name)
{
	int i;

	for (i = 0; i < o->n; i++)
		if (is(o->m[i].name, name))
			return o->m[i].value;
	return (struct text){ NULL, 0 };
}

/* One member of a line that is being printed; null is left out. */
static inline void
print_member(const char **comma, const char *name, struct text value)
{
	if (value.p == NULL)
		return;
	printf("%s\"%s\":%.*s", *comma, name, (int)value.n, value.p);
	*comma = ",";
}

#endif
