#include "events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger.h"
#include "member.h"
#include "stop.h"
#include "utf8.h"
#include "banned.h"

#define PIECE 32768 /* written no later than that */

/* ---- messages ---- */

#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define NUMBER_OR_NULL "{\"type\":[\"number\",\"null\"]}"
#define INTEGER "{\"type\":\"integer\"}"
#define INTEGER_OR_NULL "{\"type\":[\"integer\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"

static const char event_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"item_id\":" TEXT ",\"type\":" TEXT ",\"number\":" INTEGER
    ",\"site\":" TEXT_OR_NULL ",\"earliest\":" TIME_OR_NULL ",\"latest\":" TIME
    ",\"old\":" NUMBER_OR_NULL ",\"new\":" NUMBER_OR_NULL
    ",\"currency\":" TEXT_OR_NULL ",\"cause\":" TEXT_OR_NULL
    ",\"confidence\":" TEXT ",\"rule\":" TEXT_OR_NULL
    ",\"reason\":" TEXT_OR_NULL ",\"evidence\":" TEXT_OR_NULL
    ",\"other_id\":" TEXT_OR_NULL
    "},\"required\":[\"item_id\",\"type\",\"number\",\"latest\","
    "\"confidence\"]},\"key_properties\":[\"item_id\",\"type\",\"number\"]";

static const char state_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"item_id\":" TEXT ",\"site\":" TEXT_OR_NULL ",\"state\":" TEXT_OR_NULL
    ",\"confidence\":" TEXT ",\"rule\":" TEXT_OR_NULL
    ",\"reason\":" TEXT_OR_NULL ",\"evidence\":" TEXT_OR_NULL
    ",\"earliest\":" TIME_OR_NULL ",\"latest\":" TIME_OR_NULL
    ",\"first_seen\":" TIME_OR_NULL ",\"last_seen\":" TIME_OR_NULL
    ",\"observed_at\":" TIME ",\"gone_since\":" TIME_OR_NULL
    ",\"price\":" NUMBER_OR_NULL ",\"currency\":" TEXT_OR_NULL
    ",\"seller_price\":" NUMBER_OR_NULL ",\"seller_currency\":" TEXT_OR_NULL
    ",\"total_price\":" NUMBER_OR_NULL ",\"favourite_count\":" INTEGER_OR_NULL
    ",\"listed_price\":" NUMBER_OR_NULL ",\"repriced\":" INTEGER
    "},\"required\":[\"item_id\",\"confidence\",\"observed_at\","
    "\"repriced\"]},\"key_properties\":[\"item_id\"]";

static const char *const entities[2] = { "event", "item_state" };
static const char *const schemas[2] = { event_schema, state_schema };

#define EVENT 0
#define ITEM_STATE 1
#define RECORD 0
#define SCOPE 1

static void
write_out(struct events *e)
{
	writer_add(e->out, e->b.data, e->b.len);
	buf_reset(&e->b);
}

/* "{"type":"RECORD","stream":"NAME_event","record":{"item_id":" */
static void
make_head(struct buf *b, const char *type, const char *source,
    const char *entity, const char *body)
{
	char *name = xasprintf("%s_%s", source, entity);

	buf_addf(b, "{\"type\":\"%s\",\"stream\":", type);
	json_escape(b, slice_of(name));
	buf_addf(b, ",\"%s\":", body);
	free(name);
}

static void
write_schema(struct events *e, int what)
{
	make_head(&e->b, "SCHEMA", e->o->source, entities[what], "schema");
	buf_adds(&e->b, schemas[what]);
	buf_adds(&e->b, ",\"x-source\":");
	json_escape(&e->b, slice_of(e->o->source));
	buf_addf(&e->b, ",\"x-entity\":\"%s\",\"x-replace\":[\"item_id\"]}\n",
	    entities[what]);
}

void
events_init(struct events *e, const struct opts *o, struct writer *out,
    struct rejects *rej)
{
	int what;

	memset(e, 0, sizeof *e);
	e->o = o;
	e->out = out;
	e->rej = rej;
	if (!utf8_valid(slice_of(o->source)))
		die(EX_USAGE, "--source is not UTF-8");
	look_reader_init(&e->reader);
	judge_init(&e->judge, (double)o->item_days,
	    o->sold_page_hours * INT64_C(3600000000));
	for (what = EVENT; what <= ITEM_STATE; what++) {
		make_head(&e->head[what][RECORD], "RECORD", o->source,
		    entities[what], "record");
		make_head(&e->head[what][SCOPE], "SCOPE", o->source,
		    entities[what], "scope");
		write_schema(e, what);
	}
	write_out(e);
}

