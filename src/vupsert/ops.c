#include "ops.h"

#include <stdlib.h>

#include "json.h"
#include "banned.h"

#define TRIES 10 /* of a statement that is rolled back */

/* Asked until it is there. */
static enum pg_outcome
has_ops(struct pg *pg, bool *has)
{
	static bool there;
	enum pg_outcome o = PG_OK;

	if (!there)
		o = pg_query(pg,
		    "select to_regclass('ops.setting') is not null", NULL, 0);
	if (!there && o == PG_OK)
		there = *pg_text(pg, 0, 0) == 't';
	*has = o == PG_OK && there;
	return o;
}

static enum pg_outcome
check_key(struct pg *pg, struct val message, bool *same)
{
	static char sql[] = "select value = $1 from ops.setting "
	                    "where name = 'key'";
	static struct pg_statement statement = { .sql = sql };
	char *key = val_cstr(val_member(message, "x-key"));
	struct pg_param p = { slice_of(key), false };
	enum pg_outcome o = PG_OK;

	*same = true;
	if (key != NULL)
		o = pg_run(pg, &statement, &p, 1, false);
	if (o == PG_OK && key != NULL && pg_rows(pg) > 0)
		*same = *pg_text(pg, 0, 0) == 't';
	free(key);
	return o;
}

/* The message as the statements want it; its schema, which is long, without. */
static void
extract(struct buf *b, struct val message, const struct stream *s)
{
	static const char *const keys[] = { "key_properties", "x-source",
		"x-entity", "x-order", "x-seen", "x-variants", NULL };
	struct json j;
	struct val v;
	int i;

	json_start(&j, b);
	json_object(&j);
	json_key(&j, "stream");
	json_cstr(&j, s->name);
	for (i = 0; keys[i] != NULL; i++) {
		v = val_member(message, keys[i]);
		if (val_type(v) == SCAN_NONE)
			continue;
		json_key(&j, keys[i]);
		json_raw(&j, val_text(v));
	}
	json_end(&j);
}

/* Rows that say the same already are not written: a replay writes nothing. */
#define LIST(name)                                                             \
	"array(select jsonb_array_elements_text(coalesce(m->'" name "', "      \
	"'[]')))"

static char note_stream[] =
    "insert into ops.stream as t "
    "(stream, source, entity, key, x_order, seen)"
    " select m->>'stream', m->>'x-source', m->>'x-entity', " LIST(
        "key_"
        "propert"
        "ies") ", " LIST("x-order") ", m->>'x-seen' "
                                    "from (select $1::jsonb as m) as i where "
                                    "not exists "
                                    "(select from "
                                    "ops.stream as o where (o.stream, "
                                    "o.source, o.entity, "
                                    "o.key, o.x_order)"
                                    " = (m->>'stream', m->>'x-source', "
                                    "m->>'x-entity', " LIST("key_properties") ", " LIST(
                                        "x-order") ") "
                                                   "and o.seen is not distinct "
                                                   "from "
                                                   "m->>'x-seen') "
                                                   "on conflict (stream) do "
                                                   "update set "
                                                   "source = excluded.source, "
                                                   "entity = excluded.entity, "
                                                   "key = "
                                                   "excluded.key, "
                                                   "x_order = "
                                                   "excluded.x_order, seen = "
                                                   "excluded.seen";

static char note_contracts[] =
    "insert into ops.contract as t (stream, variant, version, columns)"
    " select m->>'stream', v.key, (v.value->>'version')::int, "
    "array(select jsonb_array_elements_text(v.value->'columns')) "
    "from (select $1::jsonb as m) as i, "
    "jsonb_each(coalesce(m->'x-variants', '{}')) as v "
    "where not exists (select from ops.contract as c "
    "where c.stream = m->>'stream' and c.variant = v.key "
    "and (c.version > (v.value->>'version')::int "
    "or (c.version = (v.value->>'version')::int and c.columns = "
    "array(select jsonb_array_elements_text(v.value->'columns'))))) "
    "order by v.key on conflict (stream, variant) do update set "
    "version = excluded.version, columns = excluded.columns, "
    "seen_at = now() where excluded.version >= t.version";

