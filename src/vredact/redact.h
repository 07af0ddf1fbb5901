/*
 * redact: a raw record without forgotten sellers.
 *
 *	a list of listings	each of hers is null
 *	an answer about her, or one of her listings
 *				the body is null; `verdict` beside says what
 *				it was
 *	an answer about another, and what is no raw record that
 *	anyone can read		her numbers in it are 0.00...
 *	a picture of hers	the body is null
 *	a closing record	queries about her are null; her listings are
 *				no longer among the newest of a catalog's
 *
 * What a request about her says of her is null, too, and so is what stands
 * around a list and names her.  A record that was changed is marked
 * "redacted":true.  vnormalize makes of it what it made of the one before, of
 * which it left her out: its own code tells which elements are hers.
 */
#ifndef REDACT_H
#define REDACT_H

#include "../vnormalize/normalize.h"
#include "edit.h"
#include "known.h"

struct redaction {
	struct normalizer *n;
	struct known *known;
	struct edits edits;
	struct slice line;
	struct val list; /* whose elements are judged one by one */
	uint64_t lines, redacted, unchanged;
	uint64_t elements, bodies; /* that are null now */
	uint64_t pages;            /* in which numbers are masked */
};

/* Appends the line to out, changed or not. */
void redact(struct redaction *r, struct slice line, struct buf *out);

#endif
