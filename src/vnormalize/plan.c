#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "line.h"
#include "banned.h"

const char plan_prelude[] =
    "def there($p): if $p == [] then . elif ($p[0] | type) == \"number\" then"
    " (if type == \"array\" and length > $p[0]"
    " then .[$p[0]] | there($p[1:]) else empty end)"
    " elif type == \"object\" and has($p[0])"
    " then .[$p[0]] | there($p[1:]) else empty end;\n"
    "def decimal: if type == \"string\" then tonumber else . end;\n";

const char plan_variables[] =
    ". as [$element, $raw, $index, $parent, $contract] | $element | ";

/* ---- life ---- */

struct plan *
plan_new(struct functions *f, const char *constants)
{
	struct plan *p = xcalloc(1, sizeof *p);
	struct buf b = { 0 };
	const char *why;
	size_t at;

	p->functions = f;
	buf_adds(&b, constants);
	buf_grow(&b, LINE_PADDING);
	p->scan = scan_new();
	if (!scan_parse(p->scan, buf_slice(&b), &at, &why))
		die(EX_SOFTWARE, "constants are no JSON: %s", constants);
	p->constants = buf_take(&b);
	p->constants_jv = jv_parse(constants);
	p->raw_jv = jv_invalid();
	return p;
}

void
plan_free(struct plan *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nexprs; i++)
		expr_free(p->exprs[i]);
	for (i = 0; i < p->ninputs; i++)
		path_free(p->inputs[i].path);
	for (i = 0; i < ROOTS; i++)
		trie_free(p->tries[i]);
	free(p->exprs);
	free(p->inputs);
	free(p->found);
	scan_free(p->scan);
	free(p->constants);
	jv_free(p->raw_jv);
	jv_free(p->constants_jv);
	buf_release(&p->tmp);
	buf_release(&p->key);
	buf_release(&p->made);
	free(p);
}

void
plan_ready(struct plan *p)
{
	size_t i;

	p->found = xcalloc(p->ninputs + 1, sizeof *p->found);
	for (i = 0; i < ROOTS; i++)
		p->tries[i] = trie_new();
	for (i = 0; i < p->ninputs; i++)
		trie_add(p->tries[p->inputs[i].root], p->inputs[i].path,
		    (int)i);
	for (i = 0; i < ROOTS; i++)
		trie_ready(p->tries[i]);
}

struct expr *
plan_add(struct plan *p, const char *text, const char *where)
{
	struct expr *e = expr_new(p, text, where);

	p->exprs = xrealloc(p->exprs, (p->nexprs + 1) * sizeof(struct expr *));
	p->exprs[p->nexprs++] = e;
	return e;
}

/* ---- running ---- */

void
plan_use(struct plan *p)
{
	size_t i, k;

	for (i = 0; i < p->nexprs; i++)
		for (k = 0; k < p->exprs[i]->nstages; k++)
			functions_use(p->functions, p->exprs[i]->stages[k]);
}

void
plan_line(struct plan *p, struct val raw)
{
	p->roots[ROOT_RAW] = raw;
	trie_walk(p->tries[ROOT_RAW], raw, p->found);
	p->roots[ROOT_PARENT] = (struct val){ NULL, 0 };
	trie_walk(p->tries[ROOT_PARENT], p->roots[ROOT_PARENT], p->found);
	jv_free(p->raw_jv);
	p->raw_jv = jv_invalid();
}

void
plan_element(struct plan *p, struct val parent, struct val element,
    size_t index)
{
	p->index = index;
	if (parent.s != p->roots[ROOT_PARENT].s ||
	    parent.i != p->roots[ROOT_PARENT].i)
		trie_walk(p->tries[ROOT_PARENT], parent, p->found);
	p->roots[ROOT_PARENT] = parent;
	p->roots[ROOT_ELEMENT] = element;
	trie_walk(p->tries[ROOT_ELEMENT], element, p->found);
}

/* Where jq would say "cannot index": a step into what is no container. */
static bool
cannot_index(const struct plan *p, int input)
{
	const struct path *path = p->inputs[input].path;
	struct val v = p->roots[p->inputs[input].root];
	enum scan_type t;
	size_t i;

	for (i = 0; i < path->n; i++) {
		t = val_type(v);
		if (t == SCAN_NONE || t == SCAN_NULL)
			return false;
		if (t != (path->steps[i].key.p ? SCAN_OBJECT : SCAN_ARRAY))
			return true;
		v = path->steps[i].key.p ? val_get(v, path->steps[i].key) :
		                           val_at(v, path->steps[i].index);
	}
	return false;
}

