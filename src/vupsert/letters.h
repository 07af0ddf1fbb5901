/*
 * letters: which characters a name may have, by the server's encoding.
 *
 * An encoding of one byte a character (LATIN1, WIN1252 ...) holds at most 128
 * beyond ASCII.  One of several bytes is taken to hold all.
 */
#ifndef LETTERS_H
#define LETTERS_H

#include "pg.h"

struct letters {
	char *held; /* all that are beyond ASCII; NULL: any is held */
};

/* Asks the server, once, before the first stream; dies when it cannot. */
void letters_ask(struct letters *, struct pg *);
void letters_release(struct letters *);

/* How many bytes of UTF-8 stand before the first character that the server
 * cannot hold, or NUL; all of them when there is none. */
size_t letters_span(const struct letters *, struct slice);

/* Puts ? in place of each character that the server cannot hold. */
void letters_fit(const struct letters *, char *);

#endif
