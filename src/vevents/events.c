#include "events.h"

#include <inttypes.h>
#include <stdio.h>

#include "history.h"
#include "ledger.h"
#include "stop.h"
#include "banned.h"

void
events_init(struct events *e, const struct opts *o, struct writer *out,
    struct rejects *rej)
{
	memset(e, 0, sizeof *e);
	e->o = o;
	e->rej = rej;
	e->limits = (struct limits){ o->lag_hours * HOUR_US, o->item_days,
		o->sold_page_hours * HOUR_US };
	look_reader_init(&e->reader);
	judge_init(&e->judge, (double)o->item_days, e->limits.sold_page_us);
	write_init(&e->write, out, o->source);
}

static void
reject(struct events *e, uint64_t number, const char *property,
    const char *reason, struct slice value, uint64_t elements)
{
	rejects_add(e->rej,
	    &(struct reject){ .line = number > 0 ? (int64_t)number : -1,
	        .index = -1,
	        .stream = "history",
	        .property = property,
	        .reason = reason,
	        .value = value,
	        .elements = elements });
}

/* ---- an owner's end ---- */

static void
judge_listing(struct events *e, struct history *h, uint32_t k)
{
	const struct listing *i = &e->owner.listings[k];
	size_t n;

	if (i->foreign || i->n == 0)
		return;
	h->refused = 0;
	history_judge(h, k);
	if (h->refused > 0) {
		reject(e, 0, NULL, h->why, text_of(&e->owner, i->id),
		    h->refused);
		e->used -= h->refused;
	}
	write_listing(&e->write, &e->judge, i->cancelled_at);
	for (n = 0; n < e->judge.n; n++)
		e->by_type[e->judge.events[n].type]++;
	e->items++;
	e->by_state[e->judge.item.state]++;
	judge_reset(&e->judge);
}

/* Judges and writes what the owner holds. */
static void
judge_all(struct events *e)
{
	struct context c;
	struct history h;
	struct outline l;
	uint32_t k;

	owner_close(&e->owner);
	context_make(&c, &e->owner, &e->limits);
	history_init(&h, &c, &e->judge);
	history_cancel(&h, &e->owner);
	for (k = 0; k < e->owner.nlistings; k++)
		judge_listing(e, &h, k);
	if (!e->alone) {
		outline_make(&l, &c);
		write_context(&e->write, &c, &l);
		outline_release(&l);
	}
	history_release(&h);
	context_release(&c);
}

static void
end_owner(struct events *e)
{
	bool seller;

	if (!e->open)
		return;
	e->open = false;
	seller = e->owner.user != 0;
	judge_all(e);
	write_end(&e->write, seller);
	e->owners++;
	e->large += e->alone;
}

static void
begin_owner(struct events *e, struct slice id)
{
	e->open = true;
	e->alone = false;
	owner_begin(&e->owner, id);
	write_begin(&e->write, id);
}

/*
 * What is too large for memory is judged without what its listings have to do
 * with each other: no sweeps, counters and relistings.
 */
static void
leave_together(struct events *e)
{
	struct slice id = buf_slice(&e->id);

	if (!e->alone)
		warn("owner '%.*s' takes more than %" PRId64 " MB: its "
		     "listings are judged one by one, without counters",
		    SLICE_ARG(id), e->o->memory >> 20);
	e->alone = true;
	owner_drop_answers(&e->owner);
	judge_all(e);
	owner_begin(&e->owner, id);
}

/* ---- lines ---- */

static int
compare(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : a.len < b.len ? -1 : a.len > b.len;
}

/* Her id, or a name made of the listing's. */
static struct slice
owner_of(const struct look *l, struct buf *made)
{
	if (look_has(l, F_OWNER))
		return l->f[F_OWNER];
	buf_reset(made);
	buf_adds(made, OWNER_ITEM);
	buf_addslice(made, l->f[F_ITEM_ID]);
	return buf_slice(made);
}

static void
remember(struct buf *b, struct slice s)
{
	buf_reset(b);
	buf_addslice(b, s);
}

static void
out_of_order(uint64_t number, const char *what, struct slice a, struct slice b)
{
	die(EX_DATAERR,
	    "line %" PRIu64 " is out of order: %s '%.*s' comes after '%.*s'",
	    number, what, (int)(a.len < 64 ? a.len : 64), a.p,
	    (int)(b.len < 64 ? b.len : 64), b.p);
}

