-- Prices as exact histograms: serving.price_statistics and serving.prices are
-- views over them.  The mart step of vpipe load writes the tables, at a cost that
-- follows what is new; anyone reads.
--
--   price_fact    a listing and what it contributes: under which catalogs, of
--                 which kind, at what price, and until when
--   price_cell    one combination of source, site, kind, currency, catalog,
--                 brand ...: how many listings and their sum
--   price_bin     how many listings of a cell have one price
--   price_window  the newest `ok` look of each site, where its windows end
--
-- A listing contributes as one of two kinds.  `asked`: seen since seven days before
-- the site's newest `ok` look, at its latest price, and neither sold nor deleted.
-- `sold`: sold since ninety days before that look, at the last price asked.
-- refresh_prices makes the contributions of touched listings anew, and changes
-- cells and bins by new minus old; nothing else writes them.

-- Raise it when what a fact says or which cells there are changes: the next mart
-- step makes all anew.
create or replace function ops.prices_version()
returns int
language sql immutable as $$
	select 1
$$;

select format('drop table %I.price_statistics', :'serving')
from pg_class
where oid = to_regclass(format('%I.price_statistics', :'serving'))
    and relkind = 'r' \gexec

create table if not exists :"serving".price_window (
	source text collate "C" not null,
	site text collate "C" not null,
	as_of timestamptz not null,
	version int not null,
	primary key (source, site)
);
comment on table :"serving".price_window is
    'a row is a site and its newest ok look, where the windows of its prices '
    'end; vpipe load writes it';

create table if not exists :"serving".price_fact (
	source text collate "C" not null,
	site text collate "C" not null,
	item_id text collate "C" not null,
	kind text collate "C" not null check (kind in ('asked', 'sold')),
	currency text collate "C",
	price numeric not null,
	catalogs text[] collate "C" not null,
	brand text collate "C",
	condition_id bigint,
	size text collate "C",
	color_id text collate "C",
	leaves_at timestamptz not null,
	primary key (item_id, site, source)
);
create index if not exists price_fact_leaves
    on :"serving".price_fact (source, site, leaves_at);
create index if not exists price_fact_brand
    on :"serving".price_fact (brand, condition_id, size);
comment on table :"serving".price_fact is
    'a row is a listing and what it contributes to the histograms of prices; '
    'vpipe load writes it';
comment on column :"serving".price_fact.catalogs is
    'the catalogs whose queries found it, not as a paid placement';
comment on column :"serving".price_fact.leaves_at is
    'when its window has passed';

create table if not exists :"serving".price_cell (
	cell bigint primary key,
	source text collate "C" not null,
	site text collate "C" not null,
	kind text collate "C" not null,
	currency text collate "C",
	"by" text collate "C" not null,
	catalog_id text collate "C",
	brand text collate "C",
	condition_id bigint,
	size text collate "C",
	color_id text collate "C",
	n bigint not null check (n >= 0),
	sum numeric not null
);
create index if not exists price_cell_by
    on :"serving".price_cell ("by", catalog_id, brand, condition_id);
comment on table :"serving".price_cell is
    'a row is a combination of what prices are counted by; vpipe load writes '
    'it, the views prices and price_statistics show it';
comment on column :"serving".price_cell.cell is
    'the first 64 bits of the MD5 of the other columns but n and sum';

create table if not exists :"serving".price_bin (
	cell bigint not null,
	price numeric not null,
	n bigint not null check (n >= 0),
	primary key (cell, price)
);
comment on table :"serving".price_bin is
    'a row is how many listings of a cell have one price; vpipe load writes it';

