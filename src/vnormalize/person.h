/*
 * person: the pseudonyms of sellers (law 10).
 *
 * seller_key = HMAC-SHA256(key, "source:id"), in hex.  The key is a file of
 * mode 0600.  Sellers to be forgotten are lines {source, seller_key, at} of a
 * file beside it.
 */
#ifndef PERSON_H
#define PERSON_H

#include <stdbool.h>

#include "buf.h"

#define SELLER_HEX 64

struct person;

/*
 * Reads the key and the forgotten sellers.  no_key: hashes nobody, and dies
 * (78) when a seller is to be forgotten.  path and forgotten NULL: those of the
 * configuration.
 */
struct person *person_new(const char *path, bool no_key);
void person_free(struct person *p);

bool person_has_key(const struct person *p);
const char *person_fingerprint(const struct person *p); /* NULL: no key */
void person_hash(const struct person *p, struct slice source, struct slice id,
    char hex[SELLER_HEX + 1]);
bool person_any_forgotten(const struct person *p);
bool person_forgotten(const struct person *p, struct slice source,
    struct slice id);

#endif
