#include "redact.h"

#include "personal.h"
#include "banned.h"

/* ---- what is hers ---- */

/* The id as text: of a string without its quotes. */
static struct slice
id_of(struct val v)
{
	struct slice t = val_text(v);

	if (val_type(v) == SCAN_STRING)
		return (struct slice){ t.p + 1, t.len - 2 };
	return val_type(v) == SCAN_NUMBER ? t : (struct slice){ NULL, 0 };
}

static bool
is_hers(struct redaction *r, struct val user)
{
	struct slice id = id_of(user);

	if (id.len == 0 || r->n->person == NULL ||
	    !person_forgotten(r->n->person, r->n->rec.source, id))
		return false;
	known_add(r->known, r->n->rec.source, "user", id);
	return true;
}

static bool
is_her_item(struct redaction *r, struct val item)
{
	struct slice id = id_of(item);

	return id.len > 0 && known_has(r->known, r->n->rec.source, "item", id);
}

static void
note_item(struct redaction *r, struct val item)
{
	known_add(r->known, r->n->rec.source, "item", id_of(item));
}

static bool
names_her(struct redaction *r, struct val v)
{
	return known_in(r->known, r->n->rec.source, val_text(v));
}

/* ---- cutting ---- */

static void
cut(struct redaction *r, struct val v)
{
	if (val_type(v) > SCAN_NULL)
		edits_add(&r->edits, r->line, val_text(v), SLICE("null"));
}

/* The body as a whole, whatever it is called. */
static void
cut_body(struct redaction *r)
{
	static const char *const names[] = { "body", "body_text",
		"body_base64" };
	struct slice key, text;
	struct val v;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		v = val_member(r->n->rec.root, names[i]);
		if (val_type(v) <= SCAN_NULL)
			continue;
		text = val_text(v);
		key.p = v.s->text + v.s->nodes[v.i - 1].at;
		key.len = (size_t)(text.p + text.len - key.p);
		edits_add(&r->edits, r->line, key, SLICE("\"body\":null"));
		r->bodies++;
	}
}

/* Members that name her are null. */
static void
cut_members(struct redaction *r, struct val object)
{
	struct val_iter it = val_each(object);
	struct val v;

	while (val_next(&it, NULL, &v))
		if (names_her(r, v))
			cut(r, v);
}

static bool
holds(struct val outer, struct val inner)
{
	struct slice o = val_text(outer), i = val_text(inner);

	return inner.s != NULL && inner.s == outer.s && i.p >= o.p &&
	    i.p < o.p + o.len;
}

/* What stands around the list and names her: the innermost object that does, or
 * of those that hold the list the member. */
static void
cut_around(struct redaction *r, struct val v)
{
	struct val_iter it = val_each(v);
	bool is_open = holds(v, r->list) || v.i == r->n->rec.body.i;
	struct val member;

	if (r->list.s != NULL && v.i == r->list.i)
		return;
	while (val_next(&it, NULL, &member)) {
		if (val_type(member) >= SCAN_ARRAY)
			cut_around(r, member);
		else if (names_her(r, member) && is_open)
			cut(r, member);
		else if (names_her(r, member))
			cut(r, v);
	}
}

/* A number of as many bytes that is nobody's: 0.00, which JSON takes, too. */
static void
mask(struct redaction *r, struct slice word)
{
	static const char zeros[] = "0.00000000000000000000000000000000";
	struct slice zero = { zeros, word.len };

	if (word.len == 2)
		zero.p = "-0";
	else if (word.len >= sizeof zeros)
		zero.len = sizeof zeros - 1;
	edits_add(&r->edits, r->line, word, zero);
}

static void
mark(struct redaction *r, bool whole, const struct verdict *v)
{
	struct val root = r->n->rec.root;
	struct slice close = val_text(root);
	struct buf b = { 0 };

	close.p += close.len - 1;
	close.len = 0;
	if (whole && r->n->rec.has_look && r->bodies > 0 &&
	    val_member(root, "verdict").s == NULL)
		buf_addf(&b, ",\"verdict\":\"%s\"", v->name);
	if (!val_true(val_member(root, "redacted")))
		buf_adds(&b, ",\"redacted\":true");
	edits_add(&r->edits, r->line, close, buf_slice(&b));
	buf_release(&b);
}

static void
mask_in(struct redaction *r, struct slice source, struct val v)
{
	struct slice text = val_text(v), word;
	size_t at = 0;

	while (known_word(r->known, source, text, &at, &word))
		mask(r, word);
}

