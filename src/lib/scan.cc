#include "scan.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include <simdjson.h>

#include "decimal.h"
#include "utf8.h"
#include "banned.h"

using stage1_parser = simdjson::internal::dom_parser_implementation;

namespace
{

struct first_stage {
	std::unique_ptr<stage1_parser> parser;
	uint32_t cap = 0; /* of nodes */
	uint32_t lone_cap = 0;
};

constexpr size_t SMALLEST = 1 << 16;
constexpr size_t LARGEST = INT32_MAX; /* offsets and the container bit */

first_stage *
stage1_of(scan *s)
{
	return static_cast<first_stage *>(s->stage1);
}

bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

void
note_lone(scan *s, size_t at)
{
	first_stage *f = stage1_of(s);

	if (s->nlone == f->lone_cap) {
		f->lone_cap = f->lone_cap ? 2 * f->lone_cap : 16;
		s->lone = static_cast<uint32_t *>(xrealloc(s->lone,
		    f->lone_cap * sizeof *s->lone));
	}
	s->lone[s->nlone++] = static_cast<uint32_t>(at);
}

/*
 * Judges every escape of the text in one pass: most texts have few of them.
 * A backslash outside a string is caught by the grammar.  A string is closed
 * (stage 1 saw to that), so that reading on is safe up to its quote.
 */
bool
check_escapes(scan *s, size_t *at)
{
	const char *text = s->text, *end = text + s->len, *p = text;
	size_t n;
	int u;

	s->escapes = false;
	s->nlone = 0;
	while ((p = static_cast<const char *>(memchr(p, '\\',
	            static_cast<size_t>(end - p)))) != nullptr) {
		s->escapes = true;
		*at = static_cast<size_t>(p - text);
		if (end - p < 2)
			return false;
		if (strchr("\"\\/bfnrt", p[1]) != nullptr && p[1] != '\0') {
			p += 2;
			continue;
		}
		u = utf8_escape(p, end, &n);
		if (u < 0)
			return false;
		if (utf8_is_half(u))
			note_lone(s, *at);
		p += n;
	}
	return true;
}

const char *
literal_end(const char *p, const char *end)
{
	size_t n = *p == 'f' ? 5 : 4;
	const char *word = *p == 'f' ? "false" : *p == 't' ? "true" : "null";

	if (static_cast<size_t>(end - p) < n || memcmp(p, word, n) != 0)
		return nullptr;
	return p + n;
}

/* The second stage: structural positions in, nodes out. */
class builder
{
      public:
	builder(scan *s, const uint32_t *structurals, uint32_t n)
	    : text(s->text), nodes(s->nodes), out(s->nodes), ix(structurals),
	      end(structurals + n), len(static_cast<uint32_t>(s->len))
	{
	}

	bool run();

	uint32_t count() const
	{
		return static_cast<uint32_t>(out - nodes);
	}

	size_t at = 0;
	const char *why = nullptr;

      private:
	const char *const text;
	scan_node *const nodes;
	scan_node *out;
	const uint32_t *ix;
	const uint32_t *const end;
	const uint32_t len;
	uint32_t depth = 0;
	uint32_t open[SCAN_DEPTH];

	bool fail(const char *reason)
	{
		at = ix < end ? *ix : len;
		why = reason;
		return false;
	}

	/* what the next structural byte is; NUL at the end */
	char peek() const
	{
		return ix < end ? text[*ix] : '\0';
	}

	void string()
	{
		uint32_t from = *ix++, to = (ix < end ? *ix : len) - 1;

		while (is_space(text[to]))
			to--;
		*out++ = { from, to + 1 - from };
	}

	bool scalar(const char *(*find_end)(const char *, const char *))
	{
		const char *from = text + *ix, *to;
		const char *next = text + (ix + 1 < end ? ix[1] : len);

		to = find_end(from, next);
		if (to == nullptr)
			return fail("no valid value");
		*out++ = { *ix, static_cast<uint32_t>(to - from) };
		while (to < next && is_space(*to))
			to++;
		if (to < next)
			return fail("no valid value");
		ix++;
		return true;
	}

	void close()
	{
		scan_node *opened = &nodes[open[--depth]];

		*out++ = { *ix++, 0 };
		opened->x = SCAN_CONTAINER | static_cast<uint32_t>(out - nodes);
	}

