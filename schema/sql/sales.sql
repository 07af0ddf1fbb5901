-- Sales as sums of facts (facts.sql): how old listings were when they were sold or
-- gone, how far their sellers had cut the price, and what sellers sell in a week.
-- The mart step of vpipe load writes the tables; anyone reads.
--
--   sale_cell    one combination of source, site, catalog, brand, condition and
--                size: how many listings whose first day is known
--   sale_age     how many of a cell's listings were listed in one week, are known
--                from one age to another, and left in one way
--   sale_cut     by how much the price of sold ones had been cut
--   seller_week  how far a seller's counter of sales rose in a week
--
-- Ages are whole days, since looks are about a day apart; zero is half-way between
-- the last complete look at the seller that did not show the listing and the first
-- that did.

create table if not exists :"serving".sale_cell (
	cell bigint primary key,
	source text collate "C" not null,
	site text collate "C" not null,
	"by" text collate "C" not null,
	catalog_id text collate "C",
	brand text collate "C",
	condition_id bigint,
	size text collate "C",
	n bigint not null check (n >= 0)
);
create index if not exists sale_cell_by
    on :"serving".sale_cell ("by", catalog_id, brand, condition_id);
comment on table :"serving".sale_cell is
    'a row is a combination of what sales are counted by, and its listings whose '
    'first day is known; vpipe load writes it';

create table if not exists :"serving".sale_age (
	cell bigint not null,
	born_week date not null,
	entered int not null,
	last_day int not null,
	gone_day int not null,
	exit text collate "C" not null
	    check (exit in ('on', 'sold', 'other', 'unknown')),
	n bigint not null check (n >= 0),
	primary key (cell, born_week, entered, last_day, gone_day, exit)
);
comment on table :"serving".sale_age is
    'a row is how many listings of a cell, listed in one week (of its Monday), '
    'were first seen at the age of entered days, were there last on last_day, '
    'and had gone by gone_day; vpipe load writes it';
comment on column :"serving".sale_age.exit is
    'sold, other (deleted or hidden), unknown (missing), or on: on sale still, '
    'and gone_day is last_day';

create table if not exists :"serving".sale_cut (
	cell bigint not null,
	percent int not null,
	n bigint not null check (n >= 0),
	primary key (cell, percent)
);
comment on table :"serving".sale_cut is
    'a row is how many sold listings of a cell had been cut by so many percent of '
    'their first price (below zero: raised), moves of exchange rates and fees '
    'aside; vpipe load writes it';

create table if not exists :"serving".seller_week (
	source text collate "C" not null,
	seller_key text collate "C" not null,
	week date not null,
	country text collate "C",
	first_at timestamptz not null,
	last_at timestamptz not null,
	sold bigint,
	item_count bigint,
	primary key (source, seller_key, week)
);
comment on table :"serving".seller_week is
    'a row is a seller and a week (of its Monday) in which her counters were seen; '
    'vpipe load writes it';
comment on column :"serving".seller_week.sold is
    'by how much her counter of sales rose since the look before the week, or '
    'since the week''s first; null: it was not seen twice';

-- --- ages and cuts ---

-- What sales are counted by.
create or replace function ops.sale_levels()
returns text[]
language sql immutable as $$
	select array['all', 'brand', 'condition', 'size', 'brand condition',
	    'brand size', 'condition size', 'brand condition size', 'catalog',
	    'catalog brand', 'catalog condition', 'catalog size',
	    'catalog brand condition', 'catalog brand size',
	    'catalog condition size', 'catalog brand condition size']
$$;

