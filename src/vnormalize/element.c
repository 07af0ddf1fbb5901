/* element: one element of a contract to a record or a reject; see normalize.h.
 */
#include "normalize.h"

#include <inttypes.h>
#include <stdlib.h>

#include "json.h"
#include "banned.h"

/* Why an element is no record. */
struct fault {
	const struct property *property;
	const char *reason;
	struct buf value; /* the broken thing, as JSON; else the element */
};

/* ---- values of properties ---- */

static struct value
reference_value(struct normalizer *n, size_t slot)
{
	jv list = jv_array_get(jv_copy(n->reference), (int)slot);

	if (jv_array_length(jv_copy(list)) == 0) {
		jv_free(list);
		return (struct value){ .kind = VALUE_NONE };
	}
	return value_of_jv(jv_array_get(list, 0), &n->tmp);
}

static struct value
property_value(struct normalizer *n, struct contract *c, struct property *p)
{
	struct value v = { .kind = VALUE_NONE };
	size_t i;

	if (n->o->reference)
		return reference_value(n, (size_t)(p - c->props));
	for (i = 0; i < p->n && v.kind == VALUE_NONE; i++)
		v = plan_eval(c->plan, p->exprs[i]);
	return v;
}

/* ---- the record ---- */

static void
note_kept(struct normalizer *n, const struct contract *c,
    const struct property *p, const char *reason, struct value v, size_t index)
{
	struct buf value = { 0 };
	char *why = xasprintf("'%s' %s", p->name, reason);

	value_write(&value, v);
	rejects_add(n->rej,
	    &(struct reject){ .run = n->rec.run,
	        .line = n->rec.line,
	        .index = (int64_t)index,
	        .stream = c->stream->name,
	        .contract = c->name,
	        .property = p->name,
	        .reason = why,
	        .kept = true,
	        .value = buf_slice(&value) });
	buf_release(&value);
	free(why);
}

/* The id that a label stands for; unknown: null, counted. */
static bool
put_label(struct normalizer *n, struct contract *c, struct property *p,
    struct value v, size_t index, struct buf *b)
{
	int64_t id;

	if (v.kind == VALUE_STRING && labels_find(p->map, v.text, &id)) {
		buf_addf(b, "%" PRId64, id);
		return true;
	}
	p->quality.unknown_labels++;
	c->stream->unknown_labels++;
	note_kept(n, c, p, "is an unknown label", v, index);
	return false;
}

static void
put_seller_key(struct normalizer *n, const struct property *p, struct buf *b)
{
	char hex[SELLER_HEX + 1];

	if (!p->hash_of->has_id) {
		buf_adds(b, "null");
		return;
	}
	person_hash(n->person, n->rec.source, buf_slice(&p->hash_of->id), hex);
	buf_addc(b, '"');
	buf_add(b, hex, SELLER_HEX);
	buf_addc(b, '"');
}

static void
keep_id(struct property *p, struct slice text)
{
	p->has_id = text.len > 0;
	buf_reset(&p->id);
	buf_addslice(&p->id, text);
}

static bool
put_null(struct property *p, struct value v, struct buf *b, struct fault *fault)
{
	if (!p->nullable || (p->required && v.kind == VALUE_NONE)) {
		*fault = (struct fault){ .property = p,
			.reason =
			    v.kind == VALUE_NONE ? "is missing" : "is null" };
		return false;
	}
	p->quality.nulls++;
	buf_adds(b, "null");
	return true;
}

static bool
put_value(struct normalizer *n, struct contract *c, struct property *p,
    struct value v, size_t index, struct buf *b, struct fault *fault)
{
	const char *why;

	why = value_put(b, p->type, v);
	if (why == NULL) {
		if (p->hashed)
			keep_id(p, v.text);
		if (n->o->quality != NULL && !p->hashed)
			quality_value(&p->quality, p->type, v.text);
		return true;
	}
	p->quality.invalids++;
	if (p->bad_null) {
		note_kept(n, c, p, why, v, index);
		buf_adds(b, "null");
		return true;
	}
	*fault = (struct fault){ .property = p, .reason = why };
	value_write(&fault->value, v);
	return false;
}

