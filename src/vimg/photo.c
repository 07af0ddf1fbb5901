#include "photo.h"

#include <stdio.h>
#include <stdlib.h>

#include "url.h"
#include "banned.h"

/* ---- reading ---- */

static char *
text_or(struct val object, const char *name, const char *otherwise)
{
	char *s = val_cstr(val_member(object, name));

	if (s != NULL || otherwise == NULL)
		return s;
	return xstrdup(otherwise);
}

/* Of the sizes on offer the one that is wanted; NULL when it is not there. */
static char *
offered(struct val object, const char *type)
{
	struct val_iter it = val_each(val_member(object, "sizes"));
	struct val v;

	if (strcmp(type, "full") == 0)
		return val_cstr(val_member(object, "full_url"));
	while (val_next(&it, NULL, &v))
		if (val_is(val_member(v, "type"), type))
			return val_cstr(val_member(v, "url"));
	return NULL;
}

static void
choose_size(struct photo *p, struct val object, const char *type)
{
	char *url = type != NULL ? offered(object, type) : NULL;

	if (url != NULL) {
		p->url = url;
		p->size = xstrdup(type);
		return;
	}
	p->url = val_cstr(val_member(object, "url"));
	p->size = text_or(object, "size", "list");
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

/* What an earlier fetch left to ask by; all of it, or nothing. */
static void
read_known(struct photo *p, struct val object)
{
	char *sha = val_cstr(val_member(object, "sha256"));

	if (is_hash(sha) && val_int64(val_member(object, "bytes"),
	    &p->known_bytes) && p->known_bytes > 0) {
		memcpy(p->known_sha256, sha, SHA_HEX);
		p->known_etag = text_or(object, "etag", NULL);
		p->known_modified = text_or(object, "last_modified", NULL);
		p->known_ext = text_or(object, "ext", NULL);
	}
	free(sha);
}

static bool
read_item(struct photo *p, struct val object)
{
	struct val v = val_member(object, "item_id");
	struct slice t = val_text(v);

	if ((val_type(v) != SCAN_STRING && val_type(v) != SCAN_NUMBER) ||
	    val_lone(v))
		return false;
	p->item_id = xstrndup(t.p, t.len);
	return true;
}

struct photo *
photo_read(struct val object, const char *source, const char *type,
    const char **why)
{
	struct photo *p = xcalloc(1, sizeof *p);

	p->source = text_or(object, "source", source);
	p->site = text_or(object, "site", NULL);
	p->photo_key = val_cstr(val_member(object, "photo_key"));
	p->has_position = val_int64(val_member(object, "position"),
	    &p->position);
	if (!val_int64(val_member(object, "attempts"), &p->attempts) ||
	    p->attempts < 0)
		p->attempts = 0;
	choose_size(p, object, type);
	read_known(p, object);
	*why = NULL;
	if (p->source == NULL)
		*why = "a photo names no 'source'";
	else if (!read_item(p, object))
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
