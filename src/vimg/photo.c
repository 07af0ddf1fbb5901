#include "photo.h"

#include <stdio.h>
#include <stdlib.h>

#include "url.h"
#include "banned.h"

/* ---- reading ---- */

static const char *const too_long = "a photo's url is over 8 KiB, or another "
                                    "text of it over 1 KiB";

/* NULL when it is none; with *why when it is longer than is held. */
static char *
text(struct val v, size_t most, const char **why)
{
	/* six bytes are the longest escape of one */
	bool fits = val_text(v).len <= 6 * most + 2;
	char *s = fits ? val_cstr(v) : NULL;

	if (val_type(v) != SCAN_STRING ||
	    (fits && (s == NULL || strlen(s) <= most)))
		return s;
	*why = too_long;
	free(s);
	return NULL;
}

static char *
member(struct val object, const char *name, const char **why)
{
	return text(val_member(object, name), TEXT_MOST, why);
}

static char *
member_or(struct val object, const char *name, const char *otherwise,
    const char **why)
{
	char *s = member(object, name, why);

	return s == NULL && otherwise != NULL ? xstrdup(otherwise) : s;
}

/* Of the sizes on offer the one that is wanted; NULL when it is not there. */
static char *
offered(struct val object, const char *type, const char **why)
{
	struct val_iter it = val_each(val_member(object, "sizes"));
	struct val v;

	if (strcmp(type, "full") == 0)
		return text(val_member(object, "full_url"), URL_MOST, why);
	while (val_next(&it, NULL, &v))
		if (val_is(val_member(v, "type"), type))
			return text(val_member(v, "url"), URL_MOST, why);
	return NULL;
}

static void
choose_size(struct photo *p, struct val object, const char *type,
    const char **why)
{
	char *url = type != NULL ? offered(object, type, why) : NULL;

	if (url != NULL) {
		p->url = url;
		p->size = xstrdup(type);
		return;
	}
	p->url = text(val_member(object, "url"), URL_MOST, why);
	p->size = member_or(object, "size", "list", why);
}

/* https, whatever it was; without a fragment; nothing that breaks a line. */
static bool
settle_url(struct photo *p)
{
	struct url u;
	char *url, *c;

	if (p->url == NULL || !url_split(p->url, &u))
		return false;
	for (c = p->url; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == '\x7f')
			return false;
	url = xasprintf("https://%.*s", (int)strcspn(u.host.p, "#"), u.host.p);
	free(p->url);
	p->url = url;
	return true;
}

static bool
is_hash(const char *s)
{
	return s != NULL && strspn(s, "0123456789abcdef") == SHA_HEX - 1 &&
	    s[SHA_HEX - 1] == '\0';
}

bool
photo_is_validator(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == '\x7f')
			return false;
	return text.len > 0 && text.len <= TEXT_MOST && scan_utf8(text);
}

/* It becomes a header: one that would be two is none. */
static char *
validator(struct val object, const char *name, const char **why)
{
	char *s = member(object, name, why);

	if (s != NULL && photo_is_validator(slice_of(s)))
		return s;
	free(s);
	return NULL;
}

/* What an earlier fetch left to ask by; all of it, or nothing. */
static void
read_known(struct photo *p, struct val object, const char **why)
{
	char *sha = member(object, "sha256", why);

	p->known_etag = validator(object, "etag", why);
	p->known_modified = validator(object, "last_modified", why);
	p->known_ext = member(object, "ext", why);
	if (is_hash(sha) &&
	    val_int64(val_member(object, "bytes"), &p->known_bytes) &&
	    p->known_bytes > 0)
		memcpy(p->known_sha256, sha, SHA_HEX);
	free(sha);
}

static bool
read_item(struct photo *p, struct val object, const char **why)
{
	struct val v = val_member(object, "item_id");
	struct slice t = val_text(v);

	if ((val_type(v) != SCAN_STRING && val_type(v) != SCAN_NUMBER) ||
	    val_lone(v))
		return false;
	if (t.len > TEXT_MOST)
		*why = too_long;
	else
		p->item_id = xstrndup(t.p, t.len);
	return true;
}

struct photo *
photo_read(struct val object, const char *source, const char *type,
    const char **why)
{
	struct photo *p = xcalloc(1, sizeof *p);
	bool has_item;

	*why = NULL;
	p->source = member_or(object, "source", source, why);
	p->site = member(object, "site", why);
	p->photo_key = member(object, "photo_key", why);
	p->has_position =
	    val_int64(val_member(object, "position"), &p->position);
	if (!val_int64(val_member(object, "attempts"), &p->attempts) ||
	    p->attempts < 0)
		p->attempts = 0;
	has_item = read_item(p, object, why);
	choose_size(p, object, type, why);
	read_known(p, object, why);
	if (*why != NULL)
		;
	else if (p->source == NULL)
		*why = "a photo names no 'source'";
	else if (!has_item)
		*why = "a photo names no 'item_id'";
	else if (p->photo_key == NULL)
		*why = "a photo names no 'photo_key'";
	else if (!settle_url(p))
		*why = "a photo's 'url' is none";
	if (*why == NULL)
		return p;
	photo_free(p);
	return NULL;
}

/* ---- life ---- */

void
photo_reset(struct photo *p)
{
	int i;

	for (i = 0; i < p->ncopies; i++) {
		buf_release(&p->copies[i].jpeg);
		free(p->files[i].path);
		p->files[i].path = NULL;
	}
	buf_release(&p->body);
	free(p->path);
	free(p->etag);
	free(p->modified);
	p->path = p->etag = p->modified = NULL;
	p->outcome = NULL;
	p->reason[0] = '\0';
	p->decoded = p->reread = false;
	p->image = (struct image){ 0 };
	p->status = 0;
}

void
photo_free(struct photo *p)
{
	if (p == NULL)
		return;
	photo_reset(p);
	free(p->source);
	free(p->site);
	free(p->item_id);
	free(p->photo_key);
	free(p->size);
	free(p->url);
	free(p->known_etag);
	free(p->known_modified);
	free(p->known_ext);
	free(p);
}

void
photo_reason(struct photo *p, const char *outcome, const char *reason)
{
	p->outcome = outcome;
	snprintf(p->reason, sizeof p->reason, "%s", reason);
}

/* ---- lists ---- */

void
photos_init(struct photos *l)
{
	*l = (struct photos){ .last = &l->first };
}

void
photos_add(struct photos *l, struct photo *p)
{
	p->next = NULL;
	*l->last = p;
	l->last = &p->next;
	l->n++;
}

struct photo *
photos_take(struct photos *l)
{
	struct photo *p = l->first;

	if (p == NULL)
		return NULL;
	l->first = p->next;
	if (l->first == NULL)
		l->last = &l->first;
	l->n--;
	p->next = NULL;
	return p;
}

void
photos_put_back(struct photos *l, struct photo *p)
{
	p->next = l->first;
	l->first = p;
	if (p->next == NULL)
		l->last = &p->next;
	l->n++;
}