	bool key();
	bool value(bool *opened);
	bool after();
};

bool
builder::key()
{
	if (peek() != '"')
		return fail("a key is due");
	string();
	if (peek() != ':')
		return fail("a colon is due");
	ix++;
	return true;
}

/* One value; of a container its opening only (and its end, when empty). */
bool
builder::value(bool *opened)
{
	char c = peek();

	*opened = false;
	switch (c) {
	case '"':
		string();
		return true;
	case '{':
	case '[':
		if (depth == SCAN_DEPTH)
			return fail("nested too deep");
		open[depth++] = static_cast<uint32_t>(out - nodes);
		*out++ = { *ix++, 0 };
		if (peek() == c + 2) { /* '{' + 2 is '}', '[' + 2 ']' */
			close();
			return true;
		}
		*opened = true;
		return c == '[' || key();
	case 't':
	case 'f':
	case 'n':
		return scalar(literal_end);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return scalar(decimal_end);
	default:
		return fail(ix == end ? "it ends too early" : "a value is due");
	}
}

/* Behind a value: closes what ends here, until another value is due. */
bool
builder::after()
{
	char opening, c;

	while (depth > 0) {
		opening = text[nodes[open[depth - 1]].at];
		c = peek();
		if (c == ',') {
			ix++;
			return opening == '[' || key();
		}
		if (c != opening + 2)
			return fail(ix == end ? "it ends too early" :
			                        "a comma or the end is due");
		close();
	}
	return true;
}

bool
builder::run()
{
	bool opened;

	do {
		if (!value(&opened))
			return false;
		if (!opened && !after())
			return false;
	} while (depth > 0);
	return ix == end || fail("something follows the value");
}

/* The place of an open string or of a control character inside one. */
size_t
bad_string(const char *text, size_t len)
{
	size_t i, opened = 0;
	bool inside = false;

	for (i = 0; i < len; i++) {
		if (inside && static_cast<unsigned char>(text[i]) < ' ')
			return i;
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"') {
			inside = !inside;
			opened = i;
		}
	}
	return opened;
}

bool
stage1_failed(const scan *s, simdjson::error_code error, size_t *at,
    const char **why)
{
	*at = 0;
	switch (error) {
	case simdjson::UTF8_ERROR:
		*why = "not UTF-8";
		*at = utf8_span({ s->text, s->len });
		break;
	case simdjson::UNCLOSED_STRING:
		*why = "a string without end";
		*at = bad_string(s->text, s->len);
		break;
	case simdjson::UNESCAPED_CHARS:
		*why = "a control character in a string";
		*at = bad_string(s->text, s->len);
		break;
	case simdjson::EMPTY:
		*why = "nothing there";
		break;
	default:
		*why = simdjson::error_message(error);
	}
	return false;
}

void
reserve(scan *s, size_t len)
{
	first_stage *f = stage1_of(s);
	size_t cap = f->parser ? f->parser->capacity() : 0;
	simdjson::error_code error;

	if (cap >= len && f->parser)
		return;
	cap = cap < SMALLEST ? SMALLEST : cap;
	while (cap < len)
		cap += cap / 2;
	f->parser.reset();
	error = simdjson::get_active_implementation()
	            ->create_dom_parser_implementation(cap, 1, f->parser);
	if (error)
		die(EX_SOFTWARE, "cannot make a JSON parser: %s",
		    simdjson::error_message(error));
}

void
reserve_nodes(scan *s, uint32_t n)
{
	first_stage *f = stage1_of(s);

	if (n <= f->cap)
		return;
	f->cap = n + n / 4;
	free(s->nodes);
	s->nodes = static_cast<scan_node *>(xmalloc(f->cap * sizeof *s->nodes));
}

/* Escapes are known to be valid.  False when half a pair became U+FFFD. */
bool
unescape(struct buf *b, const char *p, const char *end)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	bool whole = true;
	const char *q;
	size_t n;
	int u;

	buf_reset(b);
	buf_grow(b, static_cast<size_t>(end - p));
	while ((q = static_cast<const char *>(memchr(p, '\\',
	            static_cast<size_t>(end - p)))) != nullptr) {
		buf_add(b, p, static_cast<size_t>(q - p));
		p = q + 2;
		if (q[1] != 'u') {
			const char *e = strchr(from, q[1]);
			buf_addc(b, e ? to[e - from] : q[1]);
			continue;
		}
		u = utf8_escape(q, end, &n);
		p = q + n;
		if (utf8_is_half(u)) {
			u = 0xfffd;
			whole = false;
		}
		utf8_add(b, u);
	}
	buf_add(b, p, static_cast<size_t>(end - p));
	return whole;
}

} // namespace

#define DIGIT SCAN_NUMBER, SCAN_NUMBER, SCAN_NUMBER, SCAN_NUMBER, SCAN_NUMBER

const unsigned char scan_types[256] = {
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	SCAN_STRING,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	SCAN_NUMBER,
	0,
	0,
	DIGIT,
	DIGIT,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	SCAN_ARRAY,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	SCAN_FALSE,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	SCAN_NULL,
	0,
	0,
	0,
	0,
	0,
	SCAN_TRUE,
	0,
	0,
	0,
	0,
	0,
	0,
	SCAN_OBJECT,
	0,
	0,
	0,
	0,
};

struct scan *
scan_new(void)
{
	struct scan *s = static_cast<scan *>(xcalloc(1, sizeof *s));

	std::set_new_handler([] { die_no_memory(); });
	s->stage1 = new first_stage;
	return s;
}

