/*
 * sha: SHA-256, whole or piece by piece, as 64 hex digits.
 *
 *	struct sha h;
 *	sha_start(&h);  sha_add(&h, p, n);  sha_end(&h, hex);
 *
 * By libcrypto's own functions, not by its EVP layer: that one loads
 * configuration and providers first, and does not survive a failed malloc
 * while it does.  These allocate nothing, and there is nothing to release.
 */
#ifndef SHA_H
#define SHA_H

#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

#include "buf.h"

#define SHA_HEX 65 /* 64 digits and their NUL */

struct sha {
	SHA256_CTX ctx;
};

void sha_start(struct sha *h);
void sha_add(struct sha *h, const void *p, size_t n);
void sha_end(struct sha *h, char hex[SHA_HEX]);
void sha_of(struct slice s, char hex[SHA_HEX]);

#endif
