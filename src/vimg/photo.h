/*
 * photo: a photo of a listing, on its way to being a picture.
 *
 *	ready -> under way -> decoding -> storing -> record
 *	  ^________|____________|            (a temporary failure, tried again)
 *
 * A photo belongs to one list at a time, or to the thread that took it from
 * there; the lists have no lock.  photo_free after its record.
 */
#ifndef VIMG_PHOTO_H
#define VIMG_PHOTO_H

#include "image.h"
#include "scan.h"
#include "sha.h"

#define COPIES_MOST 8
#define URL_MOST 8192  /* bytes of an address */
#define TEXT_MOST 1024 /* of any other text of a photo that is asked for */

struct host;

struct copy_file {
	char sha256[SHA_HEX];
	char *path; /* below the store's root */
};

struct photo {
	/* as asked; item_id is JSON text, the rest are texts */
	char *source, *site, *item_id, *photo_key, *size, *url;
	char *address;       /* what the url is asked by; NULL: it cannot be */
	const char *refused; /* then, and when it may not be: the reason */
	char *known_etag, *known_modified, *known_ext;
	char known_sha256[SHA_HEX]; /* empty: none */
	int64_t known_bytes, position, attempts;
	bool has_position;

	struct host *host;
	int tries;          /* in this run */
	int64_t due_at;     /* not asked before; wall clock */
	bool conditional;   /* the last request was */
	bool unconditional; /* the next must not be */

	/* the answer */
	int status;
	int64_t fetched_at, ms, retry_after;
	char *etag, *modified, *encoding;
	struct buf body;
	size_t held; /* bytes that count as in flight */
	bool reread; /* 304: the object is to be read */

	/* what became of it */
	const char *outcome; /* NULL: put off */
	char reason[72];     /* empty: none */
	int64_t try_after;   /* 0: none */
	bool decoded;        /* image and sha256 are known */
	struct image image;
	char sha256[SHA_HEX];
	uint64_t bytes;
	char *path;
	struct image_copy copies[COPIES_MOST];
	struct copy_file files[COPIES_MOST];
	int ncopies;
	int failed; /* the store did: the status */

	struct photo *next;
};

struct photos { /* a list, first in, first out */
	struct photo *first, **last;
	size_t n;
};

/*
 * From a request object, or the record of a stream of photos (then source is
 * the SCHEMA's).  type: which of `sizes` is wanted, "full", or NULL.  Returns
 * NULL with the reason when a record could not name the photo.  A photo that
 * cannot be asked for is `refused`, and its record says so.
 */
struct photo *photo_read(struct val object, const char *source,
    const char *type, const char **why);
/* A validator that may be kept and sent: short, and without control bytes. */
bool photo_is_validator(struct slice text);
void photo_free(struct photo *p);
/* Drops what the last try brought, for another. */
void photo_reset(struct photo *p);
void photo_reason(struct photo *p, const char *outcome, const char *reason);

void photos_init(struct photos *l);
void photos_add(struct photos *l, struct photo *p);
struct photo *photos_take(struct photos *l);             /* NULL: it is empty */
void photos_put_back(struct photos *l, struct photo *p); /* is first */

#endif
