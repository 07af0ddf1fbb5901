#include "image_tail.h"

#include <strings.h>

#include "banned.h"

#define COMMENT_MOST 1024
#define PICTURES_MOST 64 /* behind the first */
#define BOXES_MOST 65536
#define ENTRIES_MOST 1024
#define ZIP_END_MOST ((size_t)65535 + 22) /* its last record, from the end */

static const char samsung_video[] = "MotionPhoto_Data";

static uint32_t
le16(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const char *s)
{
	return le16(s) | le16(s + 2) << 16;
}

static uint32_t
be32(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static bool
has_at(struct slice s, size_t at, const char *text, size_t n)
{
	return s.len >= n && at <= s.len - n && memcmp(s.p + at, text, n) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_padding(char c)
{
	return c == '\0' || c == '\xff' || is_blank(c);
}

size_t
image_tail_padding(struct slice s)
{
	size_t n = 0;

	while (n < s.len && n < IMAGE_PADDING && is_padding(s.p[s.len - 1 - n]))
		n++;
	return n;
}

/* ---- trailers, by their ends: how long each is, or 0 ---- */

/*
 * Blocks, then "SEFH", version, count, and for each block its type, how far
 * before "SEFH" it begins, and its length; then the length of that directory,
 * and "SEFT".  A block begins with its type and its name.
 */
static size_t
samsung(struct slice s)
{
	size_t n, at, i, from, first = 0;
	uint32_t count, back, len;
	const char *e;

	if (s.len < 32 || !has_at(s, s.len - 4, "SEFT", 4))
		return 0;
	n = le32(s.p + s.len - 8);
	if (n < 24 || n > s.len - 8)
		return 0;
	at = s.len - 8 - n;
	count = le32(s.p + at + 8);
	if (!has_at(s, at, "SEFH", 4) || count < 1 || count > ENTRIES_MOST ||
	    n < 12 + 12 * (size_t)count)
		return 0;
	for (i = 0; i < count; i++) {
		e = s.p + at + 12 + 12 * i;
		back = le32(e + 4);
		len = le32(e + 8);
		if (back > at || len > back || len < 8)
			return 0;
		from = at - back;
		if (le16(s.p + from + 2) != le16(e + 2) ||
		    le32(s.p + from + 4) > len - 8)
			return 0;
		first = back > first ? back : first;
	}
	return s.len - (at - first);
}

/* "CANON OPTIONAL DATA" before and behind, each with the length between. */
static size_t
canon(struct slice s)
{
	static const char name[] = "CANON OPTIONAL DATA";
	size_t n;

	if (s.len < 28 + 64 || !has_at(s, s.len - 64, name, sizeof name))
		return 0;
	n = be32(s.p + s.len - 44);
	if (n > s.len - 28 - 64)
		return 0;
	n += 28 + 64;
	return has_at(s, s.len - n, name, sizeof name) &&
	        be32(s.p + s.len - n + 24) == n - 28 - 64 ?
	    n :
	    0;
}

/* "AXS" and the order of bytes, before and behind; there, where it begins. */
static size_t
afcp(struct slice s)
{
	const char *end = s.p + s.len - 12;
	size_t at;

	if (s.len < 24 || memcmp(end, "AXS", 3) != 0 ||
	    (end[3] != '!' && end[3] != '*'))
		return 0;
	at = end[3] == '!' ? be32(end + 4) : le32(end + 4);
	return at > 0 && at <= s.len - 24 && memcmp(s.p + at, end, 4) == 0 ?
	    s.len - at :
	    0;
}

/* Closed, and without a bracket in it: no element, no script, no condition. */
static size_t
comment(struct slice s)
{
	size_t end = s.len, at;
	unsigned char c;

	while (end > 0 && s.len - end < COMMENT_MOST && is_blank(s.p[end - 1]))
		end--;
	if (end < 7 || !has_at(s, end - 3, "-->", 3))
		return 0;
	for (at = end - 3; at > 0 && end - at < COMMENT_MOST; at--) {
		c = (unsigned char)s.p[at - 1];
		if (c == '<')
			return has_at(s, at - 1, "<!--", 4) &&
			        at + 3 <= end - 3 ?
			    s.len - (at - 1) :
			    0;
		if (c == '>' || c == 0x7f || (c < ' ' && !is_blank((char)c)))
			return 0;
	}
	return 0;
}

size_t
image_tail_trim(struct slice s, struct image *im)
{
	static const struct {
		size_t (*find)(struct slice s);
		enum image_lenient bit;
	} known[] = { { samsung, IMAGE_TRAILER }, { canon, IMAGE_TRAILER },
		{ afcp, IMAGE_TRAILER }, { comment, IMAGE_COMMENT } };
	size_t i = 0, n;

	while (i < sizeof known / sizeof *known) {
		n = known[i].find(s);
		if (n > 0) {
			im->lenient |= known[i].bit;
			s.len -= n;
		}
		i = n > 0 ? 0 : i + 1;
	}
	return s.len;
}

/* ---- signatures ---- */

/* Long enough that chance does not write them into compressed data. */
static bool
is_signature(struct slice s)
{
	static const struct {
		const char *text;
		size_t n;
	} exact[] = { { "%PDF-", 5 },
		{ "\x7f"
		  "ELF\1\1",
		    6 },
		{ "\x7f"
		  "ELF\2\1",
		    6 },
		{ "\x7f"
		  "ELF\1\2",
		    6 },
		{ "\x7f"
		  "ELF\2\2",
		    6 },
		{ "Rar!\x1a\x07", 6 }, { "7z\xbc\xaf\x27\x1c", 6 },
		{ "\xfd"
		  "7zXZ",
		    6 },
		{ "ustar", 6 }, { "ustar ", 6 }, { "PE\0\0\x4c\x01", 6 },
		{ "PE\0\0\x64\x86", 6 }, { "PE\0\0\x64\xaa", 6 } };
	static const char *const words[] = { "<!doctype", "<html", "<head>",
		"<body", "<script", "<iframe", "<?php", "javascript:" };
	size_t i;

	for (i = 0; i < sizeof exact / sizeof *exact; i++)
		if (has_at(s, 0, exact[i].text, exact[i].n))
			return true;
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (s.len >= strlen(words[i]) &&
		    strncasecmp(s.p, words[i], strlen(words[i])) == 0)
			return true;
	/* ZIP: a member, or the end of the directory; gzip: its fixed bits */
	if (has_at(s, 0, "PK\3\4", 4))
		return s.len >= 30 && le16(s.p + 4) < 100 &&
		    le16(s.p + 8) < 100;
	if (has_at(s, 0, "PK\5\6", 4))
		return s.len >= 22 && s.len <= ZIP_END_MOST;
	return s.len >= 18 && has_at(s, 0, "\x1f\x8b\x08", 3) &&
	    (unsigned char)s.p[3] < 32 && (s.p[8] & ~6) == 0 &&
	    ((unsigned char)s.p[9] < 14 || s.p[9] == '\xff');
}

/* An MP4, but the one of a motion photo. */
static bool
is_video(struct slice s, size_t at, const char *video)
{
	size_t name = sizeof samsung_video - 1;

	if (!has_at(s, at, "\0\0\0", 3) || !has_at(s, at + 4, "ftyp", 4) ||
	    s.p + at == video)
		return false;
	return at < name || !has_at(s, at - name, samsung_video, name);
}

bool
image_tail_hides(struct slice s, const char *video)
{
	size_t at;

	if (has_at(s, 0, "#!", 2))
		return true;
	for (at = 0; at < s.len; at++)
		switch (s.p[at]) {
		case '\0':
			if (is_video(s, at, video))
				return true;
			break;
		case '%':
		case '\x7f':
		case 'R':
		case '7':
		case '\xfd':
		case 'u':
		case 'P':
		case '<':
		case 'j':
		case 'J':
		case '\x1f':
			if (is_signature((struct slice){
			        s.p + at, s.len - at }))
				return true;
			break;
		default:
			break;
		}
	return false;
}

/* ---- motion photos ---- */

/* By a property of its XMP, whoever's name space it is. */
static bool
says_motion(struct slice xmp)
{
	static const char *const ways[] = { ":MotionPhoto=\"1\"",
		":MotionPhoto>1<", ":MicroVideo=\"1\"", ":MicroVideo>1<",
		"Semantic=\"MotionPhoto\"", "Semantic>MotionPhoto<" };
	size_t i;

	for (i = 0; i < sizeof ways / sizeof *ways; i++)
		if (memmem(xmp.p, xmp.len, ways[i], strlen(ways[i])) != NULL)
			return true;
	return false;
}

static bool
is_motion_photo(struct slice s)
{
	static const char head[] = "http://ns.adobe.com/xap/1.0/";
	size_t at = 2, len;

	while (at + 4 <= s.len && s.p[at] == '\xff' && s.p[at + 1] != '\xda') {
		len = be32(s.p + at) & 0xffff;
		if (len < 2 || len > s.len - at - 2)
			return false;
		if (s.p[at + 1] == '\xe1' &&
		    has_at(s, at + 4, head, sizeof head) &&
		    says_motion((struct slice){ s.p + at + 4, len - 2 }))
			return true;
		at += 2 + len;
	}
	return false;
}

/* Box after box, of those that such files have; how far, or 0. */
static size_t
video(struct slice s)
{
	static const char boxes[] = "ftyp moov mdat free skip wide uuid moof "
	                            "mfra meta sidx styp udta mpvd ";
	bool has_movie = false;
	size_t at = 0, len;
	char name[6];
	int n;

	if (!has_at(s, 4, "ftyp", 4))
		return 0;
	for (n = 0; n < BOXES_MOST && s.len - at >= 8; n++, at += len) {
		memcpy(name, s.p + at + 4, 4);
		memcpy(name + 4, " ", 2);
		if (memchr(name, '\0', 4) != NULL ||
		    strstr(boxes, name) == NULL)
			break;
		len = be32(s.p + at);
		if (len == 1 && s.len - at >= 16 && be32(s.p + at + 8) == 0)
			len = be32(s.p + at + 12);
		else if (len == 0)
			len = s.len - at;
		if (len < 8 || len > s.len - at)
			return 0;
		has_movie |= memcmp(name, "moov", 4) == 0;
	}
	return has_movie ? at : 0;
}

/* ---- items, one after another ---- */

struct walk {
	const struct image_job *job;
	size_t at, end;
	size_t padding;
	int pictures;
	const char *video; /* where one begins, or NULL */
};

/* NULL: there was one, and w->at is behind it; else the reason. */
static const char *
item(struct walk *w)
{
	const struct image_job *j = w->job;
	struct slice s = { j->bytes.p + w->at, w->end - w->at };
	struct slice head = { j->bytes.p, j->end };
	const char *why;
	size_t n = 1;

	if (has_at(s, 0, "\xff\xd8\xff", 3) && j->im->format == IMAGE_JPEG) {
		why = w->pictures++ < PICTURES_MOST ? image_second(j, s, &n) :
		                                      "trailing-data";
		if (why != NULL)
			return strcmp(why, "truncated") == 0 ? why :
			                                       "trailing-data";
		j->im->lenient |= IMAGE_MORE;
	} else if (has_at(s, 0, "\xff\xd9", 2) && j->im->format == IMAGE_JPEG) {
		n = 2;
		w->padding += n;
		j->im->lenient |= IMAGE_END_AGAIN;
	} else if (w->video == NULL && (n = video(s)) > 0 &&
	    is_motion_photo(head)) {
		w->video = s.p;
		j->im->lenient |= IMAGE_MOTION;
	} else if (is_padding(*s.p)) {
		n = 1;
		w->padding += n;
		j->im->lenient |= IMAGE_PADDED;
	} else {
		return "trailing-data";
	}
	w->at += n;
	return w->padding > IMAGE_PADDING ? "trailing-data" : NULL;
}

const char *
image_tail(const struct image_job *j, struct slice all)
{
	struct walk w = { .job = j, .at = j->end, .end = j->bytes.len };
	const char *why = NULL;

	while (why == NULL && w.at < w.end)
		why = item(&w);
	if (why == NULL && j->end < all.len &&
	    image_tail_hides((struct slice){ all.p + j->end, all.len - j->end },
	        w.video))
		why = "trailing-data";
	return why;
}