/* A plain Singer stream has nothing for ops, nor need its role see it. */
static bool
says_anything(struct val message)
{
	return val_type(val_member(message, "x-key")) != SCAN_NONE ||
	    val_type(val_member(message, "x-source")) != SCAN_NONE ||
	    val_type(val_member(message, "x-variants")) != SCAN_NONE;
}

static enum pg_outcome
note(struct pg *pg, const struct stream *s, struct val message)
{
	static struct pg_statement stream = { .sql = note_stream };
	static struct pg_statement contracts = { .sql = note_contracts };
	struct buf b = { 0 };
	struct pg_param p;
	enum pg_outcome o;
	bool has, same = true;

	if (!says_anything(message))
		return PG_OK;
	extract(&b, message, s);
	p = (struct pg_param){ buf_slice(&b), false };
	if ((o = has_ops(pg, &has)) == PG_OK && has)
		o = check_key(pg, message, &same);
	if (!same)
		die(EX_CONFIG,
		    "stream '%s' was made with another pseudonym "
		    "key than this database",
		    s->name);
	if (o == PG_OK && has &&
	    val_type(val_member(message, "x-source")) == SCAN_STRING &&
	    val_type(val_member(message, "x-entity")) == SCAN_STRING)
		o = pg_run(pg, &stream, &p, 1, false);
	if (o == PG_OK && has)
		o = pg_run(pg, &contracts, &p, 1, false);
	buf_release(&b);
	return o;
}

void
ops_note_schema(struct pg *pg, const struct stream *s, struct val message)
{
	enum pg_outcome o;
	int tries = 0;

	while ((o = note(pg, s, message)) == PG_LOST ||
	    (o == PG_AGAIN && !pg_is_inside(pg) && tries++ < TRIES))
		if (o == PG_LOST)
			pg_reconnect(pg);
	pg_must(pg, o, "write ops.contract");
}

#define LOADS                                                                  \
	"(select $1::jsonb as m) as i, jsonb_array_elements("                  \
	"case jsonb_typeof(m) when 'array' then m "                            \
	"else jsonb_build_array(m) end) as l "

/* Of parts that nobody published there need be no lineage. */
static enum pg_outcome
has_load(struct pg *pg, const struct pg_param *load, bool *has, bool *said)
{
	enum pg_outcome o;

	o = pg_query(pg,
	    "select to_regclass('ops.load') is not null or "
	    "coalesce(bool_or((l->>'published')::boolean), false) from " LOADS,
	    load, 1);
	*has = o == PG_OK && *pg_text(pg, 0, 0) == 't';
	if (o == PG_OK && !*has && !*said) {
		warn("no table ops.load: unpublished records are loaded "
		     "without lineage");
		*said = true;
	}
	return o;
}

enum pg_outcome
ops_note_load(struct pg *pg, const char *load, bool *said)
{
	struct pg_param p = { slice_of(load), false };
	enum pg_outcome o;
	bool has;

	if ((o = has_load(pg, &p, &has, said)) != PG_OK || !has)
		return o;
	return pg_query(pg,
	    "insert into ops.load "
	    "(run, part, step, published, contracts, ledger)"
	    " select distinct on (1, 2, 3) l->>'run', "
	    "coalesce(l->>'part', ''), "
	    "coalesce(l->>'step', 'upsert'), "
	    "coalesce((l->>'published')::boolean, false), "
	    "l->'contracts', l->'ledger' from " LOADS
	    "order by 1, 2, 3 on conflict (run, part, step) do update set "
	    "loaded_at = now(), published = excluded.published, "
	    "contracts = excluded.contracts, ledger = excluded.ledger",
	    &p, 1);
}