-- A query for what facts say of sales: of those whose first day is known.
create or replace function ops.sale_contributions(facts text)
returns text
language sql immutable as $$
	select format($sql$
	select f.source, f.site, f.catalogs, f.brand, f.condition_id, f.size,
	    date_trunc('week', b.born)::date as born_week,
	    greatest(round(d.entered), 0)::int as entered,
	    greatest(round(d.last_day), 0)::int as last_day,
	    case x.exit when 'on' then greatest(round(d.last_day), 0)
	        else greatest(round(d.gone_day), 1) end::int as gone_day,
	    x.exit,
	    case x.exit when 'sold' then round(100 * f.cut)::int end as cut,
	    1 as n
	from %I f
	    cross join lateral (
		select ops.middle(f.born_earliest, f.born_latest) as born) as b
	    cross join lateral (
		select extract(epoch from f.born_latest - b.born) / 86400
		        as entered,
		    extract(epoch from coalesce(f.left_earliest,
		        f.followed_until) - b.born) / 86400 as last_day,
		    extract(epoch from f.left_latest - b.born) / 86400
		        as gone_day) as d
	    cross join lateral (
		select coalesce(ops.exit_of(f.state), 'on') as exit) as x
	where f.born_latest is not null
	    and d.last_day is not null
	$sql$, facts)
$$;

-- Brings cells, ages and cuts up to date with the facts as they were and are;
-- returns how many rows changed.
create or replace function ops.renew_sales(serving text)
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	written bigint;
begin
	execute 'create temporary table sale_signed on commit drop as '
	    || ops.sign_changes(ops.sale_contributions('fact_old'),
	        ops.sale_contributions('fact_new'),
	        '{source,site,catalogs,brand,condition_id,size,born_week,'
	        'entered,last_day,gone_day,exit,cut}');
	if not exists (select from sale_signed) then
		drop table sale_signed;
		return 0;
	end if;
	execute 'create temporary table sale_delta on commit drop as '
	    || ops.spread_over_cells('sale_signed', '{source,site}',
	        '{brand,condition_id,size}',
	        '{born_week,entered,last_day,gone_day,exit,cut}',
	        ops.sale_levels());
	analyze sale_delta;
	execute format('insert into %1$I.sale_cell '
	    'select cell, source, site, "by", catalog_id, brand, condition_id, '
	    'size, 0 from sale_delta group by cell, source, site, "by", '
	    'catalog_id, brand, condition_id, size '
	    'on conflict (cell) do nothing', serving);
	perform ops.add_counts(serving, 'sale_cell', 'sale_delta', '{cell}');
	perform ops.add_counts(serving, 'sale_age', 'sale_delta',
	    '{cell,born_week,entered,last_day,gone_day,exit}');
	perform ops.add_counts(serving, 'sale_cut',
	    '(select cell, cut as percent, n from sale_delta where cut is not null)',
	    '{cell,percent}');
	select count(*)
	into written
	from sale_delta;
	drop table sale_signed, sale_delta;
	return written;
end
$$;

