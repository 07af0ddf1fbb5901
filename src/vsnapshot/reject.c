#include "reject.h"

#include <inttypes.h>

#include "json.h"
#include "scan.h"
#include "utf8.h"
#include "banned.h"

#define SAID 5 /* on stderr, when there is no file for them */

void
rejects_init(struct rejects *r, const char *path, double threshold)
{
	*r = (struct rejects){ .threshold = threshold };
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
write_reject(struct rejects *r, const struct reject *one)
{
	struct json j;

	buf_reset(&r->line);
	json_start(&j, &r->line);
	json_object(&j);
	json_key(&j, "program");
	json_cstr(&j, progname);
	json_key(&j, "run");
	json_raw(&j, one->run.p != NULL ? one->run : SLICE("null"));
	json_key(&j, "line");
	if (one->line.p != NULL)
		json_raw(&j, one->line);
	else
		json_int(&j, (int64_t)one->input);
	json_key(&j, "index");
	json_raw(&j, one->index.p != NULL ? one->index : SLICE("null"));
	json_key(&j, "input");
	json_int(&j, (int64_t)one->input);
	json_key(&j, "stream");
	if (one->stream.p != NULL)
		json_str(&j, one->stream);
	else
		json_null(&j);
	json_key(&j, "property");
	json_cstr(&j, one->property);
	json_key(&j, "reason");
	json_cstr(&j, one->reason);
	json_key(&j, "kept");
	json_bool(&j, false);
	add_value(&j, one->value);
	json_end(&j);
	buf_addc(&r->line, '\n');
	writer_add(&r->out, r->line.data, r->line.len);
}

void
rejects_add(struct rejects *r, const struct reject *one)
{
	r->n++;
	if (r->file) {
		write_reject(r, one);
	} else if (r->said < SAID) {
		warn("line %" PRIu64 ": %s", one->input, one->reason);
		if (++r->said == SAID)
			warn("further rejects are not said; --rejects FILE "
			     "keeps them all");
	}
}

void
rejects_close_or_die(struct rejects *r)
{
	if (r->file)
		writer_close_or_die(&r->out);
	buf_release(&r->line);
}

int
rejects_status(const struct rejects *r, uint64_t whole)
{
	if ((double)r->n <= r->threshold * (double)whole)
		return EX_OK;
	say("%" PRIu64 " of %" PRIu64 " were rejected, more than a share of %g",
	    r->n, whole, r->threshold);
	return EX_DATAERR;
}
