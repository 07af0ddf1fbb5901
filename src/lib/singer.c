#include "singer.h"

#include <strings.h>

#include "banned.h"

static const struct {
	const char *name, *body;
} types[] = {
	[SINGER_SCHEMA] = { "SCHEMA", "schema" },
	[SINGER_RECORD] = { "RECORD", "record" },
	[SINGER_STATE] = { "STATE", "value" },
	[SINGER_SCOPE] = { "SCOPE", "scope" },
	[SINGER_ACTIVATE_VERSION] = { "ACTIVATE_VERSION", NULL },
	[SINGER_BATCH] = { "BATCH", NULL },
};

/* A type with escapes in it is none of ours: no writer has a reason to. */
static enum singer_type
type_of(struct slice quoted)
{
	enum singer_type t;

	for (t = 0; t < SINGER_UNKNOWN; t++)
		if (quoted.len == strlen(types[t].name) + 2 &&
		    strncasecmp(quoted.p + 1, types[t].name, quoted.len - 2) ==
		        0)
			break;
	return t;
}

/* The members that a message has, in one walk. */
static void
members(struct singer *m, struct val *type, struct val *stream,
    struct val bodies[])
{
	struct val_iter it = val_each(m->root);
	struct slice key = { 0 };
	struct val v;
	int t;

	while (val_next(&it, &key, &v)) {
		if (slice_is(key, "type"))
			*type = v;
		else if (slice_is(key, "stream"))
			*stream = v;
		else if (slice_is(key, "version"))
			m->version = v;
		else
			for (t = 0; t < SINGER_UNKNOWN; t++)
				if (types[t].body != NULL &&
				    slice_is(key, types[t].body))
					bodies[t] = v;
	}
}

bool
singer_read(struct singer *m, struct scan *s, struct slice line,
    const char **why)
{
	struct val type = { 0 }, stream = { 0 }, bodies[SINGER_UNKNOWN] = { 0 };
	size_t at;

	if (!scan_parse(s, line, &at, why))
		return false;
	m->root = scan_root(s);
	m->stream = (struct slice){ 0 };
	m->body = m->version = (struct val){ 0 };
	members(m, &type, &stream, bodies);
	if (val_type(type) != SCAN_STRING) {
		*why = "a message has a type";
		return false;
	}
	m->type = type_of(val_text(type));
	if (!val_string(stream, &m->name, &m->stream))
		m->stream = (struct slice){ 0 };
	if (m->type == SINGER_UNKNOWN || types[m->type].body == NULL)
		return true;
	m->body = bodies[m->type];
	if (m->type == SINGER_STATE)
		return true;
	if (m->stream.len == 0) {
		*why = "the message names no stream";
		return false;
	}
	if (val_type(m->body) != SCAN_OBJECT) {
		*why = "the message has no body";
		return false;
	}
	return true;
}

void
singer_release(struct singer *m)
{
	buf_release(&m->name);
}
