#include "raw_manifest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "json.h"
#include "personal.h"
#include "raw_name.h"
#include "raw_unpack.h"
#include "banned.h"

/* -- write ---------------------------------------------------------------- */

static void
member_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_cstr(j, s);
}

static void
member_int(struct json *j, const char *key, int64_t n)
{
	json_key(j, key);
	json_int(j, n);
}

static void
member_time(struct json *j, const char *key, int64_t ms)
{
	char t[CLOCK_LEN];

	member_str(j, key, clock_format(ms, t));
}

static void
read_piece(struct buf *b, const struct piece *from)
{
	ssize_t n;

	buf_grow(b, from->bytes + LINE_PADDING);
	while (b->len < from->bytes) {
		n = pread(from->fd, b->data + b->len, from->bytes - b->len,
		    from->at + (off_t)b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die_errno(EX_IOERR, "cannot read the spool");
		b->len += (size_t)n;
	}
	memset(b->data + b->len, 0, LINE_PADDING);
}

/* The body without the queries that name somebody; every other byte stays. */
static void
catalogs_only(struct json *j, struct val body)
{
	struct val_iter members = val_each(body), entries;
	struct val v, entry;
	struct slice key;

	json_object(j);
	while (val_next(&members, &key, &v)) {
		json_keys(j, key);
		if (!slice_is(key, "queries") || val_type(v) != SCAN_ARRAY) {
			json_raw(j, val_text(v));
			continue;
		}
		json_array(j);
		entries = val_each(v);
		while (val_next(&entries, NULL, &entry))
			if (!personal_entry(entry))
				json_raw(j, val_text(entry));
		json_end(j);
	}
	json_end(j);
}

static void
closing(struct json *j, const struct piece *from)
{
	struct scan *scan = scan_new();
	struct buf b = { 0 };
	const char *why;
	size_t at;

	read_piece(&b, from);
	if (!scan_parse(scan, buf_slice(&b), &at, &why))
		die(EX_SOFTWARE, "the closing record in the spool: %s", why);
	if (personal_closing(scan_root(scan)))
		catalogs_only(j, scan_root(scan));
	else
		json_raw(j, buf_slice(&b));
	buf_release(&b);
	scan_free(scan);
}

/* Only the last part tells of the run as a whole. */
static void
of_the_run(struct json *j, const struct raw_run *r, const struct raw_part *p)
{
	bool last = r->total != 0 && p->number == r->total;

	json_key(j, "complete");
	json_bool(j, r->complete);
	json_key(j, "parts");
	if (last)
		json_int(j, r->total);
	else
		json_null(j);
	json_key(j, "closing");
	if (last && r->closing.bytes > 0)
		closing(j, &r->closing);
	else
		json_null(j);
}

void
raw_manifest_write(struct buf *b, const struct raw_run *r,
    const struct raw_part *p)
{
	char *object = raw_part_name(r, p, RAW_OBJECT);
	char digits[5];
	struct json j;

	snprintf(digits, sizeof digits, "%04d", p->number);
	json_start(&j, b);
	json_object(&j);
	member_int(&j, "v", 1);
	member_str(&j, "source", r->source);
	member_str(&j, "flow", r->flow);
	member_str(&j, "run", r->id);
	member_str(&j, "part", digits);
	member_str(&j, "object", object);
	member_int(&j, "bytes", (int64_t)p->piece.bytes);
	member_str(&j, "sha256", p->piece.sha256);
	member_int(&j, "records", (int64_t)p->records);
	member_int(&j, "raw_bytes", (int64_t)p->raw_bytes);
	member_int(&j, "first_line", p->first_line);
	member_int(&j, "last_line", p->last_line);
	member_time(&j, "first_at", p->first_at);
	member_time(&j, "last_at", p->last_at);
	of_the_run(&j, r, p);
	if (r->replaces != NULL)
		member_str(&j, "replaces", r->replaces);
	member_time(&j, "published_at", clock_now_ms());
	member_str(&j, "vput", VPIPE_VERSION);
	json_key(&j, "end");
	json_bool(&j, true);
	json_end(&j);
	buf_addc(b, '\n');
	free(object);
}

/* -- read ----------------------------------------------------------------- */

static bool
copy_str(struct val o, const char *key, char *to, size_t cap)
{
	struct slice s = val_text(val_member(o, key));

	if (val_type(val_member(o, key)) != SCAN_STRING || s.len - 2 >= cap)
		return false;
	memcpy(to, s.p + 1, s.len - 2);
	to[s.len - 2] = '\0';
	return true;
}

/* What the manifest says, and that it says it under its own name. */
static bool
take_members(struct val o, const char *name, struct raw_manifest *m)
{
	char part[5];
	struct slice run;
	int64_t v, bytes, total = 0;

	if (!val_int64(val_member(o, "v"), &v) || v != 1 ||
	    !copy_str(o, "source", m->source, sizeof m->source) ||
	    !copy_str(o, "flow", m->flow, sizeof m->flow) ||
	    !copy_str(o, "run", m->run, sizeof m->run) ||
	    !copy_str(o, "part", part, sizeof part) ||
	    !copy_str(o, "sha256", m->sha256, sizeof m->sha256) ||
	    !val_int64(val_member(o, "bytes"), &bytes) || bytes < 0 ||
	    !val_true(val_member(o, "end")))
		return false;
	if (val_type(val_member(o, "parts")) != SCAN_NULL &&
	    (!val_int64(val_member(o, "parts"), &total) || total < 1 ||
	        total > RAW_PARTS_MAX))
		return false;
	val_int64(val_member(o, "records"), &m->contents.records);
	val_int64(val_member(o, "raw_bytes"), &m->contents.raw_bytes);
	val_int64(val_member(o, "first_line"), &m->contents.first_line);
	val_int64(val_member(o, "last_line"), &m->contents.last_line);
	m->bytes = (uint64_t)bytes;
	m->total = (int)total;
	m->complete = val_true(val_member(o, "complete"));
	m->names_anybody = personal_closing(val_member(o, "closing"));
	return raw_name_manifest(name, &run, &m->part, &m->revision) &&
	    slice_is(run, m->run) && atoi(part) == m->part &&
	    raw_name_ok(slice_of(m->source)) &&
	    raw_name_run(run, slice_of(m->flow), &m->run_at);
}

/* "<stem>.manifest.json" stands beside "<stem>.ndjson.zst". */
static bool
take_object(struct val o, const char *path, struct raw_manifest *m)
{
	size_t stem = strlen(path) - strlen(RAW_MANIFEST);
	const char *base;

	m->path = xstrdup(path);
	m->object = xasprintf("%.*s%s", (int)stem, path, RAW_OBJECT);
	base = strrchr(m->object, '/');
	return val_is(val_member(o, "object"),
	    base != NULL ? base + 1 : m->object);
}

static bool
whole(struct buf *text, struct scan *scan, const char **why)
{
	size_t at;

	*why = "it is cut off";
	if (text->len == 0 || text->data[text->len - 1] != '\n')
		return false;
	text->data[--text->len] = '\0';
	buf_grow(text, LINE_PADDING);
	memset(text->data + text->len, 0, LINE_PADDING);
	if (memchr(text->data, '\n', text->len) != NULL)
		*why = "it is more than a line";
	else if (scan_parse(scan, buf_slice(text), &at, why))
		return true;
	return false;
}

static bool
take(struct buf *text, const char *path, struct raw_manifest *m,
    const char **why)
{
	struct scan *scan = scan_new();
	const char *slash = strrchr(path, '/');
	bool ok = false;

	if (whole(text, scan, why)) {
		*why = "it is no manifest of that name";
		ok = take_members(scan_root(scan), slash ? slash + 1 : path,
		         m) &&
		    take_object(scan_root(scan), path, m);
	}
	scan_free(scan);
	return ok;
}

bool
raw_manifest_read(const char *path, struct raw_manifest *m, const char **why)
{
	struct buf text = { 0 };

	*m = (struct raw_manifest){ 0 };
	if (!file_read(path, &text)) {
		*why = strerror(errno);
	} else if (take(&text, path, m, why)) {
		m->text = buf_take(&text);
		return true;
	}
	buf_release(&text);
	raw_manifest_release(m);
	return false;
}

void
raw_manifest_release(struct raw_manifest *m)
{
	free(m->text);
	free(m->path);
	free(m->object);
	*m = (struct raw_manifest){ 0 };
}

bool
raw_manifest_newest(const char *dir, const char *run, int part,
    struct raw_manifest *m)
{
	struct raw_manifest have;
	struct dirent *e;
	struct slice id;
	const char *why;
	int number, revision;
	char *path;
	DIR *d = opendir(dir);

	*m = (struct raw_manifest){ .revision = -1 };
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!raw_name_manifest(e->d_name, &id, &number, &revision) ||
		    !slice_is(id, run) || number != part ||
		    revision <= m->revision)
			continue;
		path = xasprintf("%s/%s", dir, e->d_name);
		if (raw_manifest_read(path, &have, &why)) {
			raw_manifest_release(m);
			*m = have;
		}
		free(path);
	}
	if (d != NULL)
		closedir(d);
	return m->text != NULL;
}