static bool
put_property(struct normalizer *n, struct contract *c, struct property *p,
    size_t index, struct buf *b, struct fault *fault)
{
	struct value v;

	p->quality.records++;
	p->has_id = false;
	if (p->hash_of != NULL) {
		put_seller_key(n, p, b);
		return true;
	}
	v = property_value(n, c, p);
	if (v.kind == VALUE_NONE || v.kind == VALUE_NULL)
		return put_null(p, v, b, fault);
	if (p->map == NULL)
		return put_value(n, c, p, v, index, b, fault);
	if (!put_label(n, c, p, v, index, b))
		return put_null(p, (struct value){ .kind = VALUE_NULL }, b,
		    fault);
	return true;
}

/* {"name":value,...} */
static bool
put_record(struct normalizer *n, struct contract *c, size_t index,
    struct buf *b, struct fault *fault)
{
	struct property *p;
	size_t i;

	buf_addc(b, '{');
	for (i = 0; i < c->nprops; i++) {
		p = &c->props[i];
		if (p->to > p->from) {
			buf_add(b, c->line.data + p->from, p->to - p->from);
			continue;
		}
		buf_addslice(b, p->prefix);
		if (!put_property(n, c, p, index, b, fault))
			return false;
		buf_addc(b, ',');
	}
	b->data[b->len - 1] = '}';
	return true;
}

/* Constants of the line are made once, unless somebody counts them. */
void
element_line(struct normalizer *n, struct contract *c)
{
	struct fault fault = { 0 };
	struct property *p;
	size_t i;

	plan_line(c->plan, n->rec.root);
	buf_reset(&c->line);
	for (i = 0; i < c->nprops; i++) {
		p = &c->props[i];
		p->from = p->to = c->line.len;
		if (!p->constant || p->hashed || n->o->quality != NULL ||
		    n->o->reference)
			continue;
		buf_addslice(&c->line, p->prefix);
		if (!p->map && put_property(n, c, p, 0, &c->line, &fault)) {
			buf_addc(&c->line, ',');
			p->to = c->line.len;
		} else {
			c->line.len = p->from; /* each element says why */
			buf_release(&fault.value);
		}
	}
}

/* ---- what becomes of an element ---- */

static void
reject(struct normalizer *n, const struct contract *c, struct val element,
    size_t index, struct fault *fault)
{
	struct slice value =
	    fault->value.len > 0 ? buf_slice(&fault->value) : val_text(element);
	char *why = fault->property == NULL ?
	    xstrdup(fault->reason) :
	    xasprintf("'%s' %s", fault->property->name, fault->reason);

	c->stream->rejected++;
	n->totals.rejected++;
	rejects_add(n->rej,
	    &(struct reject){ .run = n->rec.run,
	        .line = n->rec.line,
	        .index = (int64_t)index,
	        .stream = c->stream->name,
	        .contract = c->name,
	        .property = fault->property ? fault->property->name : NULL,
	        .reason = why,
	        .value = value,
	        .elements = 1 });
	buf_release(&fault->value);
	free(why);
}

static void
filter(struct normalizer *n, struct contract *c)
{
	c->stream->filtered++;
	n->totals.filtered++;
}

static bool
is_true(struct value v)
{
	return v.kind != VALUE_NONE && v.kind != VALUE_NULL &&
	    v.kind != VALUE_FALSE;
}

static bool
passes_where(struct normalizer *n, struct contract *c)
{
	if (c->where == NULL)
		return true;
	return is_true(n->o->reference ? reference_value(n, c->nprops) :
	                                 plan_eval(c->plan, c->where));
}

bool
element_forgotten(struct normalizer *n, struct contract *c)
{
	struct value v;

	if (n->person == NULL || c->seller == NULL ||
	    !person_any_forgotten(n->person))
		return false;
	v = plan_eval(c->plan, c->seller);
	return (v.kind == VALUE_NUMBER || v.kind == VALUE_STRING) &&
	    person_forgotten(n->person, n->rec.source, v.text);
}

static void
run_reference(struct normalizer *n, const struct catalogue *k,
    struct contract *c)
{
	struct buf b = { 0 };

	if (c->reference == NULL) {
		contract_to_reference(k, c, &b);
		c->reference = jqrun_new(EX_CONFIG, b.data, c->doc->path);
		buf_release(&b);
	}
	jv_free(n->reference);
	if (!jqrun_first(c->reference, plan_to_jv(c->plan), &n->reference))
		die(EX_SOFTWARE, "'%s': libjq gives nothing", c->doc->path);
}

/*
 * What --filter made of the record, as the contract has it: its properties in
 * their order and types; borrows out.
 */
static bool
retype(struct normalizer *n, struct contract *c, size_t index, jv out,
    struct fault *fault)
{
	struct property *p;
	struct value v;
	size_t i;
	bool good = true;

