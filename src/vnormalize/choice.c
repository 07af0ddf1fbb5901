/* choice: which of a stream's contracts a line is read by; see normalize.h. */
#include "normalize.h"

#include "banned.h"

/* ---- the elements of a contract ---- */

/* What the paths of a contract start at: the body, or what was found in it. */
static struct val
body_of(struct normalizer *n, const struct contract *c)
{
	return c->extract == NULL ?
	    n->rec.body :
	    extract_document(c->extract, n->rec.root, n->rec.body,
	        n->rec.answer.form == FORM_TEXT ? n->page : NULL);
}

struct walk
walk_elements(const struct contract *c)
{
	return c->one ? (struct walk){ .one = c->elements } :
	                (struct walk){ .it = val_each(c->elements) };
}

bool
walk_next(struct walk *w, struct val *v)
{
	if (w->one.s == NULL)
		return val_next(&w->it, NULL, v);
	*v = w->one;
	w->it = val_each((struct val){ NULL, 0 });
	w->one = (struct val){ NULL, 0 };
	return true;
}

/* Is there anything but what was redacted? */
static bool
has_elements(const struct contract *c)
{
	struct walk w = walk_elements(c);
	struct val v;

	while (walk_next(&w, &v))
		if (val_type(v) != SCAN_NULL)
			return true;
	return false;
}

static bool
fits(const struct contract *c, struct val v)
{
	return val_type(v) > SCAN_NULL && contract_fits(c, v);
}

/* How many elements fit; it stops, at less than `best`, as soon as these can
 * no longer become as many: of like elements the first is asked. */
static size_t
count_fits(const struct contract *c, size_t best)
{
	size_t left = c->one ? 1 : val_count(c->elements), found = 0;
	struct walk w = walk_elements(c);
	struct val v;

	for (; found + left >= best && walk_next(&w, &v); left--)
		found += fits(c, v);
	return found;
}

/* Two that as many elements fit: the first element that fits only one of them
 * decides.  Positive: for a; 0: no element tells them apart. */
static int
told_apart(const struct contract *a, const struct contract *b)
{
	struct walk wa = walk_elements(a), wb = walk_elements(b);
	bool more_a = true, more_b = true, fit_a, fit_b;
	struct val va, vb;

	while (more_a || more_b) {
		more_a = more_a && walk_next(&wa, &va);
		more_b = more_b && walk_next(&wb, &vb);
		fit_a = more_a && fits(a, va);
		fit_b = more_b && fits(b, vb);
		if (fit_a != fit_b)
			return fit_a - fit_b;
	}
	return 0;
}

/* ---- the choice ---- */

/* Does its `each` lead somewhere, in a line that it is for? */
static bool
is_open(struct normalizer *n, struct choice *h, struct contract *c)
{
	static const struct val none;

	c->elements = none;
	if (!contract_has_kind(c, n->rec.kind))
		return false;
	h->due = h->due || !c->optional;
	if (c->extract != NULL && n->rec.answer.form == FORM_TEXT)
		h->trouble = page_trouble(n->page);
	c->elements = contract_elements(c, body_of(n, c), &c->one);
	return c->elements.s != NULL && contract_is_for(c, n->rec.root);
}

static void
weigh(struct normalizer *n, struct choice *h, struct contract *c)
{
	size_t found;
	int won;

	if (!is_open(n, h, c))
		return;
	found = count_fits(c, h->fits);
	if (found < h->fits)
		return;
	if (found == 0) {
		if (h->empty == NULL && !has_elements(c))
			h->empty = c;
		return;
	}
	won = found > h->fits ? 1 : told_apart(c, h->match);
	if (won == 0)
		h->other = c;
	if (won <= 0)
		return;
	h->match = c;
	h->other = NULL;
	h->fits = found;
}

const struct choice *
choice_make(struct normalizer *n, struct stream *s)
{
	struct choice *h = &s->choice;
	struct contract *usual = h->match;
	size_t i;

	if (h->made)
		return h;
	*h = (struct choice){ .made = true };
	/* where the last line's comes first, the others need no count */
	if (usual != NULL)
		weigh(n, h, usual);
	for (i = 0; i < s->n; i++)
		if (s->variants[i] != usual)
			weigh(n, h, s->variants[i]);
	if (h->match == NULL)
		h->match = h->empty;
	return h;
}
