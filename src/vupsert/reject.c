#include "reject.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "line.h"
#include "scan.h"
#include "banned.h"

#define SAID_MAX 10 /* in words; the file has them all */

static struct {
	pthread_mutex_t lock;
	struct writer out;
	bool open;
	bool dirty; /* lines were added since the last sync */
	struct scan *scan;
	struct buf text, padded;
	uint64_t n;
} rejects = { .lock = PTHREAD_MUTEX_INITIALIZER };

void
rejects_open(const char *path)
{
	if (path == NULL)
		return;
	writer_open(&rejects.out, path);
	rejects.scan = scan_new();
	rejects.open = true;
}

/* The record, parsed; the scan wants readable bytes behind it. */
static struct val
parse(struct slice record)
{
	struct buf *b = &rejects.padded;
	size_t at;
	const char *why;

	if (record.len == 0)
		return (struct val){ 0 };
	buf_reset(b);
	buf_addslice(b, record);
	buf_grow(b, LINE_PADDING);
	if (!scan_parse(rejects.scan, buf_slice(b), &at, &why))
		return (struct val){ 0 };
	return scan_root(rejects.scan);
}

static void
copy(struct json *j, struct val record, const char *key)
{
	struct val v = val_member(record, key);

	json_key(j, key);
	if (val_type(v) == SCAN_NONE)
		json_null(j);
	else
		json_raw(j, val_text(v));
}

/* Text where it is UTF-8; a string of nothing but bytes in base64. */
static void
put_value(struct json *j, struct slice value)
{
	struct buf b = { 0 };
	size_t at;
	const char *why;

	json_escape(&b, value);
	buf_grow(&b, LINE_PADDING);
	if (value.p == NULL) {
		json_key(j, "value");
		json_null(j);
	} else if (scan_parse(rejects.scan, buf_slice(&b), &at, &why)) {
		json_key(j, "value");
		json_raw(j, buf_slice(&b));
	} else {
		json_key(j, "value_base64");
		json_base64(j, value);
	}
	buf_release(&b);
}

static void
write_line(const struct reject *r)
{
	struct val record = parse(r->record);
	struct json j;

	buf_reset(&rejects.text);
	json_start(&j, &rejects.text);
	json_object(&j);
	json_key(&j, "program");
	json_cstr(&j, "vupsert");
	copy(&j, record, "run");
	json_key(&j, "part");
	json_null(&j);
	if (val_type(val_member(record, "line")) == SCAN_NUMBER) {
		copy(&j, record, "line");
	} else {
		json_key(&j, "line");
		json_int(&j, (int64_t)r->line);
	}
	copy(&j, record, "index");
	json_key(&j, "stream");
	json_cstr(&j, r->stream);
	copy(&j, record, "contract");
	json_key(&j, "property");
	json_cstr(&j, r->property);
	json_key(&j, "reason");
	json_cstr(&j, r->reason);
	json_key(&j, "kept");
	json_bool(&j, false);
	put_value(&j, r->value);
	json_end(&j);
	buf_addc(&rejects.text, '\n');
	writer_add(&rejects.out, rejects.text.data, rejects.text.len);
}

void
rejects_add(const struct reject *r)
{
	pthread_mutex_lock(&rejects.lock);
	if (rejects.n++ < SAID_MAX)
		warn("line %" PRIu64 ": %s%s%s: rejected", r->line,
		    r->stream ? r->stream : "", r->stream ? ": " : "",
		    r->reason);
	if (rejects.open) {
		write_line(r);
		rejects.dirty = true;
	}
	pthread_mutex_unlock(&rejects.lock);
}

void
rejects_sync_or_die(void)
{
	pthread_mutex_lock(&rejects.lock);
	if (rejects.dirty) {
		writer_flush(&rejects.out);
		/* a pipe or a terminal has nothing to sync */
		if (fsync(rejects.out.fd) != 0 && errno != EINVAL &&
		    errno != EROFS && errno != ENOTSUP)
			die_errno(EX_IOERR, "cannot write %s",
			    rejects.out.name);
		rejects.dirty = false;
	}
	pthread_mutex_unlock(&rejects.lock);
}

void
rejects_close_or_die(void)
{
	if (rejects.n > SAID_MAX)
		warn("%" PRIu64 " more rejected%s", rejects.n - SAID_MAX,
		    rejects.open ? "" : " (--rejects FILE keeps them)");
	if (!rejects.open)
		return;
	writer_close_or_die(&rejects.out);
	scan_free(rejects.scan);
	buf_release(&rejects.text);
	buf_release(&rejects.padded);
}
