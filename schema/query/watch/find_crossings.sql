-- What watches ask for, of the lines of the change feed that they have not read;
-- prints what is to be told.  vpipe watch, which alone runs it at a time.
--
-- In the current folder: `watches`, the file of watches, a line each, and `named`,
-- the numbers of catalogs and conditions that it names.  The variables:
--
--   since      a watch that is new begins after this line; empty: now
--   is_trial   true: nothing is kept; with since, all watches are new
--
-- ops.crossing then has what stands and what the watch was told of it: an event
-- that takes the place of a withdrawn one, of the same type and price, is not told
-- again; one that came and was withdrawn since the last time is not told at all.
set client_min_messages = warning;
set timezone = 'UTC';
\set enough 20

create temporary table wanted (
	place int primary key,
	name text collate "C" not null,
	types text[],
	price numeric,
	currency text,
	percentile numeric,
	cut numeric,
	brand text,
	catalog text,
	condition text,
	confidence text[],
	site text,
	size text,
	source text,
	title text,
	within interval
);
\copy wanted from 'watches' with (format csv)
create temporary table named (kind text, name text, id text);
\copy named from 'named' with (format csv)
alter table wanted
	add asks text,
	-- it asks for no event but for a price: those that bring it there
	add is_level boolean;
update wanted w
set asks = md5((to_jsonb(w) - '{place,name}'::text[])::text),
    is_level = types is null,
    types = coalesce(types, '{listed,repriced}'),
    catalog = coalesce((
	select n.id
	from named n
	where n.kind = 'catalog'
	    and n.name = w.catalog), catalog),
    condition = coalesce((
	select n.id
	from named n
	where n.kind = 'condition'
	    and n.name = w.condition), condition);

-- no line comes or goes meanwhile; taken before the snapshot
select pg_advisory_lock_shared(hashtext('vpipe.change')) \g /dev/null
begin isolation level repeatable read;

-- --- how far to read -----------------------------------------------------------

select :is_trial and :'since' <> '' as is_all_new \gset
delete from ops.watch w
where :'is_all_new'::boolean
    or not exists (
	select
	from wanted t
	where t.name = w.name
	    and t.asks = w.asks);
insert into ops.watch (name, asks, n)
select name,
    asks,
    least(nullif(:'since', '')::bigint, newest.n)
from wanted
    cross join (
	select coalesce(max(n), 0) as n
	from ops.change) as newest
on conflict do nothing;

-- up to the first line of a listing that the marts do not know yet
select w.since,
    coalesce((
	select min(c.n) - 1
	from ops.change c
	where c.n > w.since
	    and exists (
		select
		from ops.touched_item t
		where t.source = c.source
		    and t.item_id = c.item_id)), (
	select max(n)
	from ops.change), 0) as upto
from (
	select coalesce(min(n), 0) as since
	from ops.watch) as w \gset from_

create temporary table line as
select n,
    op,
    source,
    item_id,
    event
from ops.change
where n > :from_since
    and n <= :from_upto
    and op <> 'forget'
    and (op = 'withdraw' or withdrawn is null);
create index on line (source, item_id);
analyze line;

-- --- what is asked for ---------------------------------------------------------

-- Events, and the price that they brought, in the currency that is shown.  A change
-- of the seller's own price, in another currency, is converted at the rate of the
-- two prices of now; one of fees alone is none.
create temporary table candidate as
select l.n,
    l.source,
    l.item_id,
    e.type,
    e.old,
    e.new,
    e.type = 'repriced'
        and e.new < e.old
        and e.cause in ('seller', 'wardrobe', 'unknown') as is_cut,
    e.confidence,
    e.site,
    e.latest,
    f.title,
    f.catalogs,
    f.brand,
    f.condition_id,
    f.size,
    coalesce(f.currency, e.currency) as currency,
    case e.type when 'listed' then coalesce(f.listed_price, f.price)
        when 'repriced' then r.price
        else f.price end as price,
    r.was