	buf_addc(&n->filtered, '{');
	for (i = 0; i < c->nprops && good; i++) {
		p = &c->props[i];
		v = value_of_jv(jv_object_get(jv_copy(out), jv_string(p->name)),
		    &n->tmp);
		buf_addslice(&n->filtered, p->prefix);
		if (v.kind == VALUE_NONE || v.kind == VALUE_NULL)
			good = put_null(p, v, &n->filtered, fault);
		else
			good =
			    put_value(n, c, p, v, index, &n->filtered, fault);
		buf_addc(&n->filtered, ',');
	}
	n->filtered.data[n->filtered.len - 1] = '}';
	return good;
}

/* The user's program, on the record that begins at `from` of the message. */
static bool
run_filter(struct normalizer *n, struct contract *c, size_t from, size_t index,
    struct fault *fault)
{
	struct slice text = { n->message.data + from, n->message.len - from };
	const char *why;
	size_t at;
	bool good;
	jv out;

	buf_grow(&n->message, LINE_PADDING);
	text.p = n->message.data + from;
	if (!scan_parse(n->filter_scan, text, &at, &why))
		die(EX_SOFTWARE, "a record of our own is no JSON: %s", why);
	if (!jqrun_first(n->filter, value_to_jv(scan_root(n->filter_scan)),
	        &out))
		return false;
	buf_reset(&n->filtered);
	if (jv_get_kind(out) != JV_KIND_OBJECT) {
		*fault =
		    (struct fault){ .reason = "the filter gave no object" };
		good = false;
	} else {
		good = retype(n, c, index, out, fault);
	}
	jv_free(out);
	n->message.len = from;
	buf_addslice(&n->message, buf_slice(&n->filtered));
	return good;
}

static void
end_record(struct normalizer *n)
{
	buf_adds(&n->message, ",\"time_extracted\":");
	buf_addslice(&n->message, buf_slice(&n->time));
	buf_adds(&n->message, "}\n");
}

/* One value may stand in several columns. */
static bool
fits(struct normalizer *n, struct fault *fault)
{
	static const struct fault too_long = { .reason =
		                                   "its record is longer than "
		                                   "16 MiB" };

	if (n->message.len - 1 <= LINE_MAX_DEFAULT)
		return true;
	buf_release(&n->message);
	*fault = too_long;
	return false;
}

static void
write_record(struct normalizer *n, struct contract *c)
{
	writer_add(n->out, n->message.data, n->message.len);
	c->stream->records++;
	n->totals.records++;
}

static void
start_record(struct normalizer *n, const struct contract *c)
{
	buf_reset(&n->message);
	buf_adds(&n->message, "{\"type\":\"RECORD\",\"stream\":\"");
	buf_adds(&n->message, c->stream->name);
	buf_adds(&n->message, "\",\"record\":");
}

static void
make_record(struct normalizer *n, struct contract *c, struct val element,
    size_t index)
{
	struct fault fault = { 0 };
	size_t from;

	start_record(n, c);
	from = n->message.len;
	if (!put_record(n, c, index, &n->message, &fault)) {
		reject(n, c, element, index, &fault);
		return;
	}
	if (n->filter != NULL && !run_filter(n, c, from, index, &fault)) {
		if (fault.reason != NULL)
			reject(n, c, element, index, &fault);
		else
			filter(n, c);
		return;
	}
	end_record(n);
	if (fits(n, &fault))
		write_record(n, c);
	else
		reject(n, c, element, index, &fault);
}

void
element_apply(struct normalizer *n, const struct catalogue *k,
    struct contract *c, struct val parent, struct val element, size_t index)
{
	struct fault fault = { .reason = "it holds half a surrogate pair" };

	c->stream->elements++;
	n->totals.elements++;
	n->whole++;
	if (val_type(element) == SCAN_NULL || c->dropped) {
		filter(n, c); /* redacted; or it cannot be keyed */
		return;
	}
	if (val_lone(parent.s != NULL ? parent : element)) {
		reject(n, c, element, index, &fault);
		return;
	}
	if (n->o->quality != NULL && index == 0 && parent.s == NULL)
		keys_note(&c->keys, element);
	plan_element(c->plan, parent, element, index);
	if (n->o->reference)
		run_reference(n, k, c);
	if (!passes_where(n, c) || element_forgotten(n, c))
		filter(n, c);
	else
		make_record(n, c, element, index);
}
