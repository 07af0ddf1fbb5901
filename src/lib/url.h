/*
 * url: take URLs apart and put them together (RFC 3986, and the form encoding
 * that browsers use in queries).
 */
#ifndef URL_H
#define URL_H

#include "buf.h"

struct url {
	struct slice host, path, query; /* borrow from the text */
};

/* "https://host/path?query#fragment", also without a scheme or a path.  False
 * when there is no host, another scheme, a port or a user. */
bool url_split(const char *text, struct url *u);
int url_hex(char c); /* 0..15, or -1 */
/* Adds the decoded bytes; with plus, '+' is a space.  False: a broken %XX, or a
 * control character. */
bool url_decode(struct slice s, bool plus, struct buf *out);
/* Adds all but RFC 3986's unreserved characters as %XX. */
void url_encode(struct buf *out, struct slice s);
/*
 * Takes the next pair off *query.  False at its end.  An empty pair ("a&&b")
 * is skipped; a key without "=" has an empty value.
 */
bool url_pair(struct slice *query, struct slice *key, struct slice *value);
/*
 * Matches a path against a pattern: "{name}" stands for digits, "*" for
 * anything within a segment, "/" at the end is as good as none.  At most one
 * name: *name and *value then hold it (p NULL when the pattern has none).
 */
bool url_path_match(const char *pattern, struct slice path, struct slice *name,
    struct slice *value);

#endif