-- The quantile q of a cell of n listings, linear between neighbours (Hyndman and
-- Fan's type 7, as percentile_cont), in numeric throughout.  The expression is of
-- the columns `price` and `upto` (how many listings cost no more) of its bins.
create or replace function ops.quantile_of_bins(n text, q numeric)
returns text
language sql immutable as $$
	select format('round(min(price) filter (where upto > floor(%2$s)) '
	    '+ (%2$s - floor(%2$s)) '
	    '* (min(price) filter (where upto > ceil(%2$s)) '
	    '- min(price) filter (where upto > floor(%2$s))), 2)',
	    n, format('((%s - 1) * %s)', n, q))
$$;

-- The quantiles of the cell c, made when they are asked for.
create or replace function ops.price_quantiles(serving text)
returns text
language sql stable as $$
	select format('cross join lateral (select %2$s from (select price, n, '
	    'sum(n) over (order by price) as upto from %1$I.price_bin b '
	    'where b.cell = c.cell) as u) as q', serving,
	    string_agg(format('%s as %s', ops.quantile_of_bins('c.n', q.q),
	        q.name), ', ')
	    || ', round(sqrt(sum(n * (price - c.sum / c.n) ^ 2) / c.n), 2) '
	        'as deviation')
	from (values ('p10', 0.1), ('q1', 0.25), ('median', 0.5), ('q3', 0.75),
	    ('p90', 0.9)) as q(name, q)
$$;

create or replace function ops.make_price_views(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
begin
	perform ops.replace_view(serving, 'price_statistics', format(
	    'select c.source, c.site, c.catalog_id, c.brand, c.condition_id, '
	    'c.currency, c.n as count, round(c.sum / c.n, 2) as mean, '
	    'q.median, q.p10, q.p90, w.as_of '
	    'from %1$I.price_cell c join %1$I.price_window w using (source, site) '
	    '%2$s where c.kind = ''asked'' '
	    'and c."by" = ''catalog brand condition''', serving,
	    ops.price_quantiles(serving)),
	    'a row is the asking prices of one site, catalog, brand, condition and '
	    'currency over seven days; a null brand: the listing names none; '
	    'quantiles are exact, linear between neighbours (type 7), to the cent, '
	    'halves away from zero; anyone reads it');
	perform ops.replace_view(serving, 'prices', format(
	    'select c.source, c.site, c.kind, c.currency, c."by", c.catalog_id, '
	    'c.brand, c.condition_id, c.size, c.color_id, c.n, '
	    'round(c.sum / c.n, 2) as mean, q.deviation, q.p10, q.q1, q.median, '
	    'q.q3, q.p90, w.as_of, c.cell '
	    'from %1$I.price_cell c join %1$I.price_window w using (source, site) '
	    '%2$s', serving, ops.price_quantiles(serving)),
	    'a row is the prices of one kind (asked, sold) by what "by" says: '
	    'catalog, brand, condition, size, color or a combination; a column that '
	    'it does not name is null; anyone reads it');
end
$$;

-- --- what is touched ---

-- Sites and where their windows end now, into the temporary table price_site; a
-- site is anew when its facts cannot be mended: it has none of this version, or
-- its newest look is older than it was.
create or replace function ops.find_price_sites(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	look record;
begin
	create temporary table price_site (source text collate "C",
	    site text collate "C", as_of timestamptz, is_anew boolean)
	    on commit drop;
	for look in
		select *
		from ops.streams_of(staging, 'look')
	loop
		execute format('insert into price_site '
		    'select $1, s.site, n.as_of, $2 is null '
		    'or coalesce(w.version <> ops.prices_version() '
		    'or n.as_of < w.as_of, true) '
		    'from (select distinct site from %1$I.%2$I '
		    'where site is not null and ($2 is null or run = any ($2)) '
		    'union select site from %3$I.price_window '
		    'where source = $1) s '
		    'left join %3$I.price_window w on w.source = $1 '
		    'and w.site = s.site '
		    'cross join lateral (select max(l.observed_at) as as_of '
		    'from %1$I.%2$I l where l.site = s.site '
		    'and l.verdict = ''ok'') n '
		    'where n.as_of is not null or w.site is not null', staging,
		    look.stream, serving)
		using look.source, runs;
	end loop;
end
$$;

-- Listings whose contribution may be another now, into price_touched: those that
-- the runs answered about, those judged since, and those whose window has passed.
create or replace function ops.find_touched_prices(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	look record;
	has_item boolean;
begin
	create temporary table price_touched (source text collate "C",
	    item_id text collate "C", primary key (source, item_id))
	    on commit drop;
	if runs is null then
		return;
	end if;
	with judged as (
		delete from ops.touched_item
		returning source, item_id
	)
	insert into price_touched
	select source, item_id
	from judged;
	for look in
		select *
		from ops.streams_of(staging, 'look')
	loop
		has_item := exists (
			select
			from ops.table_columns(staging, look.stream)
			where name = 'item_id');
		execute format('insert into price_touched select $1, h.id '
		    'from %1$I.%2$I l cross join lateral ('
		    'select id from jsonb_array_elements_text('
		    'case jsonb_typeof(l.ids) when ''array'' then l.ids '
		    'else ''[]'' end) as a(id)%3$s) h '
		    'where l.run = any ($2) and h.id is not null '
		    'on conflict do nothing', staging, look.stream,
		    case when has_item then ' union all select l.item_id::text'
		        else '' end)
		using look.source, runs;
	end loop;
	execute format('insert into price_touched '
	    'select f.source, f.item_id from price_site s '
	    'cross join lateral (select * from %1$I.price_fact f '
	    'where f.source = s.source and f.site = s.site '
	    'and f.leaves_at < s.as_of offset 0) f '
	    'where not s.is_anew on conflict do nothing', serving);
	analyze price_touched;
end
$$;

-- --- what listings contribute ---

-- A query for the contributions of listings.  Offset 0 keeps each view a look-up
-- by key; without it they would be read whole, and joined.
create or replace function ops.price_contributions(serving text,
    is_anew boolean)
returns text
language sql stable as $$
	select format($sql$
	select i.source, i.site, i.item_id, k.kind, i.currency,
	    -- 1.5 and 1.50 are one price, and look the same
	    trim_scale(k.price) as price,
	    coalesce(c.catalogs, '{}') as catalogs, i.brand, i.condition_id,
	    i.size::text, i.color_id::text, k.leaves_at
	from %2$s
	    join price_site s on s.source = i.source
	        and s.site = i.site
	        and s.is_anew = %3$L
	    left join lateral (
		select g.state, g.price, g.currency, g.latest
		from %1$I.item_state g
		where g.source = i.source
		    and g.item_id = i.item_id
		    and g.state in ('sold', 'deleted')
		offset 0) as g on true
	    cross join lateral (
		select 'asked' as kind, i.price,
		    i.last_seen + interval '7 days' as leaves_at
		where g.state is null
		union all
		select 'sold',
		    coalesce(case g.currency when i.currency then g.price end,
		        i.price),
		    g.latest + interval '90 days'
		where g.state = 'sold') as k
	    left join lateral (
		select array_agg(distinct c.catalog_id order by c.catalog_id)
		    as catalogs
		from %1$I.item_catalog c
		where c.source = i.source
		    and c.site = i.site
		    and c.item_id = i.item_id
		offset 0) as c on true
	where k.price is not null
	    and k.leaves_at >= s.as_of
	$sql$, serving, case when is_anew then format('%I.item i', serving)
	    else format('price_touched t cross join lateral ('
	        'select * from %I.item i where i.source = t.source '
	        'and i.item_id = t.item_id offset 0) i', serving) end, is_anew)
$$;

-- What changed, spread over the cells: a query of signed counts by cell and price.
-- A listing counts once where catalogs play no part, and else in each of its own.
create or replace function ops.price_changes()
returns text
language sql immutable as $$
	select $sql$
	with
	signed as (
		select sum(sign) as sign, source, site, kind, currency, price,
		    catalogs, brand, condition_id, size, color_id
		from (
			select -1 as sign, * from price_old
			union all
			select 1, * from price_new) as f
		group by source, site, kind, currency, price, catalogs, brand,
		    condition_id, size, color_id
		having sum(sign) <> 0
	),
	spread as (
		select source, site, kind, currency, price,
		    coalesce(nullif(concat_ws(' ',
		        case when has_catalog then 'catalog' end,
		        case grouping(brand) when 0 then 'brand' end,
		        case grouping(condition_id) when 0 then 'condition' end,
		        case grouping(size) when 0 then 'size' end,
		        case grouping(color_id) when 0 then 'color' end), ''),
		        'all') as "by",
		    catalog_id, brand, condition_id, size, color_id,
		    sum(sign) as n
		from signed
		    cross join lateral (
			select null as catalog_id, false as has_catalog
			union all
			select c, true
			from unnest(catalogs) as c) as c
		group by source, site, kind, currency, price, has_catalog,
		    catalog_id, grouping sets ((), (brand), (condition_id), (size),
		        (color_id), (brand, condition_id), (brand, size),
		        (condition_id, size), (brand, condition_id, size))
		having sum(sign) <> 0
	)
	select ('x' || left(md5(row(source, site, kind, currency, "by", catalog_id,
	        brand, condition_id, size, color_id)::text), 16))::bit(64)::bigint
	        as cell,
	    spread.*
	from spread
	$sql$
$$;

-- Brings cells and bins up to date with the temporary tables price_old and
-- price_new; returns how many bins were written or deleted.
create or replace function ops.apply_price_changes(serving text)
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	written bigint;
begin
	execute 'create temporary table price_delta on commit drop as '
	    || ops.price_changes();
	analyze price_delta;
	execute format('update %1$I.price_cell c set n = c.n + d.n, '
	    'sum = trim_scale(c.sum + d.sum) from (select cell, sum(n) as n, '
	    'sum(n * price) as sum from price_delta group by cell) as d '
	    'where c.cell = d.cell', serving);
	execute format('insert into %1$I.price_cell '
	    'select cell, source, site, kind, currency, "by", catalog_id, brand, '
	    'condition_id, size, color_id, sum(n), trim_scale(sum(n * price)) '
	    'from price_delta d where not exists (select from %1$I.price_cell c '
	    'where c.cell = d.cell) group by cell, source, site, kind, currency, '
	    '"by", catalog_id, brand, condition_id, size, color_id', serving);
	execute format('delete from %1$I.price_cell c where c.n = 0 '
	    'and c.cell in (select cell from price_delta)', serving);
	execute format('update %1$I.price_bin b set n = b.n + d.n '
	    'from price_delta d where b.cell = d.cell and b.price = d.price',
	    serving);
	execute format('insert into %1$I.price_bin '
	    'select cell, price, n from price_delta d '
	    'where not exists (select from %1$I.price_bin b '
	    'where b.cell = d.cell and b.price = d.price)', serving);
	execute format('delete from %1$I.price_bin b using price_delta d '
	    'where b.cell = d.cell and b.price = d.price and b.n = 0', serving);
	select count(*)
	into written
	from price_delta;
	drop table price_delta;
	return written;
end
$$;

-- Brings facts, cells and bins up to date: for what the runs touched, or all
-- (null).  Returns how many bins were written.  The caller holds the mart lock.
create or replace function ops.refresh_prices(staging text, serving text,
    runs text[])
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	written bigint;
	has_anew boolean;
	is_old boolean;
begin
	perform ops.make_price_views(serving);
	execute format('select not exists (select from %I.price_window '
	    'where version = ops.prices_version())', serving)
	into is_old;
	if is_old then
		runs := null;
	end if;
	perform ops.find_price_sites(staging, serving, runs);
	perform ops.find_touched_prices(staging, serving, runs);
	has_anew := exists (
		select
		from price_site
		where is_anew);
	if has_anew then
		perform ops.empty_prices(serving);
	end if;
	execute format('create temporary table price_old on commit drop as '
	    'select f.* from price_touched t cross join lateral ('
	    'select * from %1$I.price_fact f where f.item_id = t.item_id '
	    'and f.source = t.source offset 0) f', serving);
	execute 'create temporary table price_new on commit drop as '
	    || ops.price_contributions(serving, false)
	    || case when has_anew then ' union all '
	        || ops.price_contributions(serving, true) else '' end;
	analyze price_old;
	analyze price_new;

	execute format('delete from %1$I.price_fact f using price_old o '
	    'where f.item_id = o.item_id and f.site = o.site '
	    'and f.source = o.source and not exists (select from price_new n '
	    'where n.item_id = o.item_id and n.site = o.site '
	    'and n.source = o.source)', serving);
	execute format('insert into %1$I.price_fact as f (source, site, item_id, '
	    'kind, currency, price, catalogs, brand, condition_id, size, '
	    'color_id, leaves_at) select * from price_new '
	    'on conflict (item_id, site, source) do update set '
	    'kind = excluded.kind, currency = excluded.currency, '
	    'price = excluded.price, catalogs = excluded.catalogs, '
	    'brand = excluded.brand, condition_id = excluded.condition_id, '
	    'size = excluded.size, color_id = excluded.color_id, '
	    'leaves_at = excluded.leaves_at '
	    'where f is distinct from excluded', serving);
	written := ops.apply_price_changes(serving);

	execute format('delete from %1$I.price_window w using price_site s '
	    'where s.source = w.source and s.site = w.site and s.as_of is null',
	    serving);
	execute format('insert into %1$I.price_window as w '
	    'select source, site, as_of, ops.prices_version() from price_site '
	    'where as_of is not null on conflict (source, site) do update '
	    'set as_of = excluded.as_of, version = excluded.version '
	    'where (w.as_of, w.version) '
	    'is distinct from (excluded.as_of, excluded.version)', serving);
	drop table price_site, price_touched, price_old, price_new;
	return written;
end
$$;

-- Takes out all that the sites hold which are made anew.
create or replace function ops.empty_prices(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
begin
	execute format('delete from %1$I.price_bin b using %1$I.price_cell c '
	    'join price_site s using (source, site) '
	    'where s.is_anew and b.cell = c.cell', serving);
	execute format('delete from %1$I.price_cell c using price_site s '
	    'where s.is_anew and s.source = c.source and s.site = c.site',
	    serving);
	execute format('delete from %1$I.price_fact f using price_site s '
	    'where s.is_anew and s.source = f.source and s.site = f.site',
	    serving);
end
$$;
