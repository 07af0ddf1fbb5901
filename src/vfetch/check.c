#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "ids.h"
#include "pages.h"
#include "banned.h"

struct sample {
	struct buf body;
	struct scan *scan;
	struct val each;
	const struct hits *hits;
	struct ids ids; /* paid placements aside */
	bool has_total;
	int64_t total;
};

struct check {
	struct run *r;
	const struct draft *d;
	const struct endpoint *e;
	struct session session;
	struct sample base, filtered;
	char value[256]; /* at hand */
};

/* ---- samples ---- */

static void
sample_take(struct sample *s, const struct run *r)
{
	const struct verdict *v = &r->verdict;
	struct val_iter it;
	struct val hit;
	const char *why;
	size_t at;

	buf_reset(&s->body);
	buf_addslice(&s->body, buf_slice(&r->answer.body));
	buf_grow(&s->body, LINE_PADDING);
	if (s->scan == NULL)
		s->scan = scan_new();
	if (!scan_parse(s->scan, buf_slice(&s->body), &at, &why))
		die(EX_SOFTWARE, "an answer was read once and not again");
	s->hits = v->hits;
	s->each = paths_find(scan_root(s->scan), &v->hits->each);
	s->has_total = v->has_total;
	s->total = v->total;
	ids_reset(&s->ids);
	it = val_each(s->each);
	while (val_next(&it, NULL, &hit))
		if (!hit_promoted(s->hits, hit))
			ids_add(&s->ids,
			    val_text(paths_find(hit, &s->hits->id)));
}

static void
sample_release(struct sample *s)
{
	scan_free(s->scan);
	buf_release(&s->body);
	ids_release(&s->ids);
}

/* ---- decimals as text: a price is never a double ---- */

static struct slice
whole(struct slice n)
{
	const char *dot = memchr(n.p, '.', n.len);

	if (dot != NULL)
		n.len = (size_t)(dot - n.p);
	while (n.len > 0 && *n.p == '0') {
		n.p++;
		n.len--;
	}
	return n;
}

static struct slice
fraction(struct slice n)
{
	const char *dot = memchr(n.p, '.', n.len);

	if (dot == NULL)
		return (struct slice){ n.p, 0 };
	n.len -= (size_t)(dot + 1 - n.p);
	n.p = dot + 1;
	while (n.len > 0 && n.p[n.len - 1] == '0')
		n.len--;
	return n;
}

static int
compare(struct slice a, struct slice b)
{
	struct slice x = whole(a), y = whole(b);
	int c;

	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	if ((c = memcmp(x.p, y.p, x.len)) != 0)
		return c;
	x = fraction(a);
	y = fraction(b);
	c = memcmp(x.p, y.p, x.len < y.len ? x.len : y.len);
	return c != 0 ? c : x.len < y.len ? -1 : x.len > y.len;
}

/* ---- rules ---- */

static bool
differs(const struct sample *base, const struct sample *s)
{
	size_t i, common = 0;

	if (base->has_total && s->has_total && base->total != s->total)
		return true;
	for (i = 0; i < s->ids.n; i++)
		common += ids_has(&base->ids, ids_get(&s->ids, i));
	return 2 * common < base->ids.n || (s->ids.n == 0 && base->ids.n > 0);
}

/* Of two neighbours, or of a hit and the value asked. */
static bool
pair_holds(struct val rule, struct slice before, struct slice now,
    struct slice asked)
{
	if (val_is(rule, "same"))
		return slice_eq(before, now);
	if (val_is(rule, "ascending"))
		return compare(before, now) <= 0;
	if (val_is(rule, "descending"))
		return compare(before, now) >= 0;
	if (val_is(rule, "at-least"))
		return compare(now, asked) >= 0;
	if (val_is(rule, "at-most"))
		return compare(now, asked) <= 0;
	return val_is(rule, "equals") && slice_eq(now, asked);
}

static struct slice
inner(struct val v)
{
	struct slice t = val_text(v);

	return val_type(v) == SCAN_STRING ?
	    (struct slice){ t.p + 1, t.len - 2 } :
	    t;
}

/* Does the rule hold of every hit?  Fewer than two hits show nothing. */
static bool
hits_hold(const struct sample *s, struct val proof, const char *where,
    const char *asked)
{
	struct paths path = paths_load(val_member(proof, "path"), where);
	struct val_iter it = val_each(s->each);
	struct slice before = { NULL, 0 }, now;
	struct val hit;
	bool holds = true;
	size_t n = 0;

	while (holds && val_next(&it, NULL, &hit)) {
		if (hit_promoted(s->hits, hit))
			continue;
		now = inner(paths_find(hit, &path));
		if (n++ == 0)
			before = now;
		holds = now.len > 0 &&
		    pair_holds(val_member(proof, "rule"), before, now,
		        slice_of(asked));
		before = now;
	}
	paths_release(&path);
	return holds && n > 1;
}

