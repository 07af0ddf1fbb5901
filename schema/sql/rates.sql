-- Rates of exchange, as the sites themselves convert: a site that shows a listing
-- in another currency than its seller's often says both prices.  The mart step of
-- vpipe load counts them by run; anyone reads.
--
--   rate_run       what one run saw of two currencies on one day
--   exchange_rate  the rate of a day: all that was shown by all that was asked
--
-- A quotient of sums and no mean of quotients: prices are rounded to cents, and a
-- cheap listing says little.

create table if not exists :"serving".rate_run (
	source text collate "C" not null,
	run text collate "C" not null,
	day date not null,
	from_currency text collate "C" not null,
	to_currency text collate "C" not null,
	n bigint not null,
	asked numeric not null,
	shown numeric not null,
	primary key (source, from_currency, to_currency, day, run)
);
create index if not exists rate_run_run
    on :"serving".rate_run (run);
comment on table :"serving".rate_run is
    'a row is how many listings one run saw on one day at two prices, and their '
    'sums: asked in the seller''s currency, shown in another; vpipe load writes it';

create or replace view :"serving".exchange_rate as
select source,
    from_currency,
    to_currency,
    day,
    sum(n) as n,
    round(sum(shown) / sum(asked), 6) as rate
from :"serving".rate_run
group by source, from_currency, to_currency, day
having round(sum(shown) / sum(asked), 6) > 0;
comment on view :"serving".exchange_rate is
    'a row is what one unit of a currency was in another on one day (UTC), as a '
    'source''s sites showed it';

-- The newest rate of that day or before it, in either direction; no row when none
-- is known.
create or replace function :"serving".rate(source text, from_currency text,
    to_currency text, at date)
returns table (rate numeric, day date)
language sql stable
begin atomic
	select r.rate,
	    r.day
	from (
		select 1::numeric as rate, rate.at as day, 1 as place
		where rate.from_currency = rate.to_currency
		union all
		(select e.rate, e.day, 2
		from :"serving".exchange_rate e
		where e.source = rate.source
		    and e.from_currency = rate.from_currency
		    and e.to_currency = rate.to_currency
		    and e.day <= rate.at
		order by e.day desc
		limit 1)
		union all
		(select round(1 / e.rate, 6), e.day, 3
		from :"serving".exchange_rate e
		where e.source = rate.source
		    and e.from_currency = rate.to_currency
		    and e.to_currency = rate.from_currency
		    and e.day <= rate.at
		order by e.day desc
		limit 1)) as r
	order by r.day desc, r.place
	limit 1;
end;

-- What the snapshots of these runs (null: all) say of rates.
create or replace function ops.refresh_rates(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning set timezone = 'UTC' as $$
declare
	stream record;
begin
	for stream in
		select *
		from ops.streams_of(staging, 'snapshot') s
		where exists (
			select
			from ops.table_columns(staging, s.stream)
			where name = 'seller_price')
	loop
		execute format('create temporary table rate_fresh on commit drop as '
		    'select run, observed_at::date as day, '
		    'seller_currency as from_currency, currency as to_currency, '
		    'count(*) as n, sum(seller_price) as asked, '
		    'sum(price) as shown from %I.%I '
		    'where ($1 is null or run = any ($1)) '
		    'and seller_currency <> currency '
		    'and seller_price > 0 and price > 0 group by 1, 2, 3, 4',
		    staging, stream.stream)
		using runs;
		execute format('delete from %I.rate_run r where r.source = $1 '
		    'and ($2 is null or r.run = any ($2)) and not exists ('
		    'select from rate_fresh f where (f.run, f.day, '
		    'f.from_currency, f.to_currency) = (r.run, r.day, '
		    'r.from_currency, r.to_currency))', serving)
		using stream.source, runs;
		execute format('insert into %I.rate_run as r '
		    'select $1, run, day, from_currency, to_currency, n, '
		    'trim_scale(asked), trim_scale(shown) from rate_fresh '
		    'on conflict (source, from_currency, to_currency, day, run) '
		    'do update set n = excluded.n, asked = excluded.asked, '
		    'shown = excluded.shown where r is distinct from excluded',
		    serving)
		using stream.source;
		drop table rate_fresh;
	end loop;
end
$$;

-- --- marts in one currency ---

create or replace function ops.make_currency_functions(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
begin
	execute format($f$
create or replace function %1$I.prices_in(to_currency text)
returns table (source text, site text, kind text, currency text, "by" text,
    catalog_id text, brand text, condition_id bigint, size text, color_id text,
    n bigint, rate numeric, rate_day date, mean numeric, p10 numeric, q1 numeric,
    median numeric, q3 numeric, p90 numeric, as_of timestamptz)
language sql stable as $body$
	select p.source, p.site, p.kind, p.currency, p."by", p.catalog_id, p.brand,
	    p.condition_id, p.size, p.color_id, p.n, r.rate, r.day,
	    round(p.mean * r.rate, 2), round(p.p10 * r.rate, 2),
	    round(p.q1 * r.rate, 2), round(p.median * r.rate, 2),
	    round(p.q3 * r.rate, 2), round(p.p90 * r.rate, 2), p.as_of
	from %1$I.prices p
	    left join lateral %1$I.rate(p.source, p.currency, to_currency,
	        (p.as_of at time zone 'UTC')::date) as r on true
$body$
	$f$, serving);
end
$$;

-- --- days, for tools that join a table of them ---

create or replace view :"serving".calendar as
select d::date as day,
    date_trunc('week', d)::date as week,
    date_trunc('month', d)::date as month,
    date_trunc('quarter', d)::date as quarter,
    extract(year from d)::int as year,
    extract(isodow from d)::int as weekday
from generate_series(timestamp '2015-01-01', timestamp '2044-12-31',
    interval '1 day') as d;
comment on view :"serving".calendar is
    'a row is a day from 2015 to 2044: its week (of its Monday), month, quarter, '
    'year and weekday (1: Monday)';
