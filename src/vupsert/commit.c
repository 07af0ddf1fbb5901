#include "commit.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "line.h"
#include "ops.h"
#include "scope.h"
#include "set.h"
#include "write.h"
#include "banned.h"

#define TRIES 10    /* of a transaction that is rolled back */
#define LOST_MAX 20 /* connections that one batch may cost */
#define PAUSE_MS 50

/* ---- one transaction ---- */

struct attempt {
	struct tally *tallies; /* one for each part */
	bool pieces;           /* others came before, and are in no memory */
	bool careful;          /* some row is refused: find it */
	bool marked;           /* the marker of this transaction is written */
	bool saved;            /* what went wrong goes back to a savepoint */
	bool asking;    /* a marked COMMIT got no answer: did it happen? */
	bool unsure;    /* the same, without any marker */
	bool committed; /* it did happen */
};

static void
add_tally(struct tally *to, const struct tally *t)
{
	to->inserted += t->inserted;
	to->updated += t->updated;
	to->unchanged += t->unchanged;
	to->older += t->older;
	to->duplicate += t->duplicate;
	to->rejected += t->rejected;
	to->deleted += t->deleted;
}

/* The row's record, once more; it borrows from *padded. */
static struct val
parse(struct commit *c, struct slice text, struct buf *padded)
{
	const char *why;
	size_t at;

	buf_addslice(padded, text);
	buf_grow(padded, LINE_PADDING);
	return scan_parse(c->scan, buf_slice(padded), &at, &why) ?
	    scan_root(c->scan) :
	    (struct val){ 0 };
}

/* Once, however often the transaction is repeated. */
static void
reject_row(struct commit *c, const struct batch *b, const struct stream *s,
    struct row *r)
{
	struct buf padded = { 0 };
	char *reason;

	if (r->refused)
		return;
	r->refused = true;
	reason = xasprintf("the server refuses it: %s", pg_message(c->pg));
	rejects_add(c->rej,
	    &(struct reject){ .line = (int64_t)r->line,
	        .index = -1,
	        .stream = s->name,
	        .record = parse(c, row_text(b, r), &padded),
	        .reason = reason,
	        .value = row_text(b, r),
	        .elements = 1 });
	buf_release(&padded);
	free(reason);
}

/* Rows that may hold one which the server refuses: halved until it is found. */
static enum pg_outcome
write_carefully(struct commit *c, const struct batch *b, struct stream *s,
    struct row *rows, size_t n, struct tally *t)
{
	struct slot *slots = xcalloc(n, sizeof *slots);
	struct tally mine = { 0 };
	enum pg_outcome o;

	o = pg_exec(c->pg, "savepoint careful");
	if (o == PG_OK)
		o = write_slots(c->pg, b, s, slots,
		    rows_fold(b, s, rows, n, slots, &mine), &mine);
	free(slots);
	if (o == PG_OK) {
		add_tally(t, &mine);
		return pg_exec(c->pg, "release careful");
	}
	if (o != PG_DATA)
		return o;
	if (n == 1) {
		reject_row(c, b, s, rows);
		t->rejected++;
	}
	o = pg_exec(c->pg, "rollback to careful; release careful");
	if (o == PG_OK && n > 1)
		o = write_carefully(c, b, s, rows, n / 2, t);
	if (o == PG_OK && n > 1)
		o = write_carefully(c, b, s, rows + n / 2, n - n / 2, t);
	return o;
}

static int
by_table(const void *a, const void *b)
{
	const struct part *p = a, *q = b;
	int d = strcmp(p->stream->wide, q->stream->wide);

	return d != 0 ? d : p->scoped - q->scoped;
}

static enum pg_outcome
write_part(struct commit *c, const struct batch *b, struct part *p,
    bool careful, struct tally *t)
{
	enum pg_outcome o;

	if (p->n == 0 && p->nscopes == 0 && !(p->scoped && p->stream->spooled))
		return PG_OK;
	if ((o = write_lock(c->pg, p->stream)) != PG_OK)
		return o;
	if (p->scoped &&
	    (b->open == p->stream || p->stream->spooled || !p->stream->keyed))
		return scope_write(c->pg, b, p, t);
	if (careful && !p->scoped)
		return write_carefully(c, b, p->stream, p->rows, p->n, t);
	*t = p->folded;
	if (p->scoped)
		return set_write(c->pg, b, p, t);
	return write_slots(c->pg, b, p->stream, p->slots, p->nslots, t);
}

/* Scopes that are as they were have filled temporary tables only. */
static bool
may_change(const struct part *p, const struct tally *t)
{
	return !p->scoped || t->inserted + t->updated + t->deleted > 0;
}