from line l
    cross join jsonb_to_record(l.event) as e(site text, type text, old numeric,
        new numeric, currency text, cause text, confidence text,
        latest timestamptz)
    left join lateral (
	select *
	from serving.listing_fact f
	where f.item_id = l.item_id
	    and f.site = e.site
	    and f.source = l.source
	offset 0) as f on true
    left join lateral (
	select f.price, f.price as was
	where e.cause = 'fee'
	union all
	select e.new, e.old
	where e.cause is distinct from 'fee'
	    and coalesce(e.currency = f.currency, true)
	union all
	select round(e.new * s.price / s.seller_price, 2),
	    round(e.old * s.price / s.seller_price, 2)
	from serving.item_state s
	where e.cause is distinct from 'fee'
	    and s.source = l.source
	    and s.item_id = l.item_id
	    and s.currency = f.currency
	    and s.seller_currency = e.currency
	    and s.seller_currency <> f.currency
	    and s.seller_price > 0) as r on e.type = 'repriced'
where l.op = 'add'
    and e.type in (
	select unnest(types)
	from wanted);

create temporary table matched as
select w.name as watch,
    w.is_level,
    w.percentile,
    w.price as most,
    c.*
from wanted w
    join ops.watch s using (name)
    join candidate c on c.type = any (w.types)
        and c.n > s.n
where (w.currency is null or c.currency = w.currency)
    and (w.cut is null or c.is_cut
        and 100 * (c.old - c.new) > w.cut * c.old)
    and (w.source is null or c.source = w.source)
    and (w.site is null or c.site = w.site)
    and (w.brand is null or ops.folded(c.brand) = ops.folded(w.brand))
    and (w.catalog is null or c.catalogs @> array[w.catalog collate "C"])
    and (w.condition is null or c.condition_id::text = w.condition)
    and (w.size is null or ops.folded(c.size) = ops.folded(w.size))
    and (w.confidence is null or c.confidence = any (w.confidence))
    and (w.within is null
        or c.latest >= (
	select m.as_of - w.within
	from serving.mart_window m
	where m.source = c.source
	    and m.site = c.site))
    and (w.title is null or (
	select bool_and(strpos(ops.folded(c.title), word) > 0)
	from regexp_split_to_table(ops.folded(w.title), '[[:space:]]+') as word));

-- The narrowest group of a listing with enough that are offered, of those that name
-- a brand or a catalog.
create temporary table likeness as
select m.source,
    m.site,
    m.item_id,
    g.*
from (
	select distinct on (source, site, item_id) *
	from matched
	where percentile is not null
	order by source, site, item_id) as m
    left join lateral (
	select c.catalog_id
	from unnest(m.catalogs) as c(catalog_id)
	    join serving.price_cell p on p.cell = ops.cell_of(row(m.source,
	        m.site, 'asked'::text, m.currency, 'catalog'::text,
	        c.catalog_id, null::text, null::bigint, null::text,
	        null::text)::text)
	order by p.n, c.catalog_id
	limit 1) as k on true
    left join lateral (
	select p.cell,
	    p.n,
	    p."by"
	from ops.groups_of_like() as g
	    join serving.price_cell p on p.cell = ops.cell_of(row(m.source,
	        m.site, 'asked'::text, m.currency, g."by",
	        case when g."by" ~ 'catalog' then k.catalog_id end,
	        case when g."by" ~ 'brand' then m.brand end,
	        case when g."by" ~ 'condition' then m.condition_id end,
	        case when g."by" ~ 'size' then m.size end, null::text)::text)
	where p.n >= :enough
	    and (g."by" ~ 'catalog' and k.catalog_id is not null
	        or g."by" ~ 'brand' and g."by" !~ 'catalog'
	            and m.brand is not null)
	order by g.place
	limit 1) as g on true;
