#include "look.h"

#include <stdio.h>
#include <stdlib.h>

#include "decimal.h"
#include "banned.h"

enum kind {
	TEXT,
	NUMBER,
	BOOLEAN,
	ID /* a text, or a number taken as its text */
};

static const struct {
	const char *name;
	enum kind kind;
} fields[FIELDS] = {
	[F_OWNER] = { "owner", ID },
	[F_TYPE] = { "type", TEXT },
	[F_ITEM_ID] = { "item_id", ID },
	[F_RUN] = { "run", TEXT },
	[F_LINE] = { "line", NUMBER },
	[F_INDEX] = { "index", NUMBER },
	[F_USER_ID] = { "user_id", ID },
	[F_PHOTO_KEY] = { "photo_key", ID },
	[F_TITLE] = { "title", TEXT },
	[F_FOREIGN] = { "foreign", BOOLEAN },
	[F_THROUGH] = { "through", BOOLEAN },
	[F_GIVEN] = { "given_count", NUMBER },
	[F_TOTAL] = { "total_count", NUMBER },
	[F_VERDICT] = { "verdict", TEXT },
	[F_FIRST_AT] = { "first_at", TEXT },
	[F_LAST_AT] = { "last_at", TEXT },
	[F_FOUND] = { "found", NUMBER },
	[F_WALKED] = { "walked", BOOLEAN },
	[F_COMPLETE] = { "complete", BOOLEAN },
	[F_SHA256] = { "sha256", TEXT },
	[F_PHASH] = { "phash", TEXT },
	[F_WIDTH] = { "width", NUMBER },
	[F_HEIGHT] = { "height", NUMBER },
	[F_SITE] = { "site", TEXT },
	[F_OBSERVED_AT] = { "observed_at", TEXT },
	[F_KIND] = { "kind", TEXT },
	[F_STATE] = { "state", TEXT },
	[F_EVIDENCE] = { "evidence", TEXT },
	[F_STATE_RULE] = { "state_rule", TEXT },
	[F_PRICE] = { "price", NUMBER },
	[F_CURRENCY] = { "currency", TEXT },
	[F_SELLER_PRICE] = { "seller_price", NUMBER },
	[F_SELLER_CURRENCY] = { "seller_currency", TEXT },
	[F_TOTAL_PRICE] = { "total_price", NUMBER },
	[F_FAVOURITE_COUNT] = { "favourite_count", NUMBER },
	[F_PROMOTED] = { "promoted", BOOLEAN },
	[F_RATE] = { "rate", NUMBER },
	[F_RATE_ERR] = { "rate_err", NUMBER },
	[F_HOME] = { "home", BOOLEAN },
	[F_ALIKE] = { "alike", NUMBER },
	[F_ALIKE_N] = { "alike_n", NUMBER },
	[F_UNSEEN_AT] = { "unseen_at", TEXT },
	[F_RELIST_OF] = { "relist_of", ID },
	[F_RELIST_BY] = { "relist_by", TEXT },
	[F_RELIST_TO] = { "relist_to", ID },
	[F_ABSENT_FROM] = { "absent_from", TEXT },
	[F_COUNTED_AT] = { "counted_at", TEXT },
	[F_BASELINE] = { "baseline", BOOLEAN },
	[F_G_MOST] = { "g_most", NUMBER },
	[F_UNSEEN] = { "unseen", BOOLEAN },
	[F_DOUBTED] = { "doubted", BOOLEAN },
	[F_RIPE] = { "ripe", BOOLEAN },
	[F_FELL] = { "fell", BOOLEAN },
	[F_G] = { "g", NUMBER },
	[F_T] = { "t", NUMBER },
	[F_V] = { "v", NUMBER },
	[F_N] = { "n", NUMBER },
	[F_RETURNS] = { "returns", NUMBER },
	[F_PENDING] = { "pending", NUMBER },
	[F_ITEM_DAYS] = { "item_days", NUMBER },
	[F_CLEARED] = { "cleared", NUMBER },
	[F_KEPT] = { "kept", NUMBER },
	[F_ON_HOLIDAY] = { "on_holiday", BOOLEAN },
	[F_BANNED] = { "banned", BOOLEAN },
	[F_SELLER_GONE] = { "seller_gone", BOOLEAN },
};

const char *
look_field(enum field f)
{
	return fields[f].name;
}

static const char *const kind_names[] = { "text", "number", "boolean", "text" };

