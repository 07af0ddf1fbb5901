-- A history for tests/bench/growth: what one hour of a simulated market brought
-- is repeated :clones times, each time as other listings of other sellers, in
-- another of :runs runs of the last sixty days, seen ten times each.  Writes the
-- names of these runs into the file `runs` of the current folder.
set client_min_messages = warning;
set timezone = 'UTC';
set synchronous_commit = off;

-- the clone k is so long ago, and of that run
create function pg_temp.ago(k bigint) returns interval
language sql immutable as $$
	select make_interval(mins => 75 + (k * 7919 % 86400)::int)
$$;
create function pg_temp.old_run(k bigint, at timestamptz) returns text
language sql immutable as $$
	select to_char((at - pg_temp.ago(k)) at time zone 'UTC',
	        'YYYYMMDD"T"HH24MISS"Z"')
	    || '-catalog-' || lpad(to_hex(k), 16, '0')
$$;
select max(started_at) as hour from ops.run \gset
create temporary table hour as select :'hour'::timestamptz as at;

-- cloned(TABLE, COPIES): its rows, and each other copy a day before
create function pg_temp.cloned(relation text, clones bigint, runs bigint,
    copies int) returns void
language plpgsql as $$
declare
	list text;
begin
	select string_agg(case
	    when name = 'item_id' and type = 'bigint'
	        then 'item_id + k * 100000000000'
	    when name = 'item_id' then '(item_id::bigint + k * 100000000000)::text'
	    when name = 'user_id' and type = 'bigint'
	        then 'user_id + k * 100000000000'
	    when name = 'user_id' then '(user_id::bigint + k * 100000000000)::text'
	    when name in ('photo_key', 'seller_key') then format('k || %I', name)
	    when type = 'timestamp with time zone'
	        then format('%I - pg_temp.ago(k %% $2) - c * interval ''1 day''',
	            name)
	    when name = 'run' then 'pg_temp.old_run(k % $2, $4)'
	    else quote_ident(name) end, ', ' order by place)
	into list
	from ops.table_columns('staging', relation);
	execute format('insert into staging.%1$I select %2$s from staging.%1$I '
	    'cross join generate_series(1, $1) as k '
	    'cross join generate_series(0, $3 - 1) as c', relation, list)
	using clones, runs, copies, (select at from hour);
end
$$;

-- an index is made faster than it grows
create temporary table made as
select format('%I.%I', schemaname, indexname) as name, indexdef
from pg_indexes
where schemaname = 'staging'
    and tablename = 'vinted_snapshot'
    and indexname !~ 'pkey';
select format('drop index %s', name) from made \gexec

select pg_temp.cloned(t, :clones, :runs, case t when 'vinted_snapshot'
    then 10 else 1 end)
from unnest(array['vinted_item', 'vinted_item_seen', 'vinted_item_catalog',
    'vinted_item_catalog_seen', 'vinted_user', 'vinted_user_seen',
    'vinted_event', 'vinted_item_state', 'vinted_snapshot',
    'vinted_track_item']) as t \g /dev/null

select indexdef from made \gexec

-- the runs themselves: two pages each, with their closing records and steps
insert into staging.vinted_look
select l.line, pg_temp.old_run(k, h.at), l.source, l.site, l.kind, l.subject,
    l.query, l.catalog_id, l.user_id, l.item_id, l.endpoint, l.page, l.attempt,
    l.observed_at - pg_temp.ago(k), l.status, l.verdict, l.found, l.promoted,
    l.total, l.total_pages, l.ids, l.promoted_ids, l.contract
from (
	select l.*
	from staging.vinted_look l
	where l.kind = 'search'
	order by l.run, l.line
	limit 2) as l
    cross join hour h
    cross join generate_series(1, :runs) as k;
insert into ops.run
select pg_temp.old_run(k, h.at), r.source, r.flow,
    r.started_at - pg_temp.ago(k), r.ended_at - pg_temp.ago(k), r.complete,
    r.stop, r.status, r.options, r.versions, r.ledger, r.queries
from (select * from ops.run order by run limit 1) as r
    cross join hour h
    cross join generate_series(1, :runs) as k;
insert into ops.load (run, part, step, published, contracts, finished)
select pg_temp.old_run(k, h.at), l.part, l.step, true, l.contracts, l.finished
from (
	select *
	from ops.load
	where run = (select min(run) from ops.load)) as l
    cross join hour h
    cross join generate_series(1, :runs) as k;
insert into ops.change (n, source, op, item_id, event)
select row_number() over () + (select coalesce(max(n), 0) from ops.change),
    'vinted', 'add', e.item_id, jsonb_strip_nulls(to_jsonb(e) - 'number')
from staging.vinted_event e
where not exists (
	select
	from ops.change c
	where c.item_id = e.item_id);
\o runs
select pg_temp.old_run(k, h.at)
from hour h
    cross join generate_series(1, :runs) as k;
\o