create temporary table quantile as
select a.*,
    ops.price_quantile('serving', a.cell, a.n, a.percentile / 100) as quantile
from (
	select distinct l.cell, l.n, m.percentile
	from likeness l
	    join matched m using (source, site, item_id)
	where m.percentile is not null
	    and l.cell is not null) as a;

create temporary table measured as
select m.*,
    l.n as like_n,
    l."by",
    q.quantile,
    least(m.most, q.quantile) as below,
    m.price < least(m.most, q.quantile) as is_below
from matched m
    left join likeness l on m.percentile is not null
        and l.source = m.source
        and l.site = m.site
        and l.item_id = m.item_id
    left join quantile q on q.cell = l.cell
        and q.percentile = m.percentile;

-- what the feed has withdrawn of what is to be told, or was
create temporary table retracted as
select r.*,
    a.withdrawn as by_line,
    a.event ->> 'type' as type,
    trim_scale((a.event ->> 'new')::numeric) as new
from (
	select distinct source, item_id
	from line) as l
    join ops.crossing r using (source, item_id)
    join ops.change a on a.n = r.n
where a.withdrawn <= :from_upto;

-- A price that falls below a quantile crosses it; one that was below it already does,
-- too, where that was never told: the quantile had been less.
create temporary table found as
select m.*,
    jsonb_strip_nulls(jsonb_build_object('price', m.price, 'was', m.was,
        'currency', m.currency, 'below', m.below, 'percentile', m.percentile,
        'quantile', m.quantile, 'by', m."by", 'n', m.like_n, 'cut',
        case when m.is_cut
            then round(100 * (m.old - m.new) / m.old, 1) end)) as crossed
from (
	select *,
	    bool_or(is_below) over (partition by watch, source, item_id
	        order by n rows between unbounded preceding and 1 preceding)
	        as before
	from measured) as m
where (m.percentile is null or m.quantile is not null)
    and (m.below is null or m.is_below)
    and (not m.is_level
        or m.was is null
        or m.was >= m.below
        or m.percentile is not null
        and m.before is not true
        and not exists (
	select
	from ops.crossing r
	where r.watch = m.watch
	    and r.source = m.source
	    and r.item_id = m.item_id
	    and not exists (
		select
		from retracted t
		where t.watch = r.watch
		    and t.n = r.n)));

-- --- what of it is to be told --------------------------------------------------

create temporary table replaced as
with
came as (
	select watch,
	    source,
	    item_id,
	    type,
	    coalesce(trim_scale(new), -1) as new,
	    n,
	    row_number() over (partition by watch, source, item_id, type,
	        trim_scale(new) order by n) as k
	from found
),
went as (
	select watch,
	    source,
	    item_id,
	    type,
	    coalesce(new, -1) as new,
	    n as was,
	    told_at,
	    row_number() over (partition by watch, source, item_id, type, new
	        order by n) as k
	from retracted
)
select watch,
    c.n,
    w.was,
    w.told_at
from came c
    join went w using (watch, source, item_id, type, new, k);

delete from ops.crossing r
using retracted t
where r.watch = t.watch
    and r.n = t.n
    and (r.told_at is null
        or exists (
	select
	from replaced p
	where p.watch = t.watch
	    and p.was = t.n));
update ops.crossing r
set withdrawn = t.by_line
from retracted t
where r.watch = t.watch
    and r.n = t.n
    and r.withdrawn is null;
insert into ops.crossing (watch, n, source, item_id, crossed, told_at)
select f.watch,
    f.n,
    f.source,
    f.item_id,
    f.crossed,
    p.told_at
from found f
    left join replaced p using (watch, n);
delete from ops.crossing
where told_at < now() - interval '90 days'
    and withdrawn is null;
update ops.watch
set n = :from_upto
where n < :from_upto;

\ir tell_crossings.sql

\if :is_trial
rollback;
\else
commit;
\endif
