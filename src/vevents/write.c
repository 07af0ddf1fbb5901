#include "write.h"

#include <inttypes.h>
#include <stdlib.h>

#include "member.h"
#include "banned.h"

#define SPOOL_MAX ((size_t)4 << 20) /* of a stream, in memory */

/* ---- SCHEMAs ---- */

#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define NUMBER_OR_NULL "{\"type\":[\"number\",\"null\"]}"
#define INTEGER "{\"type\":\"integer\"}"
#define INTEGER_OR_NULL "{\"type\":[\"integer\",\"null\"]}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define ARRAY "{\"type\":\"array\"}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"

const char *const stream_entities[STREAMS] = { "event", "item_state",
	"item_outline", "owner_outline", "seller_sweep", "seller_interval",
	"relisting" };

/* Behind the owner, and in the order of the records. */
static const char *const properties[STREAMS] = {
	"\"item_id\":" TEXT ",\"type\":" TEXT ",\"number\":" INTEGER
	",\"site\":" TEXT_OR_NULL ",\"earliest\":" TIME_OR_NULL
	",\"latest\":" TIME ",\"old\":" NUMBER_OR_NULL
	",\"new\":" NUMBER_OR_NULL ",\"currency\":" TEXT_OR_NULL
	",\"cause\":" TEXT_OR_NULL ",\"confidence\":" TEXT
	",\"rule\":" TEXT_OR_NULL ",\"reason\":" TEXT_OR_NULL
	",\"evidence\":" TEXT_OR_NULL ",\"other_id\":" TEXT_OR_NULL
	",\"cancelled\":" TIME_OR_NULL,
	"\"item_id\":" TEXT ",\"site\":" TEXT_OR_NULL ",\"state\":" TEXT_OR_NULL
	",\"confidence\":" TEXT ",\"rule\":" TEXT_OR_NULL
	",\"reason\":" TEXT_OR_NULL ",\"evidence\":" TEXT_OR_NULL
	",\"earliest\":" TIME_OR_NULL ",\"latest\":" TIME_OR_NULL
	",\"first_seen\":" TIME_OR_NULL ",\"last_seen\":" TIME_OR_NULL
	",\"observed_at\":" TIME ",\"gone_since\":" TIME_OR_NULL
	",\"price\":" NUMBER_OR_NULL ",\"currency\":" TEXT_OR_NULL
	",\"seller_price\":" NUMBER_OR_NULL ",\"seller_currency\":" TEXT_OR_NULL
	",\"total_price\":" NUMBER_OR_NULL
	",\"favourite_count\":" INTEGER_OR_NULL
	",\"listed_price\":" NUMBER_OR_NULL ",\"repriced\":" INTEGER
	",\"cancelled\":" TIME_OR_NULL,
	"\"item_id\":" TEXT ",\"looks\":" ARRAY ",\"through\":" ARRAY,
	"\"until\":" TIME ",\"limits\":" TEXT ",\"counters\":" ARRAY,
	"\"run\":" TEXT ",\"site\":" TEXT_OR_NULL ",\"first_at\":" TIME
	",\"last_at\":" TIME ",\"total\":" INTEGER_OR_NULL
	",\"complete\":" BOOLEAN,
	"\"run\":" TEXT ",\"prev_run\":" TEXT_OR_NULL
	",\"prev_first_at\":" TIME_OR_NULL ",\"first_at\":" TIME
	",\"last_at\":" TIME ",\"present\":" INTEGER ",\"vanished\":" INTEGER
	",\"appeared\":" INTEGER ",\"returned\":" INTEGER ",\"cut\":" INTEGER
	",\"stayed\":" INTEGER ",\"ripe\":" BOOLEAN ",\"baseline\":" BOOLEAN
	",\"fell\":" BOOLEAN ",\"on_holiday\":" BOOLEAN ",\"banned\":" BOOLEAN
	",\"sold_most\":" INTEGER_OR_NULL ",\"episode\":" INTEGER_OR_NULL
	",\"episode_sold\":" INTEGER_OR_NULL
	",\"episode_total\":" INTEGER_OR_NULL ",\"item_days\":" NUMBER_OR_NULL
	",\"pending\":" INTEGER_OR_NULL ",\"cleared\":" INTEGER_OR_NULL
	",\"kept\":" INTEGER_OR_NULL,
	"\"item_id\":" TEXT ",\"old_id\":" TEXT ",\"by\":" TEXT
};

static const char *const required[STREAMS] = {
	"\"item_id\",\"type\",\"number\",\"latest\",\"confidence\"",
	"\"item_id\",\"confidence\",\"observed_at\",\"repriced\"",
	"\"item_id\",\"looks\",\"through\"",
	"\"until\",\"limits\",\"counters\"",
	"\"run\",\"first_at\",\"last_at\",\"complete\"",
	"\"run\",\"first_at\",\"last_at\"", "\"item_id\",\"old_id\",\"by\""
};