/* ---- an item's end ---- */

static void
start(struct events *e, int what, int message)
{
	buf_addslice(&e->b, buf_slice(&e->head[what][message]));
	buf_adds(&e->b, "{\"item_id\":");
	json_escape(&e->b, buf_slice(&e->judge.item.id.b));
}

static void
add_time(struct buf *b, const struct moment *m)
{
	if (m->len == 0)
		ADD(b, "null");
	else
		json_escape(b, moment_slice(m));
}

static void
add_scope(struct events *e, int what, uint64_t records)
{
	start(e, what, SCOPE);
	buf_adds(&e->b, "},\"records\":");
	add_number(&e->b, records);
	buf_adds(&e->b, "}\n");
}

static void
add_event(struct events *e, const struct event *ev)
{
	const struct judge *j = &e->judge;
	struct buf *b = &e->b;

	start(e, EVENT, RECORD);
	MEMBER(b, "type");
	add_cstr(b, event_names[ev->type]);
	MEMBER(b, "number");
	add_number(b, ev->number);
	MEMBER(b, "site");
	add_text(b, judge_text(j, ev->site));
	MEMBER(b, "earliest");
	add_time(b, &ev->earliest);
	MEMBER(b, "latest");
	add_time(b, &ev->latest);
	MEMBER(b, "old");
	add_raw(b, judge_text(j, ev->old));
	MEMBER(b, "new");
	add_raw(b, judge_text(j, ev->new));
	MEMBER(b, "currency");
	add_text(b, judge_text(j, ev->currency));
	MEMBER(b, "cause");
	add_cstr(b, ev->cause);
	MEMBER(b, "confidence");
	add_cstr(b, confidence_names[ev->confidence]);
	MEMBER(b, "rule");
	add_text(b, judge_text(j, ev->rule));
	MEMBER(b, "reason");
	add_cstr(b, ev->reason);
	MEMBER(b, "evidence");
	add_text(b, judge_text(j, ev->evidence));
	MEMBER(b, "other_id");
	add_text(b, judge_text(j, ev->other));
	buf_adds(b, "}}\n");
}

static void
add_entered(struct buf *b, const struct judge *j)
{
	const struct entered *in = &j->item.in;

	MEMBER(b, "state");
	add_cstr(b, state_names[j->item.state]);
	MEMBER(b, "confidence");
	add_cstr(b, confidence_names[in->confidence]);
	MEMBER(b, "rule");
	add_text(b, judge_text(j, in->rule));
	MEMBER(b, "reason");
	add_cstr(b, in->reason);
	MEMBER(b, "evidence");
	add_text(b, judge_text(j, in->evidence));
	MEMBER(b, "earliest");
	add_time(b, &in->earliest);
	MEMBER(b, "latest");
	add_time(b, &in->latest);
}

static void
add_state(struct events *e)
{
	const struct judge *j = &e->judge;
	struct buf *b = &e->b;

	start(e, ITEM_STATE, RECORD);
	MEMBER(b, "site");
	add_text(b, kept_slice(&j->item.site));
	add_entered(b, j);
	MEMBER(b, "first_seen");
	add_time(b, &j->item.first_seen);
	MEMBER(b, "last_seen");
	add_time(b, &j->item.last_seen);
	MEMBER(b, "observed_at");
	add_time(b, &j->item.observed_at);
	MEMBER(b, "gone_since");
	add_time(b, &j->item.gone_since);
	MEMBER(b, "price");
	add_raw(b, kept_slice(&j->item.price));
	MEMBER(b, "currency");
	add_text(b, kept_slice(&j->item.currency));
	MEMBER(b, "seller_price");
	add_raw(b, kept_slice(&j->item.seller_price));
	MEMBER(b, "seller_currency");
	add_text(b, kept_slice(&j->item.seller_currency));
	MEMBER(b, "total_price");
	add_raw(b, kept_slice(&j->item.total));
	MEMBER(b, "favourite_count");
	add_raw(b, kept_slice(&j->item.favourites));
	MEMBER(b, "listed_price");
	add_raw(b, kept_slice(&j->item.listed_price));
	MEMBER(b, "repriced");
	add_number(b, j->item.repriced);
	buf_adds(b, "}}\n");
}

