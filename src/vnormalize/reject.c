#include "reject.h"

#include <inttypes.h>

#include "json.h"
#include "scan.h"
#include "utf8.h"
#include "banned.h"

#define SAID 5 /* on stderr, when there is no file for them */

void
rejects_init(struct rejects *r, const char *path, double threshold,
    const char *part)
{
	*r = (struct rejects){ .threshold = threshold, .part = part };
	if (path != NULL) {
		writer_open(&r->out, path);
		r->file = true;
	}
}

static void
add_value(struct json *j, struct slice value)
{
	bool cut = value.len > REJECT_VALUE;

	if (cut)
		value.len = REJECT_VALUE;
	while (cut && value.len > 0 && (value.p[value.len] & 0xc0) == 0x80)
		value.len--;
	if (utf8_valid(value)) {
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
add_number(struct json *j, const char *key, int64_t n)
{
	json_key(j, key);
	if (n < 0)
		json_null(j);
	else
		json_int(j, n);
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
	json_key(&j, "run");
	if (one->run.p != NULL)
		json_str(&j, one->run);
	else
		json_null(&j);
	json_key(&j, "part");
	json_cstr(&j, r->part);
	add_number(&j, "line", one->line);
	add_number(&j, "index", one->index);
	json_key(&j, "stream");
	json_cstr(&j, one->stream);
	json_key(&j, "contract");
	json_cstr(&j, one->contract);
	json_key(&j, "property");
	json_cstr(&j, one->property);
	json_key(&j, "reason");
	json_cstr(&j, one->reason);
	json_key(&j, "kept");
	json_bool(&j, one->kept);
	add_value(&j, one->value);
	json_end(&j);
	buf_addc(&r->line, '\n');
	writer_add(&r->out, r->line.data, r->line.len);
}

static void
say_reject(struct rejects *r, const struct reject *one)
{
	if (one->kept || r->said++ >= SAID)
		return;
	if (one->index >= 0)
		warn("line %" PRId64 ", element %" PRId64 " of %s: %s",
		    one->line, one->index, one->contract, one->reason);
	else
		warn("line %" PRId64 ": %s", one->line, one->reason);
	if (r->said == SAID)
		warn("further rejects are not said; --rejects FILE keeps "
		     "them all");
}

void
rejects_add(struct rejects *r, const struct reject *one)
{
	if (one->kept)
		r->kept++;
	else
		r->n += one->elements;
	if (r->file)
		write_reject(r, one);
	else
		say_reject(r, one);
}

void
rejects_pages(struct rejects *r, const char *stream, uint64_t n, uint64_t whole)
{
	if ((double)n <= r->threshold * (double)whole)
		return;
	r->pages.stream = stream;
	r->pages.n = n;
	r->pages.whole = whole;
}

bool
rejects_exceed(const struct rejects *r)
{
	return (double)r->n > r->threshold * (double)r->whole ||
	    r->pages.stream != NULL;
}

int
rejects_status(const struct rejects *r)
{
	if (!rejects_exceed(r))
		return EX_OK;
	if ((double)r->n > r->threshold * (double)r->whole)
		say("%" PRIu64 " of %" PRIu64 " lines and elements were "
		    "rejected, more than a share of %g",
		    r->n, r->whole, r->threshold);
	else
		say("%" PRIu64 " of %" PRIu64 " elements of %s were "
		    "rejected, by whole pages, more than a share of %g",
		    r->pages.n, r->pages.whole, r->pages.stream, r->threshold);
	return EX_DATAERR;
}

void
rejects_close_or_die(struct rejects *r)
{
	if (r->file)
		writer_close_or_die(&r->out);
	buf_release(&r->line);
}
