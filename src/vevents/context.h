/*
 * context: what the lines of an owner say together.  Rules by number, see
 * vevents(1).
 *
 *	sweeps		which of them are complete, and what each held
 *	intervals	from one complete sweep to the next
 *	episodes	intervals whose counters cannot be told apart
 *	doubts		where pages and counters contradict each other
 *	relistings	which listing repeats which
 *
 *	context_make(&c, &owner), read, context_release.
 *
 * A listing, a sweep, an interval, an episode is its index; NONE is none.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "judge.h"
#include "owner.h"

/* A listing that a run saw in a wardrobe. */
struct seen {
	text_id run;
	uint32_t listing;
	bool hers; /* the answer named this seller */
	/* of those that are hers, the least: in millionths, -1: none */
	int64_t price;
	text_id currency;
};

struct interval { /* of a complete sweep; the first has no `prev` */
	uint32_t sweep, prev;
	int64_t present, v, n, returns;
	int64_t cut_to, cut_from; /* cut_to / cut_from, the middle cut; or 0 */
	int64_t cut_n, cut_of;
	uint32_t a, b;    /* counters before and after; NONE */
	uint32_t episode; /* NONE: nothing changed */
	bool ripe, fell, holiday, banned, baseline;
	bool doubted; /* pages that are gone prove nothing */
	struct count_of g_most;
};

struct episode {
	uint32_t first, last; /* intervals; all between them that changed */
	int64_t v, n, returns;
	__int128 item_us;       /* listings times microseconds */
	int64_t item_millidays; /* at most a little over the limit */
	bool telling;           /* not busy */
	bool unseen;            /* more came than the sweeps saw */
	struct count_of g, t;
	struct count_of cleared, kept; /* of what vanished, by pages */
	bool balances, is_all;
	struct count_of pending;
};

#define HOUR_US INT64_C(3600000000)

struct limits { /* of the source */
	int64_t lag_us, item_days, sold_page_us;
};

struct context {
	const struct owner *o;
	struct limits limits;
	text_id wardrobe;  /* the kind of look */
	struct seen *seen; /* by run, then listing */
	uint32_t nseen;
	uint32_t *whole; /* complete sweeps, in order */
	uint32_t nwhole;
	bool *needed; /* of whole: a listing's history speaks of it */
	struct interval *intervals; /* one for each of whole */
	struct episode *episodes;
	uint32_t nepisodes;
	uint32_t *sweep_of_run, *whole_of_run; /* by text; NONE */
};

void context_make(struct context *, struct owner *, const struct limits *);
void context_release(struct context *);

/* ---- its parts, in the order of making ---- */

void make_sweeps(struct context *, struct owner *);
void make_intervals(struct context *);
void make_episodes(struct context *);
void make_doubts(struct context *);
void make_relistings(struct owner *);

/* Was the listing seen in a wardrobe by this run? */
bool was_in(const struct context *, text_id run, uint32_t listing);
/* What a run saw: from `*from`, so many. */
uint32_t seen_by(const struct context *, text_id run, uint32_t *from);
/* Of `whole`: the first that began after; nwhole when none did. */
uint32_t next_whole(const struct context *, int64_t after);

static inline void
need_whole(const struct context *c, uint32_t whole)
{
	c->needed[whole] = true;
}

/* Of `n` things of a size, in the order of a time at `offset`: the first whose
 * time is later; n when none is. */
static inline uint32_t
first_later(const void *v, size_t size, size_t offset, uint32_t n, int64_t at)
{
	uint32_t lo = 0, hi = n, mid;
	int64_t is;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		memcpy(&is, (const char *)v + mid * size + offset, sizeof is);
		if (is <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Did a price move from one to the other as the interval's cut? */
bool is_the_cut(const struct interval *, int64_t to, int64_t from);
int64_t millionths(struct slice price); /* -1: it has more digits, or none */

/* A listing that a sweep lacks, and when the sweep before had seen it. */
struct vanished {
	uint32_t listing;
	int64_t seen_at;
};
/* What vanished in intervals from `first` to `last`, each once and as it was
 * seen last: so many in `v`, which has room for the sum of theirs. */
uint32_t find_vanished(const struct context *, uint32_t first, uint32_t last,
    struct vanished *v);

/* R9: was a listing out of sight as an interval began, and may it have been
 * sold between counters `from` and `to`? */
bool may_wait(const struct context *, uint32_t interval, uint32_t from,
    uint32_t to, uint32_t listing);

/* Between two sweeps; prev NONE: there is none. */
void make_interval(const struct context *, struct interval *, uint32_t sweep,
    uint32_t prev);
/* The first and the last interval of which counters can tell: those before
 * interval `k`, and those after it. */
uint32_t first_reached(const struct context *, uint32_t k, uint32_t a);
uint32_t last_reached(const struct context *, uint32_t k, uint32_t b);

/* The most that can have been sold between an interval's counters. */
void find_most(const struct owner *, struct interval *);

/* The total from counters `a` to `b`: how much it rose, its falls aside. */
int64_t total_rises(const struct owner *, uint32_t a, uint32_t b);

/* The last counters at or before, and the first at or after; NONE. */
uint32_t counted_before(const struct owner *, int64_t at);
uint32_t counted_after(const struct owner *, int64_t at);

/* ---- sights of a listing ---- */

#define STATE_BIT(s) (1u << (s))
#define SIGHTED (STATE_BIT(STATE_LIVE) | STATE_BIT(STATE_RESERVED))

/* Was one of the states (bits) said at a time in [from, to)? */
bool was_said(const struct owner *, uint32_t listing, unsigned states,
    int64_t from, int64_t to);
/* The last sight at or before that says any state; NULL. */
const struct sight *last_word(const struct owner *, uint32_t listing,
    int64_t at);

#define FOR_EVER INT64_MAX

#endif
