#include "look.h"

#include <stdio.h>
#include <stdlib.h>

#include "decimal.h"
#include "banned.h"

const char *const look_fields[FIELDS] = {
	[F_ITEM_ID] = "item_id",
	[F_SITE] = "site",
	[F_OBSERVED_AT] = "observed_at",
	[F_ORD] = "ord",
	[F_KIND] = "kind",
	[F_STATE] = "state",
	[F_EVIDENCE] = "evidence",
	[F_STATE_RULE] = "state_rule",
	[F_PRICE] = "price",
	[F_CURRENCY] = "currency",
	[F_SELLER_PRICE] = "seller_price",
	[F_SELLER_CURRENCY] = "seller_currency",
	[F_TOTAL_PRICE] = "total_price",
	[F_FAVOURITE_COUNT] = "favourite_count",
	[F_PROMOTED] = "promoted",
	[F_RATE] = "rate",
	[F_RATE_ERR] = "rate_err",
	[F_HOME] = "home",
	[F_ALIKE] = "alike",
	[F_ALIKE_N] = "alike_n",
	[F_UNSEEN_AT] = "unseen_at",
	[F_RELIST_OF] = "relist_of",
	[F_RELIST_BY] = "relist_by",
	[F_RELIST_TO] = "relist_to",
	[F_ABSENT_FROM] = "absent_from",
	[F_BASELINE] = "baseline",
	[F_G_MOST] = "g_most",
	[F_RIPE] = "ripe",
	[F_FELL] = "fell",
	[F_G] = "g",
	[F_T] = "t",
	[F_V] = "v",
	[F_N] = "n",
	[F_RETURNS] = "returns",
	[F_PENDING] = "pending",
	[F_ITEM_DAYS] = "item_days",
	[F_CLEARED] = "cleared",
	[F_KEPT] = "kept",
	[F_ON_HOLIDAY] = "on_holiday",
	[F_BANNED] = "banned",
	[F_SELLER_GONE] = "seller_gone",
};

#define TEXT 1
#define NUMBER 2
#define BOOLEAN 3
#define ID 4 /* a text, or a number taken as its text */

static const char kinds[FIELDS] = {
	[F_ITEM_ID] = ID,
	[F_SITE] = TEXT,
	[F_OBSERVED_AT] = TEXT,
	[F_ORD] = NUMBER,
	[F_KIND] = TEXT,
	[F_STATE] = TEXT,
	[F_EVIDENCE] = TEXT,
	[F_STATE_RULE] = TEXT,
	[F_PRICE] = NUMBER,
	[F_CURRENCY] = TEXT,
	[F_SELLER_PRICE] = NUMBER,
	[F_SELLER_CURRENCY] = TEXT,
	[F_TOTAL_PRICE] = NUMBER,
	[F_FAVOURITE_COUNT] = NUMBER,
	[F_PROMOTED] = BOOLEAN,
	[F_RATE] = NUMBER,
	[F_RATE_ERR] = NUMBER,
	[F_HOME] = BOOLEAN,
	[F_ALIKE] = NUMBER,
	[F_ALIKE_N] = NUMBER,
	[F_UNSEEN_AT] = TEXT,
	[F_RELIST_OF] = ID,
	[F_RELIST_BY] = TEXT,
	[F_RELIST_TO] = ID,
	[F_ABSENT_FROM] = TEXT,
	[F_BASELINE] = BOOLEAN,
	[F_G_MOST] = NUMBER,
	[F_RIPE] = BOOLEAN,
	[F_FELL] = BOOLEAN,
	[F_G] = NUMBER,
	[F_T] = NUMBER,
	[F_V] = NUMBER,
	[F_N] = NUMBER,
	[F_RETURNS] = NUMBER,
	[F_PENDING] = NUMBER,
	[F_ITEM_DAYS] = NUMBER,
	[F_CLEARED] = NUMBER,
	[F_KEPT] = NUMBER,
	[F_ON_HOLIDAY] = BOOLEAN,
	[F_BANNED] = BOOLEAN,
	[F_SELLER_GONE] = BOOLEAN,
};

static const char *const kind_names[] = { NULL, "text", "number", "boolean",
	"text" };

static bool
fault(struct look_reader *r, enum field f, const char *what)
{
	r->at_fault = f;
	if (f == FIELDS)
		snprintf(r->why, sizeof r->why, "%s", what);
	else
		snprintf(r->why, sizeof r->why, "'%s' %s", look_fields[f],
		    what);
	return false;
}

void
look_reader_init(struct look_reader *r)
{
	memset(r, 0, sizeof *r);
	r->scan = scan_new();
	names_init(&r->names, look_fields, FIELDS);
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

	snprintf(what, sizeof what, "is no %s", kind_names[(int)kinds[f]]);
	return fault(r, f, what);
}

static bool
take_member(struct look_reader *r, enum field f, struct val v,
    struct slice *out)
{
	struct slice t = val_text(v);
	enum scan_type type = val_type(v);
	char kind = kinds[f];

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

static bool
take_meaning(struct look_reader *r, struct look *l)
{
	struct count_of ord;

	if (l->f[F_ITEM_ID].len == 0)
		return fault(r, F_ITEM_ID, "is missing");
	if (!look_has(l, F_OBSERVED_AT))
		return fault(r, F_OBSERVED_AT, "is missing");
	if (!take_time(r, l, F_OBSERVED_AT, &l->at) ||
	    !take_time(r, l, F_UNSEEN_AT, &l->unseen_at) ||
	    !take_time(r, l, F_ABSENT_FROM, &l->absent_from) ||
	    !take_integer(r, l, F_ORD, &ord) || !take_state(r, l) ||
	    !take_prices(r, l) || !take_relist(r, l))
		return false;
	l->ord = ord.n;
	return l->state != STATE_ABSENT || take_absence(r, l);
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