static enum pg_outcome
write_parts(struct commit *c, struct batch *b, struct attempt *a)
{
	enum pg_outcome o = PG_OK;
	int i;

	/* everybody takes the locks of several tables in the same order */
	if (b->nparts > 1)
		qsort(b->parts, (size_t)b->nparts, sizeof *b->parts, by_table);
	for (i = 0; o == PG_OK && i < b->nparts; i++) {
		o = write_part(c, b, &b->parts[i], a->careful, &a->tallies[i]);
		c->dirty |= may_change(&b->parts[i], &a->tallies[i]);
	}
	return o;
}

static enum pg_outcome
write_loads(struct commit *c, const struct batch *b)
{
	const char *p = b->loads.data;
	enum pg_outcome o;

	while (p != NULL && p < b->loads.data + b->loads.len) {
		o = ops_note_load(c->pg, p, &c->without_ops);
		if (o == PG_DATA)
			o = PG_FAILED; /* no row to look for */
		if (o == PG_FAILED)
			pg_die(c->pg, "write ops.load");
		if (o != PG_OK)
			return o;
		c->dirty = true;
		p += strlen(p) + 1;
	}
	return PG_OK;
}

static enum pg_outcome
commit(struct commit *c, struct attempt *a)
{
	enum pg_outcome o = PG_OK;

	if (c->dirty && !a->marked)
		o = marker_write(&c->marker, c->pg, &a->marked);
	if (o != PG_OK)
		return o;
	rejects_sync_or_die(c->rej);
	pg_hold(c->pg, NULL); /* to ask what became of it */
	o = pg_exec(c->pg, "commit");
	a->asking = o == PG_LOST && a->marked;
	a->unsure = o == PG_LOST && c->dirty && !marker_is_kept(&c->marker);
	if (o == PG_OK && a->marked)
		marker_acknowledge(&c->marker, c->pg);
	return o;
}

/* STATE and ops.load speak for rows that are in: not for too many rejects. */
static void
judge(const struct commit *c, struct batch *b, const struct attempt *a)
{
	uint64_t refused = c->refused;
	int i;

	for (i = 0; i < b->nparts; i++)
		refused += a->tallies[i].rejected;
	batch_judge(b, refused);
}

/* A transaction begins: what became of the one before it? */
static enum pg_outcome
settle(struct commit *c, struct attempt *a)
{
	enum pg_outcome o;

	if (!a->asking)
		return marker_check(&c->marker, c->pg);
	if ((o = marker_claim(&c->marker, c->pg, &a->committed)) != PG_OK)
		return o;
	a->asking = false;
	a->marked = !a->committed;
	if (!a->committed)
		return PG_OK;
	marker_acknowledge(&c->marker, c->pg);
	return pg_exec(c->pg, "rollback");
}

/* What a transaction of several batches is for. */
static const char *
purpose(const struct commit *c)
{
	return c->whole ? "write all in one transaction" :
	                  "write a scope larger than a batch";
}

static enum pg_outcome
transaction(struct commit *c, struct batch *b, struct attempt *a)
{
	bool anew = !c->inside;
	enum pg_outcome o = PG_OK;

	if (anew) {
		a->marked = c->dirty = false;
		if ((o = pg_exec(c->pg, "begin")) == PG_OK)
			o = settle(c, a);
		c->inside = o == PG_OK;
	}
	if (o != PG_OK || a->committed)
		return o; /* what it did is tallied */
	if (a->pieces && anew)
		die(EX_TEMPFAIL, "cannot %s: the connection was lost at COMMIT",
		    purpose(c));
	memset(a->tallies, 0, (size_t)b->nparts * sizeof *a->tallies);
	if (c->whole && (o = pg_exec(c->pg, "savepoint batch")) == PG_OK)
		a->saved = true;
	if (o == PG_OK)
		o = write_parts(c, b, a);
	if (o == PG_OK)
		judge(c, b, a);
	if (o == PG_OK && (o = write_loads(c, b)) == PG_OK && c->whole)
		o = pg_exec(c->pg, "release batch");
	if (o == PG_OK) {
		a->saved = false;
		if (!b->more)
			o = commit(c, a);
	}
	return o;
}

static void
undo(struct commit *c, const struct attempt *a)
{
	pg_exec(c->pg,
	    a->saved ? "rollback to batch; release batch" : "rollback");
	c->inside = a->saved;
}

