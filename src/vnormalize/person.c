#include "person.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* the one-shot calls of OpenSSL 3 hash the key anew for every message */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "conf.h"
#include "file.h"
#include "line.h"
#include "scan.h"
#include "sha.h"
#include "banned.h"

#define BLOCK 64 /* of SHA-256 */
#define KEY_SHORTEST 16

struct person {
	bool has_key;
	SHA256_CTX inner, outer; /* the key is already in them */
	char fingerprint[17];
	char **forgotten; /* "source:hex", sorted */
	size_t n;
};

/* RFC 2104: H(key ^ opad, H(key ^ ipad, text)) */
static void
set_key(struct person *p, struct slice key)
{
	unsigned char block[BLOCK] = { 0 }, pad[BLOCK];
	size_t i;

	if (key.len > BLOCK)
		SHA256((const unsigned char *)key.p, key.len, block);
	else
		memcpy(block, key.p, key.len);
	for (i = 0; i < BLOCK; i++)
		pad[i] = block[i] ^ 0x36;
	SHA256_Init(&p->inner);
	SHA256_Update(&p->inner, pad, BLOCK);
	for (i = 0; i < BLOCK; i++)
		pad[i] = block[i] ^ 0x5c;
	SHA256_Init(&p->outer);
	SHA256_Update(&p->outer, pad, BLOCK);
	p->has_key = true;
}

static void
to_hex(const unsigned char *p, size_t n, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		hex[2 * i] = digits[p[i] >> 4];
		hex[2 * i + 1] = digits[p[i] & 15];
	}
	hex[2 * n] = '\0';
}

void
person_hash(const struct person *p, struct slice source, struct slice id,
    char hex[SELLER_HEX + 1])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX c = p->inner;

	SHA256_Update(&c, source.p, source.len);
	SHA256_Update(&c, ":", 1);
	SHA256_Update(&c, id.p, id.len);
	SHA256_Final(digest, &c);
	c = p->outer;
	SHA256_Update(&c, digest, sizeof digest);
	SHA256_Final(digest, &c);
	to_hex(digest, sizeof digest, hex);
}

static void
load_key(struct person *p, const char *path)
{
	struct buf b = { 0 }, salted = { 0 };
	char hex[SHA_HEX];
	struct stat st;

	if (stat(path, &st) != 0)
		die_errno(EX_CONFIG, "cannot read the key '%s'", path);
	if ((st.st_mode & 077) != 0)
		die(EX_CONFIG,
		    "the key '%s' is open to others, its mode must "
		    "be 0600",
		    path);
	if (!file_read(path, &b))
		die_errno(EX_CONFIG, "cannot read the key '%s'", path);
	while (b.len > 0 && b.data[b.len - 1] == '\n')
		b.len--;
	if (b.len < KEY_SHORTEST)
		die(EX_CONFIG, "the key '%s' is shorter than %d bytes", path,
		    KEY_SHORTEST);
	set_key(p, buf_slice(&b));
	buf_adds(&salted, "vpipe-key-1:");
	buf_addslice(&salted, buf_slice(&b));
	sha_of(buf_slice(&salted), hex);
	memcpy(p->fingerprint, hex, 16);
	buf_release(&salted);
	buf_release(&b);
}

static void
add_forgotten(struct person *p, struct val v, const char *path)
{
	char *source = val_cstr(val_member(v, "source"));
	char *key = val_cstr(val_member(v, "seller_key"));

	if (source == NULL || key == NULL || strlen(key) != SELLER_HEX)
		die(EX_CONFIG,
		    "'%s' holds a line without source and "
		    "seller_key",
		    path);
	p->forgotten =
	    xrealloc(p->forgotten, (p->n + 1) * sizeof *p->forgotten);
	p->forgotten[p->n++] = xasprintf("%s:%s", source, key);
	free(source);
	free(key);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
load_forgotten(struct person *p, const char *path)
{
	struct scan *scan = scan_new();
	struct buf b = { 0 };
	struct slice line;
	const char *why, *next;
	size_t at;

	if (!file_read_text(path, &b) && errno != ENOENT)
		die_errno(EX_CONFIG, "cannot read '%s'", path);
	buf_grow(&b, LINE_PADDING);
	for (line.p = b.data; line.p < b.data + b.len; line.p = next) {
		line.len = strcspn(line.p, "\n");
		next = line.p + line.len + 1;
		if (line.len == 0)
			continue;
		if (!scan_parse(scan, line, &at, &why))
			die(EX_CONFIG,
			    "'%s' holds a line that is not JSON: "
			    "%s",
			    path, why);
		add_forgotten(p, scan_root(scan), path);
	}
	if (p->n > 0)
		qsort(p->forgotten, p->n, sizeof *p->forgotten, by_text);
	buf_release(&b);
	scan_free(scan);
}

struct person *
person_new(const char *path, bool no_key)
{
	struct person *p = xcalloc(1, sizeof *p);
	char *key = path ? xstrdup(path) : conf_path("VPIPE_KEY");
	char *list = conf_path("VPIPE_FORGOTTEN");

	if (!no_key)
		load_key(p, key);
	load_forgotten(p, list);
	if (no_key && p->n > 0)
		die(EX_CONFIG,
		    "'%s' names sellers to forget: they are not "
		    "recognized without the key",
		    list);
	free(key);
	free(list);
	return p;
}

void
person_free(struct person *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		free(p->forgotten[i]);
	free(p->forgotten);
	free(p);
}

bool
person_has_key(const struct person *p)
{
	return p->has_key;
}

const char *
person_fingerprint(const struct person *p)
{
	return p->has_key ? p->fingerprint : NULL;
}

bool
person_any_forgotten(const struct person *p)
{
	return p->n > 0;
}

bool
person_forgotten(const struct person *p, struct slice source, struct slice id)
{
	char hex[SELLER_HEX + 1], *wanted, *const *found;

	if (p->n == 0)
		return false;
	person_hash(p, source, id, hex);
	wanted = xasprintf("%.*s:%s", SLICE_ARG(source), hex);
	found =
	    bsearch(&wanted, p->forgotten, p->n, sizeof *p->forgotten, by_text);
	free(wanted);
	return found != NULL;
}
