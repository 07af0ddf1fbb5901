#include "expr.h"

#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "banned.h"

static char *
trimmed(const char *s, size_t len)
{
	while (len > 0 && strchr(" \t\n", s[0]) != NULL) {
		s++;
		len--;
	}
	while (len > 0 && strchr(" \t\n", s[len - 1]) != NULL)
		len--;
	return xstrndup(s, len);
}

static bool
same_path(const struct path *a, const struct path *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->steps[i].index != b->steps[i].index ||
		    (a->steps[i].key.p == NULL) !=
		        (b->steps[i].key.p == NULL) ||
		    !slice_eq(a->steps[i].key, b->steps[i].key))
			return false;
	return true;
}

static int
add_input(struct plan *p, enum root root, struct path *path)
{
	size_t i;

	for (i = 0; i < p->ninputs; i++)
		if (p->inputs[i].root == root &&
		    same_path(p->inputs[i].path, path)) {
			path_free(path);
			return (int)i;
		}
	p->inputs = xrealloc(p->inputs, (p->ninputs + 1) * sizeof *p->inputs);
	p->inputs[p->ninputs] = (struct input){ .root = root, .path = path };
	return (int)p->ninputs++;
}

/* `.a`, `$raw.a`, `$parent.a`, `$raw`: its input, or -1. */
static int
path_input(struct plan *p, const char *text)
{
	static const char *const names[] = { "", "$parent", "$raw" };
	static const enum root roots[] = { ROOT_ELEMENT, ROOT_PARENT,
		ROOT_RAW };
	struct path *path;
	const char *why, *rest;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(names[i]);
		if (strncmp(text, names[i], n) != 0)
			continue;
		rest = text + n;
		if (*rest != '.' && !(n > 0 && *rest == '\0'))
			continue;
		path = path_compile(*rest ? rest : ".", &why);
		if (path != NULL && !path->each)
			return add_input(p, roots[i], path);
		path_free(path);
	}
	return -1;
}

static bool
take_input(struct plan *p, struct expr *e, const char *text, size_t len)
{
	char *s = trimmed(text, len);
	int input = e->n < INPUTS ? path_input(p, s) : -1;

	free(s);
	if (input >= 0)
		e->inputs[e->n++] = input;
	return input >= 0;
}

/* [PATH, PATH]; keys with a comma in them are left to libjq */
static bool
input_list(struct plan *p, struct expr *e, const char *s, size_t len)
{
	size_t from = 1, to;

	if (len < 2 || s[0] != '[' || s[len - 1] != ']')
		return false;
	for (to = 1; to < len; to++) {
		if (s[to] != ',' && to != len - 1)
			continue;
		if (!take_input(p, e, s + from, to - from))
			return false;
		from = to + 1;
	}
	return true;
}

static bool
parse_path(struct plan *p, struct expr *e)
{
	e->kind = EXPR_PATH;
	return take_input(p, e, e->text, strlen(e->text));
}

static void
own_literal(struct expr *e, struct val v)
{
	struct buf tmp = { 0 };
	struct value l = value_of(v, &tmp);

	e->kind = EXPR_LITERAL;
	if (l.text.len > 0)
		l.text.p = xstrndup(l.text.p, l.text.len);
	else
		l.text = (struct slice){ xstrdup(""), 0 };
	e->literal = l;
	buf_release(&tmp);
}

static bool
parse_literal(struct plan *p, struct expr *e)
{
	struct scan *scan = scan_new();
	struct buf b = { 0 };
	const char *why;
	size_t at;
	bool ok;

	(void)p;
	buf_adds(&b, e->text);
	buf_grow(&b, LINE_PADDING);
	ok = scan_parse(scan, buf_slice(&b), &at, &why) &&
	    val_type(scan_root(scan)) < SCAN_ARRAY;
	if (ok)
		own_literal(e, scan_root(scan));
	buf_release(&b);
	scan_free(scan);
	return ok;
}

static bool
parse_variable(struct plan *p, struct expr *e)
{
	struct val v = { NULL, 0 };

	if (strcmp(e->text, "$index") == 0) {
		e->kind = EXPR_INDEX;
		return true;
	}
	if (strncmp(e->text, "$contract.", 10) == 0)
		v = val_member(scan_root(p->scan), e->text + 10);
	if (v.s != NULL)
		own_literal(e, v);
	return v.s != NULL;
}

/* One \(...) of a template, from behind the parenthesis. */
static const char *
template_input(struct plan *p, struct expr *e, const char *s)
{
	const char *end = strchr(s, ')'), *pipe;
	char *rest;
	bool ok;

	if (end == NULL)
		return NULL;
	pipe = memchr(s, '|', (size_t)(end - s));
	if (!take_input(p, e, s, (size_t)((pipe ? pipe : end) - s)))
		return NULL;
	if (pipe != NULL) {
		rest = trimmed(pipe + 1, (size_t)(end - pipe - 1));
		ok = strcmp(rest, "strings") == 0;
		free(rest);
		if (!ok)
			return NULL;
		e->strings[e->n - 1] = true;
	}
	return end + 1;
}

static bool
parse_template(struct plan *p, struct expr *e)
{
	const char *s = e->text, *from;
	size_t len = strlen(s), part = 0;

	e->kind = EXPR_TEMPLATE;
	if (len < 2 || s[0] != '"' || s[len - 1] != '"')
		return false;
	for (from = ++s; s < e->text + len - 1; s++) {
		if (*s == '"' || (*s == '\\' && s[1] != '('))
			return false;
		if (*s != '\\')
			continue;
		e->parts[part++] = xstrndup(from, (size_t)(s - from));
		from = template_input(p, e, s + 2);
		if (from == NULL || part == INPUTS)
			return false;
		s = from - 1;
	}
	if (s != e->text + len - 1)
		return false;
	e->parts[part] = xstrndup(from, (size_t)(s - from));
	return part > 0;
}

