/*
 * R10.  A listing repeats an older one of the same seller, which was seen last
 * before it was seen first, and in no run that saw both: by the same photo, by
 * the same picture or nearly so, or by its title when only one other listing of
 * hers has it.  Of several the one seen last.
 */
#include <math.h>
#include <stdlib.h>

#include "context.h"
#include "banned.h"

/* Two pictures are near: as ops.near_distance() and serving.image_repeat have
 * it, whose hashes src/vimg/phash.h makes. */
#define NEAR_BITS 10
#define NEAR_SHAPE 0.08

struct runs { /* of a listing's sights but 404s; sorted, each once */
	text_id *v;
	uint32_t n;
};

struct relisting {
	struct owner *o;
	struct runs *runs; /* by listing; made when asked for */
	uint32_t *by;      /* listings, in order of what is compared */
};

static int
by_id(const void *a, const void *b)
{
	text_id x = *(const text_id *)a, y = *(const text_id *)b;

	return x < y ? -1 : x > y;
}

static const struct runs *
runs_of(struct relisting *r, uint32_t listing)
{
	const struct listing *i = &r->o->listings[listing];
	struct runs *runs = &r->runs[listing];
	uint32_t k, n = 0;

	if (runs->v != NULL)
		return runs;
	runs->v = xmalloc((i->n + 1) * sizeof *runs->v);
	for (k = i->from; k < i->from + i->n; k++)
		if (r->o->sights[k].state != STATE_DELETED)
			runs->v[n++] = r->o->sights[k].by.run;
	qsort(runs->v, n, sizeof *runs->v, by_id);
	for (k = 0; k < n; k++)
		if (runs->n == 0 || runs->v[runs->n - 1] != runs->v[k])
			runs->v[runs->n++] = runs->v[k];
	return runs;
}

/* Two copies on two pages of one sweep are two copies. */
static bool
seen_at_once(struct relisting *r, uint32_t a, uint32_t b)
{
	const struct runs *x = runs_of(r, a), *y = runs_of(r, b);
	uint32_t i = 0, k = 0;

	while (i < x->n && k < y->n) {
		if (x->v[i] == y->v[k])
			return true;
		if (x->v[i] < y->v[k])
			i++;
		else
			k++;
	}
	return false;
}

/* Is it older than the other, and the better one of two that are? */
static bool
precedes(const struct owner *o, uint32_t old, uint32_t new)
{
	const struct listing *a = &o->listings[old], *b = &o->listings[new];

	return !a->foreign && a->last_sight != NO_TIME &&
	    b->first_sight != NO_TIME && a->last_sight < b->first_sight;
}

static bool
is_later(const struct owner *o, uint32_t a, uint32_t b)
{
	const struct listing *x = &o->listings[a], *y;

	if (b == NONE)
		return true;
	y = &o->listings[b];
	if (x->last_sight != y->last_sight)
		return x->last_sight > y->last_sight;
	return text_cmp(o, x->id, y->id) < 0;
}

static void
consider(struct relisting *r, uint32_t old, uint32_t new, uint32_t *best)
{
	if (precedes(r->o, old, new) && is_later(r->o, old, *best) &&
	    !seen_at_once(r, old, new))
		*best = old;
}

static void
set(struct owner *o, uint32_t new, uint32_t old, const char *by)
{
	if (old == NONE || o->listings[new].relist_of != NONE)
		return;
	o->listings[new].relist_of = old;
	o->listings[new].relist_by = by;
}

/* ---- by photo and title: groups that share it ---- */

static int
by_photo(const void *a, const void *b, void *arg)
{
	const struct owner *o = arg;
	text_id x = o->listings[*(const uint32_t *)a].photo;
	text_id y = o->listings[*(const uint32_t *)b].photo;

	return x < y ? -1 : x > y;
}

static int
by_title(const void *a, const void *b, void *arg)
{
	const struct owner *o = arg;
	text_id x = o->listings[*(const uint32_t *)a].title;
	text_id y = o->listings[*(const uint32_t *)b].title;

	return x < y ? -1 : x > y;
}

