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
void jqrun_start(struct jqrun *r, jv input); /* consumes input */
/* The next output.  False at the end; an error ends the outputs as well, and
 * then *why (may be NULL) is its message, to be freed. */
bool jqrun_next(struct jqrun *r, jv *out, char **why);
/* The first output of one input. */
bool jqrun_first(struct jqrun *r, jv input, jv *out);

#endif
