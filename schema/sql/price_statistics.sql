-- A row of serving.price_statistics: the asking prices of a site, catalog,
-- brand, condition and currency, over the listings seen in the seven days up to
-- the site's newest `ok` look, each at its latest price, without those sold or
-- deleted.  A listing counts under every catalog whose query found it: do not
-- add up catalogs.  The mart step of vpipe load writes it; anyone reads it.
create table if not exists :"serving".price_statistics (
	source text not null,
	site text not null,
	catalog_id text not null,
	brand text,
	condition_id bigint,
	currency text,
	count bigint not null check (count > 0),
	mean numeric not null,
	median numeric not null,
	p10 numeric not null,
	p90 numeric not null,
	as_of timestamptz not null
);

create unique index if not exists price_statistics_key
on :"serving".price_statistics (source, site, catalog_id, brand, condition_id,
    currency) nulls not distinct;

comment on table :"serving".price_statistics is
    'a row is the asking prices of one site, catalog, brand, condition and '
    'currency over seven days; vpipe load writes it, anyone reads it';
comment on column :"serving".price_statistics.brand is
    'null: the listing names none';
comment on column :"serving".price_statistics.median is
    'exact, as p10 and p90: linear between neighbours (type 7), to the cent, '
    'halves away from zero';
comment on column :"serving".price_statistics.as_of is
    'the newest ok look of the site; the seven days end there';

-- The quantile q of numbers in ascending order, linear between neighbours
-- (Hyndman and Fan's type 7, as percentile_cont), in numeric throughout.
create or replace function ops.quantile(numbers numeric[], q numeric)
returns numeric
language sql immutable strict parallel safe as $$
	with place as (
		select (cardinality(numbers) - 1) * q as h
	),
	neighbours as (
		select numbers[floor(h)::int + 1] as below,
		    numbers[ceil(h)::int + 1] as above,
		    h - floor(h) as part
		from place
	)
	select below + part * (above - below)
	from neighbours
$$;

-- Makes the mart of one site anew from staging and writes the rows that differ.
-- Returns the number of rows written or deleted.  Forbids nested loops: without
-- statistics, as at a first load, they would take minutes.
create or replace function ops.refresh_price_statistics(serving text,
    of_source text, of_site text)
returns bigint
language plpgsql set enable_nestloop = off as $$
declare
	newest timestamptz;
	written bigint;
begin
	execute format('select max(observed_at) from %I.look '
	    'where source = $1 and site = $2 and verdict = $3', serving)
	into newest
	using of_source, of_site, 'ok';

	execute format($sql$
	with
	priced as (
		select c.catalog_id,
		    i.brand,
		    i.condition_id,
		    i.currency,
		    count(*) as count,
		    round(avg(i.price), 2) as mean,
		    array_agg(i.price order by i.price) as prices
		from %1$I.item i
		    join %1$I.item_catalog c using (source, site, item_id)
		where i.source = $1
		    and i.site = $2
		    and i.last_seen between $3 - interval '7 days' and $3
		    and i.price is not null
		    -- nobody asks anything for these any more
		    and not exists (
			select
			from %1$I.item_state g
			where g.source = i.source
			    and g.item_id = i.item_id
			    and g.state in ('sold', 'deleted'))
		group by c.catalog_id, i.brand, i.condition_id, i.currency
	),
	fresh as (
		select $1 as source,
		    $2 as site,
		    p.catalog_id,
		    p.brand,
		    p.condition_id,
		    p.currency,
		    p.count,
		    p.mean,
		    round(ops.quantile(p.prices, 0.5), 2) as median,
		    round(ops.quantile(p.prices, 0.1), 2) as p10,
		    round(ops.quantile(p.prices, 0.9), 2) as p90,
		    $3 as as_of
		from priced p
	),
	deleted as (
		delete from %1$I.price_statistics t
		where t.source = $1
		    and t.site = $2
		    and not exists (
			select 1
			from fresh f
			where f.catalog_id = t.catalog_id
			    and f.brand is not distinct from t.brand
			    and f.condition_id is not distinct from
			        t.condition_id
			    and f.currency is not distinct from t.currency)
		returning 1
	),
	upserted as (
		insert into %1$I.price_statistics as t
		select * from fresh
		on conflict (source, site, catalog_id, brand, condition_id,
		    currency) do update
		set count = excluded.count,
		    mean = excluded.mean,
		    median = excluded.median,
		    p10 = excluded.p10,
		    p90 = excluded.p90,
		    as_of = excluded.as_of
		where (t.count, t.mean, t.median, t.p10, t.p90, t.as_of)
		    is distinct from (excluded.count, excluded.mean,
		        excluded.median, excluded.p10, excluded.p90,
		        excluded.as_of)
		returning 1
	)
	select (select count(*) from deleted) + (select count(*) from upserted)
	$sql$, serving)
	into written
	using of_source, of_site, newest;
	return written;
end
$$;
