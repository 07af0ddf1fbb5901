-- Prices as exact histograms: serving.price_statistics and serving.prices are
-- views over them.  The mart step of vpipe load writes the tables, at a cost that
-- follows what is new; anyone reads.
--
--   price_cell    one combination of source, site, kind, currency, catalog,
--                 brand ...: how many listings and their sum
--   price_bin     how many listings of a cell have one price
--   price_range   how many listings of a large cell cost from one price to the
--                 next; a quantile is looked for in the bins of its range alone
--
-- A listing contributes as one of two kinds.  `asked`: seen since seven days before
-- the site's newest `ok` look, at its latest price, and neither sold nor deleted.
-- `sold`: sold since ninety days before that look, at the last price asked.
--
-- A listing whose first day is known contributes once more, at its first price and
-- for ninety days from its seventh day on: `week on`, `week sold`, `week other` or
-- `week unknown` says what had become of it by then.

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
	sum numeric not null,
	squares numeric not null
);
-- marts of an earlier version are made anew by the next mart step
alter table :"serving".price_cell
    add column if not exists squares numeric not null default 0;
create index if not exists price_cell_by
    on :"serving".price_cell ("by", catalog_id, brand, condition_id);
create index if not exists price_cell_brand
    on :"serving".price_cell (ops.folded(brand))
    where "by" = 'brand';
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

create table if not exists :"serving".price_range (
	cell bigint not null,
	price numeric not null,
	n bigint not null check (n >= 0),
	primary key (cell, price)
);
comment on table :"serving".price_range is
    'a row is how many listings of a cell of a thousand and more cost from this '
    'price on, to the next row''s; vpipe load writes it';

-- From how many listings on a cell has ranges.
create or replace function ops.large_cell()
returns bigint
language sql immutable as $$
	select 1000::bigint
$$;

-- The least price of a price's range: its first two digits, cents as tens of them.
create or replace function ops.range_of(price numeric)
returns numeric
language sql immutable as $$
	select trim_scale(case
	    when price >= 1 then trunc(price, 2 - length(trunc(price)::text))
	    when price >= 0 then trunc(price, 1)
	    else price end)
$$;

