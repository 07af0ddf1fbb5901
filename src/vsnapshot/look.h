/*
 * look: reads one line of a history: a look at an item, or an absence (a
 * complete sweep of its seller lacked it), with its context.
 *
 * Everything borrows from the line and the reader, until the next look_read.
 * An absent or null member has a slice whose p is NULL.  Numbers are their
 * text; texts have no quotes and no escapes.
 */
#ifndef LOOK_H
#define LOOK_H

#include "moment.h"
#include "names.h"
#include "scan.h"

enum field {
	F_ITEM_ID,
	F_SITE,
	F_OBSERVED_AT,
	F_ORD,
	F_KIND,
	F_STATE,
	F_EVIDENCE,
	F_STATE_RULE,
	F_PRICE,
	F_CURRENCY,
	F_SELLER_PRICE,
	F_SELLER_CURRENCY,
	F_TOTAL_PRICE,
	F_FAVOURITE_COUNT,
	F_PROMOTED,
	F_RATE,
	F_RATE_ERR,
	F_HOME,
	F_ALIKE,
	F_ALIKE_N,
	F_UNSEEN_AT,
	F_RELIST_OF,
	F_RELIST_BY,
	F_RELIST_TO,
	F_ABSENT_FROM,
	F_BASELINE,
	F_G_MOST,
	F_RIPE,
	F_FELL,
	F_G,
	F_T,
	F_V,
	F_N,
	F_RETURNS,
	F_PENDING,
	F_ITEM_DAYS,
	F_CLEARED,
	F_KEPT,
	F_ON_HOLIDAY,
	F_BANNED,
	F_SELLER_GONE,
	FIELDS
};

/* States of items; the first ones also are what a line says. */
enum state {
	STATE_NONE, /* nothing said */
	STATE_LIVE,
	STATE_RESERVED,
	STATE_HIDDEN,
	STATE_SOLD,
	STATE_DELETED, /* a line says "gone" */
	STATE_MISSING, /* of items only */
	STATE_ABSENT   /* of lines only */
};

enum tri { /* of booleans that may be unknown */
	TRI_UNKNOWN,
	TRI_NO,
	TRI_YES
};

struct count_of { /* an integer that may be unknown */
	bool known;
	int64_t n;
};

struct look {
	struct slice f[FIELDS];
	struct moment at; /* observed_at */
	int64_t ord;
	enum state state;
	struct moment unseen_at, absent_from;
	/* of an absence; else all unknown */
	struct count_of g_most, g, t, v, n, returns, pending, cleared, kept;
	double item_days; /* negative: unknown */
};

struct look_reader {
	struct scan *scan;
	struct names names;
	struct buf plain; /* texts that had escapes */
	struct buf tmp;
	struct moment_cache days;
	char why[96];
	enum field at_fault; /* FIELDS: the line as a whole */
	struct val value;    /* the value at fault */
};

extern const char *const look_fields[FIELDS];

void look_reader_init(struct look_reader *);
void look_reader_release(struct look_reader *);
/* False: r->why says why not; at_fault and value say of what. */
bool look_read(struct look_reader *, struct slice line, struct look *);

static inline enum tri
look_tri(const struct look *l, enum field f)
{
	return l->f[f].p == NULL ? TRI_UNKNOWN :
	    l->f[f].p[0] == 't'  ? TRI_YES :
	                           TRI_NO;
}

static inline bool
look_has(const struct look *l, enum field f)
{
	return l->f[f].p != NULL;
}

#endif
