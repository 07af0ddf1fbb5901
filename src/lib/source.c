#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "file.h"
#include "line.h"
#include "banned.h"

struct doc *
doc_load(const char *path)
{
	struct doc *d = xcalloc(1, sizeof *d);
	const char *why;
	size_t at;

	d->path = xstrdup(path);
	if (!file_read_text(path, &d->text))
		die_errno(EX_CONFIG, "cannot read '%s'", path);
	buf_grow(&d->text, LINE_PADDING);
	memset(d->text.data + d->text.len, 0, LINE_PADDING);
	d->scan = scan_new();
	if (!scan_parse(d->scan, buf_slice(&d->text), &at, &why))
		die(EX_CONFIG, "'%s' is not JSON: %s at byte %zu", path, why,
		    at + 1);
	d->root = scan_root(d->scan);
	return d;
}

void
doc_free(struct doc *d)
{
	if (d == NULL)
		return;
	scan_free(d->scan);
	buf_release(&d->text);
	free(d->path);
	free(d);
}

struct source *
source_load(const char *name)
{
	struct source *s;
	char *path = conf_source(name, "source.json");

	if (path == NULL)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->name = xstrdup(name);
	s->doc = doc_load(path);
	s->folder = path;
	*strrchr(path, '/') = '\0';
	if (!val_int64(val_member(s->doc->root, "version"), &s->version))
		die(EX_CONFIG, "'%s' has no integer 'version'", s->doc->path);
	return s;
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	doc_free(s->doc);
	free(s->folder);
	free(s->name);
	free(s);
}

static void
add_path(struct paths *p, struct val text, const char *where)
{
	const char *why = "no string";
	char *s = val_cstr(text);
	struct path *one = s ? path_compile(s, &why) : NULL;

	if (one == NULL)
		die(EX_CONFIG, "%s: '%.*s': %s", where,
		    SLICE_ARG(val_text(text)), why);
	p->v = xrealloc(p->v, (p->n + 1) * sizeof(struct path *));
	p->v[p->n++] = one;
	free(s);
}

struct paths
paths_load(struct val v, const char *where)
{
	struct paths p = { 0 };
	struct val_iter it = val_each(v);
	struct val one;

	if (val_type(v) == SCAN_STRING)
		add_path(&p, v, where);
	while (val_next(&it, NULL, &one))
		add_path(&p, one, where);
	return p;
}

void
paths_release(struct paths *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		path_free(p->v[i]);
	free(p->v);
	*p = (struct paths){ 0 };
}

struct val
paths_find(struct val v, const struct paths *p)
{
	struct val found = { NULL, 0 };
	size_t i;

	for (i = 0; i < p->n && found.s == NULL; i++)
		found = val_path(v, p->v[i]);
	return found;
}