static void
check_doubling(const struct batch *b)
{
	const struct part *p;

	for (p = b->parts; p < b->parts + b->nparts; p++)
		if (p->n > 0 && p->stream->nkey == 0)
			die(EX_TEMPFAIL,
			    "the connection was lost at COMMIT, and nobody "
			    "can tell whether the last rows of %s, which has "
			    "no key, are in",
			    p->stream->wide);
}

static void
until_committed(struct commit *c, struct batch *b, struct attempt *a)
{
	enum pg_outcome o;
	int tries = 0, lost = 0;

	while ((o = transaction(c, b, a)) != PG_OK && !a->committed) {
		if (o == PG_LOST || o == PG_FAILED)
			a->saved = false;
		if (a->pieces && !a->asking && !a->saved)
			pg_die(c->pg, purpose(c));
		switch (o) {
		case PG_LOST:
			c->inside = false;
			if (lost++ == LOST_MAX)
				pg_die(c->pg, "write rows");
			if (a->unsure)
				check_doubling(b);
			pg_reconnect(c->pg);
			break;
		case PG_DATA:
			if (a->careful)
				pg_die(c->pg, "write rows");
			a->careful = true;
			undo(c, a);
			break;
		case PG_AGAIN:
			if (tries++ == TRIES)
				pg_die(c->pg, "write rows");
			undo(c, a);
			clock_sleep_ms(PAUSE_MS * tries);
			break;
		default:
			pg_die(c->pg, "write rows");
		}
	}
}

static void
write_batch(struct commit *c, struct batch *b)
{
	struct attempt a = { .tallies =
		                 xcalloc((size_t)b->nparts, sizeof *a.tallies),
		.pieces = c->inside };
	int i;

	if (b->rows > 0 || b->loads.len > 0 || c->inside) {
		if (!c->inside)
			marker_find(&c->marker, c->pg, c->schema);
		until_committed(c, b, &a);
	} else {
		judge(c, b, &a);
	}
	c->inside = c->inside && b->more;
	if (c->inside)
		pg_hold(c->pg, purpose(c));
	for (i = 0; i < b->nparts; i++) {
		add_tally(&b->parts[i].stream->tally, &a.tallies[i]);
		b->parts[i].stream->spooled = b->open == b->parts[i].stream;
		c->refused += a.tallies[i].rejected;
	}
	free(a.tallies);
	buf_addslice(&c->held, buf_slice(&b->states));
	if (b->more || c->held.len == 0)
		return;
	rejects_sync_or_die(c->rej); /* there may have been no transaction */
	writer_add(&c->out, c->held.data, c->held.len);
	writer_flush(&c->out);
	buf_reset(&c->held);
}

/* ---- the thread ---- */

static void *
work(void *arg)
{
	struct commit *c = arg;
	struct batch *b;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (c->job == NULL && !c->quit)
			pthread_cond_wait(&c->changed, &c->lock);
		if ((b = c->job) == NULL)
			break;
		pthread_mutex_unlock(&c->lock);
		write_batch(c, b);
		batch_reset(b);
		pthread_mutex_lock(&c->lock);
		c->job = NULL;
		pthread_cond_signal(&c->changed);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void
commit_start(struct commit *c, struct pg *pg, const char *schema, bool whole,
    struct rejects *rej)
{
	sigset_t ours, before;

	*c = (struct commit){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	c->pg = pg;
	c->schema = schema;
	c->whole = whole;
	c->rej = rej;
	c->scan = scan_new();
	writer_init(&c->out, STDOUT_FILENO);
	/* these are for the reader: its read has to come back */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ours, &before);
	if (pthread_create(&c->thread, NULL, work, c) != 0)
		die(EX_SOFTWARE, "cannot start a thread");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
wait_until_idle(struct commit *c)
{
	while (c->job != NULL)
		pthread_cond_wait(&c->changed, &c->lock);
}

struct batch *
commit_give(struct commit *c, struct batch *b)
{
	if (b != NULL)
		batch_fold(b);
	pthread_mutex_lock(&c->lock);
	wait_until_idle(c);
	if (b != NULL)
		c->job = b;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return b == &c->batches[0] ? &c->batches[1] : &c->batches[0];
}

void
commit_wait(struct commit *c)
{
	pthread_mutex_lock(&c->lock);
	wait_until_idle(c);
	pthread_mutex_unlock(&c->lock);
}

void
commit_stop(struct commit *c)
{
	pthread_mutex_lock(&c->lock);
	wait_until_idle(c);
	c->quit = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	marker_remove(&c->marker, c->pg);
	writer_close_or_die(&c->out);
	batch_release(&c->batches[0]);
	batch_release(&c->batches[1]);
	buf_release(&c->held);
	scan_free(c->scan);
}
