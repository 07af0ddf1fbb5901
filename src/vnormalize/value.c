#include "value.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "decimal.h"
#include "json.h"
#include "banned.h"

#define DEL 0x7f

/* ---- numbers ---- */

static size_t
digits(struct slice s, size_t i)
{
	size_t from = i;

	while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

/* What jq 1.6 prints for it; the slow half of number_is_plain. */
static bool
double_prints(struct slice s)
{
	jv number = jv_parse_sized(s.p, (int)s.len);
	jv text;
	bool same;

	if (jv_get_kind(number) != JV_KIND_NUMBER) {
		jv_free(number);
		return false;
	}
	text = jv_dump_string(number, 0);
	same = slice_is(s, jv_string_value(text));
	jv_free(text);
	return same;
}

/* Would a double print this text? */
static bool
number_is_plain(struct slice s)
{
	size_t i = s.len > 0 && s.p[0] == '-', n = digits(s, i);

	if (n + i == s.len && n <= 15)
		return i == 0 || s.p[1] != '0';
	return double_prints(s);
}

/* As JSON has it, without an exponent: those are for another trade. */
static bool
is_decimal(struct slice s)
{
	return decimal_valid(s) && memchr(s.p, 'e', s.len) == NULL &&
	    memchr(s.p, 'E', s.len) == NULL;
}

/* ---- writing ---- */

static void
write_string(struct buf *b, struct slice s, bool raw)
{
	if (raw && (s.len == 0 || memchr(s.p, DEL, s.len) == NULL)) {
		buf_grow(b, s.len + 2);
		b->data[b->len++] = '"';
		buf_add(b, s.p, s.len);
		buf_addc(b, '"');
	} else {
		json_escape(b, s);
	}
}

static void
write_number(struct buf *b, struct slice digits_)
{
	bool plain = number_is_plain(digits_);

	if (!plain)
		buf_addc(b, '"');
	buf_addslice(b, digits_);
	if (!plain)
		buf_addc(b, '"');
}

static void
write_text(struct buf *b, struct val v)
{
	struct slice t = val_text(v), s;
	struct buf tmp = { 0 };

	if (!v.s->escapes || memchr(t.p, '\\', t.len) == NULL)
		write_string(b, (struct slice){ t.p + 1, t.len - 2 }, true);
	else if (val_string(v, &tmp, &s))
		json_escape(b, s);
	else
		buf_adds(b, "null"); /* not reached: see val_lone */
	buf_release(&tmp);
}

/*
 * Repeated keys: the first one's place, the last one's value.  jq does it, so
 * it does it for us; most objects have none, and few members.
 */
static bool
has_repeats(struct val object)
{
	struct val_iter a = val_each(object), b;
	struct slice k, other;
	struct buf key = { 0 };
	struct val v;
	bool found = false;

	if (val_count(object) > 64)
		return true;
	while (!found && val_next(&a, &k, &v)) {
		buf_reset(&key);
		buf_addslice(&key, k);
		b = a;
		while (!found && val_next(&b, &other, &v))
			found = slice_eq(buf_slice(&key), other);
	}
	buf_release(&key);
	return found;
}

static void
write_by_jq(struct buf *b, struct val v)
{
	jv text = jv_dump_string(value_to_jv(v), 0);

	buf_add(b, jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

static void
write_container(struct buf *b, struct val v, char open, char close)
{
	struct val_iter it = val_each(v);
	struct slice key;
	struct val member;
	const char *comma = "";

	buf_addc(b, open);
	while (val_next(&it, &key, &member)) {
		buf_adds(b, comma);
		comma = ",";
		if (it.keys) {
			write_string(b, key, !v.s->escapes);
			buf_addc(b, ':');
		}
		val_write(b, member);
	}
	buf_addc(b, close);
}

void
val_write(struct buf *b, struct val v)
{
	switch (val_type(v)) {
	case SCAN_STRING:
		write_text(b, v);
		break;
	case SCAN_NUMBER:
		write_number(b, val_text(v));
		break;
	case SCAN_ARRAY:
		write_container(b, v, '[', ']');
		break;
	case SCAN_OBJECT:
		if (has_repeats(v))
			write_by_jq(b, v);
		else
			write_container(b, v, '{', '}');
		break;
	case SCAN_NONE:
		buf_adds(b, "null");
		break;
	default:
		buf_addslice(b, val_text(v));
	}
}

void
value_write(struct buf *b, struct value v)
{
	switch (v.kind) {
	case VALUE_STRING:
		write_string(b, v.text, v.raw);
		break;
	case VALUE_NUMBER:
	case VALUE_JSON:
		buf_addslice(b, v.text);
		break;
	default:
		buf_adds(b,
		    v.kind == VALUE_TRUE      ? "true" :
		        v.kind == VALUE_FALSE ? "false" :
		                                "null");
	}
}

static const char *
put_digits(struct buf *b, struct value v, bool (*valid)(struct slice),
    const char *why)
{
	if ((v.kind != VALUE_NUMBER && v.kind != VALUE_STRING) ||
	    v.text.len == 0 || !valid(v.text))
		return why;
	buf_addslice(b, v.text);
	return NULL;
}

static const char *
put_container(struct buf *b, struct value v, char open, const char *why)
{
	if (v.kind != VALUE_JSON || v.text.p[0] != open)
		return why;
	buf_addslice(b, v.text);
	return NULL;
}

const char *
value_put(struct buf *b, enum type t, struct value v)
{
	int64_t n;

	switch (t) {
	case TYPE_INTEGER:
		if ((v.kind == VALUE_NUMBER || v.kind == VALUE_STRING) &&
		    decimal_is_plain(v.text) && !decimal_int64(v.text, &n))
			return "does not fit 64 bits";
		return put_digits(b, v, decimal_is_plain, "is not an integer");
	case TYPE_NUMBER:
		return put_digits(b, v, is_decimal, "is not a number");
	case TYPE_BOOLEAN:
		if (v.kind != VALUE_TRUE && v.kind != VALUE_FALSE)
			return "is not true or false";
		break;
	case TYPE_ARRAY:
		return put_container(b, v, '[', "is not an array");
	case TYPE_OBJECT:
		return put_container(b, v, '{', "is not an object");
	case TYPE_TIME:
		if (v.kind != VALUE_STRING ||
		    !clock_parse(v.text.p, v.text.len, &n))
			return "is not a time";
		break;
	case TYPE_STRING:
		if (v.kind != VALUE_STRING)
			return "is not text";
		break;
	}
	value_write(b, v);
	return NULL;
}

/* ---- from the tape and from libjq ---- */

struct value
value_of(struct val v, struct buf *tmp)
{
	struct value out = { .text = val_text(v) };

	switch (val_type(v)) {
	case SCAN_STRING:
		out.kind = VALUE_STRING;
		if (!val_string(v, tmp, &out.text)) /* half a pair: not text */
			return (struct value){ .kind = VALUE_NULL };
		out.raw = out.text.p != tmp->data;
		break;
	case SCAN_NUMBER:
		out.kind =
		    number_is_plain(out.text) ? VALUE_NUMBER : VALUE_STRING;
		break;
	case SCAN_ARRAY:
	case SCAN_OBJECT:
		buf_reset(tmp);
		val_write(tmp, v);
		out.kind = VALUE_JSON;
		out.text = buf_slice(tmp);
		break;
	case SCAN_NONE:
		return (struct value){ .kind = VALUE_NONE };
	case SCAN_NULL:
		out.kind = VALUE_NULL;
		break;
	default:
		out.kind = val_type(v) == SCAN_TRUE ? VALUE_TRUE : VALUE_FALSE;
	}
	return out;
}

struct value
value_of_jv(jv j, struct buf *tmp)
{
	static const enum value_kind kinds[] = { [JV_KIND_NULL] = VALUE_NULL,
		[JV_KIND_FALSE] = VALUE_FALSE,
		[JV_KIND_TRUE] = VALUE_TRUE,
		[JV_KIND_NUMBER] = VALUE_NUMBER,
		[JV_KIND_STRING] = VALUE_STRING,
		[JV_KIND_ARRAY] = VALUE_JSON,
		[JV_KIND_OBJECT] = VALUE_JSON };
	struct value v = { .kind = kinds[jv_get_kind(j)] };

	if (v.kind == VALUE_NUMBER || v.kind == VALUE_JSON)
		j = jv_dump_string(j, 0);
	if (v.kind >= VALUE_NUMBER) {
		buf_reset(tmp);
		buf_add(tmp, jv_string_value(j),
		    (size_t)jv_string_length_bytes(jv_copy(j)));
		v.text = buf_slice(tmp);
	}
	jv_free(j);
	if (v.kind == VALUE_NUMBER && slice_is(v.text, "null"))
		v.kind = VALUE_NULL; /* not a number: jq prints null */
	return v;
}

static jv
string_to_jv(struct val v)
{
	struct buf tmp = { 0 };
	struct slice s;
	jv j = jv_null();

	if (val_string(v, &tmp, &s))
		j = jv_string_sized(s.len ? s.p : "", (int)s.len);
	buf_release(&tmp);
	return j;
}

static jv
number_to_jv(struct slice s)
{
	if (!number_is_plain(s))
		return jv_string_sized(s.p, (int)s.len);
	return jv_parse_sized(s.p, (int)s.len);
}

jv
value_to_jv(struct val v)
{
	struct val_iter it = val_each(v);
	struct slice key;
	struct val member;
	jv j;

	switch (val_type(v)) {
	case SCAN_STRING:
		return string_to_jv(v);
	case SCAN_NUMBER:
		return number_to_jv(val_text(v));
	case SCAN_TRUE:
	case SCAN_FALSE:
		return jv_bool(val_type(v) == SCAN_TRUE);
	case SCAN_ARRAY:
		for (j = jv_array(); val_next(&it, NULL, &member);)
			j = jv_array_append(j, value_to_jv(member));
		return j;
	case SCAN_OBJECT:
		for (j = jv_object(); val_next(&it, &key, &member);)
			j = jv_object_set(j,
			    jv_string_sized(key.len ? key.p : "", (int)key.len),
			    value_to_jv(member));
		return j;
	default:
		return jv_null();
	}
}
