#include "reject.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "utf8.h"
#include "banned.h"

#define SAID 5 /* on stderr, when there is no file for them */

double
rejects_share(const char *text)
{
	char *end;
	double share = strtod(text, &end);

	if (end == text || *end != '\0' || !(share >= 0) || share > 1)
		die(EX_USAGE, "a share is from 0 to 1, not '%s'", text);
	return share;
}

void
rejects_init(struct rejects *r, const char *path, double threshold,
    const char *part)
{
	*r = (struct rejects){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.threshold = threshold,
		.part = part };
	if (path != NULL) {
		writer_open(&r->out, path);
		r->file = true;
	}
}

/* ---- a line ---- */

static void
put_run(struct json *j, const struct reject *one)
{
	struct val own = val_member(one->record, "run");

	json_key(j, "run");
	if (val_type(own) == SCAN_STRING && !val_lone(own))
		json_raw(j, val_text(own));
	else if (one->run.p != NULL)
		json_str(j, one->run);
	else
		json_null(j);
}

/* In records a contract is its version. */
static void
put_contract(struct json *j, const struct reject *one)
{
	struct val own = val_member(one->record, "contract");
	enum scan_type t = val_type(own);

	json_key(j, "contract");
	if (t == SCAN_NUMBER || (t == SCAN_STRING && !val_lone(own)))
		json_raw(j, val_text(own));
	else
		json_cstr(j, one->contract);
}

static void
put_number(struct json *j, const struct reject *one, const char *key, int64_t n)
{
	int64_t own;

	if (val_int64(val_member(one->record, key), &own) && own >= 0)
		n = own;
	json_key(j, key);
	if (n < 0)
		json_null(j);
	else
		json_int(j, n);
}

static void
put_value(struct json *j, struct slice value)
{
	bool cut = value.len > REJECT_VALUE;

	value.len = utf8_cut(value, REJECT_VALUE);
	if (value.p == NULL) {
		json_key(j, "value");
		json_null(j);
	} else if (utf8_valid(value)) {
		json_key(j, "value");
		json_str(j, value);
	} else {
		json_key(j, "value_base64");
		json_base64(j, value);
	}
	if (cut) {
		json_key(j, "cut");
		json_bool(j, true);
	}
}

static void
write_reject(struct rejects *r, const struct reject *one)
{
	struct json j;

	buf_reset(&r->line);
	json_start(&j, &r->line);
	json_object(&j);
	json_key(&j, "program");
	json_cstr(&j, progname);
	put_run(&j, one);
	json_key(&j, "part");
	json_cstr(&j, r->part);
	put_number(&j, one, "line", one->line);
	put_number(&j, one, "index", one->index);
	json_key(&j, "stream");
	json_cstr(&j, one->stream);
	put_contract(&j, one);
	json_key(&j, "property");
	json_cstr(&j, one->property);
	json_key(&j, "reason");
	json_cstr(&j, one->reason);
	json_key(&j, "kept");
	json_bool(&j, one->kept);
	put_value(&j, one->value);
	json_end(&j);
	buf_addc(&r->line, '\n');
	writer_add(&r->out, r->line.data, r->line.len);
	r->dirty = true;
}

static void
say_reject(struct rejects *r, const struct reject *one)
{
	if (one->kept || r->said++ >= SAID)
		return;
	if (one->index >= 0 && one->contract != NULL)
		warn("line %" PRId64 ", element %" PRId64 " of %s: %s",
		    one->line, one->index, one->contract, one->reason);
	else
		warn("line %" PRId64 ": %s%s%s", one->line,
		    one->stream != NULL ? one->stream : "",
		    one->stream != NULL ? ": " : "", one->reason);
	if (r->said == SAID)
		warn("further rejects are not said; --rejects FILE keeps "
		     "them all");
}

void
rejects_add(struct rejects *r, const struct reject *one)
{
	pthread_mutex_lock(&r->lock);
	if (one->kept)
		r->kept++;
	else
		r->n += one->elements;
	if (r->file)
		write_reject(r, one);
	else
		say_reject(r, one);
	pthread_mutex_unlock(&r->lock);
}

void
rejects_sync_or_die(struct rejects *r)
{
	pthread_mutex_lock(&r->lock);
	if (r->dirty) {
		writer_flush(&r->out);
		/* a pipe or a terminal has nothing to sync */
		if (fsync(r->out.fd) != 0 && errno != EINVAL &&
		    errno != EROFS && errno != ENOTSUP)
			die_errno(EX_IOERR, "cannot write %s", r->out.name);
		r->dirty = false;
	}
	pthread_mutex_unlock(&r->lock);
}

void
rejects_close_or_die(struct rejects *r)
{
	if (r->file)
		writer_close_or_die(&r->out);
	buf_release(&r->line);
}

/* ---- the threshold ---- */

bool
rejects_exceed(const struct rejects *r, uint64_t n, uint64_t whole)
{
	return (double)n > r->threshold * (double)whole;
}

int
rejects_status(const struct rejects *r, uint64_t n, uint64_t whole,
    const char *what)
{
	if (!rejects_exceed(r, n, whole))
		return EX_OK;
	say("%" PRIu64 " of %" PRIu64 " %s were rejected, more than a share "
	    "of %g",
	    n, whole, what, r->threshold);
	return EX_DATAERR;
}
