#include "wrap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "ledger.h"
#include "record.h"
#include "sha.h"
#include "stop.h"
#include "banned.h"

#define RUN_RANDOM 16 /* hex digits at a run id's end */

struct wrapper {
	const struct options *o;
	struct run run;
	struct scan *scan;
	struct writer *out; /* NULL: only hash */
	struct sha sha;     /* over the options and all hashes */
	struct buf record;
	uint64_t json, text, base64, too_large;
};

/* A body may be nested just too deep to stand inside of a record. */
static bool
record_parses(struct wrapper *w)
{
	const char *why;
	size_t at;

	buf_grow(&w->record, LINE_PADDING);
	memset(w->record.data + w->record.len, 0, LINE_PADDING);
	return scan_parse(w->scan, buf_slice(&w->record), &at, &why);
}

static void
emit(struct wrapper *w)
{
	writer_add(w->out, w->record.data, w->record.len);
	writer_add(w->out, "\n", 1);
}

/* One body too large costs itself, and not the dump. */
static enum form
put_too_large(struct wrapper *w, const char *where)
{
	warn("%s: longer than %" PRId64 " bytes as a record, left out as "
	     "'too-large'",
	    where, w->o->max_line);
	buf_release(&w->record);
	record_answer(&w->record, &w->run, FORM_TOO_LARGE,
	    (struct slice){ NULL, 0 }, NULL);
	return FORM_TOO_LARGE;
}

/* toolong: the body is cut, or not even read. */
static void
wrap_body(struct wrapper *w, struct slice body, bool toolong, const char *where)
{
	enum form form = FORM_TOO_LARGE;
	char sha256[SHA_HEX];

	sha_of(body, sha256);
	sha_add(&w->sha, sha256, sizeof sha256);
	w->run.line++;
	if (w->out == NULL)
		return;
	if (!toolong) {
		form = body_form(w->scan, body, w->o->kind);
		record_answer(&w->record, &w->run, form, body, sha256);
	}
	if (form == FORM_JSON && !record_parses(w)) {
		form = FORM_TEXT;
		record_answer(&w->record, &w->run, form, body, sha256);
	}
	if (toolong || (int64_t)w->record.len > w->o->max_line)
		form = put_too_large(w, where);
	else if (form == FORM_BASE64 && slice_utf16(body))
		warn("%s: UTF-16, which is no JSON: kept as bytes", where);
	w->json += form == FORM_JSON;
	w->base64 += form == FORM_BASE64;
	w->text += form == FORM_TEXT || form == FORM_OMITTED;
	w->too_large += form == FORM_TOO_LARGE;
	emit(w);
}

static void
each_line(struct wrapper *w, const char *file)
{
	struct reader in;
	struct slice line;
	char *where;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die_errno(EX_IOERR, "cannot read '%s'", file);
	reader_init(&in, fd, (size_t)w->o->max_line);
	in.name = file;
	while (reader_next(&in, &line)) {
		if (line.len == 0)
			continue;
		where = xasprintf("%s:%" PRIu64, file, in.lines);
		wrap_body(w, line, in.toolong, where);
		free(where);
	}
	reader_close_or_die(&in);
}

static void
whole_file(struct wrapper *w, const char *file)
{
	struct buf b = { 0 };
	struct stat st;

	if (stat(file, &st) != 0)
		die_errno(EX_IOERR, "cannot read '%s'", file);
	if (!S_ISREG(st.st_mode))
		die(EX_USAGE, "'%s' is no plain file: it is read twice", file);
	if (st.st_size > w->o->max_line) {
		buf_addf(&b, "%jd", (intmax_t)st.st_size);
		wrap_body(w, buf_slice(&b), true, file);
		buf_release(&b);
		return;
	}
	buf_grow(&b, (size_t)st.st_size + LINE_PADDING);
	if (!file_read(file, &b))
		die_errno(EX_IOERR, "cannot read '%s'", file);
	buf_grow(&b, LINE_PADDING);
	memset(b.data + b.len, 0, LINE_PADDING);
	wrap_body(w, buf_slice(&b), false, file);
	buf_release(&b);
}

/* Packed bytes would be taken for one body, and kept as base64. */
static void
refuse_packed(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char head[4] = { 0 };

	if (fd >= 0 && pread(fd, head, sizeof head, 0) > 0 &&
	    (memcmp(head, "\x1f\x8b", 2) == 0 ||
	        memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0))
		die(EX_DATAERR, "'%s' is packed: unpack it, as vpipe wrap does",
		    file);
	if (fd >= 0)
		close(fd);
}

/* Hashes all, and prints it when there is a writer. */
static void
pass(struct wrapper *w, char *const files[], char sha256[SHA_HEX])
{
	const struct options *o = w->o;
	struct buf head = { 0 };
	int i;

	buf_addf(&head, "%s\n%s\n%s\n%s\n%s\n%" PRId64 "\n%" PRId64 "\n",
	    o->source, o->site, o->kind, o->endpoint ? o->endpoint : "",
	    o->catalog ? o->catalog : "", o->at, o->status);
	w->run.line = 0;
	sha_start(&w->sha);
	sha_add(&w->sha, head.data, head.len);
	for (i = 0; files[i] != NULL && !stopped; i++) {
		refuse_packed(files[i]);
		if (o->lines)
			each_line(w, files[i]);
		else
			whole_file(w, files[i]);
	}
	sha_end(&w->sha, sha256);
	buf_release(&head);
}

static void
say_ledger(const struct wrapper *w)
{
	struct count c[] = { { "bodies", (uint64_t)w->run.line - 1, false },
		{ "json", w->json, false }, { "text", w->text, false },
		{ "base64", w->base64, false },
		{ "too_large", w->too_large, false }, { 0 } };

	if (w->too_large == 0)
		c[4] = (struct count){ 0 };
	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}

static void
wrapper_release(struct wrapper *w)
{
	scan_free(w->scan);
	buf_release(&w->record);
}

void
wrap_files(const struct options *o, char *const files[], struct writer *out)
{
	struct wrapper w = { .o = o, .run = { .o = o }, .scan = scan_new() };
	char first[SHA_HEX], again[SHA_HEX], t[CLOCK_LEN];

	pass(&w, files, first);
	snprintf(w.run.id, sizeof w.run.id, "%s-%s-%.*s",
	    clock_compact(o->at, t), o->flow, RUN_RANDOM, first);
	w.out = out;
	pass(&w, files, again);
	if (!stopped) {
		if (strcmp(first, again) != 0)
			die(EX_IOERR, "the files changed while they were read");
		w.run.line++;
		record_closing(&w.record, &w.run);
		emit(&w);
		say_ledger(&w);
	}
	wrapper_release(&w);
}
