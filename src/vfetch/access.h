/*
 * access: does robots.txt allow this URL?
 *
 * A host's robots.txt is read once a day, kept in the data folder (polite.h),
 * and obeyed unless the operator states permission.
 */
#ifndef VFETCH_ACCESS_H
#define VFETCH_ACCESS_H

#include "run.h"

/*
 * Reads robots.txt of the URL's host where need be.  ANSWERED: go on.
 * FAILED: robots.txt forbids it (*forbidden), or could not be read.
 */
enum outcome access_robots(struct run *r, const struct call *c,
    bool *forbidden);
/* Would access_robots ask for it? */
bool access_robots_due(const struct run *r, const char *url);

#endif
