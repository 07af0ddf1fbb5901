/*
 * judge: what happened to one item, from its lines in order.  vevents(1) has
 *the rules by number; R1 and R2 are in judge.c, R3 in gap.c, R4 and R5 in
 *price.c.
 *
 *	judge_init once; for each item: judge_line for its lines, judge_end,
 *	read `events` (sorted and numbered) and `item`, judge_reset.
 *
 * Memory: the events of the item at hand, and what the rules remember of the
 * lines before: a few times and prices, not the lines.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "look.h"

enum event_type {
	EVENT_LISTED,
	EVENT_RELISTED,
	EVENT_REPRICED,
	EVENT_PROMOTED,
	EVENT_RESERVED,
	EVENT_UNRESERVED,
	EVENT_SOLD,
	EVENT_HIDDEN,
	EVENT_DELETED,
	EVENT_VANISHED,
	EVENT_RETURNED,
	EVENT_TYPES
};

enum confidence { OBSERVED, INFERRED, UNKNOWN };

extern const char *const event_names[EVENT_TYPES];
extern const char *const confidence_names[];
extern const char *const state_names[]; /* of items; STATE_NONE: NULL */

/* A text of the item at hand, in judge.texts; at 0: null. */
struct text {
	uint32_t at, len;
};

struct event {
	enum event_type type;
	enum confidence confidence;
	uint32_t number; /* within item and type, from 1 */
	uint32_t seq;    /* order of emission */
	uint16_t place;  /* of a price */
	bool dropped;    /* what came later knows better */
	struct moment earliest, latest;
	struct text site, old, new, currency, rule, evidence, other;
	const char *cause, *reason; /* static; may be NULL */
};

/* What the last event into a state, or the first look, said of it. */
struct entered {
	enum confidence confidence;
	struct text rule, evidence;
	const char *reason;
	struct moment earliest, latest;
	size_t event; /* its index + 1; 0: none */
};

/* A value that outlives its line. */
struct kept {
	struct buf b;
	bool known;
};

struct own { /* the seller's price, when last it was told */
	struct kept amount, currency, price;
	bool known, home;
	struct moment at;
	size_t events; /* so many there were then */
};

struct place { /* the last price at a site in a currency */
	struct kept site, currency, price, total, rate, rate_err;
	bool tells; /* the seller's price, too */
	struct moment at;
	struct own own;
};

struct promotion { /* what a kind of look said last */
	struct kept kind;
	bool promoted;
	struct moment at;
};

struct gap { /* an absence that is not yet judged */
	bool open;
	bool weak; /* no sweep, and so no counters: one may still come */
	bool claimed;
	struct text claim, claim_evidence; /* a rule that may tell a sale */
	struct moment at;
	struct moment counted_at; /* of the counters that judge; may be none */
	struct text site;
	enum tri unseen, doubted, baseline, ripe, fell, on_holiday, banned,
	    seller_gone;
	struct count_of g_most, g, t, v, n, returns, pending, cleared, kept;
	double item_days;
};

#define JUDGE_PLACES 256
#define JUDGE_KINDS 64

struct judge {
	/* settings */
	double max_item_days;
	int64_t sold_page_us;

	/* results */
	struct buf texts;
	struct event *events;
	size_t n, cap;
	struct {
		enum state state;
		struct entered in;
		struct moment gone_since;
		struct moment first_seen, last_seen, observed_at;
		struct kept id, site, price, currency, seller_price,
		    seller_currency, total, favourites, listed_price;
		uint64_t repriced;
	} item;

	/* what the rules remember */
	uint64_t lines;
	struct moment first;              /* the first line */
	struct moment said[STATE_ABSENT]; /* last line that said each */
	struct moment bound;              /* last line that said, or absence */
	struct moment before; /* what the last `vanished` began with */
	struct gap gap;
	bool unproven; /* the line in hand, a 404, proves nothing */
	struct kept relist_to;
	struct place places[JUDGE_PLACES];
	size_t nplaces, place; /* `place`: the last one used */
	struct promotion kinds[JUDGE_KINDS];
	size_t nkinds;
};

void judge_init(struct judge *, double max_item_days, int64_t sold_page_us);
void judge_reset(struct judge *); /* for the next item */
void judge_release(struct judge *);
/* False: the line is not used, *why says why; as if it had not been there. */
bool judge_line(struct judge *, const struct look *, const char **why);
void judge_end(struct judge *);

struct slice judge_text(const struct judge *, struct text); /* NULL p: null */

/* ---- shared by judge.c, gap.c and price.c ---- */

/* Reasons that more than one file gives: the account is gone; pages and
 * counters contradict each other. */
#define JUDGE_ACCOUNT_GONE "account-gone"
extern const char judge_contradiction[];

struct event *judge_emit(struct judge *, enum event_type, enum confidence,
    const struct moment *earliest, const struct moment *latest);
struct text judge_put(struct judge *, struct slice);
/* The item is in a state by this event. */
void judge_enter(struct judge *, enum state, const struct event *);
/* The last line that said a state other than this one. */
const struct moment *judge_said_other(const struct judge *, enum state);
const struct moment *moment_later(const struct moment *, const struct moment *);

/* An absence, and a line that names a rule and no state. */
void judge_absent(struct judge *, const struct look *);
void judge_claim(struct judge *, const struct look *);
/* What the gap shows, by a rule or for a reason. */
void judge_conclude(struct judge *, enum event_type, enum state,
    const char *rule, const char *reason);
void judge_vanish(struct judge *, const char *reason);
/* The counters of the gap say that a page that is gone was sold, or may be. */
bool judge_contradicts(const struct judge *);
/* The item's end ends the gap. */
void judge_gap(struct judge *);

bool judge_has_room(const struct judge *, const struct look *,
    const char **why);
void judge_prices(struct judge *, const struct look *);
void judge_promoted(struct judge *, const struct look *);

void kept_set(struct kept *, struct slice); /* NULL p: not known */
bool kept_is(const struct kept *, struct slice);

static inline struct slice
kept_slice(const struct kept *k)
{
	return k->known ? buf_slice(&k->b) : (struct slice){ NULL, 0 };
}

#endif
