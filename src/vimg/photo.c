#include "photo.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "url.h"
#include "utf8.h"
#include "banned.h"

/* ---- reading ---- */

static void
refuse(struct photo *p, const char *why)
{
	if (p->refused == NULL)
		p->refused = why;
}

/* NULL when it is none.  One that is longer than is held while it waits is
 * kept for the record, which is written at once. */
static char *
text(struct photo *p, struct val v, size_t most)
{
	char *s = val_type(v) == SCAN_STRING ? val_cstr(v) : NULL;

	if (s != NULL && strlen(s) > most)
		refuse(p, "too-long");
	return s;
}

static char *
member(struct photo *p, struct val object, const char *name)
{
	return text(p, val_member(object, name), TEXT_MOST);
}

/* Of the sizes on offer the one that is wanted; NULL when it is not there. */
static char *
offered(struct photo *p, struct val object, const char *type)
{
	struct val_iter it = val_each(val_member(object, "sizes"));
	struct val v;

	if (strcmp(type, "full") == 0)
		return text(p, val_member(object, "full_url"), SIZE_MAX);
	while (val_next(&it, NULL, &v))
		if (val_is(val_member(v, "type"), type))
			return text(p, val_member(v, "url"), SIZE_MAX);
	return NULL;
}

static void
choose_size(struct photo *p, struct val object, const char *type)
{
	char *url = type != NULL ? offered(p, object, type) : NULL;

	if (url != NULL) {
		p->url = url;
		p->size = xstrdup(type);
		return;
	}
	p->url = text(p, val_member(object, "url"), SIZE_MAX);
	p->size = member(p, object, "size");
	if (p->size == NULL)
		p->size = xstrdup("list");
}

/* As browsers do (url.spec.whatwg.org): tabs and line ends are left out, what
 * may not stand there as it is becomes %XX; a fragment is not sent. */
static void
add_path(struct buf *b, const char *path)
{
	const char *c;

	for (c = path; *c != '\0' && *c != '#'; c++)
		if (strchr("\t\n\r", *c) != NULL)
			continue;
		else if (*c > ' ' && *c < 0x7f &&
		    strchr("\"<>\\^`{|}", *c) == NULL)
			buf_addc(b, *c);
		else
			url_encode(b, (struct slice){ c, 1 });
}

/* https, whatever it was; to the port that is the default; nobody's name. */
static bool
add_address(struct buf *b, const char *url)
{
	const char *p = url;
	struct url u;
	size_t len;

	if (strncasecmp(p, "https://", 8) == 0)
		p += 8;
	else if (strncasecmp(p, "http://", 7) == 0)
		p += 7;
	else if (strncmp(p, "//", 2) == 0) /* as on a page of https */
		p += 2;
	len = strcspn(p, ":/?#");
	buf_addf(b, "https://%.*s", (int)len, p);
	p += len;
	if (*p == ':')
		p += strncmp(p, ":443", 4) == 0 ? 4 : 1;
	if (*p != '\0' && strchr("/?#", *p) == NULL)
		return false;
	add_path(b, p);
	return url_split(b->data, &u);
}

static void
settle_url(struct photo *p)
{
	const char *from = p->url, *end = from + strlen(from);
	struct buf b = { 0 };
	char *url;

	if (p->refused != NULL)
		return;
	while (*from > '\0' && *from <= ' ')
		from++;
	while (end > from && end[-1] > '\0' && end[-1] <= ' ')
		end--;
	url = xstrndup(from, (size_t)(end - from));
	if (strlen(url) > URL_MOST)
		refuse(p, "too-long");
	else if (!add_address(&b, url))
		refuse(p, "bad-address");
	else if (b.len > URL_MOST)
		refuse(p, "too-long");
	else
		p->address = buf_take(&b);
	buf_release(&b);
	free(url);
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
	return text.len > 0 && text.len <= TEXT_MOST && utf8_valid(text);
}

/* It becomes a header: one that would be two is none. */
static char *
validator(struct val object, const char *name)
{
	struct val v = val_member(object, name);
	char *s = val_type(v) == SCAN_STRING ? val_cstr(v) : NULL;

	if (s != NULL && photo_is_validator(slice_of(s)))
		return s;
	free(s);
	return NULL;
}

/* What an earlier fetch left to ask by; all of it, or nothing. */
static void
read_known(struct photo *p, struct val object)
{
	char *sha = validator(object, "sha256");

	p->known_etag = validator(object, "etag");
	p->known_modified = validator(object, "last_modified");
	p->known_ext = validator(object, "ext");
	if (is_hash(sha) &&
	    val_int64(val_member(object, "bytes"), &p->known_bytes) &&
	    p->known_bytes > 0)
		memcpy(p->known_sha256, sha, SHA_HEX);
	free(sha);
}

static void
read_item(struct photo *p, struct val object)
{
	struct val v = val_member(object, "item_id");
	struct slice t = val_text(v);

	if ((val_type(v) != SCAN_STRING && val_type(v) != SCAN_NUMBER) ||
	    val_lone(v))
		return;
	p->item_id = xstrndup(t.p, t.len);
	if (t.len > TEXT_MOST)
		refuse(p, "too-long");
}

static const char *
lacks(const struct photo *p)
{
	if (p->source == NULL)
		return "a photo names no 'source'";
	if (strlen(p->source) > TEXT_MOST)
		return "a photo's 'source' is over 1 KiB";
	if (p->item_id == NULL)
		return "a photo names no 'item_id'";
	if (p->photo_key == NULL)
		return "a photo names no 'photo_key'";
	return p->url == NULL ? "a photo's 'url' is none" : NULL;
}

struct photo *
photo_read(struct val object, const char *source, const char *type,
    const char **why)
{
	struct photo *p = xcalloc(1, sizeof *p);

	p->source = member(p, object, "source");
	if (p->source == NULL && source != NULL)
		p->source = xstrdup(source);
	p->site = member(p, object, "site");
	p->photo_key = member(p, object, "photo_key");
	p->has_position =
	    val_int64(val_member(object, "position"), &p->position);
	if (!val_int64(val_member(object, "attempts"), &p->attempts) ||
	    p->attempts < 0)
		p->attempts = 0;
	read_item(p, object);
	choose_size(p, object, type);
	read_known(p, object);
	*why = lacks(p);
	if (*why == NULL) {
		settle_url(p);
		return p;
	}
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
	free(p->encoding);
	p->path = p->etag = p->modified = p->encoding = NULL;
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
	free(p->address);
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
