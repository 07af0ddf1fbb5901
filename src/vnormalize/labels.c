#include "labels.h"

#include <inttypes.h>
#include <stdlib.h>

#include "json.h"
#include "source.h"
#include "banned.h"

struct label {
	struct slice text; /* owned; ASCII in lower case */
	int64_t id;
};

struct labels {
	struct label *v; /* sorted by text */
	size_t n;
};

/* What separates words as a space does: no-break, thin and their kin. */
static const char *const spaces[] = { "\u00a0", "\u2002", "\u2003", "\u2004",
	"\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u202f",
	"\u205f", "\u3000" };

#define LABEL_MAX 256 /* bytes; a longer text is no label, in jq either */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int
compare(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len, i;

	for (i = 0; i < n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return (unsigned char)lower(a.p[i]) -
			    (unsigned char)lower(b.p[i]);
	return (a.len > b.len) - (a.len < b.len);
}

static int
by_text(const void *a, const void *b)
{
	return compare(((const struct label *)a)->text,
	    ((const struct label *)b)->text);
}

/* How many bytes at s are one of these spaces; 0: none. */
static size_t
space_at(struct slice s)
{
	size_t i, n;

	for (i = 0;
	     (unsigned char)*s.p > 0x7f && i < sizeof spaces / sizeof *spaces;
	     i++) {
		n = strlen(spaces[i]);
		if (n <= s.len && memcmp(s.p, spaces[i], n) == 0)
			return n;
	}
	return 0;
}

/* The text with plain spaces, in room for all of its bytes. */
static struct slice
plain_spaces(struct slice s, char *room)
{
	size_t n, len = 0;

	for (; s.len > 0; s.p += n, s.len -= n) {
		n = space_at(s);
		room[len++] = n > 0 ? ' ' : *s.p;
		n = n > 0 ? n : 1;
	}
	return (struct slice){ room, len };
}

void
labels_spaces_to_jq(struct buf *b)
{
	size_t i;

	/* most texts are ASCII but for middle dots: quick to tell */
	buf_adds(b,
	    "def spaced: if utf8bytelength - length == "
	    "(split(\"\u00b7\") | length) - 1 then . else reduce (");
	for (i = 0; i < sizeof spaces / sizeof *spaces; i++)
		buf_addf(b, "%s\"%s\"", i > 0 ? "," : "", spaces[i]);
	buf_adds(b, ") as $s (.; split($s) | join(\" \")) end;\n");
}

static void
add_language(struct labels *l, struct val language, const char *path)
{
	struct val_iter it = val_each(language);
	struct label *new;
	struct slice text;
	struct val id;
	char *copy;
	size_t i;

	while (val_next(&it, &text, &id)) {
		l->v = xrealloc(l->v, (l->n + 1) * sizeof *l->v);
		new = &l->v[l->n++];
		copy = xstrndup(text.p, text.len);
		text = plain_spaces(text, copy);
		copy[text.len] = '\0';
		for (i = 0; i < text.len; i++)
			copy[i] = lower(copy[i]);
		new->text = (struct slice){ copy, text.len };
		if (!val_int64(id, &new->id))
			die(EX_CONFIG, "'%s': '%s' has no integer id", path,
			    copy);
	}
}

static void
drop_repeats(struct labels *l, const char *path)
{
	size_t i, kept = 0;

	for (i = 0; i < l->n; i++) {
		if (kept > 0 && by_text(&l->v[kept - 1], &l->v[i]) == 0) {
			if (l->v[kept - 1].id != l->v[i].id)
				die(EX_CONFIG, "'%s': '%s' stands for two ids",
				    path, l->v[i].text.p);
			free((char *)l->v[i].text.p);
		} else {
			l->v[kept++] = l->v[i];
		}
	}
	l->n = kept;
}

struct labels *
labels_load(const char *path)
{
	struct labels *l = xcalloc(1, sizeof *l);
	struct doc *d = doc_load(path);
	struct val_iter it = val_each(val_member(d->root, "labels"));
	struct val language;

	while (val_next(&it, NULL, &language))
		add_language(l, language, path);
	doc_free(d);
	if (l->n == 0)
		die(EX_CONFIG, "'%s' has no labels", path);
	qsort(l->v, l->n, sizeof *l->v, by_text);
	drop_repeats(l, path);
	return l;
}

void
labels_free(struct labels *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		free((char *)l->v[i].text.p);
	free(l->v);
	free(l);
}

bool
labels_find(const struct labels *l, struct slice label, int64_t *id)
{
	size_t low = 0, high = l->n, mid;
	char room[LABEL_MAX];
	int c;

	if (label.len > LABEL_MAX)
		return false;
	label = plain_spaces(label, room);

	while (low < high) {
		mid = low + (high - low) / 2;
		c = compare(label, l->v[mid].text);
		if (c == 0) {
			*id = l->v[mid].id;
			return true;
		}
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

void
labels_to_jq(const struct labels *l, const char *name, struct buf *b)
{
	size_t i;

	buf_addf(b, "def label_%s: {", name);
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		json_escape(b, l->v[i].text);
		buf_addf(b, ":%" PRId64, l->v[i].id);
	}
	buf_adds(b,
	    "} as $ids | if type == \"string\" and utf8bytelength <= 256 then "
	    "$ids[spaced | ascii_downcase] else null end;\n");
}
