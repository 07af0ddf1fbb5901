/*
 * snapshot: the snapshot that a record gives, as a RECORD of one of three
 * streams, and these streams' SCHEMA messages.  It is a function of its record
 * alone.  Values keep their text; ids become texts.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "moment.h"
#include "names.h"
#include "scan.h"

enum column { /* of items, users and looks */
	C_SITE,
	C_ITEM_ID,
	C_USER_ID,
	C_SELLER_KEY,
	C_OBSERVED_AT,
	C_KIND,
	C_STATE,
	C_EVIDENCE,
	C_STATE_RULE,
	C_PRICE,
	C_CURRENCY,
	C_SELLER_PRICE,
	C_SELLER_CURRENCY,
	C_TOTAL_PRICE,
	C_FAVOURITE_COUNT,
	C_PROMOTED,
	C_PHOTO_KEY,
	C_TITLE,
	C_VARIANT,
	C_RUN,
	C_LINE,
	C_INDEX,
	C_CONTRACT,
	C_ITEM_COUNT,
	C_GIVEN_COUNT,
	C_TOTAL_COUNT,
	C_ON_HOLIDAY,
	C_BANNED,
	C_COUNTRY,
	C_QUERY,
	C_CATALOG_ID,
	C_PAGE,
	C_STATUS,
	C_VERDICT,
	C_TOTAL,
	COLUMNS
};

struct columns {
	struct slice c[COLUMNS]; /* JSON texts; NULL p: null, absent */
	struct moment at;        /* observed_at, once written */
};

enum snapshot { SNAPSHOT_ITEM, SNAPSHOT_SELLER, SNAPSHOT_CATALOG };

struct snapshot_fault {
	const char *property;
	char reason[96];
	struct slice value;
};

extern const char *const snapshot_suffixes[]; /* "snapshot" ... */

/* `id` is what the column of an item's id is called. */
void columns_init(struct names *, const char *id);
void columns_read(const struct names *, struct val record, struct columns *);

/* `key`: the JSON text of x-key, the fingerprint of the pseudonyms' key; NULL
 * p: none. */
void snapshot_schema(struct buf *, enum snapshot, const char *source,
    struct slice key);
/*
 * Adds the RECORD and its newline.  False: nothing was added; the fault says
 * why.
 */
bool snapshot_write(struct buf *, enum snapshot, const char *source,
    struct columns *, struct moment_cache *, struct snapshot_fault *);

#endif
