#include "quality.h"

#include "decimal.h"
#include "json.h"
#include "utf8.h"
#include "banned.h"

static int
compare(enum type t, struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c;

	if (t == TYPE_INTEGER || t == TYPE_NUMBER)
		return decimal_cmp(a, b);
	c = n > 0 ? memcmp(a.p, b.p, n) : 0;
	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static void
extend(struct extreme *e, enum type t, struct slice s, int sign)
{
	struct slice have = { e->text, e->len };
	size_t len;

	if (e->set && compare(t, s, have) * sign <= 0)
		return;
	len = utf8_cut(s, QUALITY_TEXT);
	if (len > 0)
		memcpy(e->text, s.p, len);
	e->len = (unsigned char)len;
	e->set = true;
}

void
quality_value(struct quality *q, enum type t, struct slice text)
{
	if (t == TYPE_ARRAY || t == TYPE_OBJECT || t == TYPE_BOOLEAN)
		return;
	extend(&q->min, t, text, -1);
	extend(&q->max, t, text, 1);
}

static void
write_extreme(struct json *j, const char *key, enum type t,
    const struct extreme *e)
{
	struct slice s = { e->text, e->len };

	json_key(j, key);
	if (!e->set)
		json_null(j);
	else if ((t == TYPE_INTEGER || t == TYPE_NUMBER) &&
	    e->len < QUALITY_TEXT)
		json_raw(j, s);
	else
		json_str(j, s);
}

void
quality_begin(struct json *j, struct buf *b, const char *stream,
    const char *variant, int64_t version)
{
	json_start(j, b);
	json_object(j);
	json_key(j, "stream");
	json_cstr(j, stream);
	json_key(j, "variant");
	json_cstr(j, variant);
	json_key(j, "version");
	json_int(j, version);
}

void
quality_write(const struct quality *q, struct buf *b, enum type t,
    const char *stream, const char *variant, int64_t version,
    const char *property)
{
	struct json j;

	quality_begin(&j, b, stream, variant, version);
	json_key(&j, "property");
	json_cstr(&j, property);
	json_key(&j, "records");
	json_int(&j, (int64_t)q->records);
	json_key(&j, "nulls");
	json_int(&j, (int64_t)q->nulls);
	json_key(&j, "invalids");
	json_int(&j, (int64_t)q->invalids);
	json_key(&j, "unknown_labels");
	json_int(&j, (int64_t)q->unknown_labels);
	write_extreme(&j, "min", t, &q->min);
	write_extreme(&j, "max", t, &q->max);
	json_end(&j);
	buf_addc(b, '\n');
}