/* Behind the owner. */
static const char *const keys[STREAMS] = { ",\"item_id\",\"type\",\"number\"",
	",\"item_id\"", ",\"item_id\"", "", ",\"run\"", ",\"run\"",
	",\"item_id\"" };

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
write_schema(struct buf *b, const char *source, int s)
{
	make_head(b, "SCHEMA", source, stream_entities[s], "schema");
	buf_addf(b,
	    "{\"type\":\"object\",\"properties\":{\"owner\":" TEXT ",%s},"
	    "\"required\":[\"owner\",%s]},\"key_properties\":[\"owner\"%s],"
	    "\"x-source\":",
	    properties[s], required[s], keys[s]);
	json_escape(b, slice_of(source));
	buf_addf(b, ",\"x-entity\":\"%s\",\"x-replace\":[\"owner\"]}\n",
	    stream_entities[s]);
}

void
write_init(struct write *w, struct writer *out, const char *source)
{
	struct buf b = { 0 };
	int s;

	memset(w, 0, sizeof *w);
	w->out = out;
	for (s = 0; s < STREAMS; s++) {
		make_head(&w->heads[s][0], "RECORD", source, stream_entities[s],
		    "record");
		make_head(&w->heads[s][1], "SCOPE", source, stream_entities[s],
		    "scope");
		write_schema(&b, source, s);
	}
	writer_add(out, b.data, b.len);
	buf_release(&b);
}

void
write_release(struct write *w)
{
	int s;

	for (s = 0; s < STREAMS; s++) {
		buf_release(&w->spools[s].b);
		buf_release(&w->heads[s][0]);
		buf_release(&w->heads[s][1]);
		if (w->spools[s].f != NULL)
			fclose(w->spools[s].f);
	}
	buf_release(&w->owner);
}

/* ---- spools ---- */

static void
spill(struct spool *s)
{
	if ((s->f == NULL && (s->f = tmpfile()) == NULL) ||
	    fwrite(s->b.data, 1, s->b.len, s->f) != s->b.len)
		die_errno(EX_IOERR, "cannot write a temporary file");
	buf_reset(&s->b);
}

static struct buf *
record(struct write *w, enum stream stream)
{
	struct spool *s = &w->spools[stream];

	if (s->b.len > SPOOL_MAX)
		spill(s);
	s->records++;
	buf_addslice(&s->b, buf_slice(&w->heads[stream][0]));
	ADD(&s->b, "{\"owner\":");
	buf_addslice(&s->b, buf_slice(&w->owner));
	return &s->b;
}

static void
unspool(struct write *w, enum stream stream)
{
	struct spool *s = &w->spools[stream];
	struct buf b = { 0 };
	char piece[8192];
	size_t n;

	buf_addslice(&b, buf_slice(&w->heads[stream][1]));
	buf_addf(&b, "{\"owner\":%s},\"records\":%" PRIu64 "}\n", w->owner.data,
	    s->records);
	writer_add(w->out, b.data, b.len);
	buf_release(&b);
	if (s->f != NULL) {
		rewind(s->f);
		while ((n = fread(piece, 1, sizeof piece, s->f)) > 0)
			writer_add(w->out, piece, n);
		if (ferror(s->f) || fclose(s->f) != 0)
			die_errno(EX_IOERR, "cannot read a temporary file");
		s->f = NULL;
	}
	if (s->b.len > 0)
		writer_add(w->out, s->b.data, s->b.len);
	buf_reset(&s->b);
	s->records = 0;
}

void
write_begin(struct write *w, struct slice owner)
{
	buf_reset(&w->owner);
	json_escape(&w->owner, owner);
}

void
write_end(struct write *w, bool seller)
{
	int s;

	for (s = 0; s < (seller ? STREAMS : S_SWEEP); s++)
		unspool(w, (enum stream)s);
}

/* ---- values ---- */

static void
add_time(struct buf *b, const struct moment *m)
{
	if (m->len == 0)
		ADD(b, "null");
	else
		json_escape(b, moment_slice(m));
}

static void
add_us(struct buf *b, int64_t us)
{
	struct moment m = moment_of(us);

	json_escape(b, moment_slice(&m));
}

static void
add_bool(struct buf *b, bool yes)
{
	buf_adds(b, yes ? "true" : "false");
}

