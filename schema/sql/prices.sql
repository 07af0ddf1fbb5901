-- Prices as exact histograms: serving.price_statistics and serving.prices are
-- views over them.  The mart step of vpipe load writes the tables, at a cost that
-- follows what is new; anyone reads.
--
--   price_cell    one combination of source, site, kind, currency, catalog,
--                 brand ...: how many listings and their sum
--   price_bin     how many listings of a cell have one price
--
-- A listing contributes as one of two kinds.  `asked`: seen since seven days before
-- the site's newest `ok` look, at its latest price, and neither sold nor deleted.
-- `sold`: sold since ninety days before that look, at the last price asked.
--
-- A listing whose first day is known contributes once more, at its first price and
-- for ninety-seven days: `week on`, `week sold`, `week other` or `week unknown`
-- says what had become of it after seven days.

select format('drop table %I.price_statistics', :'serving')
from pg_class
where oid = to_regclass(format('%I.price_statistics', :'serving'))
    and relkind = 'r' \gexec

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
	    'from %1$I.price_cell c join %1$I.mart_window w using (source, site) '
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
	    'from %1$I.price_cell c join %1$I.mart_window w using (source, site) '
	    '%2$s', serving, ops.price_quantiles(serving)),
	    'a row is the prices of one kind (asked, sold) by what "by" says: '
	    'catalog, brand, condition, size, color or a combination; a column that '
	    'it does not name is null; anyone reads it');
end
$$;

-- --- what listings contribute ---

-- A query for what facts contribute, until a window's end: `was` or `as_of`.
create or replace function ops.price_contributions(facts text, ends_at text)
returns text
language sql immutable as $$
	select format($sql$
	select f.source, f.site, k.kind, f.currency, k.price, f.catalogs, f.brand,
	    f.condition_id, f.size, f.color_id
	from %I f
	    join mart_site s using (source, site)
	    cross join lateral (
		select f.kind, f.price
		where f.leaves_at >= s.%2$I
		union all
		select 'week ' || f.week, f.listed_price
		where f.week_leaves_at >= s.%2$I) as k
	where k.kind is not null
	    and k.price is not null
	$sql$, facts, ends_at)
$$;

-- What changed, spread over the cells: a query of signed counts by cell and price.
-- A listing counts once where catalogs play no part, and else in each of its own.
create or replace function ops.price_changes()
returns text
language sql immutable as $$
	select format($sql$
	with
	signed as (
		select sum(sign) as sign, source, site, kind, currency, price,
		    catalogs, brand, condition_id, size, color_id
		from (
			select -1 as sign, o.*
			from (%s) as o
			union all
			select 1, n.*
			from (%s) as n) as f
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
	$sql$, ops.price_contributions('fact_old', 'was'),
	    ops.price_contributions('fact_new', 'as_of'))
$$;

-- Brings cells and bins up to date with the facts as they were and are (temporary
-- tables of facts.sql); returns how many bins were written or deleted.
create or replace function ops.renew_prices(serving text)
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

-- Takes out all that the sites hold which are made anew.
create or replace function ops.empty_prices(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
begin
	execute format('delete from %1$I.price_bin b using %1$I.price_cell c '
	    'join mart_site s using (source, site) '
	    'where s.is_anew and b.cell = c.cell', serving);
	execute format('delete from %1$I.price_cell c using mart_site s '
	    'where s.is_anew and s.source = c.source and s.site = c.site',
	    serving);
end
$$;
