/*
 * version: tables that a tap sends whole, again and again (the versions of
 * RECORD and ACTIVATE_VERSION).  A row's version is a column of its own; the
 * activation of one deletes the rows of those before it, or marks them.
 */
#ifndef VERSION_H
#define VERSION_H

#include "take.h"

/* Makes the column, before the first record that says its version is added. */
void version_of_record(struct run *, struct stream *);
/* Everything before the message is committed; dies (65) when it cannot be
 * done, as what is behind it relies on it. */
void version_activate(struct run *);

#endif
