/*
 * version: tables that a tap sends whole, again and again (the versions of
 * RECORD and ACTIVATE_VERSION).  A column has a row's version; activating one
 * deletes or marks the rows of older ones.
 */
#ifndef VERSION_H
#define VERSION_H

#include "take.h"

/* Makes the column, before the first record that says its version is added. */
void version_of_record(struct run *, struct stream *);
/* Commits everything before the message.  Dies (65) when it cannot activate,
 * because later messages rely on it. */
void version_activate(struct run *);

#endif
