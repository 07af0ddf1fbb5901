-- One line a page of vpipe report: its key, a tabulator, and a JSON object of
-- prices, days, weeks, ages and the newest listings.

-- cells of prices by brand, condition and size, the sixty largest of each
create temporary table priced as
with
cell as (
	select p.key, c.*
	from page p
	    join serving.price_cell c on c."by" = any (array['catalog',
	            'catalog brand', 'catalog condition', 'catalog size'])
	        and c.catalog_id = p.catalog_id
	        and (c.source, c.site, c.currency)
	            = (p.source, p.site, p.currency)
	union all
	select p.key, c.*
	from page p
	    join serving.price_cell c on c."by" = any (array['all', 'brand',
	            'condition', 'size'])
	        and (c.source, c.site, c.currency)
	            = (p.source, p.site, p.currency)
	where p.catalog_id is null
),
paired as (
	select *,
	    max(n) over (
	        partition by key, "by", brand, condition_id, size) as most
	from cell
	where kind in ('asked', 'sold')
),
placed as (
	select *,
	    dense_rank() over (
	        partition by key, "by"
	        order by most desc, brand, condition_id, size) as place
	from paired
)
select key,
    cell,
    kind,
    "by",
    brand,
    condition_id,
    size,
    n,
    place
from placed
where place <= 60;
create index on priced (key);

-- the bins of a page's prices: at most forty of one width, 1, 2 or 5 times a power
-- of ten, up to the price that 975 in 1,000 do not exceed; the last has the rest
create temporary table binned as
select b.key,
    b.kind,
    w.width,
    least(floor(b.price / w.width), w.bins)::int as bin,
    sum(b.n) as n
from (
	select c.key,
	    c.kind,
	    b.price,
	    b.n
	from priced c
	    join serving.price_bin b using (cell)
	where c."by" in ('all', 'catalog')) as b
    join (
	select key,
	    min(s.width) as width,
	    least(ceil(max(most) / min(s.width)), 40)::int as bins
	from (
		select key,
		    max(price) filter (where upto <= 0.975 * total) as most
		from (
			select c.key,
			    b.price,
			    sum(b.n) over (partition by c.key order by b.price)
			        as upto,
			    sum(b.n) over (partition by c.key) as total
			from priced c
			    join serving.price_bin b using (cell)
			where c."by" in ('all', 'catalog')) as u
		group by key) as m
	    join (
		select d * power(10::numeric, e) as width
		from unnest(array[1, 2, 5]) as d
		    cross join generate_series(-2, 9) as e) as s
	        on s.width * 40 >= m.most
	where m.most > 0
	group by key) as w using (key)
group by 1, 2, 3, 4;
create index on binned (key);

-- the newest listings of each page, of the newest of its site
create temporary table newest as
with
recent as materialized (
	select f.*
	from (
		select distinct source,
		    site
		from page) as s
	    cross join lateral (
		select *
		from serving.listing_fact f
		where f.source = s.source
		    and f.site = s.site
		order by f.first_seen desc
		limit 20000) as f
),
placed as (
	select p.key,
	    r.*,
	    row_number() over (
	        partition by p.key
	        order by r.first_seen desc, r.item_id) as place
	from page p
	    join recent r using (source, site, currency)
	where p.catalog_id is null
	    or p.catalog_id = any (r.catalogs)
)
select *
from placed
where place <= 500;
create index on newest (key);

select p.key || E'\t' || json_build_object(
    'key', p.key,
    'prices', (
	select json_agg(json_build_array(replace(c."by", 'catalog ', ''), c.kind,
	        c.brand, c.condition_id, c.size, c.n,
	        case when c.n >= 20 then q.p10 end,
	        case when c.n >= 20 then q.q1 end,
	        case when c.n >= 20 then q.median end,
	        case when c.n >= 20 then q.q3 end,
	        case when c.n >= 20 then q.p90 end)
	    order by c."by", c.place, c.kind)
	from priced c
	    join serving.prices q using (cell)
	where c.key = p.key),
    'bins', (
	select json_build_object('width', min(b.width), 'rows',
	    json_agg(json_build_array(b.kind, b.bin, b.n) order by b.kind, b.bin))
	from binned b
	where b.key = p.key),
    'days', (
	select json_agg(json_build_array(t.day, t.new, t.ended, t.sold, t.live,
	        t.favourites, t.asked_n, t.asked_median, t.sold_n,
	        t.sold_median, t.coverage, t.blank) order by t.day)
	from serving.trends t
	where t.cell = f.cell
	    and t.day > p.as_of::date - 120),
    'weeks', (
	select json_agg(json_build_array(t.week, t.new, t.ended, t.sold, t.live,
	        t.favourites, t.asked_n, t.asked_median, t.sold_n,
	        t.sold_median, t.coverage, t.blank, t.index, t.index_base,
	        t.matched_share) order by t.week)
	from serving.trends_weekly t
	where t.cell = f.cell),
    'ages', (
	select json_agg(json_build_array(s.age, s.listings, s.sold, s.other,
	        s.unknown, s.too_young, s.share, s.low, s.high) order by s.age)
	from serving.sell_through s
	where s.source = p.source
	    and s.site = p.site
	    and s."by" = case when p.catalog_id is null then 'all'
	        else 'catalog' end
	    and s.catalog_id is not distinct from p.catalog_id
	    and s.born_week is null),
    'listings', (
	select json_agg(json_build_array(l.item_id, l.title, l.brand,
	        l.condition_id, l.size, l.price, l.listed_price, l.first_seen,
	        l.last_seen, l.state, l.left_latest, l.favourites)
	    order by l.first_seen desc, l.item_id)
	from newest l
	where l.key = p.key))
from page p
    cross join lateral (
	select ops.cell_of(row(p.source, p.site, p.currency,
	        case when p.catalog_id is null then 'all' else 'catalog' end,
	        p.catalog_id, null::text, null::bigint)::text) as cell) as f;
