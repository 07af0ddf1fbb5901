#include "closing.h"

#include <stdlib.h>

#include "json.h"
#include "person.h"
#include "personal.h"
#include "singer.h"
#include "banned.h"

#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define INTEGER "{\"type\":\"integer\"}"
#define INTEGER_OR_NULL "{\"type\":[\"integer\",\"null\"]}"
#define BOOLEAN_OR_NULL "{\"type\":[\"boolean\",\"null\"]}"
#define PERSONAL(type, what) "{\"type\":" type ",\"x-personal\":\"" what "\"}"

const char closing_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"source\":" TEXT ",\"site\":" TEXT_OR_NULL ",\"run\":" TEXT
    ",\"line\":" INTEGER ",\"index\":" INTEGER
    ",\"query\":" PERSONAL("\"string\"",
        "hash") ",\"kind\":" TEXT_OR_NULL
                ",\"user_id\":" PERSONAL("[\"string\",\"null\"]",
                    "hash") ",\"seller_key\":" PERSONAL("[\"string\",\"null\"]",
                    "keep") ",\"item_id\":" TEXT_OR_NULL
                            ",\"endpoint\":" TEXT_OR_NULL
                            ",\"observed_at\":{\"type\":\"string\",\"format\":"
                            "\"date-time\"}"
                            ",\"asked\":" INTEGER_OR_NULL
                            ",\"answered\":" INTEGER_OR_NULL
                            ",\"stop\":" TEXT_OR_NULL
                            ",\"walked\":" BOOLEAN_OR_NULL
                            ",\"gap\":" BOOLEAN_OR_NULL
                            ",\"total_first\":" INTEGER_OR_NULL
                            ",\"total_last\":" INTEGER_OR_NULL
                            ",\"contract\":" INTEGER
                            "},\"required\":[\"source\",\"run\",\"line\","
                            "\"index\",\"query\","
                            "\"observed_at\",\"contract\"]}";

/* ---- members ---- */

static void
add_raw(struct json *j, const char *key, struct val v, bool fits)
{
	json_key(j, key);
	if (fits)
		json_raw(j, val_text(v));
	else
		json_null(j);
}

static void
add_text(struct json *j, const char *key, struct val v)
{
	add_raw(j, key, v, val_type(v) == SCAN_STRING && !val_lone(v));
}

static void
add_integer(struct json *j, const char *key, struct val v)
{
	int64_t n;

	add_raw(j, key, v, val_int64(v, &n));
}

static void
add_boolean(struct json *j, const char *key, struct val v)
{
	add_raw(j, key, v,
	    val_type(v) == SCAN_TRUE || val_type(v) == SCAN_FALSE);
}

/* An id is a text, also where the record has a number. */
static void
add_id(struct json *j, const char *key, struct val v)
{
	json_key(j, key);
	if (val_type(v) == SCAN_NUMBER)
		json_str(j, val_text(v));
	else if (val_type(v) == SCAN_STRING && !val_lone(v))
		json_raw(j, val_text(v));
	else
		json_null(j);
}

/* The id's own text; empty when there is none. */
static struct slice
id_of(struct val v, struct buf *tmp)
{
	struct slice id = { NULL, 0 };

	if (val_type(v) == SCAN_NUMBER)
		return val_text(v);
	if (val_type(v) == SCAN_STRING)
		val_string(v, tmp, &id);
	return id;
}

/* ---- an entry ---- */

