/*
 * singer: one line of a Singer stream (reference: singer-io/getting-started,
 * specification 0.3.0), read for a target.
 *
 * The type is read without regard to case.  Types that are unknown, and keys
 * that are, pass.  Everything borrows from the scan and from the line.
 */
#ifndef SINGER_H
#define SINGER_H

#include "scan.h"

enum singer_type {
	SINGER_SCHEMA,
	SINGER_RECORD,
	SINGER_STATE,
	SINGER_SCOPE, /* ours: see vupsert(1) */
	SINGER_ACTIVATE_VERSION,
	SINGER_BATCH, /* of files: https://sdk.meltano.com, "batch" */
	SINGER_UNKNOWN
};

struct singer {
	enum singer_type type;
	struct slice stream; /* empty when it names none */
	struct val root;
	struct val version; /* of a RECORD, or to be activated */
	struct val body;    /* "schema", "record", "value" or "scope" */
	struct buf name;    /* behind `stream`, when it has escapes */
};

/*
 * False: the line is no message, and *why says so.  A SCHEMA, RECORD or SCOPE
 * that is read has a stream and an object for a body.
 */
bool singer_read(struct singer *, struct scan *, struct slice line,
    const char **why);
void singer_release(struct singer *);

#endif
