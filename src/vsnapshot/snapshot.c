#include "snapshot.h"

#include <stdio.h>

#include "decimal.h"
#include "member.h"
#include "banned.h"

enum type { TEXT, ID, TIME, STATE, NUMBER, PRICE, INTEGER, BOOLEAN };

struct member {
	const char *name;
	enum column column;
	enum type type;
	bool required;
};

static const struct member item[] = { { "site", C_SITE, TEXT, false },
	{ "item_id", C_ITEM_ID, ID, true }, { "user_id", C_USER_ID, ID, false },
	{ "seller_key", C_SELLER_KEY, TEXT, false },
	{ "observed_at", C_OBSERVED_AT, TIME, true },
	{ "kind", C_KIND, TEXT, true }, { "state", C_STATE, STATE, false },
	{ "evidence", C_EVIDENCE, TEXT, false },
	{ "state_rule", C_STATE_RULE, TEXT, false },
	{ "price", C_PRICE, PRICE, false },
	{ "currency", C_CURRENCY, TEXT, false },
	{ "seller_price", C_SELLER_PRICE, PRICE, false },
	{ "seller_currency", C_SELLER_CURRENCY, TEXT, false },
	{ "total_price", C_TOTAL_PRICE, PRICE, false },
	{ "favourite_count", C_FAVOURITE_COUNT, INTEGER, false },
	{ "promoted", C_PROMOTED, BOOLEAN, false },
	{ "photo_key", C_PHOTO_KEY, TEXT, false },
	{ "title", C_TITLE, TEXT, false },
	{ "variant", C_VARIANT, TEXT, false }, { "run", C_RUN, TEXT, true },
	{ "line", C_LINE, INTEGER, true }, { "index", C_INDEX, INTEGER, true },
	{ "contract", C_CONTRACT, INTEGER, true }, { 0 } };

static const struct member seller[] = { { "site", C_SITE, TEXT, false },
	{ "user_id", C_USER_ID, ID, true },
	{ "seller_key", C_SELLER_KEY, TEXT, false },
	{ "observed_at", C_OBSERVED_AT, TIME, true },
	{ "kind", C_KIND, TEXT, true },
	{ "item_count", C_ITEM_COUNT, INTEGER, false },
	{ "given_count", C_GIVEN_COUNT, INTEGER, false },
	{ "total_count", C_TOTAL_COUNT, INTEGER, false },
	{ "on_holiday", C_ON_HOLIDAY, BOOLEAN, false },
	{ "banned", C_BANNED, BOOLEAN, false },
	{ "country", C_COUNTRY, TEXT, false },
	{ "variant", C_VARIANT, TEXT, false }, { "run", C_RUN, TEXT, true },
	{ "line", C_LINE, INTEGER, true }, { "index", C_INDEX, INTEGER, true },
	{ "contract", C_CONTRACT, INTEGER, true }, { 0 } };

static const struct member catalog[] = { { "site", C_SITE, TEXT, false },
	{ "catalog_id", C_CATALOG_ID, ID, true },
	{ "query", C_QUERY, TEXT, true },
	{ "observed_at", C_OBSERVED_AT, TIME, true },
	{ "total", C_TOTAL, INTEGER, true }, { "run", C_RUN, TEXT, true },
	{ "line", C_LINE, INTEGER, true },
	{ "contract", C_CONTRACT, INTEGER, true }, { 0 } };

static const struct {
	const struct member *members;
	const char *keys, *order;
} shapes[] = {
	{ item,
	    "[\"item_id\",\"observed_at\",\"kind\",\"run\",\"line\","
	    "\"index\"]",
	    "[\"observed_at\",\"run\",\"line\",\"index\",\"contract\"]" },
	{ seller,
	    "[\"user_id\",\"observed_at\",\"kind\",\"run\",\"line\","
	    "\"index\"]",
	    "[\"observed_at\",\"run\",\"line\",\"index\",\"contract\"]" },
	{ catalog, "[\"query\",\"observed_at\",\"run\",\"line\"]",
	    "[\"observed_at\",\"run\",\"line\",\"contract\"]" },
};

