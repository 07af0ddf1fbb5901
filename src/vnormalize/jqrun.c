#include "jqrun.h"

#include <jq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "banned.h"

struct jqrun {
	jq_state *jq;
	struct buf complaint;
};

static void
on_message(void *arg, jv message)
{
	struct jqrun *r = arg;
	jv text = jq_format_error(message);
	const char *s = jv_string_value(text);

	/* the first line of the first message says it */
	if (r->complaint.len == 0)
		buf_add(&r->complaint, s, strcspn(s, "\n"));
	jv_free(text);
}

struct jqrun *
jqrun_new(int status, const char *program, const char *where)
{
	struct jqrun *r = xcalloc(1, sizeof *r);
	char why[512] = "not a jq program";

	r->jq = jq_init();
	if (r->jq == NULL)
		die(EX_SOFTWARE, "cannot start libjq");
	jq_set_error_cb(r->jq, on_message, r);
	if (!jq_compile(r->jq, program)) {
		if (r->complaint.len > 0)
			snprintf(why, sizeof why, "%s", r->complaint.data);
		jqrun_free(r);
		if (status == EX_OK)
			return NULL;
		die(status, "%s: %s", where, why);
	}
	return r;
}

void
jqrun_free(struct jqrun *r)
{
	if (r == NULL)
		return;
	jq_teardown(&r->jq);
	buf_release(&r->complaint);
	free(r);
}

bool
jqrun_first(struct jqrun *r, jv input, jv *out)
{
	jq_start(r->jq, input, 0);
	*out = jq_next(r->jq);
	if (jv_is_valid(*out))
		return true;
	jv_free(*out);
	return false;
}
