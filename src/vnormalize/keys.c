#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "msg.h"
#include "quality.h"
#include "banned.h"

struct key {
	unsigned types; /* a bit for each of type_names */
	unsigned char len;
	char text[KEYS_TEXT];
};

static const char *const type_names[] = { "array", "boolean", "null", "number",
	"object", "string" };

static unsigned
type_bit(enum scan_type t)
{
	switch (t) {
	case SCAN_ARRAY:
		return 1 << 0;
	case SCAN_FALSE:
	case SCAN_TRUE:
		return 1 << 1;
	case SCAN_NUMBER:
		return 1 << 3;
	case SCAN_OBJECT:
		return 1 << 4;
	case SCAN_STRING:
		return 1 << 5;
	default:
		return 1 << 2;
	}
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    c == '$' || c == '@';
}

/* A name that a programmer gave, and not a number or a user's. */
static bool
is_identifier(struct slice s)
{
	size_t i;

	if (s.len == 0 || s.len > KEYS_TEXT || !is_letter(s.p[0]))
		return false;
	for (i = 1; i < s.len; i++)
		if (!is_letter(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return true;
}

static bool
has_name(const struct key *k, struct slice name)
{
	return slice_eq((struct slice){ k->text, k->len }, name);
}

/*
 * The key of that name, looked for at `hint` first: elements have their keys in
 * one order.  Returns where it is, or KEYS_MAX when there is no room.
 */
static size_t
find(struct keys *k, struct slice name, size_t hint)
{
	size_t i;

	if (hint < k->n && has_name(&k->list[hint], name))
		return hint;
	for (i = 0; i < k->n; i++)
		if (has_name(&k->list[i], name))
			return i;
	if (k->n == KEYS_MAX)
		return KEYS_MAX;
	if (k->list == NULL)
		k->list = xcalloc(KEYS_MAX, sizeof(*k->list));
	memcpy(k->list[k->n].text, name.p, name.len);
	k->list[k->n].len = (unsigned char)name.len;
	return k->n++;
}

void
keys_note(struct keys *k, struct val element)
{
	struct val_iter it;
	struct slice name;
	struct val v;
	size_t i = 0, found;

	if (val_type(element) != SCAN_OBJECT)
		return;
	for (it = val_each(element); val_next(&it, &name, &v);) {
		if (!is_identifier(name))
			continue;
		found = find(k, name, i);
		if (found == KEYS_MAX)
			return;
		k->list[found].types |= type_bit(val_type(v));
		i = found + 1;
	}
}

static void
write_types(struct json *j, unsigned types)
{
	size_t i;

	json_key(j, "types");
	json_array(j);
	for (i = 0; i < sizeof(type_names) / sizeof(*type_names); i++)
		if (types & 1u << i)
			json_cstr(j, type_names[i]);
	json_end(j);
}

void
keys_write(const struct keys *k, struct buf *b, const char *stream,
    const char *variant, int64_t version)
{
	struct json j;
	size_t i;

	for (i = 0; i < k->n; i++) {
		quality_begin(&j, b, stream, variant, version);
		json_key(&j, "key");
		json_str(&j, (struct slice){ k->list[i].text, k->list[i].len });
		write_types(&j, k->list[i].types);
		json_end(&j);
		buf_addc(b, '\n');
	}
}

void
keys_release(struct keys *k)
{
	free(k->list);
	*k = (struct keys){ 0 };
}
