/*
 * look: reads one line of a history (vevents(1), INPUT): a look at a listing,
 * or another answer about its owner.
 *
 * The rules take a look with its context, which vevents computes; of a line
 * only what INPUT names is used.  (The tests write contexts by hand.)
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
	F_OWNER,
	F_TYPE,
	F_ITEM_ID,
	F_RUN,
	F_LINE,
	F_INDEX,
	F_USER_ID,
	F_PHOTO_KEY,
	F_TITLE,
	F_FOREIGN,
	F_THROUGH,
	F_GIVEN,
	F_TOTAL,
	F_VERDICT,
	F_FIRST_AT,
	F_LAST_AT,
	F_FOUND,
	F_WALKED,
	F_COMPLETE,
	F_SHA256,
	F_PHASH,
	F_WIDTH,
	F_HEIGHT,
	F_SITE,
	F_OBSERVED_AT,
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
	F_COUNTED_AT,
	F_BASELINE,
	F_G_MOST,
	F_RIPE,
	F_UNSEEN,
	F_DOUBTED,
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

enum line_type {
	LINE_LOOK,     /* at a listing */
	LINE_COUNTERS, /* the owner's */
	LINE_ACCOUNT,  /* is the owner, or her wardrobe, there? */
	LINE_SWEEP,    /* a walk through her wardrobe */
	LINE_PICTURE,  /* of a listing */
	LINE_OWNER,    /* nothing but the owner: one that may have lost all */
	LINE_TYPES
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
	enum line_type type;
	struct moment at; /* observed_at */
	enum state state;
	struct moment unseen_at, absent_from, counted_at;
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

/* Its name in a line. */
const char *look_field(enum field f);

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
