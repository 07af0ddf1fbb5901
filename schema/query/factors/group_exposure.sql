-- How long listings were there to be sold, and how many were, by what they are, by
-- month and by age: CSV, as schema/r/fit_factors.R reads it.  vpipe factors.
--
-- A listing's time is cut at the first of each month, at the ages of bands, and
-- where a catalog found it: before that it has none, for those that sell at once
-- are rarely found.
-- Within such a piece the hazard counts as constant, so that pieces add up: of
-- what was there nothing is told but the sum of days.  An exit counts in the piece
-- in which the middle of its interval lies.
--
-- The newest week is left out: sales are concluded days after they are seen, and
-- other exits sooner.
--
-- Variables: source (empty: any).
\ir find_listings.sql

-- The price is told as a power of two: how often it is the typical one of its cell
-- (the geometric mean), in eighths.  The logarithm of a price is no price.  What no
-- catalog found is beside all of its brand and condition: such listings are cheap.
create temporary table placed as
select source,
    item_id,
    site,
    coalesce(nullif(brand, ''), '(none)') as brand,
    coalesce(condition_id::text, '(none)') as condition,
    coalesce(catalogs[1], '(none)') as catalog,
    coalesce(round(8 * (power - case when catalogs is null
        then avg(power) over (partition by source, currency, brand,
            condition_id)
        else avg(power) over (partition by source, currency, brand,
            condition_id, catalogs[1]) end)) / 8, 0) as price,
    born_at,
    entered_at,
    case when found_at <= least(last_at, horizon)
        then greatest(found_at, entered_at) end as found_at,
    least(greatest(last_at, entered_at), horizon) as last_at,
    case when last_at + coalesce(gone_at - last_at, '0') / 2 <= horizon
        then exit end as exit,
    extract(epoch from gone_at - greatest(last_at, entered_at)) / 86400 as width,
    horizon
from (
	select *,
	    log(2, nullif(listed_price, 0)) as power,
	    max(greatest(last_at, gone_at)) over (partition by source)
	        - interval '7 days' as horizon
	from listing) as l
where entered_at < horizon;

create temporary table piece as
select p.source,
    p.item_id,
    p.site,
    f.catalog,
    m.month,
    a.age,
    f.since as found_at,
    greatest(f.since, m.month, a.since) as since,
    least(f.until, m.month + interval '1 month', a.until) as until
from placed p
    cross join lateral generate_series(date_trunc('month', p.entered_at),
        p.last_at, interval '1 month') as m(month)
    cross join lateral (
	select '(none)' as catalog,
	    p.entered_at as since,
	    coalesce(p.found_at, p.last_at) as until
	union all
	select p.catalog,
	    p.found_at,
	    p.last_at
	where p.found_at is not null) as f
    cross join lateral (
	select b.age,
	    p.born_at + make_interval(days => b.age) as since,
	    p.born_at + make_interval(days => b.until) as until
	from (values (0, 1), (1, 3), (3, 7), (7, 14), (14, 30), (30, 60),
	    (60, 90), (90, 100000)) as b(age, until)) as a
where greatest(f.since, m.month, a.since)
    < least(f.until, m.month + interval '1 month', a.until);
analyze placed;
analyze piece;

copy (
with
exits as (
	select p.*,
	    greatest(round(4 * width) / 4, 0.25) as days,
	    last_at + make_interval(secs => coalesce(width, 0)::double precision
	        * 43200) as middle
	from placed p
	where exit is not null
),
told as (
	select p.source, p.brand, p.condition, c.catalog, p.price,
	    to_char(c.month, 'YYYY-MM') as month, c.age,
	    'there' as exit,
	    null::numeric as days,
	    sum(extract(epoch from c.until - c.since) / 86400) as n,
	    count(*) filter (where c.since = p.entered_at) as listings,
	    count(*) filter (where c.since = c.found_at) as in_catalog,
	    count(*) filter (where c.since in (p.entered_at, c.month)) as in_month
	from placed p
	    join piece c using (source, item_id, site)
	group by 1, 2, 3, 4, 5, 6, 7
	union all
	-- seen once, and never there for any time
	select source, brand, condition,
	    case when found_at is null then '(none)' else catalog end, price,
	    to_char(entered_at, 'YYYY-MM'), 0, 'there', null, 0, count(*),
	    count(*), count(*)
	from placed
	where last_at = entered_at
	group by 1, 2, 3, 4, 5, 6
	union all
	select source, brand, condition,
	    case when found_at is null then '(none)' else catalog end, price,
	    to_char(middle, 'YYYY-MM'),
	    (select max(b) from unnest(array[0, 1, 3, 7, 14, 30, 60, 90]) as b
	        where b = 0 or e.born_at + make_interval(days => b) <= middle),
	    exit,
	    days,
	    count(*),
	    0,
	    0,
	    0
	from exits e
	group by 1, 2, 3, 4, 5, 6, 7, 8, 9
)
select *
from told
    join (
	select distinct source, horizon as as_of
	from placed) as newest using (source)
order by source, brand collate "C", condition, catalog, price, month, age, exit,
    days
) to stdout (format csv, header);
