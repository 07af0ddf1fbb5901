/*
 * scan: read JSON; strictly, and without losing a digit.
 *
 * simdjson's first stage finds the structural bytes and judges UTF-8, string
 * ends and control characters; a second stage of our own judges the grammar
 * (RFC 8259) and lays the values out on a tape.  Nothing is converted: a value
 * is a place in the text, so numbers of any length keep their text.
 *
 *	text   {"a":[1,"x"],"b":null}
 *	tape   {  "a"  [  1  "x"  ]  "b"  null  }
 *	       |       |__________^ index behind its end      (node.x of '[')
 *	       |____________________________________^         (node.x of '{')
 *
 * Life cycle: scan_new once, scan_parse for every text, scan_free.  A struct
 * val and every slice that comes from it borrow from the scan and from the
 * text, until the next scan_parse.
 *
 * Of repeated keys the last wins, as in jq.  An escape that names half a
 * surrogate pair is grammatical but no text: val_string refuses such a string,
 * and val_lone finds values that hold one.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "buf.h"

#define SCAN_DEPTH 1024            /* deeper nesting is refused */
#define SCAN_CONTAINER 0x80000000u /* in node.x: of an array or object */

struct scan_node {
	uint32_t at; /* first byte in the text: its type can be read there */
	uint32_t x;  /* length in bytes; of a container: index behind it */
};

/* Read-only for users; here so that the walking functions can be inline. */
struct scan {
	const char *text;
	size_t len;
	struct scan_node *nodes;
	uint32_t n;
	bool escapes;   /* there is a backslash somewhere */
	uint32_t *lone; /* where halves of surrogate pairs stand */
	uint32_t nlone;
	struct buf key; /* the last key that had escapes */
	void *stage1;
};

enum scan_type {
	SCAN_NONE, /* absent: what a failed look-up gives */
	SCAN_NULL,
	SCAN_FALSE,
	SCAN_TRUE,
	SCAN_NUMBER,
	SCAN_STRING,
	SCAN_ARRAY,
	SCAN_OBJECT
};

struct val {            /* a handle; pass it by value */
	struct scan *s; /* NULL: SCAN_NONE */
	uint32_t i;
};

struct scan *scan_new(void);
void scan_free(struct scan *s); /* NULL is fine */
/*
 * The text is one JSON value, and valid as a whole; LINE_PADDING readable
 * bytes follow it.  False: *at is where, *why a short reason ("a key is due").
 */
bool scan_parse(struct scan *s, struct slice text, size_t *at,
    const char **why);

/* ---- values ---- */

extern const unsigned char scan_types[256]; /* enum scan_type by lead */

static inline struct val
scan_root(struct scan *s)
{
	return (struct val){ s, 0 };
}

static inline const struct scan_node *
val_node(struct val v)
{
	return &v.s->nodes[v.i];
}

static inline enum scan_type
val_type(struct val v)
{
	if (v.s == NULL)
		return SCAN_NONE;
	return (enum scan_type)
	    scan_types[(unsigned char)v.s->text[val_node(v)->at]];
}

/* The value's own bytes: strings with their quotes, containers whole. */
static inline struct slice
val_text(struct val v)
{
	struct slice t = { NULL, 0 };
	const struct scan_node *n, *close;

	if (v.s == NULL)
		return t;
	n = val_node(v);
	t.p = v.s->text + n->at;
	if (n->x & SCAN_CONTAINER) {
		close = &v.s->nodes[(n->x & ~SCAN_CONTAINER) - 1];
		t.len = close->at + 1 - n->at;
	} else {
		t.len = n->x;
	}
	return t;
}

/*
 * The string's text, escapes resolved: borrowed from the text when it has
 * none, else from *tmp, which is reset.  False: no string, or half a pair.
 */
bool val_string(struct val v, struct buf *tmp, struct slice *out);
/* As val_string, into a new C string; NULL when false or when it holds a NUL.
 * The caller frees. */
char *val_cstr(struct val v);
bool val_is(struct val v, const char *string);
/* Integers in their plain form only (no fraction, no exponent), in range. */
bool val_int64(struct val v, int64_t *out);
bool val_true(struct val v); /* the literal true */
/* Does a string or key inside hold half a surrogate pair? */
bool val_lone(struct val v);

struct val val_get(struct val object, struct slice key);
struct val val_member(struct val object, const char *key);
struct val val_at(struct val array, size_t index);
size_t val_count(struct val v); /* elements, or members as written */

/* ---- walking an array or object, in the order of the text ---- */

struct val_iter {
	struct scan *s;
	uint32_t i, end;
	bool keys;
};

struct slice scan_key_slow(struct scan *s, uint32_t i);

/* Of anything else: an iterator that ends at once. */
static inline struct val_iter
val_each(struct val v)
{
	struct val_iter it = { v.s, 0, 0, false };
	const struct scan_node *n;

	if (v.s == NULL)
		return it;
	n = val_node(v);
	if (n->x & SCAN_CONTAINER) {
		it.i = v.i + 1;
		it.end = (n->x & ~SCAN_CONTAINER) - 1;
		it.keys = v.s->text[n->at] == '{';
	}
	return it;
}

/*
 * key may be NULL; it is set for objects, escapes resolved, and holds until
 * the next call.  Repeated keys all come: the last counts.
 */
static inline bool
val_next(struct val_iter *it, struct slice *key, struct val *v)
{
	const struct scan_node *n;

	if (it->i == it->end)
		return false;
	if (it->keys) {
		n = &it->s->nodes[it->i];
		if (key != NULL && it->s->escapes)
			*key = scan_key_slow(it->s, it->i);
		else if (key != NULL)
			*key =
			    (struct slice){ it->s->text + n->at + 1, n->x - 2 };
		it->i++;
	} else if (key != NULL) {
		*key = (struct slice){ NULL, 0 };
	}
	*v = (struct val){ it->s, it->i };
	n = &it->s->nodes[it->i];
	it->i = n->x & SCAN_CONTAINER ? n->x & ~SCAN_CONTAINER : it->i + 1;
	return true;
}

/* ---- paths: the subset of jq's that is keys and positions ---- */

struct step {
	struct slice key; /* owned by the path; p is NULL for a position */
	size_t index;
};

struct path {
	struct step *steps;
	size_t n;
	bool each; /* it ended in [] */
};

/*
 * `.a.b`, `."odd key".b`, `.a["odd key"]`, `.a[0]`, `.` and any of them with
 * [] at the end.  NULL and a reason when it is none of these.
 */
struct path *path_compile(const char *text, const char **why);
void path_free(struct path *p);
/* SCAN_NONE unless every step exists.  The [] is the caller's business. */
struct val val_path(struct val v, const struct path *p);

#ifdef __cplusplus
}
#endif
#endif