void
scan_free(struct scan *s)
{
	if (s == nullptr)
		return;
	delete stage1_of(s);
	free(s->nodes);
	free(s->lone);
	buf_release(&s->key);
	free(s);
}

bool
scan_parse(struct scan *s, struct slice text, size_t *at, const char **why)
{
	simdjson::error_code error;
	stage1_parser *p;

	s->text = text.p;
	s->len = text.len;
	s->n = 0;
	*at = 0;
	if (text.len == 0 || text.len > LARGEST) {
		*why = text.len == 0 ? "nothing there" : "too long";
		return false;
	}
	reserve(s, text.len);
	p = stage1_of(s)->parser.get();
	error = p->stage1(reinterpret_cast<const uint8_t *>(text.p), text.len,
	    simdjson::stage1_mode::regular);
	if (error)
		return stage1_failed(s, error, at, why);
	if (!check_escapes(s, at)) {
		*why = "no valid escape";
		return false;
	}
	reserve_nodes(s, p->n_structural_indexes + 1);
	builder b(s, p->structural_indexes.get(), p->n_structural_indexes);
	if (!b.run()) {
		*at = b.at;
		*why = b.why;
		return false;
	}
	s->n = b.count();
	return true;
}

bool
val_string(struct val v, struct buf *tmp, struct slice *out)
{
	struct slice t = val_text(v);

	if (t.len < 2 || t.p[0] != '"')
		return false;
	*out = { t.p + 1, t.len - 2 };
	if (!v.s->escapes || memchr(out->p, '\\', out->len) == nullptr)
		return true;
	if (!unescape(tmp, out->p, out->p + out->len))
		return false;
	*out = buf_slice(tmp);
	return true;
}

char *
val_cstr(struct val v)
{
	struct buf tmp = {};
	struct slice s;
	char *copy = nullptr;

	if (val_string(v, &tmp, &s) &&
	    (s.len == 0 || memchr(s.p, '\0', s.len) == nullptr))
		copy = xstrndup(s.len ? s.p : "", s.len);
	buf_release(&tmp);
	return copy;
}

bool
val_is(struct val v, const char *string)
{
	struct buf tmp = {};
	struct slice s;
	bool same;

	same = val_string(v, &tmp, &s) && slice_is(s, string);
	buf_release(&tmp);
	return same;
}

bool
val_int64(struct val v, int64_t *out)
{
	return val_type(v) == SCAN_NUMBER && decimal_int64(val_text(v), out);
}

bool
val_true(struct val v)
{
	return val_type(v) == SCAN_TRUE;
}

bool
val_lone(struct val v)
{
	struct slice t;
	uint32_t i;
	size_t from;

	if (v.s == nullptr || v.s->nlone == 0)
		return false;
	t = val_text(v);
	from = static_cast<size_t>(t.p - v.s->text);
	for (i = 0; i < v.s->nlone; i++)
		if (v.s->lone[i] >= from && v.s->lone[i] < from + t.len)
			return true;
	return false;
}

struct slice
scan_key_slow(struct scan *s, uint32_t i)
{
	const scan_node *n = &s->nodes[i];
	struct slice k = { s->text + n->at + 1, n->x - 2 };

	if (memchr(k.p, '\\', k.len) == nullptr)
		return k;
	unescape(&s->key, k.p, k.p + k.len);
	return buf_slice(&s->key);
}

/* Is the key before node i this one?  Escapes make a text longer, and leave
 * alone what stands before the first. */
static bool
key_is(struct scan *s, uint32_t i, struct slice key)
{
	const scan_node *n = &s->nodes[i - 1];
	struct slice k = { s->text + n->at + 1, n->x - 2 };

	if (!s->escapes)
		return slice_eq(k, key);
	return k.len >= key.len &&
	    (key.len == 0 || k.p[0] == key.p[0] || k.p[0] == '\\') &&
	    slice_eq(scan_key_slow(s, i - 1), key);
}

struct val
val_get(struct val object, struct slice key)
{
	struct val_iter it = val_each(object);
	struct val v, found = { nullptr, 0 };

	if (!it.keys)
		return found;
	while (val_next(&it, nullptr, &v))
		if (key_is(v.s, v.i, key))
			found = v;
	return found;
}

struct val
val_member(struct val object, const char *key)
{
	return val_get(object, slice_of(key));
}

struct val
val_at(struct val array, size_t index)
{
	struct val_iter it = val_each(array);
	struct val v, none = { nullptr, 0 };

	if (it.keys)
		return none;
	while (val_next(&it, nullptr, &v))
		if (index-- == 0)
			return v;
	return none;
}

size_t
val_count(struct val v)
{
	struct val_iter it = val_each(v);
	struct val element;
	size_t n = 0;

	while (val_next(&it, nullptr, &element))
		n++;
	return n;
}