static void
add_integer(struct buf *b, int64_t n)
{
	if (n < 0)
		buf_addc(b, '-');
	add_number(b, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

static void
add_count(struct buf *b, struct count_of c)
{
	if (c.known)
		add_integer(b, c.n);
	else
		ADD(b, "null");
}

/* ---- records of a listing ---- */

/* Of a sale that was cancelled by then; NO_TIME: null. */
static void
add_cancelled(struct buf *b, int64_t at)
{
	MEMBER(b, "cancelled");
	if (at == NO_TIME)
		ADD(b, "null");
	else
		add_us(b, at);
	buf_adds(b, "}}\n");
}

static void
add_how_sure(struct buf *b, const struct judge *j, const struct entered *in)
{
	MEMBER(b, "confidence");
	add_cstr(b, confidence_names[in->confidence]);
	MEMBER(b, "rule");
	add_text(b, judge_text(j, in->rule));
	MEMBER(b, "reason");
	add_cstr(b, in->reason);
	MEMBER(b, "evidence");
	add_text(b, judge_text(j, in->evidence));
}

static void
add_event(struct write *w, const struct judge *j, const struct event *ev,
    int64_t cancelled_at)
{
	struct buf *b = record(w, S_EVENT);

	MEMBER(b, "item_id");
	add_text(b, buf_slice(&j->item.id.b));
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
	add_how_sure(b, j,
	    &(struct entered){ .confidence = ev->confidence,
	        .rule = ev->rule,
	        .reason = ev->reason,
	        .evidence = ev->evidence });
	MEMBER(b, "other_id");
	add_text(b, judge_text(j, ev->other));
	add_cancelled(b, cancelled_at);
}

static void
add_state(struct write *w, const struct judge *j, int64_t cancelled_at)
{
	struct buf *b = record(w, S_STATE);

	MEMBER(b, "item_id");
	add_text(b, buf_slice(&j->item.id.b));
	MEMBER(b, "site");
	add_text(b, kept_slice(&j->item.site));
	MEMBER(b, "state");
	add_cstr(b, state_names[j->item.state]);
	add_how_sure(b, j, &j->item.in);
	MEMBER(b, "earliest");
	add_time(b, &j->item.in.earliest);
	MEMBER(b, "latest");
	add_time(b, &j->item.in.latest);
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
	add_cancelled(b, cancelled_at);
}

void
write_listing(struct write *w, const struct judge *j, int64_t cancelled_at)
{
	size_t i;

	/* the sale that it is, and no other event */
	for (i = 0; i < j->n; i++)
		add_event(w, j, &j->events[i],
		    j->item.state == STATE_SOLD &&
		            j->events[i].type == EVENT_SOLD ?
		        cancelled_at :
		        NO_TIME);
	add_state(w, j, cancelled_at);
}

/* ---- records of a seller ---- */

static void
add_sweep(struct write *w, const struct owner *o, const struct sweep *s)
{
	struct buf *b = record(w, S_SWEEP);

	MEMBER(b, "run");
	add_text(b, text_of(o, s->run));
	MEMBER(b, "site");
	add_text(b, text_of(o, s->site));
	MEMBER(b, "first_at");
	add_us(b, s->first_at);
	MEMBER(b, "last_at");
	add_us(b, s->last_at);
	MEMBER(b, "total");
	add_raw(b, text_of(o, s->total));
	MEMBER(b, "complete");
	add_bool(b, s->complete);
	buf_adds(b, "}}\n");
}

/* 41, 0.5, 3.125 */
static void
add_thousandths(struct buf *b, int64_t n)
{
	buf_addf(b, "%" PRId64 ".%03" PRId64, n / 1000, n % 1000);
	while (b->data[b->len - 1] == '0')
		b->len--;
	if (b->data[b->len - 1] == '.')
		b->len--;
}

static void
add_episode(struct buf *b, const struct context *c, const struct interval *i)
{
	static const struct episode none;
	const struct episode *e =
	    i->episode == NONE ? &none : &c->episodes[i->episode];

	MEMBER(b, "episode");
	if (i->episode == NONE)
		ADD(b, "null");
	else
		add_number(b, i->episode);
	MEMBER(b, "episode_sold");
	add_count(b, e->g);
	MEMBER(b, "episode_total");
	add_count(b, e->t);
	MEMBER(b, "item_days");
	if (i->episode == NONE)
		ADD(b, "null");
	else
		add_thousandths(b, e->item_millidays);
	MEMBER(b, "pending");
	add_count(b, e->pending);
	MEMBER(b, "cleared");
	add_count(b, e->cleared);
	MEMBER(b, "kept");
	add_count(b, e->kept);
}

static void
add_interval(struct write *w, const struct context *c, const struct interval *i)
{
	const struct owner *o = c->o;
	const struct sweep *s = &o->sweeps[i->sweep];
	const struct sweep *prev = i->prev == NONE ? NULL : &o->sweeps[i->prev];
	struct buf *b = record(w, S_INTERVAL);

	MEMBER(b, "run");
	add_text(b, text_of(o, s->run));
	MEMBER(b, "prev_run");
	add_text(b, text_of(o, prev == NULL ? 0 : prev->run));
	MEMBER(b, "prev_first_at");
	if (prev == NULL)
		ADD(b, "null");
	else
		add_us(b, prev->first_at);
	MEMBER(b, "first_at");
	add_us(b, s->first_at);
	MEMBER(b, "last_at");
	add_us(b, s->last_at);
	MEMBER(b, "present");
	add_integer(b, i->present);
	MEMBER(b, "vanished");
	add_integer(b, i->v);
	MEMBER(b, "appeared");
	add_integer(b, i->n);
	MEMBER(b, "returned");
	add_integer(b, i->returns);
	MEMBER(b, "cut");
	add_integer(b, i->cut_n);
	MEMBER(b, "stayed");
	add_integer(b, i->cut_of);
	MEMBER(b, "ripe");
	add_bool(b, i->ripe);
	MEMBER(b, "baseline");
	add_bool(b, i->baseline);
	MEMBER(b, "fell");
	add_bool(b, i->fell);
	MEMBER(b, "on_holiday");
	add_bool(b, i->holiday);
	MEMBER(b, "banned");
	add_bool(b, i->banned);
	MEMBER(b, "sold_most");
	add_count(b, i->g_most);
	add_episode(b, c, i);
	buf_adds(b, "}}\n");
}

static void
add_relisting(struct write *w, const struct owner *o, const struct listing *i)
{
	struct buf *b = record(w, S_RELISTING);

	MEMBER(b, "item_id");
	add_text(b, text_of(o, i->id));
	MEMBER(b, "old_id");
	add_text(b, text_of(o, o->listings[i->relist_of].id));
	MEMBER(b, "by");
	add_cstr(b, i->relist_by);
	buf_adds(b, "}}\n");
}

/* ---- outlines ---- */

static void
add_times(struct buf *b, const struct owner *o, const struct outline *l,
    const struct listing *i, enum outlined least)
{
	int64_t last = NO_TIME;
	uint32_t k;

	buf_addc(b, '[');
	for (k = i->from; k < i->from + i->n; k++) {
		if (l->sights[k] < least || o->sights[k].by.at == last)
			continue;
		buf_adds(b, last == NO_TIME ? "" : ",");
		last = o->sights[k].by.at;
		add_integer(b, last);
	}
	buf_addc(b, ']');
}

static void
add_item_outline(struct write *w, const struct owner *o,
    const struct outline *l, const struct listing *i)
{
	struct buf *b = record(w, S_ITEM_OUTLINE);

	MEMBER(b, "item_id");
	add_text(b, text_of(o, i->id));
	MEMBER(b, "looks");
	add_times(b, o, l, i, STAYS);
	MEMBER(b, "through");
	add_times(b, o, l, i, STAYS_THROUGH);
	buf_adds(b, "}}\n");
}

static void
add_owner_outline(struct write *w, const struct context *c,
    const struct outline *l)
{
	const struct owner *o = c->o;
	struct buf *b;
	const char *sep = "";
	uint32_t k;

	if (l->until == NO_TIME)
		return;
	b = record(w, S_OWNER_OUTLINE);
	MEMBER(b, "until");
	add_us(b, l->until);
	MEMBER(b, "limits");
	buf_addf(b, "\"%" PRId64 " %" PRId64 " %" PRId64 "\"",
	    c->limits.lag_us / HOUR_US, c->limits.item_days,
	    c->limits.sold_page_us / HOUR_US);
	MEMBER(b, "counters");
	buf_addc(b, '[');
	for (k = 0; k < o->ncounters; k++) {
		if (!l->counters[k])
			continue;
		buf_adds(b, sep);
		add_integer(b, o->counters[k].by.at);
		sep = ",";
	}
	buf_adds(b, "]}}\n");
}

/* None where a listing of another was in the wardrobe: when no look names her
 * for it any more, all of her sweeps are other ones. */
static void
add_outlines(struct write *w, const struct context *c, const struct outline *l)
{
	const struct owner *o = c->o;
	uint32_t k;

	for (k = 0; k < o->nlistings; k++)
		if (o->listings[k].foreign)
			return;
	for (k = 0; k < o->nlistings; k++)
		if (o->listings[k].n > 0)
			add_item_outline(w, o, l, &o->listings[k]);
	add_owner_outline(w, c, l);
}

void
write_context(struct write *w, const struct context *c, const struct outline *l)
{
	const struct owner *o = c->o;
	uint32_t k;

	add_outlines(w, c, l);
	for (k = 0; k < o->nsweeps; k++)
		if (l->sweeps[k])
			add_sweep(w, o, &o->sweeps[k]);
	for (k = 0; k < l->nintervals; k++)
		add_interval(w, c, &l->intervals[k]);
	for (k = 0; k < o->nlistings; k++)
		if (o->listings[k].relist_of != NONE)
			add_relisting(w, o, &o->listings[k]);
}
