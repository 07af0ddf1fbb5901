#include "owner.h"

#include <stdlib.h>

#include "decimal.h"
#include "utf8.h"
#include "banned.h"

/* Room for one more of an array. */
static void *
grown(void *v, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? 2 * *cap : 16;
	return xrealloc(v, *cap * size);
}

int
stamp_cmp(const struct owner *o, const struct stamp *a, const struct stamp *b)
{
	int c;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if ((c = text_cmp(o, a->run, b->run)) != 0)
		return c;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* ---- lines ---- */

struct taking {
	struct owner *o;
	const struct look *l;
	enum field *fault;
	const char **why;
};

/* Mostly what the line before had. */
static text_id
put(const struct taking *t, enum field f)
{
	struct owner *o = t->o;
	struct slice s = t->l->f[f];

	if (s.p == NULL)
		return 0;
	if (o->last[f] == 0 || !slice_eq(text_of(o, o->last[f]), s))
		o->last[f] = text_add(&o->texts, s);
	return o->last[f];
}

static bool
wrong(const struct taking *t, enum field f, const char *why)
{
	*t->fault = f;
	*t->why = why;
	return false;
}

/* An integer that may be absent: then `none`. */
static bool
integer(const struct taking *t, enum field f, int64_t none, int64_t *out)
{
	*out = none;
	return !look_has(t->l, f) || decimal_int64(t->l->f[f], out) ||
	    wrong(t, f, "is no integer");
}

static bool
stamp(const struct taking *t, struct stamp *by)
{
	by->at = t->l->at.us;
	by->run = put(t, F_RUN);
	return integer(t, F_LINE, 0, &by->line) &&
	    integer(t, F_INDEX, 0, &by->index);
}

static void
least(const struct owner *o, text_id *now, text_id other)
{
	if (other != 0 && (*now == 0 || text_cmp(o, other, *now) < 0))
		*now = other;
}

/* The listing of the line: the last one, or a new one. */
static struct listing *
listing_of(const struct taking *t)
{
	struct owner *o = t->o;
	text_id id = put(t, F_ITEM_ID);
	struct listing *i;

	if (o->nlistings > 0 && o->listings[o->nlistings - 1].id == id)
		return &o->listings[o->nlistings - 1];
	o->listings = grown(o->listings, o->nlistings, &o->listing_cap,
	    sizeof *o->listings);
	i = &o->listings[o->nlistings++];
	*i = (struct listing){ .id = id,
		.first_sight = NO_TIME,
		.last_sight = NO_TIME,
		.relist_of = NONE,
		.relist_to = NONE,
		.cancelled_at = NO_TIME };
	return i;
}

static bool
add_sight(const struct taking *t)
{
	struct owner *o = t->o;
	text_id photo = put(t, F_PHOTO_KEY), title = put(t, F_TITLE);
	struct stamp by;
	struct listing *i;
	struct sight *s;

	if (!stamp(t, &by))
		return false;
	if (t->l->state == STATE_ABSENT)
		return wrong(t, F_STATE, "is no state of a look");
	i = listing_of(t);
	i->foreign |= look_tri(t->l, F_FOREIGN) == TRI_YES;
	least(o, &i->photo, photo);
	least(o, &i->title, title);
	o->sights =
	    grown(o->sights, o->nsights, &o->sight_cap, sizeof *o->sights);
	s = &o->sights[o->nsights++];
	*s = (struct sight){ .by = by,
		.listing = o->nlistings - 1,
		.state = (uint8_t)t->l->state,
		.home = (uint8_t)look_tri(t->l, F_HOME),
		.promoted = (uint8_t)look_tri(t->l, F_PROMOTED),
		.through = look_tri(t->l, F_THROUGH) == TRI_YES,
		.kind = put(t, F_KIND),
		.site = put(t, F_SITE),
		.seller = put(t, F_USER_ID),
		.evidence = put(t, F_EVIDENCE),
		.state_rule = put(t, F_STATE_RULE),
		.price = put(t, F_PRICE),
		.currency = put(t, F_CURRENCY),
		.seller_price = put(t, F_SELLER_PRICE),
		.seller_currency = put(t, F_SELLER_CURRENCY),
		.total_price = put(t, F_TOTAL_PRICE),
		.favourites = put(t, F_FAVOURITE_COUNT),
		.rate = put(t, F_RATE),
		.rate_err = put(t, F_RATE_ERR),
		.photo = photo,
		.title = title };
	return true;
}

static bool
add_counters(const struct taking *t)
{
	struct owner *o = t->o;
	struct counters c = { .counted = look_has(t->l, F_GIVEN) &&
		    look_has(t->l, F_TOTAL),
		.holiday = (uint8_t)look_tri(t->l, F_ON_HOLIDAY),
		.banned = (uint8_t)look_tri(t->l, F_BANNED) };

	if (!stamp(t, &c.by) || !integer(t, F_GIVEN, 0, &c.given) ||
	    !integer(t, F_TOTAL, 0, &c.total))
		return false;
	o->counters = grown(o->counters, o->ncounters, &o->counters_cap,
	    sizeof *o->counters);
	o->counters[o->ncounters++] = c;
	return true;
}

static bool
add_account(const struct taking *t)
{
	struct owner *o = t->o;
	struct account a = { .site = put(t, F_SITE),
		.of_user = slice_is(t->l->f[F_KIND], "user"),
		.gone = slice_is(t->l->f[F_VERDICT], "gone") };

	if (!stamp(t, &a.by))
		return false;
	o->accounts = grown(o->accounts, o->naccounts, &o->account_cap,
	    sizeof *o->accounts);
	o->accounts[o->naccounts++] = a;
	return true;
}

static bool
time_of(const struct taking *t, enum field f, int64_t *us)
{
	struct moment_cache days = { 0 };
	struct moment m;

	if (!moment_parse(&days, t->l->f[f], &m))
		return wrong(t, f, "is no RFC 3339 time");
	*us = m.us;
	return true;
}

static bool
add_sweep(const struct taking *t)
{
	struct owner *o = t->o;
	struct sweep s = { .run = put(t, F_RUN),
		.site = put(t, F_SITE),
		.total = put(t, F_TOTAL),
		.walked = look_tri(t->l, F_WALKED) == TRI_YES,
		.told = (uint8_t)look_tri(t->l, F_COMPLETE) };

	if (!time_of(t, F_FIRST_AT, &s.first_at) ||
	    !time_of(t, F_LAST_AT, &s.last_at) ||
	    !integer(t, F_FOUND, 0, &s.found))
		return false;
	o->sweeps =
	    grown(o->sweeps, o->nsweeps, &o->sweep_cap, sizeof *o->sweeps);
	o->sweeps[o->nsweeps++] = s;
	return true;
}

static bool
hexadecimal(struct slice s, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;
	char c;

	if (s.len != 16)
		return false;
	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = n;
	return true;
}

static bool
add_picture(const struct taking *t)
{
	struct owner *o = t->o;
	struct picture p = { .sha256 = put(t, F_SHA256) };

	if (look_has(t->l, F_WIDTH) && look_has(t->l, F_HEIGHT)) {
		p.width = strtod(t->l->f[F_WIDTH].p, NULL);
		p.height = strtod(t->l->f[F_HEIGHT].p, NULL);
	}
	p.has_phash = look_has(t->l, F_PHASH) && p.width > 0 && p.height > 0 &&
	    hexadecimal(t->l->f[F_PHASH], &p.phash);
	listing_of(t);
	p.listing = o->nlistings - 1;
	o->pictures = grown(o->pictures, o->npictures, &o->picture_cap,
	    sizeof *o->pictures);
	o->pictures[o->npictures++] = p;
	return true;
}

bool
owner_add(struct owner *o, const struct look *l, enum field *fault,
    const char **why)
{
	const struct taking t = { o, l, fault, why };

	switch (l->type) {
	case LINE_LOOK:
		return add_sight(&t);
	case LINE_COUNTERS:
		return add_counters(&t);
	case LINE_ACCOUNT:
		return add_account(&t);
	case LINE_SWEEP:
		return add_sweep(&t);
	case LINE_PICTURE:
		return add_picture(&t);
	default:
		return true;
	}
}

void
owner_begin(struct owner *o, struct slice id)
{
	const size_t n = sizeof(OWNER_USER) - 1;

	owner_reset(o);
	o->id = text_add(&o->texts, id);
	o->user = 0;
	if (id.len > n && memcmp(id.p, OWNER_USER, n) == 0)
		o->user =
		    text_add(&o->texts, (struct slice){ id.p + n, id.len - n });
}

/* ---- order ---- */

static int
by_stamp(const void *a, const void *b, void *o)
{
	return stamp_cmp(o, a, b); /* of all that begins with one */
}

static int
by_listing(const void *a, const void *b, void *o)
{
	const struct sight *x = a, *y = b;

	if (x->listing != y->listing)
		return x->listing < y->listing ? -1 : 1;
	return stamp_cmp(o, &x->by, &y->by);
}

static int
by_first(const void *a, const void *b, void *o)
{
	const struct sweep *x = a, *y = b;

	if (x->first_at != y->first_at)
		return x->first_at < y->first_at ? -1 : 1;
	return text_cmp(o, x->run, y->run);
}

static void
link_sights(struct owner *o)
{
	struct listing *i;
	struct sight *s;
	uint32_t k;

	for (k = 0; k < o->nsights; k++) {
		s = &o->sights[k];
		i = &o->listings[s->listing];
		if (i->n++ == 0)
			i->from = k;
		if (s->state == STATE_DELETED)
			continue;
		if (i->first_sight == NO_TIME)
			i->first_sight = s->by.at;
		i->last_sight = s->by.at;
	}
}

/*
 * R14.  Given and total that fall by as many are sales that were cancelled, and
 * whose listings do not return: the counters go on as if they had stayed.  How
 * often given fell otherwise, among the answers that have both numbers.
 */
static void
follow_falls(struct owner *o)
{
	struct counters *c;
	int64_t given = 0, total = 0, was_given, was_total, lost = 0;
	uint64_t falls = 0;
	bool first = true;
	uint32_t k;

	for (k = 0; k < o->ncounters; k++) {
		c = &o->counters[k];
		if (!c->counted)
			continue;
		was_given = given;
		was_total = total;
		given = c->given;
		total = c->total;
		if (!first && given < was_given) {
			if (was_given - given == was_total - total)
				c->cancelled = was_given - given;
			else
				falls++;
		}
		first = false;
		lost += c->cancelled;
		c->given += lost;
		c->total += lost;
		c->falls = falls;
	}
}

/* Mostly they are in order. */
static void
sort(void *v, uint32_t n, size_t size,
    int cmp(const void *, const void *, void *), struct owner *o)
{
	char *p = v;
	uint32_t i;

	for (i = 1; i < n && cmp(p, p + size, o) <= 0; i++)
		p += size;
	if (i < n)
		qsort_r(v, n, size, cmp, o);
}

void
owner_close(struct owner *o)
{
	sort(o->sights, o->nsights, sizeof *o->sights, by_listing, o);
	sort(o->counters, o->ncounters, sizeof *o->counters, by_stamp, o);
	sort(o->accounts, o->naccounts, sizeof *o->accounts, by_stamp, o);
	sort(o->sweeps, o->nsweeps, sizeof *o->sweeps, by_first, o);
	link_sights(o);
	follow_falls(o);
}

/* ---- life ---- */

size_t
owner_size(const struct owner *o)
{
	return o->texts.bytes.len + o->texts.cap * sizeof *o->texts.v +
	    o->texts.nslots * sizeof *o->texts.slots +
	    o->nsights * sizeof *o->sights +
	    o->nlistings * sizeof *o->listings +
	    o->ncounters * sizeof *o->counters +
	    o->naccounts * sizeof *o->accounts +
	    o->nsweeps * sizeof *o->sweeps + o->npictures * sizeof *o->pictures;
}

void
owner_drop_answers(struct owner *o)
{
	o->ncounters = o->naccounts = o->nsweeps = o->npictures = 0;
}

void
owner_reset(struct owner *o)
{
	struct texts *t = &o->texts;

	if (t->cap > 8192) { /* most owners have far fewer */
		free(t->v);
		free(t->slots);
		*t = (struct texts){ .bytes = t->bytes };
	} else if (t->n > 0) {
		memset(t->slots, 0, t->nslots * sizeof *t->slots);
	}
	buf_reset(&t->bytes);
	t->n = 0;
	memset(o->last, 0, sizeof o->last);
	owner_drop_answers(o);
	o->nsights = o->nlistings = 0;
}

void
owner_release(struct owner *o)
{
	buf_release(&o->texts.bytes);
	free(o->texts.v);
	free(o->texts.slots);
	free(o->sights);
	free(o->listings);
	free(o->counters);
	free(o->accounts);
	free(o->sweeps);
	free(o->pictures);
}