/* In an answer about another her numbers have no element that could be cut. */
static void
mask_page(struct redaction *r)
{
	struct record *rec = &r->n->rec;
	size_t before = r->edits.n;

	mask_in(r, rec->source, val_member(rec->root, "body_text"));
	if (r->list.s == NULL)
		mask_in(r, rec->source, val_member(rec->root, "body"));
	r->pages += r->edits.n > before;
}

/* A record that nobody can read gives no rows, and is published all the same:
 * her numbers go from all that does not say which record it is. */
static void
mask_unreadable(struct redaction *r)
{
	static const char *const kept[] = { "v", "source", "site", "flow",
		"kind", "run", "part", "line", "attempt", "fetched_at",
		"status", "ms", "sha256" };
	struct val root = r->n->rec.root, v;
	struct slice source = id_of(val_member(root, "source")), key;
	struct val_iter it = val_each(root);
	size_t i;

	while (val_next(&it, &key, &v)) {
		for (i = 0; i < sizeof kept / sizeof *kept; i++)
			if (slice_is(key, kept[i]))
				break;
		if (i == sizeof kept / sizeof *kept)
			mask_in(r, source, v);
	}
	r->pages += r->edits.n > 0;
	if (r->edits.n > 0)
		mark(r, false, NULL);
}

/* ---- elements ---- */

static bool
takes(struct redaction *r, struct contract *c, struct val parent, struct val v,
    size_t index)
{
	struct property *item = contract_property(c, "item_id");
	struct slice source = r->n->rec.source;
	struct value id = { .kind = VALUE_NONE };
	size_t i;

	plan_element(c->plan, parent, v, index);
	if (!element_forgotten(r->n, c))
		return false;
	id = plan_eval(c->plan, c->seller);
	known_add(r->known, source, "user", id.text);
	id.kind = VALUE_NONE;
	for (i = 0; item != NULL && i < item->n && id.kind == VALUE_NONE; i++)
		id = plan_eval(c->plan, item->exprs[i]);
	if (id.kind == VALUE_NUMBER || id.kind == VALUE_STRING)
		known_add(r->known, source, "item", id.text);
	return true;
}

/* Of one that stands within: any of them. */
static bool
element_is_hers(struct redaction *r, struct contract *c, struct val v,
    size_t index)
{
	struct val inner = { NULL, 0 }, one, none = { NULL, 0 };
	struct val_iter it;
	size_t i;
	bool hers = false;

	if (c->within.n == 0)
		return takes(r, c, none, v, index);
	for (i = 0; i < c->within.n && val_type(inner) <= SCAN_NULL; i++)
		inner = val_path(v, c->within.v[i]);
	if (val_type(inner) <= SCAN_NULL)
		return false;
	if (!c->within.v[i - 1]->each)
		return takes(r, c, v, inner, index);
	for (it = val_each(inner); !hers && val_next(&it, NULL, &one);)
		hers = takes(r, c, v, one, index);
	return hers;
}

/* True: the answer is one element, and hers. */
static bool
cut_elements(struct redaction *r, struct contract *c)
{
	struct walk w = walk_elements(c);
	size_t index = 0;
	struct val v;
	bool about = false;

	plan_line(c->plan, r->n->rec.root);
	if (!c->one && c->extract == NULL)
		r->list = c->elements;
	for (; walk_next(&w, &v); index++) {
		if (val_type(v) == SCAN_NULL ||
		    !element_is_hers(r, c, v, index))
			continue;
		about = about || c->one || c->extract != NULL;
		if (!about) {
			cut(r, v);
			r->elements++;
		}
	}
	return about;
}

/* As vnormalize chooses; of what no contract reads, any that finds elements. */
static struct contract *
chosen(struct redaction *r, struct stream *s)
{
	const struct choice *h = choice_make(r->n, s);
	size_t i;

	if (h->match != NULL)
		return h->match;
	for (i = 0; i < s->n; i++)
		if (s->variants[i]->elements.s != NULL)
			return s->variants[i];
	return NULL;
}

static bool
cut_streams(struct redaction *r, struct catalogue *k)
{
	struct contract *c;
	bool about = false;
	size_t i;

	for (i = 0; i + 1 < k->nstreams; i++) {
		c = chosen(r, &k->streams[i]);
		if (c != NULL && c->seller != NULL && c->elements.s != NULL)
			about = cut_elements(r, c) || about;
	}
	return about;
}