-- The quantile q (of six digits) of a cell of n listings, linear between neighbours
-- (Hyndman and Fan's type 7, as percentile_cont), exact: whole numbers say between
-- which.  The expression is of the columns `price` and `upto` (how many listings
-- cost no more) of its bins.
create or replace function ops.quantile_of_bins(n text, q numeric)
returns text
language sql immutable as $$
	select format('round(min(price) filter (where upto > %1$s / 1000000) '
	    '+ %1$s %% 1000000 * 0.000001 '
	    '* (min(price) filter (where upto > (%1$s + 999999) / 1000000) '
	    '- min(price) filter (where upto > %1$s / 1000000)), 2)',
	    format('((%s - 1)::bigint * %s)', n, round(q * 1000000)))
$$;

-- A subquery for `price` and `upto` of those bins of a cell of n listings that the
-- quantiles are of, and of some around them.
create or replace function ops.bins_of_quantiles(serving text, cell text, n text,
    variadic qs numeric[])
returns text
language sql stable as $$
	select format($sql$(
		select b.price,
		    r.below + sum(b.n::int) over (partition by r.price
		        order by b.price rows unbounded preceding) as upto
		from (
			select price,
			    lead(price, 1, 'infinity') over w as next,
			    sum(n::int) over w - n as below,
			    sum(n::int) over w as upto
			from %1$I.price_range
			where cell = %2$s
			    and %3$s >= ops.large_cell()
			window w as (order by price)
			union all
			select '-infinity', 'infinity', 0, %3$s
			where %3$s < ops.large_cell()) as r
		    join %1$I.price_bin b on b.cell = %2$s
		        and b.price >= r.price
		        and b.price < r.next
		where %4$s)$sql$, serving, cell, n,
	    string_agg(format('r.below <= (%1$s + 999999) / 1000000 '
	        'and r.upto > %1$s / 1000000',
	        format('((%s - 1)::bigint * %s)', n, round(q * 1000000))), ' or '))
	from unnest(qs) as q
$$;

-- The quantiles of the cell c, made when they are asked for.
create or replace function ops.price_quantiles(serving text)
returns text
language sql stable as $$
	select format('cross join lateral (select %s, '
	    'round(sqrt((c.squares - c.sum * c.sum / c.n) / c.n), 2) as deviation '
	    'from %s as u) as q', string_agg(format('%s as %s',
	        ops.quantile_of_bins('c.n', q.q), q.name), ', '),
	    ops.bins_of_quantiles(serving, 'c.cell', 'c.n',
	        variadic array_agg(q.q)))
	from (values ('p10', 0.1), ('q1', 0.25), ('median', 0.5), ('q3', 0.75),
	    ('p90', 0.9)) as q(name, q)
$$;

-- The median of the cell under the alias; null below twenty listings.
create or replace function ops.price_median(serving text, cell text, alias text)
returns text
language sql stable as $$
	select format('cross join lateral (select case when %s.n >= 20 then %s end '
	    'as median from %s as u) as %s', cell,
	    ops.quantile_of_bins(cell || '.n', 0.5),
	    ops.bins_of_quantiles(serving, cell || '.cell', cell || '.n', 0.5),
	    alias)
$$;

-- The quantile q of one cell of n listings.
create or replace function ops.price_quantile(serving text, cell bigint, n bigint,
    q numeric)
returns numeric
language plpgsql stable as $$
declare
	found numeric;
begin
	execute format('select %s from %s as u', ops.quantile_of_bins('$2', q),
	    ops.bins_of_quantiles(serving, '$1', '$2', q))
	into found
	using cell, n;
	return found;
end
$$;

-- What may be the id of a listing in what somebody typed: an id, or what stands
-- between slashes of an address, to its first character that no id has.
create or replace function ops.ids_of(typed text)
returns table (id text)
language sql immutable as $$
	select distinct substring(part from '^[[:alnum:]_]+')
	from regexp_split_to_table(regexp_replace(typed, '[?#].*', ''), '/') as part
$$;

-- The groups of which a listing may be one, the narrowest first.
create or replace function ops.groups_of_like()
returns table (place int, "by" text)
language sql immutable as $$
	values (1, 'catalog brand condition size'),
	    (2, 'catalog brand condition'),
	    (3, 'catalog brand size'),
	    (4, 'catalog brand'),
	    (5, 'brand condition size'),
	    (6, 'brand condition'),
	    (7, 'brand size'),
	    (8, 'catalog condition size'),
	    (9, 'catalog condition'),
	    (10, 'catalog size'),
	    (11, 'brand'),
	    (12, 'catalog'),
	    (13, 'condition size'),
	    (14, 'condition'),
	    (15, 'size'),
	    (16, 'all')
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
	perform ops.replace_view(serving, 'asked_and_sold', format($view$
	select a.source, a.site, a.currency, a."by", a.catalog_id, a.brand,
	    a.condition_id, a.size, a.color_id, a.n as asked, q.median as asked_median,
	    coalesce(s.n, 0) as sold, p.median as sold_median,
	    round(p.median / nullif(q.median, 0), 4) as ratio
	from %1$I.price_cell a
	    left join %1$I.price_cell s on s.cell = ops.cell_of(row(a.source, a.site,
	        'sold'::text, a.currency, a."by", a.catalog_id, a.brand,
	        a.condition_id, a.size, a.color_id)::text)
	    %2$s %3$s
	where a.kind = 'asked'
	$view$, serving, ops.price_median(serving, 'a', 'q'),
	    ops.price_median(serving, 's', 'p')),
	    'a row is a group''s listings on offer and those sold in ninety days, and '
	    'the medians of the prices asked and last asked; null below twenty');
end
$$;

-- --- what listings contribute ---

-- A query for what facts contribute, until a window's end: `was` or `as_of`.
create or replace function ops.price_contributions(facts text, ends_at text)
returns text
language sql immutable as $$
	select format($sql$
	select f.source, f.site, k.kind, f.currency, k.price, f.catalogs, f.brand,
	    f.condition_id, f.size, f.color_id, 1 as n
	from %I f
	    join mart_site s using (source, site)
	    cross join lateral (
		select f.kind, f.price
		where f.leaves_at >= s.%2$I
		union all
		select 'week ' || f.week, f.listed_price
		where f.week_leaves_at >= s.%2$I
		    and f.week_leaves_at - ops.week_counts() <= s.%2$I) as k
	where k.kind is not null
	    and k.price is not null
	$sql$, facts, ends_at)
$$;

-- What prices are counted by.
create or replace function ops.price_levels()
returns text[]
language sql immutable as $$
	select array['all', 'brand', 'condition', 'size', 'color',
	    'brand condition', 'brand size', 'condition size',
	    'brand condition size', 'catalog', 'catalog brand',
	    'catalog condition', 'catalog size', 'catalog color',
	    'catalog brand condition', 'catalog brand size',
	    'catalog condition size', 'catalog brand condition size']
$$;

-- Brings cells and bins up to date with the facts as they were and are (temporary
-- tables of facts.sql); returns how many bins were written or deleted.
create or replace function ops.renew_prices(serving text)
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	written bigint;
begin
	execute 'create temporary table price_signed on commit drop as '
	    || ops.sign_changes(ops.price_contributions('fact_old', 'was'),
	        ops.price_contributions('fact_new', 'as_of'),
	        '{source,site,kind,currency,price,catalogs,brand,condition_id,'
	        'size,color_id}');
	if not exists (select from price_signed) then
		drop table price_signed;
		return 0;
	end if;
	execute 'create temporary table price_delta on commit drop as '
	    || ops.spread_over_cells('price_signed',
	        '{source,site,kind,currency}',
	        '{brand,condition_id,size,color_id}', '{price}',
	        ops.price_levels());
	analyze price_delta;
	create temporary table price_sum on commit drop as
	select cell,
	    sum(n) as n,
	    sum(n * price) as sum,
	    sum(n * price * price) as squares
	from price_delta
	group by cell;
	analyze price_sum;
	execute format('update %1$I.price_cell c set n = c.n + d.n, '
	    'sum = trim_scale(c.sum + d.sum), '
	    'squares = trim_scale(c.squares + d.squares) from price_sum d '
	    'where c.cell = d.cell', serving);
	execute format('insert into %1$I.price_cell (cell, source, site, kind, '
	    'currency, "by", catalog_id, brand, condition_id, size, color_id, n, '
	    'sum, squares) select distinct on (cell) cell, d.source, d.site, '
	    'd.kind, d.currency, d."by", d.catalog_id, d.brand, d.condition_id, '
	    'd.size, d.color_id, s.n, trim_scale(s.sum), trim_scale(s.squares) '
	    'from price_delta d join price_sum s using (cell) where not exists ('
	    'select from %1$I.price_cell c where c.cell = d.cell)', serving);
	perform ops.add_counts(serving, 'price_bin', 'price_delta', '{cell,price}');
	perform ops.renew_ranges(serving);
	execute format('delete from %1$I.price_cell c where c.n = 0 '
	    'and c.cell in (select cell from price_sum)', serving);
	select count(*)
	into written
	from price_delta;
	drop table price_signed, price_delta, price_sum;
	return written;
end
$$;

-- Brings the ranges up to date with the cells and bins that price_delta and
-- price_sum have changed.
create or replace function ops.renew_ranges(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
begin
	execute format('create temporary table price_large on commit drop as '
	    'select cell, c.n >= ops.large_cell() as is_large, '
	    'c.n - d.n >= ops.large_cell() as was_large '
	    'from %1$I.price_cell c join price_sum d using (cell) '
	    'where greatest(c.n, c.n - d.n) >= ops.large_cell()', serving);
	execute format('delete from %1$I.price_range r using price_large l '
	    'where l.cell = r.cell and not l.is_large', serving);
	create temporary table range_delta on commit drop as
	select d.cell, ops.range_of(d.price) as price, sum(d.n) as n
	from price_delta d
	    join price_large l using (cell)
	where l.is_large
	    and l.was_large
	group by 1, 2;
	perform ops.add_counts(serving, 'price_range', 'range_delta',
	    '{cell,price}');
	execute format('insert into %1$I.price_range '
	    'select cell, ops.range_of(b.price), sum(b.n) '
	    'from price_large l join %1$I.price_bin b using (cell) '
	    'where l.is_large and not l.was_large group by 1, 2', serving);
	drop table price_large, range_delta;
end
$$;

-- Takes out all that the sites hold which are made anew.
create or replace function ops.empty_prices(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
begin
	execute format('delete from %1$I.price_range r using %1$I.price_cell c '
	    'join mart_site s using (source, site) '
	    'where s.is_anew and r.cell = c.cell', serving);
	execute format('delete from %1$I.price_bin b using %1$I.price_cell c '
	    'join mart_site s using (source, site) '
	    'where s.is_anew and b.cell = c.cell', serving);
	execute format('delete from %1$I.price_cell c using mart_site s '
	    'where s.is_anew and s.source = c.source and s.site = c.site',
	    serving);
end
$$;

-- --- the price at which a share is sold within a week ---

-- The bins of a group's four `week` cells as points of a logistic curve: x, the
-- logarithm of the first price; n, listings; y, those of them that were sold
-- within a week.  Unknown exits count as sold by the share of sales among the
-- known ones; what was removed unsold does not count.
create or replace function ops.week_points(serving text, on_sale bigint,
    sold bigint, other bigint, unknown bigint)
returns table (x float8, n float8, y float8)
language plpgsql stable as $$
begin
	return query execute format($sql$
	with
	bin as (
		select b.cell,
		    b.price,
		    b.n
		from %I.price_bin b
		where b.cell = any (array[$1, $2, $3, $4])
		    and b.price > 0
	),
	known as (
		select coalesce(sum(b.n) filter (where b.cell = $2)
		        / nullif(sum(b.n) filter (where b.cell in ($2, $3)), 0), 0)
		        as share
		from bin b
	),
	point as (
		select ln(b.price)::float8 as x,
		    sum(case b.cell when $1 then b.n else 0 end)::float8 as stayed,
		    sum(case b.cell when $2 then b.n when $4 then b.n * k.share
		        else 0 end)::float8 as went
		from bin b
		    cross join known k
		group by b.price
	)
	select p.x,
	    p.stayed + p.went,
	    p.went
	from point p
	where p.stayed + p.went > 0
	$sql$, serving)
	using on_sale, sold, other, unknown;
end
$$;

-- A logistic regression of one variable, by Newton's method (McCullagh and Nelder,
-- Generalized Linear Models, chapter 4): the chance at x is
-- 1 / (1 + exp(-a - b (x - center))).  Returns a, b and their covariances; no row
-- when it does not converge, as when one price parts sold from unsold.
create or replace function ops.fit_logistic(xs float8[], ns float8[], ys float8[])
returns table (center float8, a float8, b float8, var_a float8, var_b float8,
    cov float8)
language plpgsql immutable as $$
declare
	s record;
	det float8;
	step_a float8;
	step_b float8;
begin
	center := (
		select sum(p.x * p.n) / sum(p.n)
		from unnest(xs, ns) as p(x, n));
	a := 0;
	b := 0;
	for i in 1 .. 30 loop
		select sum(w) as w,
		    sum(w * d) as wx,
		    sum(w * d * d) as wxx,
		    sum(r) as r,
		    sum(r * d) as rx
		into s
		from (
			select p.x - center as d,
			    p.n * c * (1 - c) as w,
			    p.y - p.n * c as r
			from unnest(xs, ns, ys) as p(x, n, y)
			    cross join lateral (
				select 1 / (1 + exp(-a - b * (p.x - center)))
				    as c) as c) as t;
		det := s.w * s.wxx - s.wx * s.wx;
		if det is null or det <= 1e-9 then
			return;
		end if;
		step_a := (s.wxx * s.r - s.wx * s.rx) / det;
		step_b := (s.w * s.rx - s.wx * s.r) / det;
		a := a + step_a;
		b := b + step_b;
		if abs(a) > 30 or abs(b) > 30 then
			return;
		end if;
		if abs(step_a) + abs(step_b) < 1e-9 then
			var_a := s.wxx / det;
			var_b := s.w / det;
			cov := -s.wx / det;
			return next;
			return;
		end if;
	end loop;
end
$$;

-- The prices for which three quarters, half and a quarter of a group's listings
-- were sold within a week, each with its 95 % interval (delta method, of the
-- logarithm), from the group's four `week` cells (null: it has none).
--
--   listings, sold  those that count, as week_points counts them
--   reason          why there is no price: `few` (below fifty, or ten sold or ten
--                   not), `price` (those that ask less are not sold faster, as
--                   far as can be told)
--   beyond          `less` or `more` than nearly all (95 in 100) of them asked:
--                   the price is then the least or most that they asked
create or replace function ops.prices_to_sell(serving text, on_sale bigint,
    sold_cell bigint, other bigint, unknown bigint)
returns table (share numeric, price numeric, low numeric, high numeric,
    beyond text, listings numeric, sold numeric, reason text)
language plpgsql stable as $$
declare
	xs float8[];
	ns float8[];
	ys float8[];
	least_x float8;
	most_x float8;
	f record;
	x float8;
	se float8;
begin
	select array_agg(p.x), array_agg(p.n), array_agg(p.y),
	    coalesce(sum(p.n), 0)::numeric(20, 1),
	    coalesce(sum(p.y), 0)::numeric(20, 1),
	    min(p.x) filter (where p.upto >= 0.025 * p.total),
	    min(p.x) filter (where p.upto >= 0.975 * p.total)
	into xs, ns, ys, listings, sold, least_x, most_x
	from (
		select w.*,
		    sum(w.n) over (order by w.x) as upto,
		    sum(w.n) over () as total
		from ops.week_points(serving, on_sale, sold_cell, other, unknown)
		    as w) as p;
	reason := case when listings < 50 or sold < 10 or listings - sold < 10
	    then 'few' end;
	if reason is null then
		select *
		into f
		from ops.fit_logistic(xs, ns, ys);
		if f.b is null or f.b > -1.96 * sqrt(f.var_b) then
			reason := 'price';
		end if;
	end if;
	foreach share in array array[0.75, 0.5, 0.25]
	loop
		if reason is null then
			x := (ln(share / (1 - share)) - f.a) / f.b;
			se := sqrt(f.var_a + x * x * f.var_b + 2 * x * f.cov)
			    / -f.b;
			x := x + f.center;
			beyond := case when x < least_x then 'less'
			    when x > most_x then 'more' end;
			price := round(exp(least(greatest(x, least_x), most_x))
			    ::numeric, 2);
			low := case when beyond is null then
			    round(exp(x - 1.96 * se)::numeric, 2) end;
			high := case when beyond is null then
			    round(exp(x + 1.96 * se)::numeric, 2) end;
		end if;
		return next;
	end loop;
end
$$;
