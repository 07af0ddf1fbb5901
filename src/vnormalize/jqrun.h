/*
 * jqrun: programs of jq, run by libjq.  The one place that includes <jq.h>.
 */
#ifndef JQRUN_H
#define JQRUN_H

#include <jv.h>
#include <stdbool.h>

struct jqrun;

/* Where it does not compile: dies with the status, naming `where` and jq's
 * complaint; or returns NULL, when the status is EX_OK. */
struct jqrun *jqrun_new(int status, const char *program, const char *where);
void jqrun_free(struct jqrun *r);
/* The first output of one input, which is consumed; false: none, or an error.
 */
bool jqrun_first(struct jqrun *r, jv input, jv *out);

#endif
