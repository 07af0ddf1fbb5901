/*
 * owner: all that is known of one owner, in memory: a seller with her listings,
 * or a listing whose seller no look names.
 *
 *	owner_add for each line; owner_close, which sorts; read; owner_reset.
 *
 * Texts are kept once and are numbers (struct text's index; 0: null).  Times
 * are microseconds since 1970.
 */
#ifndef OWNER_H
#define OWNER_H

#include "look.h"

#define NO_TIME INT64_MIN /* not known: before all times */
#define NONE UINT32_MAX   /* no index */

typedef uint32_t text_id;

/* Where and when something was said; the order of sights and of counters. */
struct stamp {
	int64_t at, line, index;
	text_id run;
};

struct sight { /* a look at a listing */
	struct stamp by;
	uint32_t listing;
	uint8_t state;          /* enum state */
	uint8_t home, promoted; /* enum tri */
	bool through; /* each complete sweep until the next of its kind, too */
	text_id kind, site, seller, evidence, state_rule, price, currency,
	    seller_price, seller_currency, total_price, favourites, rate,
	    rate_err, photo, title;
};

struct listing {
	text_id id;
	bool foreign;     /* another owner's, but once in this wardrobe */
	uint32_t from, n; /* its sights */
	/* but for 404s; NO_TIME: never seen */
	int64_t first_sight, last_sight;
	text_id photo, title;          /* the least that was said */
	uint32_t relist_of, relist_to; /* listings; NONE */
	const char *relist_by;
	int64_t cancelled_at; /* its sale was, by then; NO_TIME */
};

struct counters {
	struct stamp by;
	bool counted;            /* both numbers are known */
	int64_t given, total;    /* as if nothing had been cancelled */
	int64_t cancelled;       /* sales, since the counters before */
	uint64_t falls;          /* of given, up to here; of those counted */
	uint8_t holiday, banned; /* enum tri */
};

static inline bool
has_flags(const struct counters *c)
{
	return c->holiday != TRI_UNKNOWN || c->banned != TRI_UNKNOWN;
}

struct account { /* an answer about the seller or her wardrobe */
	struct stamp by;
	text_id site;
	bool of_user; /* else of the wardrobe */
	bool gone;
};

struct sweep {
	text_id run, site, total;
	int64_t first_at, last_at, found;
	bool walked;
	uint8_t told;    /* enum tri: is it complete?  Asked before */
	uint32_t stored; /* listings of the run that are kept */
	bool complete;
};

struct picture {
	uint32_t listing;
	text_id sha256;
	bool has_phash;
	uint64_t phash;
	double width, height;
};

struct texts {
	struct buf bytes;
	struct {
		size_t at;
		uint32_t len, hash;
	} * v; /* v[0] is null */
	uint32_t n, cap, *slots, nslots;
};

struct owner {
	struct texts texts;
	text_id last[FIELDS]; /* of the line before, by member */
	text_id id, user;     /* user: null for a listing of its own */
	struct sight *sights;
	uint32_t nsights, sight_cap;
	struct listing *listings;
	uint32_t nlistings, listing_cap;
	struct counters *counters;
	uint32_t ncounters, counters_cap;
	struct account *accounts;
	uint32_t naccounts, account_cap;
	struct sweep *sweeps;
	uint32_t nsweeps, sweep_cap;
	struct picture *pictures;
	uint32_t npictures, picture_cap;
};

void owner_release(struct owner *);
void owner_reset(struct owner *); /* for the next; memory kept */
void owner_begin(struct owner *, struct slice id);
/* Lines of a listing come one after another.  False: the line is not used,
 * *fault is the member and *why what is wrong with it. */
bool owner_add(struct owner *, const struct look *, enum field *fault,
    const char **why);
/* Sorts; links sights to listings, and finds their first and last. */
void owner_close(struct owner *);
/* Bytes that its lines take. */
size_t owner_size(const struct owner *);
/* Forgets all but the listings and their sights. */
void owner_drop_answers(struct owner *);

text_id text_add(struct texts *, struct slice); /* p NULL: 0 */

static inline struct slice
text_of(const struct owner *o, text_id id)
{
	if (id == 0)
		return (struct slice){ NULL, 0 };
	return (struct slice){ o->texts.bytes.data + o->texts.v[id].at,
		o->texts.v[id].len };
}

/* Bytewise; null comes first. */
int text_cmp(const struct owner *, text_id a, text_id b);
int stamp_cmp(const struct owner *, const struct stamp *, const struct stamp *);

/* The seller that a seller's owner id names: behind "user:". */
#define OWNER_USER "user:"
#define OWNER_ITEM "item:"

#endif