/* ---- lines ---- */

/* An answer to a question about her: all but the list, of which each element
 * was judged, or which nobody can read. */
static void
cut_about(struct redaction *r)
{
	struct record *rec = &r->n->rec;

	note_item(r, val_member(rec->request, "item_id"));
	cut_members(r, rec->request);
	cut_members(r, val_member(rec->root, "headers"));
	cut_members(r, val_member(rec->root, "error"));
	cut_members(r, val_member(rec->root, "hops"));
	if (r->list.s == NULL)
		cut_body(r);
}

static void
redact_answer(struct redaction *r, struct catalogue *k, const struct verdict *v)
{
	struct record *rec = &r->n->rec;
	uint64_t bodies = r->bodies;
	bool about = is_hers(r, val_member(rec->request, "user_id"));

	about = is_her_item(r, val_member(rec->request, "item_id")) || about;
	if (normalizer_is_data(r->n, v)) {
		if (v->hits != NULL)
			r->list = v->each;
		about = cut_streams(r, k) || about;
	}
	if (about)
		cut_about(r);
	else
		mask_page(r);
	if (r->list.s != NULL && (about || r->edits.n > 0))
		cut_around(r, rec->body);
	if (r->edits.n > 0)
		mark(r, r->bodies > bodies, v);
}

static void
redact_picture(struct redaction *r)
{
	struct record *rec = &r->n->rec;
	struct val sha = val_member(rec->body, "sha256");

	if (!is_her_item(r, val_member(rec->body, "item_id")) &&
	    !is_her_item(r, val_member(rec->request, "item_id")))
		return;
	known_add(r->known, rec->source, "picture", id_of(sha));
	cut(r, val_member(rec->request, "item_id"));
	cut(r, val_member(rec->request, "photo_key"));
	cut(r, val_member(rec->request, "url"));
	cut_body(r);
	if (r->edits.n > 0)
		mark(r, false, NULL);
}

/* The newest listings of a catalog, of which hers are no more. */
static void
cut_state(struct redaction *r, struct val entry)
{
	struct val ids = val_member(val_member(entry, "state"), "ids"), v;
	struct val_iter it = val_each(ids);
	struct buf b = { 0 };
	bool changed = false;

	if (val_type(ids) != SCAN_ARRAY)
		return;
	while (val_next(&it, NULL, &v)) {
		if (is_her_item(r, v)) {
			changed = true;
			continue;
		}
		buf_addc(&b, b.len == 0 ? '[' : ',');
		buf_addslice(&b, val_text(v));
	}
	buf_adds(&b, b.len == 0 ? "[]" : "]");
	if (changed)
		edits_add(&r->edits, r->line, val_text(ids), buf_slice(&b));
	buf_release(&b);
}

static void
redact_closing(struct redaction *r)
{
	struct val body = r->n->rec.body, entry;
	struct val_iter it = val_each(val_member(body, "queries"));

	while (val_next(&it, NULL, &entry)) {
		if (is_hers(r, val_member(entry, "user_id")) ||
		    is_her_item(r, val_member(entry, "item_id")) ||
		    (personal_entry(entry) &&
		        names_her(r, val_member(entry, "query")))) {
			note_item(r, val_member(entry, "item_id"));
			cut(r, entry);
		} else {
			cut_state(r, entry);
		}
	}
	cut_members(r, val_member(body, "options"));
	if (r->edits.n > 0)
		mark(r, false, NULL);
}

void
redact(struct redaction *r, struct slice line, struct buf *out)
{
	struct catalogue *k;
	struct verdict v;
	const char *why;

	r->lines++;
	r->line = line;
	r->list = (struct val){ NULL, 0 };
	edits_reset(&r->edits);
	r->n->rec.root = (struct val){ NULL, 0 };
	k = normalizer_read(r->n, line, &v, &why);
	if (k == NULL && val_type(r->n->rec.root) == SCAN_OBJECT)
		mask_unreadable(r);
	else if (k != NULL && slice_is(r->n->rec.kind, "run"))
		redact_closing(r);
	else if (k != NULL && slice_is(r->n->rec.kind, "image"))
		redact_picture(r);
	else if (k != NULL && r->n->rec.has_look)
		redact_answer(r, k, &v);
	if (r->edits.n > 0)
		r->redacted++;
	else
		r->unchanged++;
	edits_apply(&r->edits, line, out);
}