static bool
inputs_fail(const struct plan *p, const struct expr *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (p->found[e->inputs[i]].s == NULL &&
		    cannot_index(p, e->inputs[i]))
			return true;
	return false;
}

static jv
raw_to_jv(struct plan *p)
{
	if (!jv_is_valid(p->raw_jv)) {
		jv_free(p->raw_jv);
		p->raw_jv = value_to_jv(p->roots[ROOT_RAW]);
	}
	return jv_copy(p->raw_jv);
}

static jv
everything(struct plan *p, bool raw, bool parent)
{
	jv all =
	    jv_array_append(jv_array(), value_to_jv(p->roots[ROOT_ELEMENT]));

	all = jv_array_append(all, raw ? raw_to_jv(p) : jv_null());
	all = jv_array_append(all, jv_number((double)p->index));
	all = jv_array_append(all,
	    parent ? value_to_jv(p->roots[ROOT_PARENT]) : jv_null());
	return jv_array_append(all, jv_copy(p->constants_jv));
}

jv
plan_to_jv(struct plan *p)
{
	return everything(p, true, true);
}

static struct value
call(struct plan *p, size_t function, jv input)
{
	jv out;

	if (!functions_call(p->functions, function, input, &out))
		return (struct value){ .kind = VALUE_NONE };
	return value_of_jv(out, &p->tmp);
}

/* The inputs as the first stage takes them, and as text to know them by. */
static jv
gather(struct plan *p, const struct expr *e)
{
	jv list = jv_array();
	size_t i;

	if (!e->list) {
		jv_free(list);
		return value_to_jv(p->found[e->inputs[0]]);
	}
	for (i = 0; i < e->n; i++)
		list =
		    jv_array_append(list, value_to_jv(p->found[e->inputs[i]]));
	return list;
}

static void
key_of_inputs(struct plan *p, const struct expr *e)
{
	size_t i;

	buf_reset(&p->key);
	for (i = 0; i < e->n; i++) {
		buf_addslice(&p->key, val_text(p->found[e->inputs[i]]));
		if (e->list) /* no JSON in a line holds one */
			buf_addc(&p->key, '\n');
	}
}

static struct value
apply(struct plan *p, const struct expr *e)
{
	struct memo *memo;
	struct value v = { .kind = VALUE_NONE };
	size_t i;

	if (inputs_fail(p, e))
		return v;
	for (i = 0; i < e->nstages; i++) {
		if (i == 0) {
			key_of_inputs(p, e);
		} else {
			buf_reset(&p->key);
			value_write(&p->key, v);
		}
		memo = functions_memo(p->functions, e->stages[i]);
		if (!memo_find(memo, buf_slice(&p->key), &v)) {
			v = call(p, e->stages[i],
			    i == 0 ?
			        gather(p, e) :
			        jv_parse_sized(p->key.data, (int)p->key.len));
			memo_keep(memo, buf_slice(&p->key), v);
		}
		if (v.kind == VALUE_NONE)
			break;
	}
	return v;
}

static struct value
interpolate(struct plan *p, const struct expr *e)
{
	struct value v;
	size_t i;

	if (inputs_fail(p, e))
		return (struct value){ .kind = VALUE_NONE };
	buf_reset(&p->made);
	for (i = 0; i < e->n; i++) {
		buf_adds(&p->made, e->parts[i]);
		v = value_of(p->found[e->inputs[i]], &p->tmp);
		if (e->strings[i] && v.kind != VALUE_STRING)
			return (struct value){ .kind = VALUE_NONE };
		if (v.kind == VALUE_STRING)
			buf_addslice(&p->made, v.text);
		else
			value_write(&p->made, v);
	}
	buf_adds(&p->made, e->parts[i]);
	return (struct value){ .kind = VALUE_STRING,
		.text = buf_slice(&p->made) };
}

static struct value
index_value(struct plan *p)
{
	buf_reset(&p->made);
	buf_addf(&p->made, "%zu", p->index);
	return (struct value){ .kind = VALUE_NUMBER,
		.text = buf_slice(&p->made) };
}

struct value
plan_eval(struct plan *p, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_PATH:
		return value_of(p->found[e->inputs[0]], &p->tmp);
	case EXPR_LITERAL:
		return e->literal;
	case EXPR_INDEX:
		return index_value(p);
	case EXPR_TEMPLATE:
		return interpolate(p, e);
	case EXPR_APPLY:
		return apply(p, e);
	case EXPR_JQ:
		break;
	}
	return call(p, e->stages[0],
	    everything(p, e->uses_raw, e->uses_parent));
}
