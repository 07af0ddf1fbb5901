/*
 * run: one run of vimg.  The main thread reads photos as there is room for
 * them, keeps transfers going, judges answers, hands bytes to the pool, and
 * writes a record of each photo when it is done.
 *
 *	lines -> ready -> transfers -> pool -> records
 *	           ^__________|__________|   tried again
 *
 * It holds at most a window of photos, and bytes as http_multi.h says.
 *
 * All of it is for the main thread; the others are the pool's.
 */
#ifndef VIMG_RUN_H
#define VIMG_RUN_H

#include "host.h"
#include "http_multi.h"
#include "line.h"
#include "options.h"
#include "polite.h"
#include "pool.h"

struct tally {
	uint64_t photos, stored, known, gone, unfit, failed, put_off;
	uint64_t attempts, bytes, repeated, rejected;
};

struct run {
	const struct options *o;
	struct manners manners;
	struct http_multi *http;
	struct store store;
	struct pool *pool;
	struct photos ready;
	int64_t budget;      /* photos left; -1: no limit */
	int parallel;        /* transfers: no more than may be open */
	size_t window, held; /* photos: most, and now */
	size_t usual;        /* bytes of a body, of late */

	struct reader in;
	bool ended; /* of input */
	struct scan *scan;
	struct buf state; /* a STATE that waits for photos */
	bool state_due;
	struct streams *streams; /* of Singer input; see input.c */
	struct seen *seen;

	struct writer out;
	struct buf line;
	bool schema_written;
	char id[POLITE_RUN_ID];
	char *source; /* the one, with --raw */
	int64_t began_at;
	uint64_t lines;
	struct tally tally;
	const char *stop; /* why it ended early; NULL: it did not */
	int status;
};

void run_init(struct run *r, const struct options *o);
void run_release(struct run *r);
/* To the end of input, a signal or a failure of the store. */
void run_all(struct run *r);

/* A photo that is to be fetched joins; it is put off, or ready. */
void run_take(struct run *r, struct photo *p);

/* answer.c: what an answer means.  True: the photo has its outcome. */
enum next { NEXT_DONE, NEXT_POOL, NEXT_AGAIN };
enum next answer_judge(struct run *r, struct photo *p, struct http_answer *a);
/* After the pool. */
enum next answer_settle(struct photo *p);
/* Failed for now: says when a later run should try again. */
void answer_later(struct photo *p, const char *reason, int64_t floor);

/* input.c: takes a line. */
void input_line(struct run *r, struct slice line);
void input_release(struct run *r);

/* record.c: writes records. */
void record_photo(struct run *r, const struct photo *p);
void record_closing(struct run *r, int status);
void record_pass(struct run *r, struct slice line);
void record_say(const struct run *r);

/* seen.c: the last photos, to ask for each once. */
struct seen *seen_new(void);
void seen_free(struct seen *s);
bool seen_add(struct seen *s, const struct photo *p); /* false: again */

#endif
