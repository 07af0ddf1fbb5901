/* body: the bytes of an answer, and the member of a record that has them. */
#ifndef VWRAP_BODY_H
#define VWRAP_BODY_H

#include "json.h"
#include "scan.h"

enum form {
	FORM_JSON,    /* as it is, but for newlines between tokens */
	FORM_TEXT,    /* other UTF-8 */
	FORM_BASE64,  /* anything else */
	FORM_OMITTED, /* it may hold a token */
	FORM_TOO_LARGE
};

/* Of a body that is not too large; LINE_PADDING readable bytes follow it. */
enum form body_form(struct scan *, struct slice body, const char *kind);
/* Adds its members: the headers that can be seen, the body itself. */
void body_put_headers(struct json *, enum form, struct slice body);
void body_put(struct json *, enum form, struct slice body);

#endif