static bool
fault(struct look_reader *r, enum field f, const char *what)
{
	r->at_fault = f;
	if (f == FIELDS)
		snprintf(r->why, sizeof r->why, "%s", what);
	else
		snprintf(r->why, sizeof r->why, "'%s' %s", fields[f].name,
		    what);
	return false;
}

void
look_reader_init(struct look_reader *r)
{
	const char *names[FIELDS];
	int f;

	memset(r, 0, sizeof *r);
	r->scan = scan_new();
	for (f = 0; f < FIELDS; f++)
		names[f] = fields[f].name;
	names_init(&r->names, names, FIELDS);
}

void
look_reader_release(struct look_reader *r)
{
	scan_free(r->scan);
	buf_release(&r->plain);
	buf_release(&r->tmp);
}

/* ---- members ---- */

/*
 * Texts with escapes are put one behind another; the buffer has room for the
 * whole line, so that it never moves.
 */
static bool
unescape(struct look_reader *r, enum field f, struct val v, struct slice *out)
{
	struct slice s;

	if (!val_string(v, &r->tmp, &s))
		return fault(r, f, "holds half a surrogate pair");
	if (memchr(s.p, '\0', s.len) != NULL)
		return fault(r, f, "holds a NUL");
	*out = (struct slice){ r->plain.data + r->plain.len, s.len };
	buf_addslice(&r->plain, s);
	return true;
}

static bool
wrong_type(struct look_reader *r, enum field f)
{
	char what[32];

	snprintf(what, sizeof what, "is no %s", kind_names[fields[f].kind]);
	return fault(r, f, what);
}

static bool
take_member(struct look_reader *r, enum field f, struct val v,
    struct slice *out)
{
	struct slice t = val_text(v);
	enum scan_type type = val_type(v);
	enum kind kind = fields[f].kind;

	r->value = v;
	if (type == SCAN_STRING && (kind == TEXT || kind == ID)) {
		if (v.s->escapes && memchr(t.p, '\\', t.len) != NULL)
			return unescape(r, f, v, out);
		*out = (struct slice){ t.p + 1, t.len - 2 };
		return true;
	}
	if (type == SCAN_NULL)
		*out = (struct slice){ NULL, 0 };
	else if ((type == SCAN_NUMBER && (kind == NUMBER || kind == ID)) ||
	    ((type == SCAN_TRUE || type == SCAN_FALSE) && kind == BOOLEAN))
		*out = t;
	else
		return wrong_type(r, f);
	return true;
}

static bool
take_members(struct look_reader *r, struct slice line, struct look *l)
{
	struct val_iter it = val_each(scan_root(r->scan));
	struct slice key = { 0 };
	struct val v;
	int f;

	buf_reset(&r->plain);
	if (r->scan->escapes)
		buf_grow(&r->plain, line.len);
	memset(l->f, 0, sizeof l->f);
	while (val_next(&it, &key, &v)) {
		f = names_find(&r->names, key);
		if (f >= 0 && !take_member(r, (enum field)f, v, &l->f[f]))
			return false;
	}
	r->value = scan_root(r->scan);
	return true;
}

/* ---- what they mean ---- */

static bool
take_time(struct look_reader *r, struct look *l, enum field f,
    struct moment *out)
{
	out->len = 0;
	if (!look_has(l, f))
		return true;
	return moment_parse(&r->days, l->f[f], out) ||
	    fault(r, f, "is no RFC 3339 time");
}

static bool
take_integer(struct look_reader *r, const struct look *l, enum field f,
    struct count_of *out)
{
	*out = (struct count_of){ look_has(l, f), 0 };
	return !out->known || decimal_int64(l->f[f], &out->n) ||
	    fault(r, f, "is no integer");
}

static bool
take_state(struct look_reader *r, struct look *l)
{
	static const struct {
		const char *name;
		enum state state;
	} all[] = { { "live", STATE_LIVE }, { "reserved", STATE_RESERVED },
		{ "sold", STATE_SOLD }, { "hidden", STATE_HIDDEN },
		{ "gone", STATE_DELETED }, { "absent", STATE_ABSENT } };
	size_t i;

	l->state = STATE_NONE;
	if (!look_has(l, F_STATE))
		return true;
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		if (slice_is(l->f[F_STATE], all[i].name)) {
			l->state = all[i].state;
			return true;
		}
	}
	return fault(r, F_STATE, "is no state");
}

