/*
 * robots: what a robots.txt says (RFC 9309).
 *
 * The groups that name our agent count, or those of "*" when none does; of
 * their rules the longest that matches, Allow when two are as long; "*" and
 * "$" as the RFC has them, %XX compared as what it stands for.
 */
#ifndef ROBOTS_H
#define ROBOTS_H

#include "buf.h"

/* target: path and query, as sent. */
bool robots_allow(struct slice text, const char *agent, struct slice target);

#endif
