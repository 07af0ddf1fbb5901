/*
 * json: write JSON into a buf, without building a tree.
 *
 *	struct json j;
 *	json_start(&j, &buf);
 *	json_object(&j);
 *	json_key(&j, "id");  json_int(&j, 7);
 *	json_key(&j, "tag"); json_str(&j, slice);
 *	json_end(&j);
 *
 * Commas and colons place themselves.  Text must be valid UTF-8 already; it is
 * escaped as jq -c does.  json_raw takes JSON text as it is (numbers keep
 * their digits this way).
 */
#ifndef JSON_H
#define JSON_H

#include "buf.h"

#define JSON_DEPTH 64

struct json {
	struct buf *b;
	int depth;
	bool comma;             /* the next value needs one before it */
	char close[JSON_DEPTH]; /* what ends each open level */
};

void json_start(struct json *j, struct buf *b);
void json_object(struct json *j);
void json_array(struct json *j);
void json_end(struct json *j); /* of the innermost object or array */
void json_key(struct json *j, const char *key);
void json_keys(struct json *j, struct slice key);
void json_str(struct json *j, struct slice s);
void json_cstr(struct json *j, const char *s); /* NULL writes null */
void json_raw(struct json *j, struct slice s);
void json_int(struct json *j, int64_t n);
void json_bool(struct json *j, bool yes);
void json_null(struct json *j);
void json_base64(struct json *j, struct slice bytes);

void json_escape(struct buf *b, struct slice s); /* with the quotes */

#endif
