/*
 * session: the anonymous visit that some sites want before they answer.
 *
 * The token is kept per site in the data folder, in a file of mode 0600, until
 * it expires; it leaves this module only in the headers of a request.  All
 * processes share it: one visits, under a lock, and the others take its token,
 * also after a 401.  A visit that fails leaves the kept one.
 */
#ifndef VFETCH_SESSION_H
#define VFETCH_SESSION_H

#include "run.h"

#define SESSION_HEADERS 16

struct session {
	const struct site *site; /* of the session; NULL: none yet */
	struct binding *values;  /* the token first; ended by a zero
	                            entry; NULL: not open */
	int64_t expires_at;
	char *header[SESSION_HEADERS + 1]; /* of the last request */
	bool visited;                      /* in this run: used until a 401 */
	bool hopeless;                     /* a visit failed: ask no more */
};

/* ANSWERED: there is a token (or the source wants none). */
enum outcome session_open(struct run *r, struct session *s,
    const struct site *site);
/* The token was refused: visit again. */
enum outcome session_renew(struct run *r, struct session *s);
/* Would session_open visit the site? */
bool session_due(const struct run *r, const struct site *site);
/* The endpoint's headers, NULL-terminated; valid until the next call. */
const char *const *session_headers(struct session *s, const struct endpoint *e);
void session_release(struct session *s);

#endif
