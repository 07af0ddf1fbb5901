/*
 * wrap: files of bodies to the records of one run.
 *
 * The files are read twice: first for the run id, which is made of --at and a
 * hash over all input, so that wrapping the same again gives the same run.
 */
#ifndef VWRAP_WRAP_H
#define VWRAP_WRAP_H

#include "line.h"
#include "options.h"

/* The files end with NULL.  Dies of what cannot be read (74) or is packed (65);
 * says the ledger. */
void wrap_files(const struct options *, char *const files[], struct writer *);

#endif
