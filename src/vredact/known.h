/*
 * known: the numbers of forgotten sellers, of their listings and pictures, as
 * far as they are known: a file of lines SOURCE<tab>KIND<tab>ID, KIND being
 * user, item or picture.  It is read at the start, and what is found is added
 * at the end.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include <stdbool.h>

#include "buf.h"

struct known;

/* path NULL: no file. */
struct known *known_new(const char *path);
/* What was added goes to the file, on disk; dies (74) when it cannot. */
void known_save_or_die(struct known *k);
void known_free(struct known *k);

void known_add(struct known *k, struct slice source, const char *kind,
    struct slice id);
bool known_has(const struct known *k, struct slice source, const char *kind,
    struct slice id);
/* The next word of the text, from *at on, that is a number of a user or an
 * item: it begins with a digit, and *at is then behind it. */
bool known_word(const struct known *k, struct slice source, struct slice text,
    size_t *at, struct slice *word);
bool known_in(const struct known *k, struct slice source, struct slice text);

#endif
