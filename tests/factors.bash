# factors.bash - for tests of vpipe factors: listings in staging, and their truth
#
#	staging_made		staging as vupsert would make it, and its views
#	seed N			the Nth of seeds that have nothing to do with each other
#	renewed			the facts of all that is in staging
#	simulated SEED LISTINGS	listings of tests/survival/factors.awk in it
#	off_truth		of the lines on stdin: factor, level, known ratio,
#				ratio, low, high; `out` where the interval misses

staging_made() {
	psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<-SQL
	set client_min_messages = warning;
	drop schema if exists staging cascade;
	\\i $ROOT/tests/staging.sql
	alter table staging.one_item_catalog_seen
	    add primary key (site, item_id, catalog_id, variant);
	create table staging.one_event (
		item_id text collate "C", type text, number int, site text,
		earliest timestamptz, latest timestamptz,
		primary key (item_id, type, number)
	);
	create table staging.one_item_state (
		item_id text collate "C" primary key, site text, state text,
		earliest timestamptz, latest timestamptz, last_seen timestamptz,
		currency text, listed_price numeric
	);
	insert into ops.stream (stream, source, entity, key, x_order)
	values ('one_event', 'one', 'event', '{item_id}', '{}'),
	    ('one_item_state', 'one', 'item_state', '{item_id}', '{}');
	select ops.make_views('staging', 'serving');
	SQL
}

renewed() {
	psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<-SQL
	set client_min_messages = warning;
	insert into staging.one_look (source, site, run, line, observed_at, verdict)
	values ('one', 'a.test', 'r', 1, '2026-12-31T00:00:00Z', 'ok')
	on conflict do nothing;
	select ops.refresh_facts('staging', 'serving', null);
	SQL
}

seed() {
	printf 'factors %s' "$1" | cksum | awk '{ print $1 % 2147483646 + 1 }'
}

# simulated SEED LISTINGS [NAME=VALUE]...: in the place of what was there
simulated() {
	local seed=$1 listings=$2

	shift 2
	awk -v seed="$seed" -v listings="$listings" "${@/#/-v}" \
	    -f "$ROOT/tests/survival/factors.awk" >"$tmp/listings" </dev/null
	psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<-SQL
	set timezone = 'UTC';
	create temporary table told (n bigint, brand text, condition bigint,
	    catalog text, price numeric, before float, entered float, last float,
	    gone float, state text);
	\\copy told from '$tmp/listings'
	create function pg_temp.at(hours float) returns timestamptz
	language sql immutable as \$\$
	select '2026-09-01T00:00:00Z'::timestamptz + make_interval(secs => hours * 3600)
	\$\$;
	truncate staging.one_item, staging.one_item_seen, staging.one_event,
	    staging.one_item_state, staging.one_item_catalog,
	    staging.one_item_catalog_seen;
	insert into staging.one_item (site, item_id, variant, title, price, currency,
	    brand, condition_id)
	select 'a.test', n, 'list', 'item', price, 'EUR', brand, condition from told;
	insert into staging.one_item_seen
	select 'a.test', n, 'list', pg_temp.at(last), 'r', n, 0, 1,
	    pg_temp.at(entered), pg_temp.at(last) from told;
	insert into staging.one_item_catalog
	select 'a.test', n, catalog, 'query' from told;
	insert into staging.one_item_catalog_seen
	select 'a.test', n, 'query', pg_temp.at(last), 'r', n, 0, 1,
	    pg_temp.at(entered), pg_temp.at(last), catalog from told;
	insert into staging.one_event
	select n, 'listed', 1, 'a.test', pg_temp.at(before), pg_temp.at(entered)
	from told;
	insert into staging.one_item_state
	select n, 'a.test', state, case when state <> 'live' then pg_temp.at(last) end,
	    pg_temp.at(gone), pg_temp.at(last), 'EUR', price from told;
	analyze staging.one_item, staging.one_item_seen, staging.one_event,
	    staging.one_item_state, staging.one_item_catalog,
	    staging.one_item_catalog_seen;
	SQL
	renewed
}

off_truth() {
	jq -r 'select(.low) | [.factor, .level, .reference, .ratio, .low, .high] | @tsv' |
	    awk -F '\t' '
	BEGIN {
		r["brand", "Nike"] = 2; r["brand", "Zara"] = 1
		r["brand", "Puma"] = 0.5; r["brand", "Mango"] = 1.3
		r["brand", "(none)"] = 0.8
		r["condition", 6] = 1.5; r["condition", 2] = 1; r["condition", 3] = 0.7
		r["catalog", "(none)"] = 1; r["catalog", 5] = 1; r["catalog", 1904] = 1
		r["month", "2026-09"] = 1; r["month", "2026-10"] = 1.4
		r["month", "2026-11"] = 0.7; r["month", "2026-12"] = 1
		r["price", "twice"] = 0.5; r["price", "typical"] = 1
	}
	{
		known = r[$1, $2] / r[$1, $3]
		print $1, $2, known, $4, $5, $6, ($5 <= known && known <= $6 ? "" : "out")
	}'
}