static bool
take_prices(struct look_reader *r, const struct look *l)
{
	static const enum field all[] = { F_PRICE, F_SELLER_PRICE,
		F_TOTAL_PRICE };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (decimal_negative(l->f[all[i]]))
			return fault(r, all[i], "is negative");
	return true;
}

static bool
take_relist(struct look_reader *r, const struct look *l)
{
	static const enum field all[] = { F_RELIST_OF, F_RELIST_TO };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (look_has(l, all[i]) &&
		    slice_eq(l->f[all[i]], l->f[F_ITEM_ID]))
			return fault(r, all[i], "is the item itself");
	if (look_has(l, F_RELIST_OF) &&
	    !(look_has(l, F_RELIST_BY) &&
	        (slice_is(l->f[F_RELIST_BY], "photo") ||
	            slice_is(l->f[F_RELIST_BY], "picture") ||
	            slice_is(l->f[F_RELIST_BY], "text"))))
		return fault(r, F_RELIST_BY, "is not photo, picture or text");
	return true;
}

static bool
take_absence(struct look_reader *r, struct look *l)
{
	l->item_days =
	    look_has(l, F_ITEM_DAYS) ? strtod(l->f[F_ITEM_DAYS].p, NULL) : -1;
	return take_integer(r, l, F_G_MOST, &l->g_most) &&
	    take_integer(r, l, F_G, &l->g) && take_integer(r, l, F_T, &l->t) &&
	    take_integer(r, l, F_V, &l->v) && take_integer(r, l, F_N, &l->n) &&
	    take_integer(r, l, F_RETURNS, &l->returns) &&
	    take_integer(r, l, F_PENDING, &l->pending) &&
	    take_integer(r, l, F_CLEARED, &l->cleared) &&
	    take_integer(r, l, F_KEPT, &l->kept);
}

/* What a line of a type must have; the rest is checked where it is used. */
static const enum field needed[LINE_TYPES][4] = {
	[LINE_LOOK] = { F_ITEM_ID, F_OBSERVED_AT },
	[LINE_COUNTERS] = { F_OWNER, F_OBSERVED_AT },
	[LINE_ACCOUNT] = { F_OWNER, F_OBSERVED_AT, F_KIND, F_VERDICT },
	[LINE_SWEEP] = { F_OWNER, F_RUN, F_FIRST_AT, F_LAST_AT },
	[LINE_PICTURE] = { F_OWNER, F_ITEM_ID, F_SHA256 },
	[LINE_OWNER] = { F_OWNER },
};

static bool
take_type(struct look_reader *r, struct look *l)
{
	static const char *const all[LINE_TYPES] = { "look", "counters",
		"account", "sweep", "picture", "owner" };
	int i;

	l->type = LINE_LOOK;
	for (i = 0; look_has(l, F_TYPE); i++) {
		if (i == LINE_TYPES)
			return fault(r, F_TYPE, "is no type of line");
		l->type = (enum line_type)i;
		if (slice_is(l->f[F_TYPE], all[i]))
			break;
	}
	for (i = 0; i < 4 && (i == 0 || needed[l->type][i] != 0); i++)
		if (l->f[needed[l->type][i]].len == 0)
			return fault(r, needed[l->type][i], "is missing");
	return true;
}

static bool
take_meaning(struct look_reader *r, struct look *l)
{
	if (!take_type(r, l) || !take_time(r, l, F_OBSERVED_AT, &l->at) ||
	    !take_state(r, l))
		return false;
	if (l->type != LINE_LOOK)
		return true;
	return take_time(r, l, F_UNSEEN_AT, &l->unseen_at) &&
	    take_time(r, l, F_ABSENT_FROM, &l->absent_from) &&
	    take_time(r, l, F_COUNTED_AT, &l->counted_at) &&
	    take_prices(r, l) && take_relist(r, l) &&
	    (l->state != STATE_ABSENT || take_absence(r, l));
}

bool
look_read(struct look_reader *r, struct slice line, struct look *l)
{
	const char *why;
	size_t at;

	r->value = (struct val){ 0 };
	if (!scan_parse(r->scan, line, &at, &why)) {
		snprintf(r->why, sizeof r->why, "no JSON: %s", why);
		r->at_fault = FIELDS;
		return false;
	}
	r->value = scan_root(r->scan);
	if (val_type(r->value) != SCAN_OBJECT)
		return fault(r, FIELDS, "is no object");
	return take_members(r, line, l) && take_meaning(r, l);
}
