#include "state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "line.h"
#include "scan.h"
#include "banned.h"

/* A closing record holds all its queries' states. */
#define STATE_LINE ((size_t)256 << 20)

struct state_entry {
	char *query;
	char *state; /* JSON text, or NULL: it has none */
};

/*
 * A query that was not walked carries the state it began with: that is what
 * an earlier line says already, if one is there.
 */
static void
keep(struct states *s, const char *query, struct val entry)
{
	struct val state = val_member(entry, "state");
	struct slice text = val_text(state);
	struct state_entry *e;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i].query, query) == 0)
			break;
	if (i == s->n) {
		s->v = xrealloc(s->v, (s->n + 1) * sizeof *s->v);
		s->v[s->n++] = (struct state_entry){ xstrdup(query), NULL };
	} else if (val_type(val_member(entry, "walked")) == SCAN_FALSE) {
		return;
	}
	e = &s->v[i];
	free(e->state);
	e->state =
	    val_type(state) == SCAN_OBJECT ? xstrndup(text.p, text.len) : NULL;
}

static void
take_line(struct states *s, struct val v)
{
	struct val closing = val_member(v, "closing"), q;
	struct val_iter it;
	char *name;

	if (val_type(closing) == SCAN_NONE)
		closing = val_member(v, "body");
	if (val_type(closing) == SCAN_NONE)
		closing = v;
	it = val_each(val_member(closing, "queries"));
	while (val_next(&it, NULL, &q)) {
		if ((name = val_cstr(val_member(q, "query"))) == NULL)
			continue;
		keep(s, name, q);
		free(name);
	}
}

void
states_load(struct states *s, const char *path)
{
	struct scan *scan = scan_new();
	struct reader in;
	struct slice line;
	const char *why;
	size_t at;
	int fd;

	fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	                              open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die_errno(EX_IOERR, "cannot read '%s'", path);
	reader_init(&in, fd, STATE_LINE);
	in.name = path;
	while (reader_next(&in, &line)) {
		if (in.toolong || !scan_parse(scan, line, &at, &why))
			warn("'%s', line %llu: no JSON, left out", path,
			    (unsigned long long)in.lines);
		else
			take_line(s, scan_root(scan));
	}
	reader_close_or_die(&in);
	scan_free(scan);
}

void
states_release(struct states *s)
{
	while (s->n > 0) {
		s->n--;
		free(s->v[s->n].query);
		free(s->v[s->n].state);
	}
	free(s->v);
	s->v = NULL;
}

struct slice
states_find(const struct states *s, const char *query)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i].query, query) == 0)
			return slice_of(s->v[i].state);
	return (struct slice){ NULL, 0 };
}

void
state_ids(struct slice state, struct ids *ids)
{
	struct scan *scan = scan_new();
	struct buf text = { 0 };
	struct val_iter it;
	const char *why;
	struct val id;
	size_t at;

	buf_addslice(&text, state);
	buf_grow(&text, LINE_PADDING);
	if (scan_parse(scan, buf_slice(&text), &at, &why)) {
		it = val_each(val_member(scan_root(scan), "ids"));
		while (ids->n < STATE_IDS && val_next(&it, NULL, &id))
			ids_add(ids, val_text(id));
	}
	buf_release(&text);
	scan_free(scan);
}

void
state_next(struct buf *out, int64_t at, const struct ids *now,
    const struct ids *old)
{
	char time[CLOCK_LEN];
	struct json j;
	size_t i, n = 0;

	json_start(&j, out);
	json_object(&j);
	json_key(&j, "at");
	json_cstr(&j, clock_format(at, time));
	json_key(&j, "ids");
	json_array(&j);
	for (i = 0; i < now->n && n < STATE_IDS; i++, n++)
		json_raw(&j, ids_get(now, i));
	for (i = 0; i < old->n && n < STATE_IDS; i++) {
		if (ids_has(now, ids_get(old, i)))
			continue;
		json_raw(&j, ids_get(old, i));
		n++;
	}
	json_end(&j);
	json_end(&j);
}