static void
put_entry(struct normalizer *n, struct json *j, struct val entry, size_t index,
    const char *seller_key)
{
	json_object(j);
	json_key(j, "source");
	json_str(j, n->rec.source);
	add_text(j, "site", val_member(entry, "site"));
	json_key(j, "run");
	json_str(j, n->rec.run);
	json_key(j, "line");
	json_int(j, n->rec.line);
	json_key(j, "index");
	json_int(j, (int64_t)index);
	add_text(j, "query", val_member(entry, "query"));
	add_text(j, "kind", val_member(entry, "kind"));
	add_id(j, "user_id", val_member(entry, "user_id"));
	json_key(j, "seller_key");
	json_cstr(j, seller_key);
	add_id(j, "item_id", val_member(entry, "item_id"));
	add_text(j, "endpoint", val_member(entry, "endpoint"));
	json_key(j, "observed_at");
	json_str(j, n->rec.fetched_at);
	add_integer(j, "asked", val_member(entry, "asked"));
	add_integer(j, "answered", val_member(entry, "answered"));
	add_text(j, "stop", val_member(entry, "stop"));
	add_boolean(j, "walked", val_member(entry, "walked"));
	add_boolean(j, "gap", val_member(entry, "gap"));
	add_integer(j, "total_first", val_member(entry, "total_first"));
	add_integer(j, "total_last", val_member(entry, "total_last"));
	json_key(j, "contract");
	json_int(j, CLOSING_VERSION);
	json_end(j);
}

static void
write_entry(struct normalizer *n, struct catalogue *k, struct val entry,
    size_t index, const char *seller_key)
{
	struct json j;

	buf_reset(&n->message);
	if (!k->closing_announced && !n->o->records_only)
		singer_closing_schema(&n->message, k);
	k->closing_announced = true;
	buf_addf(&n->message,
	    "{\"type\":\"RECORD\",\"stream\":\"%s\",\"record\":",
	    k->closing->name);
	json_start(&j, &n->message);
	put_entry(n, &j, entry, index, seller_key);
	buf_adds(&n->message, ",\"time_extracted\":");
	buf_addslice(&n->message, buf_slice(&n->time));
	buf_adds(&n->message, "}\n");
	writer_add(n->out, n->message.data, n->message.len);
}

static void
reject_entry(struct normalizer *n, const struct stream *s, struct val entry,
    size_t index)
{
	struct slice run = n->rec.run;

	rejects_add(n->rej,
	    &(struct reject){ .run = run,
	        .line = n->rec.line,
	        .index = (int64_t)index,
	        .stream = s->name,
	        .property = "query",
	        .reason = "'query' is no text",
	        .value = val_text(entry),
	        .elements = 1 });
}

/* Her key, or false: she is to be forgotten, or there is no key to hash by. */
static bool
pseudonym(struct normalizer *n, struct val entry, char *hex)
{
	struct slice id = id_of(val_member(entry, "user_id"), &n->tmp);

	hex[0] = '\0';
	if (id.len == 0)
		return true;
	if (n->person == NULL)
		n->person = person_new(n->o->key, n->o->no_key);
	if (!person_has_key(n->person) ||
	    person_forgotten(n->person, n->rec.source, id))
		return false;
	person_hash(n->person, n->rec.source, id, hex);
	return true;
}

static void
apply_entry(struct normalizer *n, struct catalogue *k, struct val entry,
    size_t index)
{
	struct stream *s = k->closing;
	struct val query = val_member(entry, "query");
	char hex[SELLER_HEX + 1];

	s->elements++;
	n->totals.elements++;
	n->whole++;
	/* a query that names no seller's id may name her all the same */
	if (val_type(entry) == SCAN_NULL || !pseudonym(n, entry, hex) ||
	    n->o->no_key) {
		s->filtered++;
		n->totals.filtered++;
	} else if (val_type(query) != SCAN_STRING || val_lone(query)) {
		s->rejected++;
		n->totals.rejected++;
		reject_entry(n, s, entry, index);
	} else {
		s->records++;
		n->totals.records++;
		write_entry(n, k, entry, index, hex[0] ? hex : NULL);
	}
}

void
closing_apply(struct normalizer *n, struct catalogue *k)
{
	struct val entries = val_member(n->rec.body, "queries"), entry;
	struct val_iter it = val_each(entries);
	size_t index;

	if (val_type(entries) != SCAN_ARRAY)
		return;
	for (index = 0; val_next(&it, NULL, &entry); index++)
		if (personal_entry(entry))
			apply_entry(n, k, entry, index);
}