/* By owner, then by listing, bytewise; what names no listing comes first. */
static void
follow_order(struct events *e, const struct look *l, uint64_t number)
{
	struct buf made = { 0 };
	struct slice id = owner_of(l, &made), item = l->f[F_ITEM_ID];
	int c = e->id.len == 0 ? 1 : compare(id, buf_slice(&e->id));

	if (c < 0)
		out_of_order(number, "owner", id, buf_slice(&e->id));
	if (c > 0) {
		end_owner(e);
		begin_owner(e, id);
		remember(&e->id, id);
		buf_reset(&e->item);
	}
	c = compare(item, buf_slice(&e->item));
	if (c < 0)
		out_of_order(number, "item", item, buf_slice(&e->item));
	if (c > 0) {
		if (e->item.len > 0 &&
		    (e->alone || owner_size(&e->owner) > (size_t)e->o->memory))
			leave_together(e);
		remember(&e->item, item);
	}
	buf_release(&made);
}

void
events_line(struct events *e, struct slice line, uint64_t number, bool toolong)
{
	struct look l;
	enum field fault = FIELDS;
	const char *why;
	char reason[96];

	e->ended = e->o->ended && slice_is(line, "{\"type\":\"end\"}");
	if (e->ended)
		return;
	e->lines++;
	if (number % 65536 == 0)
		progress("%" PRIu64 " lines, %" PRIu64 " listings", number,
		    e->items);
	if (toolong) {
		snprintf(reason, sizeof reason, "longer than %" PRId64 " bytes",
		    e->o->maxline);
		reject(e, number, NULL, reason, line, 1);
		return;
	}
	if (!look_read(&e->reader, line, &l)) {
		reject(e, number,
		    e->reader.at_fault < FIELDS ?
		        look_field(e->reader.at_fault) :
		        NULL,
		    e->reader.why,
		    e->reader.value.s ? val_text(e->reader.value) : line, 1);
		return;
	}
	follow_order(e, &l, number);
	if (!owner_add(&e->owner, &l, &fault, &why)) {
		snprintf(reason, sizeof reason, "'%s' %s", look_field(fault),
		    why);
		reject(e, number, look_field(fault), reason, l.f[fault], 1);
		return;
	}
	e->used++;
}

/* ---- the end ---- */

static void
account(const struct events *e)
{
	struct count lines[] = { { "lines", e->lines, false },
		{ "used", e->used, false }, { "rejected", e->rej->n, false },
		{ 0 } };
	struct count owners[] = { { "owners", e->owners, false },
		{ "together", e->owners - e->large, false },
		{ "one_by_one", e->large, false }, { 0 } };
	struct count types[EVENT_TYPES + 2] = { { "events", 0, false } };
	struct count states[] = { { "items", e->items, false },
		{ "live", e->by_state[STATE_LIVE], false },
		{ "reserved", e->by_state[STATE_RESERVED], false },
		{ "hidden", e->by_state[STATE_HIDDEN], false },
		{ "sold", e->by_state[STATE_SOLD], false },
		{ "deleted", e->by_state[STATE_DELETED], false },
		{ "missing", e->by_state[STATE_MISSING], false },
		{ "without_state", e->by_state[STATE_NONE], false }, { 0 } };
	int i;

	for (i = 0; i < EVENT_TYPES; i++) {
		types[i + 1] =
		    (struct count){ event_names[i], e->by_type[i], false };
		types[0].n += e->by_type[i];
	}
	ledger_say(NULL, lines);
	ledger_say("owner", owners);
	ledger_say(stream_entities[S_EVENT], types);
	ledger_say(stream_entities[S_STATE], states);
	ledger_metrics(NULL, lines);
	ledger_metrics("owner", owners);
	ledger_metrics(stream_entities[S_EVENT], types);
	ledger_metrics(stream_entities[S_STATE], states);
	ledger_metrics_write();
	if (!ledger_closes(lines) || !ledger_closes(owners) ||
	    !ledger_closes(types) || !ledger_closes(states))
		die(EX_SOFTWARE, "the ledger does not close");
}

int
events_end(struct events *e)
{
	if (e->o->ended && !e->ended && !stopped)
		die(EX_TEMPFAIL,
		    "the history is cut short: no last line says "
		    "that it ends");
	if (!stopped) /* else more of its lines may have been to come */
		end_owner(e);
	progress_clear();
	account(e);
	return rejects_status(e->rej, e->rej->n, e->lines, "lines");
}

void
events_release(struct events *e)
{
	look_reader_release(&e->reader);
	owner_release(&e->owner);
	judge_release(&e->judge);
	write_release(&e->write);
	buf_release(&e->id);
	buf_release(&e->item);
}
