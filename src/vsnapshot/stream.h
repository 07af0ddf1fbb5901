/*
 * stream: the streams of the input, whether their records give snapshots, and
 * x-snapshot of each variant.
 */
#ifndef STREAM_H
#define STREAM_H

#include "names.h"
#include "scan.h"

enum entity {
	ENTITY_OTHER, /* passes */
	ENTITY_ITEM,
	ENTITY_USER,
	ENTITY_LOOK
};

/* What x-snapshot says; JSON texts, NULL p: nothing. */
struct variant {
	struct slice name; /* with its quotes; owned, as all are */
	struct slice kind, state, evidence;
};

struct stream {
	char *name, *source;
	enum entity entity;
	struct variant *variants;
	size_t n, last; /* `last`: the one met last */
	uint64_t records, snapshots, without, rejected;
};

struct streams {
	struct stream **v;
	size_t n, last;
};

/* NULL when there is none. */
struct stream *streams_find(struct streams *, struct slice name);
struct stream *streams_add(struct streams *, struct slice name);
void streams_release(struct streams *);

/* Takes a SCHEMA message, in place of an earlier one. */
void stream_define(struct stream *, struct val message);
/* A stream of bare items: any variant, live by no constant. */
void stream_define_plain(struct stream *, const char *source);
/* By its JSON text; NULL when it gives no snapshot. */
const struct variant *stream_variant(struct stream *, struct slice name);

#endif