const char *const snapshot_suffixes[] = { "snapshot", "seller_snapshot",
	"catalog_snapshot" };

/* ---- what comes in ---- */

static const char *const column_names[COLUMNS] = {
	[C_SITE] = "site",
	[C_ITEM_ID] = "item_id",
	[C_USER_ID] = "user_id",
	[C_SELLER_KEY] = "seller_key",
	[C_OBSERVED_AT] = "observed_at",
	[C_KIND] = "kind",
	[C_STATE] = "state",
	[C_EVIDENCE] = "evidence",
	[C_STATE_RULE] = "state_rule",
	[C_PRICE] = "price",
	[C_CURRENCY] = "currency",
	[C_SELLER_PRICE] = "seller_price",
	[C_SELLER_CURRENCY] = "seller_currency",
	[C_TOTAL_PRICE] = "total_price",
	[C_FAVOURITE_COUNT] = "favourite_count",
	[C_PROMOTED] = "promoted",
	[C_PHOTO_KEY] = "photo_key",
	[C_TITLE] = "title",
	[C_VARIANT] = "variant",
	[C_RUN] = "run",
	[C_LINE] = "line",
	[C_INDEX] = "index",
	[C_CONTRACT] = "contract",
	[C_ITEM_COUNT] = "item_count",
	[C_GIVEN_COUNT] = "given_item_count",
	[C_TOTAL_COUNT] = "total_items_count",
	[C_ON_HOLIDAY] = "is_on_holiday",
	[C_BANNED] = "is_banned",
	[C_COUNTRY] = "country_code",
	[C_QUERY] = "query",
	[C_CATALOG_ID] = "catalog_id",
	[C_PAGE] = "page",
	[C_STATUS] = "status",
	[C_VERDICT] = "verdict",
	[C_TOTAL] = "total",
};

void
columns_init(struct names *t, const char *id)
{
	const char *names[COLUMNS];

	memcpy(names, column_names, sizeof names);
	names[C_ITEM_ID] = id;
	names_init(t, names, COLUMNS);
}

void
columns_read(const struct names *t, struct val record, struct columns *c)
{
	struct val_iter it = val_each(record);
	struct slice key = { 0 }, s;
	struct val v;
	int i;

	memset(c->c, 0, sizeof c->c);
	while (val_next(&it, &key, &v)) {
		if ((i = names_find(t, key)) < 0)
			continue;
		s = val_text(v);
		c->c[i] = s.p[0] == 'n' ? (struct slice){ NULL, 0 } : s;
	}
}

/* ---- what goes out ---- */

static const char *const types[] = {
	[TEXT] = "\"string\"",
	[ID] = "\"string\"",
	[TIME] = "\"string\"",
	[STATE] = "\"string\"",
	[NUMBER] = "\"number\"",
	[PRICE] = "\"number\"",
	[INTEGER] = "\"integer\"",
	[BOOLEAN] = "\"boolean\"",
};

static void
add_properties(struct buf *b, const struct member *m)
{
	const char *sep = "";

	for (; m->name != NULL; m++, sep = ",") {
		buf_addf(b, "%s\"%s\":{\"type\":", sep, m->name);
		buf_addf(b, m->required ? "%s" : "[%s,\"null\"]",
		    types[m->type]);
		if (m->type == TIME)
			buf_adds(b, ",\"format\":\"date-time\"");
		if (m->column == C_USER_ID)
			buf_adds(b, ",\"x-personal\":\"hash\"");
		buf_addc(b, '}');
	}
}

void
snapshot_schema(struct buf *b, enum snapshot what, const char *source,
    struct slice key)
{
	const struct member *m;
	const char *sep = "";