/*
 * What stands behind the pipe is one function, or, when it is but a row of
 * names, one each: then a size is looked at once, whatever line it stood in.
 */
static void
add_stages(struct plan *p, struct expr *e, const char *s)
{
	static const char names[] = "abcdefghijklmnopqrstuvwxyz_0123456789 |";
	bool row = s[strspn(s, names)] == '\0';
	const char *end;
	char *one;

	for (;; s = end + 1) {
		end = strchr(s, '|');
		if (!row || end == NULL || e->nstages == STAGES - 1)
			end = s + strlen(s);
		one = trimmed(s, (size_t)(end - s));
		e->stages[e->nstages++] = functions_add(p->functions, one);
		free(one);
		if (*end == '\0')
			return;
	}
}

static bool
parse_apply(struct plan *p, struct expr *e)
{
	const char *pipe = strchr(e->text, '|');
	char *left;
	bool ok;

	if (pipe == NULL || strchr(pipe, '$') != NULL || pipe[1] == '=')
		return false;
	e->kind = EXPR_APPLY;
	left = trimmed(e->text, (size_t)(pipe - e->text));
	e->list = left[0] == '[';
	ok = e->list ? input_list(p, e, left, strlen(left)) :
	               take_input(p, e, left, strlen(left));
	free(left);
	if (!ok)
		return false;
	add_stages(p, e, pipe + 1);
	return true;
}

static bool
parse_jq(struct plan *p, struct expr *e)
{
	struct buf b = { 0 };

	e->kind = EXPR_JQ;
	e->uses_raw = strstr(e->text, "$raw") != NULL;
	e->uses_parent = strstr(e->text, "$parent") != NULL;
	buf_adds(&b, plan_variables);
	buf_addf(&b, "(%s)", e->text);
	e->stages[0] = functions_add(p->functions, b.data);
	e->nstages = 1;
	buf_release(&b);
	return true;
}

/* Law 2: what a record becomes depends on the record. */
static void
refuse_impure(const char *text, const char *where)
{
	static const char *const words[] = { "now", "input", "inputs", "env",
		"input_line_number", "localtime", "debug" };
	size_t i, n;
	const char *s;

	for (s = text; *s != '\0'; s += n ? n : 1) {
		n = strspn(s,
		    "abcdefghijklmnopqrstuvwxyz_0123456789"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		/* .now is a key */
		if (n == 0 || (s > text && (s[-1] == '.' || s[-1] == '"')))
			continue;
		for (i = 0; i < sizeof words / sizeof *words; i++)
			if (strlen(words[i]) == n &&
			    memcmp(words[i], s, n) == 0)
				die(EX_CONFIG,
				    "%s: '%s' depends on more than "
				    "its record ('%s')",
				    where, text, words[i]);
	}
}

static void
expr_reset(struct expr *e)
{
	size_t i;

	for (i = 0; i <= INPUTS; i++) {
		free(e->parts[i]);
		e->parts[i] = NULL;
	}
	memset(e->strings, 0, sizeof e->strings);
	e->n = e->nstages = 0;
}

struct expr *
expr_new(struct plan *p, const char *text, const char *where)
{
	static bool (*const parsers[])(struct plan *,
	    struct expr *) = { parse_path, parse_literal, parse_variable,
		parse_template, parse_apply, parse_jq };
	struct expr *e = xcalloc(1, sizeof *e);
	size_t i;

	e->text = trimmed(text, strlen(text));
	if (*e->text == '\0')
		die(EX_CONFIG, "%s: an expression is empty", where);
	refuse_impure(e->text, where);
	for (i = 0; !parsers[i](p, e); i++)
		expr_reset(e);
	return e;
}

void
expr_free(struct expr *e)
{
	expr_reset(e);
	free(e->text);
	free((char *)e->literal.text.p);
	free(e);
}

const char *
expr_text(const struct expr *e)
{
	return e->text;
}

bool
expr_is_path(const struct expr *e)
{
	return e->kind == EXPR_PATH;
}

bool
expr_is_constant(const struct expr *e)
{
	return e->kind == EXPR_LITERAL ||
	    (e->kind == EXPR_PATH && strncmp(e->text, "$raw", 4) == 0);
}

static void
path_to_jq(const char *text, struct buf *b)
{
	const char *dot = strchr(text, '.'), *why;
	struct path *path = path_compile(dot ? dot : ".", &why);
	size_t i;

	if (text[0] == '$')
		buf_addf(b, "%.*s | ",
		    (int)(dot ? dot - text : (ptrdiff_t)strlen(text)), text);
	buf_adds(b, "there([");
	for (i = 0; i < path->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		if (path->steps[i].key.p != NULL)
			buf_addf(b, "\"%s\"", path->steps[i].key.p);
		else
			buf_addf(b, "%zu", path->steps[i].index);
	}
	buf_adds(b, "])");
	path_free(path);
}

void
expr_to_jq(const struct expr *e, struct buf *b)
{
	if (e->kind == EXPR_PATH) {
		buf_addc(b, '(');
		path_to_jq(e->text, b);
		buf_addc(b, ')');
	} else {
		buf_addf(b, "(%s)?", e->text);
	}
}
