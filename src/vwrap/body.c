#include "body.h"

#include "utf8.h"
#include "banned.h"

enum form
body_form(struct scan *scan, struct slice body, const char *kind)
{
	const char *why;
	size_t at;

	if (strcmp(kind, "session") == 0)
		return FORM_OMITTED;
	if (scan_parse(scan, slice_unmarked(body), &at, &why))
		return FORM_JSON;
	return utf8_valid(body) ? FORM_TEXT : FORM_BASE64;
}

static void
put_text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_cstr(j, value);
}

/* The others were not kept; the type can be seen. */
void
body_put_headers(struct json *j, enum form form, struct slice body)
{
	size_t i = 0;

	body = slice_unmarked(body);
	json_key(j, "headers");
	json_object(j);
	while (i < body.len && strchr(" \t\r\n", body.p[i]) != NULL)
		i++;
	if (form == FORM_JSON)
		put_text(j, "content-type", "application/json");
	else if (form == FORM_TEXT && i < body.len && body.p[i] == '<')
		put_text(j, "content-type", "text/html");
	json_end(j);
}

/* A newline in valid JSON stands between tokens, or it were not valid. */
static void
put_json(struct json *j, struct slice s)
{
	const char *p = s.p, *end = s.p + s.len, *nl;

	json_key(j, "body");
	json_raw(j, (struct slice){ NULL, 0 });
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		buf_add(j->b, p, (size_t)(nl - p));
	}
}

void
body_put(struct json *j, enum form form, struct slice body)
{
	switch (form) {
	case FORM_JSON:
		put_json(j, slice_unmarked(body));
		break;
	case FORM_TEXT:
		json_key(j, "body_text");
		json_str(j, body);
		break;
	case FORM_BASE64:
		json_key(j, "body_base64");
		json_base64(j, body);
		break;
	case FORM_OMITTED:
		json_key(j, "body_omitted");
		json_bool(j, true);
		break;
	case FORM_TOO_LARGE: /* as vfetch says it */
		json_key(j, "error");
		json_object(j);
		put_text(j, "cause", "too-large");
		put_text(j, "message", "the record would be too long");
		json_end(j);
		break;
	}
}