static void
end_item(struct events *e)
{
	struct judge *j = &e->judge;
	size_t i;

	if (!e->open)
		return;
	e->open = false;
	judge_end(j);
	add_scope(e, EVENT, j->n);
	for (i = 0; i < j->n; i++) {
		add_event(e, &j->events[i]);
		e->by_type[j->events[i].type]++;
		if (e->b.len > PIECE)
			write_out(e);
	}
	add_scope(e, ITEM_STATE, 1);
	add_state(e);
	write_out(e);
	e->items++;
	e->by_state[j->item.state]++;
	judge_reset(j);
}

/* ---- lines ---- */

static void
reject(struct events *e, uint64_t number, const char *property,
    const char *reason, struct slice value)
{
	rejects_add(e->rej,
	    &(struct reject){ .line = (int64_t)number,
	        .index = -1,
	        .stream = "history",
	        .property = property,
	        .reason = reason,
	        .value = value,
	        .elements = 1 });
}

static int
compare(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = memcmp(a.p, b.p, n);

	return c != 0 ? c : a.len < b.len ? -1 : a.len > b.len;
}

/* Ends the item before when this line is another's. */
static void
check_order(struct events *e, const struct look *l, uint64_t number)
{
	struct slice id = l->f[F_ITEM_ID];
	int c = e->id.len == 0 ? 1 : compare(id, buf_slice(&e->id));

	if (c < 0)
		die(EX_DATAERR,
		    "line %" PRIu64 " is out of order: item '%.*s' "
		    "comes after '%s'",
		    number, (int)(id.len < 64 ? id.len : 64), id.p, e->id.data);
	if (c == 0 &&
	    (l->at.us < e->at.us || (l->at.us == e->at.us && l->ord < e->ord)))
		die(EX_DATAERR,
		    "line %" PRIu64 " is out of order: %.*s, ord %" PRId64
		    ", comes after %.*s, ord %" PRId64 ", of item '%s'",
		    number, SLICE_ARG(moment_slice(&l->at)), l->ord,
		    SLICE_ARG(moment_slice(&e->at)), e->ord, e->id.data);
	if (c > 0) {
		end_item(e);
		buf_reset(&e->id);
		buf_addslice(&e->id, id);
	}
	e->at = l->at;
	e->ord = l->ord;
}

void
events_line(struct events *e, struct slice line, uint64_t number, bool toolong)
{
	struct look l;
	const char *why;
	char reason[64];

	e->lines++;
	if (number % 65536 == 0)
		progress("%" PRIu64 " lines, %" PRIu64 " items", number,
		    e->items);
	if (toolong) {
		snprintf(reason, sizeof reason, "longer than %" PRId64 " bytes",
		    e->o->maxline);
		reject(e, number, NULL, reason, line);
		return;
	}
	if (!look_read(&e->reader, line, &l)) {
		reject(e, number,
		    e->reader.at_fault < FIELDS ?
		        look_fields[e->reader.at_fault] :
		        NULL,
		    e->reader.why,
		    e->reader.value.s ? val_text(e->reader.value) : line);
		return;
	}
	check_order(e, &l, number);
	if (!judge_line(&e->judge, &l, &why)) {
		reject(e, number, NULL, why, line);
		return;
	}
	e->open = true;
	e->used++;
}

/* ---- the end ---- */

static void
account(const struct events *e)
{
	struct count lines[] = { { "lines", e->lines, false },
		{ "used", e->used, false }, { "rejected", e->rej->n, false },
		{ 0 } };
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
	ledger_say(entities[EVENT], types);
	ledger_say(entities[ITEM_STATE], states);
	ledger_metrics(NULL, lines);
	ledger_metrics(entities[EVENT], types);
	ledger_metrics(entities[ITEM_STATE], states);
	ledger_metrics_write();
	if (!ledger_closes(lines) || !ledger_closes(types) ||
	    !ledger_closes(states))
		die(EX_SOFTWARE, "the ledger does not close");
}

int
events_end(struct events *e)
{
	if (!stopped) /* else more of its lines may have been to come */
		end_item(e);
	progress_clear();
	account(e);
	return rejects_status(e->rej, e->rej->n, e->lines, "lines");
}

void
events_release(struct events *e)
{
	int what;

	for (what = EVENT; what <= ITEM_STATE; what++) {
		buf_release(&e->head[what][RECORD]);
		buf_release(&e->head[what][SCOPE]);
	}
	look_reader_release(&e->reader);
	judge_release(&e->judge);
	buf_release(&e->id);
	buf_release(&e->b);
}