-- Takes out all that the sites hold which are made anew.
create or replace function ops.empty_sales(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	relation text;
begin
	foreach relation in array array['sale_age', 'sale_cut']
	loop
		execute format('delete from %1$I.%2$I a using %1$I.sale_cell c '
		    'join mart_site s using (source, site) '
		    'where s.is_anew and a.cell = c.cell', serving, relation);
	end loop;
	execute format('delete from %1$I.sale_cell c using mart_site s '
	    'where s.is_anew and s.source = c.source and s.site = c.site',
	    serving);
end
$$;

-- --- sellers ---

-- The weeks of sellers in a table of their snapshots, under the condition.
create or replace function ops.seller_weeks(of_source text, snapshots text,
    condition text)
returns text
language sql immutable as $$
	select format($sql$
	with
	seen as (
		select s.*,
		    date_trunc('week', s.observed_at)::date as week,
		    row_number() over (
		        partition by s.seller_key
		        order by s.observed_at, s.run collate "C", s.line, s.index)
		        as nth
		from %2$s s
		where s.seller_key is not null
		    and %3$s
	),
	weekly as (
		select seller_key,
		    week,
		    (array_agg(country order by nth desc)
		        filter (where country is not null))[1] as country,
		    min(observed_at) as first_at,
		    max(observed_at) as last_at,
		    (array_agg(item_count order by nth desc)
		        filter (where item_count is not null))[1] as item_count,
		    (array_agg(given_count order by nth)
		        filter (where given_count is not null))[1] as first_given,
		    (array_agg(given_count order by nth desc)
		        filter (where given_count is not null))[1] as last_given,
		    count(given_count) as looks
		from seen
		group by seller_key, week
	),
	-- a week without the counter leaves it as it was
	counted as (
		select *,
		    count(last_given) over (
		        partition by seller_key
		        order by week) as counts
		from weekly
	),
	standing as (
		select *,
		    first_value(last_given) over (
		        partition by seller_key, counts
		        order by week) as given
		from counted
	)
	select %1$L as source,
	    seller_key,
	    week,
	    country,
	    first_at,
	    last_at,
	    last_given - coalesce(lag(given) over (
	            partition by seller_key
	            order by week), case when looks > 1 then first_given end)
	        as sold,
	    item_count
	from standing
	$sql$, of_source, snapshots, condition)
$$;

-- The weeks of the sellers whom these runs saw; null: of all.
create or replace function ops.refresh_sellers(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning set timezone = 'UTC' as $$
declare
	stream record;
	snapshots text;
begin
	for stream in
		select *
		from ops.streams_of(staging, 'seller_snapshot')
	loop
		snapshots := format('%I.%I', staging, stream.stream);
		execute format('create temporary table seller_touched on commit drop '
		    'as select distinct user_id from %s '
		    'where $1 is null or run = any ($1)', snapshots)
		using runs;
		if runs is not null and not exists (select from seller_touched) then
			drop table seller_touched;
			continue;
		end if;
		execute 'create temporary table seller_fresh on commit drop as '
		    || ops.seller_weeks(stream.source, snapshots,
		        's.user_id in (select user_id from seller_touched)');
		execute format('delete from %1$I.seller_week w '
		    'where w.source = $1 and ($2 is null '
		    'or w.seller_key in (select seller_key from seller_fresh)) '
		    'and not exists (select from seller_fresh f '
		    'where f.seller_key = w.seller_key and f.week = w.week)',
		    serving)
		using stream.source, runs;
		execute format('insert into %1$I.seller_week as w '
		    '(source, seller_key, week, country, first_at, last_at, sold, '
		    'item_count) select * from seller_fresh '
		    'on conflict (source, seller_key, week) do update set '
		    'country = excluded.country, first_at = excluded.first_at, '
		    'last_at = excluded.last_at, sold = excluded.sold, '
		    'item_count = excluded.item_count '
		    'where w is distinct from excluded', serving);
		drop table seller_touched, seller_fresh;
	end loop;
end
$$;

-- --- reading it ---

-- The 95 % interval of a share of k in n (Wilson 1927), as numeric(5,4).
create or replace function ops.wilson(k numeric, n numeric)
returns numeric[]
language sql immutable as $$
	select case when n > 0 then array[
	    round(greatest((k + z * z / 2 - z * sqrt(k * (n - k) / n + z * z / 4))
	        / (n + z * z), 0), 4),
	    round(least((k + z * z / 2 + z * sqrt(k * (n - k) / n + z * z / 4))
	        / (n + z * z), 1), 4)] end
	from (values (1.959964)) as v(z)
$$;

create or replace view :"serving".sell_through as
select c.source,
    c.site,
    c."by",
    c.catalog_id,
    c.brand,
    c.condition_id,
    c.size,
    a.born_week,
    a.age,
    a.stayed + a.sold + a.other + a.unknown as listings,
    a.sold,
    a.other,
    a.unknown,
    a.too_young,
    case when s.n >= 20 then round(s.k / s.n, 4) end as share,
    case when s.n >= 20 then (ops.wilson(a.sold, a.stayed + a.sold))[1] end
        as low,
    case when s.n >= 20 then (ops.wilson(a.sold + a.unknown,
        a.stayed + a.sold + a.unknown))[2] end as high
from :"serving".sale_cell c
    join :"serving".mart_window w using (source, site)
    cross join lateral (
	select b.born_week,
	    g.age,
	    coalesce(sum(b.n) filter (where o.is_old and (b.exit = 'on'
	        and b.last_day >= g.age or b.exit <> 'on'
	        and b.last_day + b.gone_day > 2 * g.age)), 0) as stayed,
	    coalesce(sum(b.n) filter (where o.has_left and b.exit = 'sold'), 0)
	        as sold,
	    coalesce(sum(b.n) filter (where o.has_left and b.exit = 'other'), 0)
	        as other,
	    coalesce(sum(b.n) filter (where o.has_left
	        and b.exit = 'unknown'), 0) as unknown,
	    coalesce(sum(b.n) filter (where not o.is_old or b.exit = 'on'
	        and b.last_day < g.age), 0) as too_young
	from :"serving".sale_age b
	    cross join (values (1), (3), (7), (14), (30), (60), (90)) as g(age)
	    -- of a week that is too young the sold alone would be known
	    cross join lateral (
		select b.born_week + 7 + g.age
		        <= (w.as_of at time zone 'UTC')::date as is_old) as i
	    cross join lateral (
		select i.is_old,
		    i.is_old and b.exit <> 'on'
		        and b.last_day + b.gone_day <= 2 * g.age as has_left)
		    as o
	where b.cell = c.cell
	group by g.age, grouping sets ((b.born_week), ())) as a
    cross join lateral (
	select a.unknown * coalesce(a.sold / nullif(a.sold + a.other, 0), 0)
	        as more) as m
    cross join lateral (
	select a.sold + m.more as k,
	    a.stayed + a.sold + m.more as n) as s;
comment on view :"serving".sell_through is
    'a row is the listings of one week (null: of all) in a cell, and what share '
    'of them was sold by an age in days, of weeks in which each has that age; unknown exits count by the share of '
    'sales among the known ones, removed ones do not; low to high: the 95 % '
    'interval (Wilson), from none of the unknown sold to all';

create or replace view :"serving".discounts as
select c.source,
    c.site,
    c."by",
    c.catalog_id,
    c.brand,
    c.condition_id,
    c.size,
    a.n as sold,
    case when a.n >= 20 then round(a.cut / a.n, 4) end as cut_share,
    case when a.n >= 20 then a.q1 end as q1,
    case when a.n >= 20 then a.median end as median,
    case when a.n >= 20 then a.q3 end as q3
from :"serving".sale_cell c
    cross join lateral (
	select max(u.upto) as n,
	    sum(u.n) filter (where u.percent > 0) as cut,
	    min(u.percent) filter (where 4 * u.upto >= u.total) as q1,
	    min(u.percent) filter (where 2 * u.upto >= u.total) as median,
	    min(u.percent) filter (where 4 * u.upto >= 3 * u.total) as q3
	from (
		select d.percent,
		    d.n,
		    sum(d.n) over (order by d.percent) as upto,
		    sum(d.n) over () as total
		from :"serving".sale_cut d
		where d.cell = c.cell) as u) as a
where a.n > 0;
comment on view :"serving".discounts is
    'a row is the sold listings of a cell: the share whose price had been cut, and '
    'quartiles of the cut in percent of the first price';

create or replace view :"serving".seller as
select w.source,
    w.seller_key,
    (array_agg(w.country order by w.week desc)
        filter (where w.country is not null))[1] as country,
    min(w.first_at) as first_at,
    max(w.last_at) as last_at,
    (array_agg(w.item_count order by w.week desc)
        filter (where w.item_count is not null))[1] as item_count,
    sum(w.sold) as sold,
    round(sum(w.sold) * 604800 / nullif(extract(epoch from max(w.last_at)
        - min(w.first_at)), 0), 2) as sold_a_week
from :"serving".seller_week w
group by w.source, w.seller_key;
comment on view :"serving".seller is
    'a row is a seller by her pseudonym: her country, when she was looked at, and '
    'what her counter of sales rose by';
