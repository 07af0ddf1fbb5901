-- For trends.bats: a made-up site of some weeks, loaded four days at a time into tables of
-- tests/staging.sql.  :days, :seed.
\i tests/staging.sql
create table staging.one_item_state (
	item_id text collate "C" primary key,
	state text,
	earliest timestamptz,
	latest timestamptz,
	last_seen timestamptz,
	price numeric,
	listed_price numeric,
	currency text
);
create table staging.one_snapshot (
	item_id text collate "C",
	observed_at timestamptz,
	run text collate "C",
	line bigint,
	index bigint,
	favourite_count bigint,
	primary key (item_id, observed_at, run, line, index)
);
insert into ops.stream (stream, source, entity, key, x_order)
values ('one_item_state', 'one', 'item_state', '{item_id}', '{}'),
    ('one_snapshot', 'one', 'snapshot', '{item_id,observed_at,run,line,index}',
        '{}');
select setseed(:seed / 1000.0);

create function pg_temp.any_of(variadic texts text[]) returns text
language sql volatile as $$
	select texts[1 + floor(random() * cardinality(texts))::int]
$$;

-- listings FROM TO: new ones, of which some stand in two catalogs
create function pg_temp.listings(low int, high int) returns void
language sql as $$
	insert into staging.one_item
	select pg_temp.any_of('a.test', 'a.test', 'b.test'), n, 'list', 't',
	    case when random() < 0.02 then null
	        when random() < 0.01 then 0
	        else round((exp(random() * 3) * 2)::numeric,
	            (random() * 2)::int) end,
	    pg_temp.any_of('EUR', 'EUR', 'EUR', 'GBP'),
	    case when n / 60 between 41 and 47 and random() < 0.8 then 'Fresh'
	        else pg_temp.any_of('Nike', 'Nike', 'Zara', null) end,
	    1 + floor(random() * 2)::int, 'M', 77, 'k'
	from generate_series(low, high) as n;
	insert into staging.one_item_catalog
	select site, item_id, c, 'query'
	from staging.one_item
	    cross join unnest(array['5', '7']) as c
	where item_id between low and high
	    and (random() < 0.45 or c = case item_id % 3 when 0 then '7'
	        when 1 then '5' end);
	insert into staging.one_item_catalog_seen
	select site, item_id, 'query', now(), 'r', 1, 0, 1, now(), now(), catalog_id
	from staging.one_item_catalog
	where item_id between low and high;
$$;

-- seen IDS AT RUN: with their favourites; some have another price, or currency
create function pg_temp.seen(ids bigint[], at timestamptz, run text) returns void
language sql as $$
	update staging.one_item
	set price = round(price * 0.9, 2),
	    currency = case when random() < 0.1 then 'GBP' else currency end
	where item_id = any (ids)
	    and random() < 0.1;
	insert into staging.one_item_seen
	select site, item_id, variant, at, run, 1, 0, 1, at, at
	from staging.one_item
	where item_id = any (ids)
	on conflict (site, item_id, variant) do update
	set observed_at = greatest(one_item_seen.observed_at, at),
	    first_seen = least(one_item_seen.first_seen, at),
	    last_seen = greatest(one_item_seen.last_seen, at);
	insert into staging.one_snapshot
	select id, at, run, 1, row_number() over (),
	    nullif(floor(random() * 8 - 1), -1)
	from unnest(ids) as id;
$$;

-- ends IDS AT: what becomes of them; some are only said to be sold, and are back
create function pg_temp.ends(ids bigint[], at timestamptz) returns void
language sql as $$
	insert into staging.one_item_state
	select id, pg_temp.any_of('sold', 'sold', 'sold', 'deleted', 'missing',
	        'hidden', 'live', 'live'),
	    case when random() < 0.9 then e.latest - random() * interval '2 days' end,
	    e.latest, at, round((random() * 20)::numeric, 2) + 1,
	    case when random() < 0.8 then round((random() * 30)::numeric, 1) + 1 end,
	    pg_temp.any_of('EUR', 'EUR', 'GBP', null)
	from unnest(ids) as id
	    cross join lateral (
		select at - id % 2 * random() * interval '9 days' as latest) as e
	on conflict (item_id) do update
	set state = excluded.state,
	    earliest = excluded.earliest,
	    latest = excluded.latest;
	insert into ops.touched_item
	select 'one', id::text
	from unnest(ids) as id
	on conflict do nothing;
$$;

-- walks IDS AT RUN: three pages of each catalog on each site, now and then refused
-- or cut short; in some weeks often, and on some days none
create function pg_temp.walks(ids bigint[], at timestamptz, run text, worst real)
returns void
language sql as $$
	insert into staging.one_look
	select 'one', s, run, row_number() over (), 'search',
	    s || '/q' || coalesce(c, ''), c, p, at + p * interval '1 second',
	    case when random() < worst then 'refused:challenge' else 'ok' end, 3,
	    1, 3, to_jsonb(ids), '[]'
	from unnest(array['a.test', 'b.test']) as s
	    cross join unnest(array['5', '7', null]) as c
	    cross join generate_series(1, 3) as p
	where (c is not null or random() < 0.3)
	    and (s <> 'b.test' or random() > worst);
	insert into ops.run (run, source, flow, started_at, complete, queries)
	select run, 'one', 'catalog', at, true, jsonb_agg(jsonb_build_object(
	    'query', query, 'site', site, 'catalog_id', catalog_id,
	    'walked', random() > worst, 'gap', random() < 0.1,
	    'stop', pg_temp.any_of('end', 'watermark', 'page-limit')))
	from (
		select distinct query, site, catalog_id
		from staging.one_look l
		where l.run = walks.run
		    and (random() < 0.9 or site = 'a.test')
		order by query) as q
	having random() < 0.95;
$$;

create function pg_temp.day(n int) returns void
language plpgsql as $$
declare
	at timestamptz := '2026-09-01T00:00:00Z'::timestamptz
	    + make_interval(days => n, hours => (random() * 23)::int);
	most int := n * 60;
	ids bigint[];
	run text := 'r' || n;
begin
	if random() < 0.05 then
		at := at - random() * interval '12 days';	-- late
	end if;
	perform pg_temp.listings(most + 1, most + 30 + n % 2 * 30);
	ids := array(select item_id from staging.one_item
	    where item_id > most or random() < 60.0 / most);
	perform pg_temp.seen(ids, at, run);
	perform pg_temp.ends(array(select distinct 1 + floor(random() * most)::bigint
	    from generate_series(1, 45)), at);
	if random() > 0.03 or n = 1 then
		perform pg_temp.walks(ids, at, run, case when n between 14 and 17
		    then 0.3 else 0.01 end);
	else
		insert into staging.one_look (source, site, run, line, kind,
		    observed_at, verdict, ids)
		values ('one', 'a.test', run, 1, 'user', at, 'ok', to_jsonb(ids));
	end if;
end
$$;
-- loaded together
create function pg_temp.days(low int, high int) returns void
language sql as $$
	select pg_temp.day(n)
	from generate_series(low, high) as n;
	select ops.refresh_facts('staging', 'serving',
	    array(select 'r' || n from generate_series(low, high) as n));
$$;
select ops.make_views('staging', 'serving');
select pg_temp.days(n, n + 3) from generate_series(1, :days, 4) as n;