	buf_adds(b, "{\"type\":\"SCHEMA\",\"stream\":");
	json_escape(b, slice_of(source));
	b->len--;
	buf_addf(b, "_%s\",\"schema\":{\"type\":\"object\",\"properties\":{",
	    snapshot_suffixes[what]);
	add_properties(b, shapes[what].members);
	buf_adds(b, "},\"required\":[");
	for (m = shapes[what].members; m->name != NULL; m++) {
		if (!m->required)
			continue;
		buf_addf(b, "%s\"%s\"", sep, m->name);
		sep = ",";
	}
	buf_addf(b,
	    "]},\"key_properties\":%s,\"x-source\":", shapes[what].keys);
	json_escape(b, slice_of(source));
	buf_addf(b, ",\"x-entity\":\"%s\",\"x-order\":%s",
	    snapshot_suffixes[what], shapes[what].order);
	if (key.p != NULL) {
		buf_adds(b, ",\"x-key\":");
		buf_addslice(b, key);
	}
	buf_adds(b, "}\n");
}

static struct slice
inner(struct slice quoted)
{
	return (struct slice){ quoted.p + 1, quoted.len - 2 };
}

static const char *
add_amount(struct buf *b, enum type type, struct slice s)
{
	if (s.p[0] == '"') /* some taps write numbers so */
		s = inner(s);
	if (!decimal_valid(s))
		return "is no number";
	if (type == INTEGER && !decimal_is_plain(s))
		return "is no integer";
	if (type == PRICE && decimal_negative(s))
		return "is negative";
	buf_addslice(b, s);
	return NULL;
}

static const char *
add_id(struct buf *b, struct slice s)
{
	if (s.p[0] == '"') {
		if (s.len == 2)
			return "is empty";
		buf_addslice(b, s);
		return NULL;
	}
	if (!decimal_is_plain(s))
		return "is no id";
	buf_addc(b, '"');
	buf_addslice(b, s);
	buf_addc(b, '"');
	return NULL;
}

static bool
is_state(struct slice s)
{
	static const char *const all[] = { "\"live\"", "\"reserved\"",
		"\"sold\"", "\"hidden\"", "\"gone\"" };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (slice_is(s, all[i]))
			return true;
	return false;
}

/* NULL, or what is wrong with it. */
static const char *
add_value(struct buf *b, enum type type, struct slice s, struct columns *c,
    struct moment_cache *days)
{
	switch (type) {
	case ID:
		return add_id(b, s);
	case NUMBER:
	case PRICE:
	case INTEGER:
		return add_amount(b, type, s);
	case BOOLEAN:
		if (s.p[0] != 't' && s.p[0] != 'f')
			return "is no boolean";
		break;
	case TIME:
		if (s.p[0] != '"' || !moment_parse(days, inner(s), &c->at))
			return "is no RFC 3339 time";
		break;
	case STATE:
		if (!is_state(s))
			return "is no state";
		break;
	case TEXT:
		if (s.p[0] != '"')
			return "is no text";
		break;
	}
	buf_addslice(b, s);
	return NULL;
}

bool
snapshot_write(struct buf *b, enum snapshot what, const char *source,
    struct columns *c, struct moment_cache *days, struct snapshot_fault *f)
{
	size_t start = b->len, n;
	const struct member *m;
	const char *why, *sep = "{\"";
	struct slice s;

	ADD(b, "{\"type\":\"RECORD\",\"stream\":");
	json_escape(b, slice_of(source));
	b->data[b->len - 1] = '_';
	buf_adds(b, snapshot_suffixes[what]);
	ADD(b, "\",\"record\":");
	for (m = shapes[what].members; m->name != NULL; m++, sep = ",\"") {
		n = strlen(m->name);
		buf_add(b, sep, 2);
		buf_add(b, m->name, n);
		ADD(b, "\":");
		s = c->c[m->column];
		if (s.p != NULL)
			why = add_value(b, m->type, s, c, days);
		else if (!m->required) {
			ADD(b, "null");
			continue;
		} else
			why = "is missing";
		if (why == NULL)
			continue;
		if (m->column == C_FAVOURITE_COUNT) {
			/* no look is lost for it: the item's record has it */
			ADD(b, "null");
			continue;
		}
		f->property = m->name;
		f->value = s;
		snprintf(f->reason, sizeof f->reason, "'%s' %s", m->name, why);
		b->len = start;
		return false;
	}
	ADD(b, "}}\n");
	return true;
}
