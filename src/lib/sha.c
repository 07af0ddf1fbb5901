#include "sha.h"

#include "banned.h"

void
sha_start(struct sha *h)
{
	SHA256_Init(&h->ctx);
}

void
sha_add(struct sha *h, const void *p, size_t n)
{
	SHA256_Update(&h->ctx, p, n);
}

void
sha_end(struct sha *h, char hex[SHA_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[SHA256_DIGEST_LENGTH];
	size_t i;

	SHA256_Final(md, &h->ctx);
	for (i = 0; i < sizeof md; i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[2 * sizeof md] = '\0';
}

void
sha_of(struct slice s, char hex[SHA_HEX])
{
	struct sha h;

	sha_start(&h);
	sha_add(&h, s.p, s.len);
	sha_end(&h, hex);
}
