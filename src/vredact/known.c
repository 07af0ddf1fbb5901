#include "known.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "file.h"
#include "line.h"
#include "banned.h"

struct known {
	const char *path;
	char **set; /* "source\tkind\tid" by hash, NULL where none is */
	size_t n, cap;
	size_t least, most; /* how long the numbers of users and items are */
	struct buf added;
};

static size_t
place_of(const struct known *k, const char *text)
{
	size_t h = 14695981039346656037u;
	const char *c;

	for (c = text; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211u;
	for (h &= k->cap - 1; k->set[h] != NULL; h = (h + 1) & (k->cap - 1))
		if (strcmp(k->set[h], text) == 0)
			break;
	return h;
}

static void
grow(struct known *k)
{
	char **old = k->set;
	size_t i, was = k->cap;

	k->cap = was == 0 ? 1024 : 2 * was;
	k->set = xcalloc(k->cap, sizeof *k->set);
	for (i = 0; i < was; i++)
		if (old[i] != NULL)
			k->set[place_of(k, old[i])] = old[i];
	free(old);
}

static void
note_length(struct known *k, const char *text)
{
	const char *kind = strchr(text, '\t');
	size_t len;

	if (kind == NULL || strncmp(kind, "\tpicture\t", 9) == 0)
		return;
	len = strlen(strrchr(text, '\t') + 1);
	k->least = k->least == 0 || len < k->least ? len : k->least;
	k->most = len > k->most ? len : k->most;
}

/* Takes the text.  False: it was there. */
static bool
put(struct known *k, char *text)
{
	size_t at;

	if (2 * k->n >= k->cap)
		grow(k);
	at = place_of(k, text);
	if (k->set[at] != NULL) {
		free(text);
		return false;
	}
	k->set[at] = text;
	k->n++;
	note_length(k, text);
	return true;
}

static void
load(struct known *k)
{
	struct buf b = { 0 };
	const char *at, *end;

	if (!file_read_text(k->path, &b) && errno != ENOENT)
		die_errno(EX_IOERR, "cannot read '%s'", k->path);
	for (at = b.data; b.len > 0 && at < b.data + b.len; at = end + 1) {
		end = at + strcspn(at, "\n");
		if (end > at)
			put(k, xstrndup(at, (size_t)(end - at)));
	}
	buf_release(&b);
}

struct known *
known_new(const char *path)
{
	struct known *k = xcalloc(1, sizeof *k);

	k->path = path;
	grow(k);
	if (path != NULL)
		load(k);
	return k;
}

void
known_save_or_die(struct known *k)
{
	struct writer w;
	int fd;

	if (k->path == NULL || k->added.len == 0)
		return;
	fd = open(k->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die_errno(EX_IOERR, "cannot write '%s'", k->path);
	writer_init(&w, fd);
	w.name = k->path;
	writer_add(&w, k->added.data, k->added.len);
	writer_close_or_die(&w);
}

void
known_free(struct known *k)
{
	size_t i;

	for (i = 0; i < k->cap; i++)
		free(k->set[i]);
	free(k->set);
	buf_release(&k->added);
	free(k);
}

static char *
key_of(struct slice source, const char *kind, struct slice id)
{
	return xasprintf("%.*s\t%s\t%.*s", SLICE_ARG(source), kind,
	    SLICE_ARG(id));
}

void
known_add(struct known *k, struct slice source, const char *kind,
    struct slice id)
{
	char *text;

	if (id.len == 0)
		return;
	text = key_of(source, kind, id);
	if (put(k, text)) {
		buf_adds(&k->added, text);
		buf_addc(&k->added, '\n');
	}
}

bool
known_has(const struct known *k, struct slice source, const char *kind,
    struct slice id)
{
	char *text = key_of(source, kind, id);
	bool has = k->set[place_of(k, text)] != NULL;

	free(text);
	return has;
}

/* May the letter before a word be that of an escape, as in \\n7? */
static bool
is_escape(struct slice text, size_t i)
{
	return i >= 2 && text.p[i - 2] == '\\';
}

bool
known_word(const struct known *k, struct slice source, struct slice text,
    size_t *at, struct slice *word)
{
	size_t i = *at, from;

	while (i < text.len) {
		while (i < text.len && !isdigit((unsigned char)text.p[i]))
			i++;
		from = i;
		while (i < text.len && isalnum((unsigned char)text.p[i]))
			i++;
		*word = (struct slice){ text.p + from, i - from };
		*at = i;
		if (word->len < k->least || word->len > k->most ||
		    (from > 0 && isalnum((unsigned char)text.p[from - 1]) &&
		        !is_escape(text, from)))
			continue;
		if (known_has(k, source, "user", *word) ||
		    known_has(k, source, "item", *word))
			return true;
	}
	return false;
}

bool
known_in(const struct known *k, struct slice source, struct slice text)
{
	struct slice word;
	size_t at = 0;

	return known_word(k, source, text, &at, &word);
}
