/*
 * http_date: the dates of HTTP (RFC 9110, 5.6.7), read as servers write them.
 *
 * It takes the three forms of the RFC in any order of their words, that of
 * cookies ("Thu, 01-Jan-1970 00:00:00 GMT"), and RFC 3339; with GMT, UTC, Z, an
 * offset ("+0000", "-05:30"), North America's zones (RFC 5322, 4.3) or none.
 * Other zones count as UTC.
 */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "buf.h"

/* False when it is no such date. */
bool http_date_parse(struct slice text, int64_t *ms);

#endif