/* Of a group's listings the older one that was seen last. */
static void
by_photos(struct relisting *r, const uint32_t *group, uint32_t n)
{
	uint32_t i, k, best;

	for (i = 0; i < n; i++) {
		best = NONE;
		for (k = 0; k < n; k++)
			if (k != i)
				consider(r, group[k], group[i], &best);
		set(r->o, group[i], best, "photo");
	}
}

/* Only one other has the title, and was seen, and is older. */
static void
by_titles(struct relisting *r, const uint32_t *group, uint32_t n)
{
	uint32_t i, k, others, other = NONE, best;

	for (i = 0; i < n; i++) {
		others = 0;
		for (k = 0; k < n && others < 2; k++) {
			if (k == i ||
			    r->o->listings[group[k]].first_sight == NO_TIME)
				continue;
			others++;
			other = group[k];
		}
		best = NONE;
		if (others == 1)
			consider(r, other, group[i], &best);
		set(r->o, group[i], best, "text");
	}
}

static void
each_group(struct relisting *r, int cmp(const void *, const void *, void *),
    void judge(struct relisting *, const uint32_t *, uint32_t))
{
	struct owner *o = r->o;
	uint32_t i, k, n = 0;
	text_id is;

	for (i = 0; i < o->nlistings; i++)
		if (!o->listings[i].foreign)
			r->by[n++] = i;
	qsort_r(r->by, n, sizeof *r->by, cmp, o);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && cmp(&r->by[i], &r->by[k], o) == 0; k++)
			;
		is = cmp == by_photo ? o->listings[r->by[i]].photo :
		                       o->listings[r->by[i]].title;
		if (is != 0 && k - i > 1)
			judge(r, &r->by[i], k - i);
	}
}

/* ---- by picture ---- */

static bool
is_one_picture(const struct picture *a, const struct picture *b)
{
	double shape;

	if (a->sha256 == b->sha256)
		return true;
	if (!a->has_phash || !b->has_phash ||
	    __builtin_popcountll(a->phash ^ b->phash) > NEAR_BITS)
		return false;
	shape = a->width * b->height / (a->height * b->width);
	return fabs(log(shape)) <= NEAR_SHAPE;
}

/* All with all, but those that were there at once. */
static void
by_pictures(struct relisting *r)
{
	const struct owner *o = r->o;
	const struct picture *p = o->pictures;
	uint32_t i, k, best;

	for (i = 0; i < o->npictures; i = k) {
		best = NONE;
		for (k = i; k < o->npictures && p[k].listing == p[i].listing;
		     k++) {
			for (uint32_t m = 0; m < o->npictures; m++)
				if (precedes(o, p[m].listing, p[i].listing) &&
				    is_one_picture(&p[m], &p[k]))
					consider(r, p[m].listing, p[i].listing,
					    &best);
		}
		if (!o->listings[p[i].listing].foreign)
			set(r->o, p[i].listing, best, "picture");
	}
}

/* ---- both ends ---- */

static void
point_back(struct owner *o)
{
	struct listing *new, *old;
	uint32_t i;

	for (i = 0; i < o->nlistings; i++) {
		new = &o->listings[i];
		if (new->relist_of == NONE || new->relist_by[0] == 't')
			continue;
		old = &o->listings[new->relist_of];
		if (old->relist_to == NONE ||
		    text_cmp(o, new->id, o->listings[old->relist_to].id) < 0)
			old->relist_to = i;
	}
}

void
make_relistings(struct owner *o)
{
	struct relisting r = { .o = o };
	uint32_t i;

	if (o->user == 0 || o->nlistings < 2)
		return;
	r.runs = xcalloc(o->nlistings, sizeof *r.runs);
	r.by = xmalloc(o->nlistings * sizeof *r.by);
	each_group(&r, by_photo, by_photos);
	by_pictures(&r);
	each_group(&r, by_title, by_titles);
	point_back(o);
	for (i = 0; i < o->nlistings; i++)
		free(r.runs[i].v);
	free(r.runs);
	free(r.by);
}
