/*
 * cookie: the value of a cookie that an answer sets (RFC 6265, 5.2 and 5.3).
 *
 * Of the Set-Cookie lines of a name the last wins.  One that clears (empty, or
 * past by Max-Age or Expires) removes those of the same domain and path, as in
 * a browser.  One for another site's domain, with control characters, or longer
 * than COOKIE_MAX is ignored.
 */
#ifndef VFETCH_COOKIE_H
#define VFETCH_COOKIE_H

#include "http.h"

#define COOKIE_MAX 8192 /* twice what browsers keep (RFC 6265, 6.1) */

/* url: that was asked.  Borrows from the answer, without quotes around it; p
 * is NULL when there is none. */
struct slice cookie_of(const struct http_answer *a, const char *url,
    const char *name);
/* May the value stand in a header of a request? */
bool cookie_fits(struct slice value);

#endif