static bool
rule_holds(struct check *c, const struct sample *s, struct val proof)
{
	struct val rule = val_member(proof, "rule");

	if (val_is(rule, "differs"))
		return differs(&c->base, s);
	if (val_is(rule, "count"))
		return val_count(s->each) == strtoul(c->value, NULL, 10);
	return hits_hold(s, proof, c->d->m->source->doc->path, c->value);
}

/* ---- one parameter ---- */

static void
row(struct check *c, const char *name, const char *result, const char *why)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s\t%s\t%s\t%s\n", name, c->value, result, why);
	writer_add(&c->r->out, b.data, b.len);
	writer_flush(&c->r->out);
	buf_release(&b);
}

static bool
ask(struct check *c, const char *name, struct sample *s)
{
	struct draft d = { .m = c->d->m, .site = c->d->site };
	struct buf url = { 0 }, why = { 0 };
	struct query q;
	enum outcome out;

	if (name != NULL)
		params_set(&d.params, name, c->value);
	if (!query_settle(&d, c->e->name, &q, &why))
		die(EX_CONFIG, "'%s': %s", c->d->m->source->doc->path,
		    why.data);
	query_url(&q, q.page, NULL, NULL, &url);
	out = pages_ask(c->r, &c->session, &q, q.page, (struct part){ 0 },
	    url.data);
	if (out == ANSWERED && c->r->verdict.hits == NULL)
		out = FAILED; /* gone: no hits to look at */
	if (out == ANSWERED)
		sample_take(s, c->r);
	query_release(&q);
	draft_release(&d);
	buf_release(&url);
	return out == ANSWERED;
}

/* The value asked by the URL, else the description's. */
static void
choose_value(struct check *c, const char *name, struct val proof)
{
	const struct param *a = params_find(&c->d->params, name);
	char *value = val_cstr(val_member(val_at(proof, 0), "value"));

	snprintf(c->value, sizeof c->value, "%s",
	    a != NULL && a->n > 0 ? a->v[0] :
	        value != NULL     ? value :
	                            "");
	free(value);
}

static void
check_one(struct check *c, const char *name, struct val proofs)
{
	struct val_iter it = val_each(proofs);
	struct val proof;
	bool holds = false, proved = false;

	choose_value(c, name, proofs);
	if (val_count(proofs) == 0 || c->value[0] == '\0') {
		row(c, name, "unproven", "the description has no proof");
		return;
	}
	if (!ask(c, name, &c->filtered)) {
		row(c, name, "unproven",
		    c->r->stop ? c->r->stop : c->r->verdict.name);
		return;
	}
	while (!proved && val_next(&it, NULL, &proof)) {
		if (!rule_holds(c, &c->filtered, proof))
			continue;
		holds = true;
		proved = !rule_holds(c, &c->base, proof);
	}
	if (proved)
		row(c, name, "honoured", "true of this answer only");
	else if (holds)
		row(c, name, "unproven", "true without it too");
	else if (c->filtered.ids.n < 2 && c->base.ids.n >= 2)
		row(c, name, "unproven", "too few hits to tell");
	else {
		row(c, name, "not honoured", "the answer does not show it");
		run_worse(c->r, EX_UNAVAILABLE);
	}
}

void
check_endpoint(struct run *r, const struct draft *d, const struct endpoint *e)
{
	struct check c = { .r = r, .d = d, .e = e };
	struct val_iter it = val_each(e->paging.proof);
	struct slice key;
	struct val v;
	char *name;
	size_t i;

	if (!ask(&c, NULL, &c.base))
		return;
	for (i = 0; i < e->nparameters && run_goes_on(r); i++) {
		c.value[0] = '\0';
		if (e->parameters[i].why != NULL)
			row(&c, e->parameters[i].name, "refused",
			    e->parameters[i].why);
		else
			check_one(&c, e->parameters[i].name,
			    e->parameters[i].proof);
	}
	while (run_goes_on(r) && val_next(&it, &key, &v)) {
		name = xstrndup(key.p, key.len);
		check_one(&c, name, v);
		free(name);
	}
	sample_release(&c.base);
	sample_release(&c.filtered);
	session_release(&c.session);
}
