-- What things like a listing, or of a brand, catalog, condition and size, are
-- offered for and were sold for.  vpipe price.
--
-- Variables, empty where nothing was given: listing (an id or address), source,
-- site, currency, brand, catalog, condition (an id), size; json (true: an object,
-- false: a table of 80 columns), language (of names), in (a currency, in which
-- prices are shown once more), simulated (tell_evidence.sql).  Prints nothing when no
-- such listing is known.
--
--   wanted        what was asked about, as it is known
--   asked, sold   n and the quantiles of its group: by what, and which are
--                 narrower; null below twenty listings
--   week          the prices for which a share was sold within seven days
--   comparable    up to ten listings of the group of `asked`
--
-- The group is the narrowest of at least twenty listings, else the one that has
-- most.
set client_min_messages = warning;
set timezone = 'UTC';
\set enough 20

create temporary table wanted as
select f.source,
    f.site,
    f.item_id,
    f.title,
    f.price,
    f.currency,
    f.last_seen,
    (
	select c.catalog_id
	from unnest(f.catalogs) as c(catalog_id)
	    join serving.price_cell p on p."by" = 'catalog'
	        and p.catalog_id = c.catalog_id
	        and p.source = f.source
	        and p.site = f.site
	        and p.kind = 'asked'
	order by p.n, c.catalog_id
	limit 1) as catalog_id,
    f.brand,
    f.condition_id,
    f.size,
    true as has_brand,
    true as has_condition,
    true as has_size
from ops.ids_of(:'listing') as t
    join serving.listing_fact f on f.item_id = t.id
where f.source = coalesce(nullif(:'source', ''), f.source)
    and f.site = coalesce(nullif(:'site', ''), f.site)
    -- an address names its host
    and (:'listing' !~ '//' or lower(:'listing') ~ ('//' || f.site || '(/|:|$)'))
order by f.last_seen desc, f.source, f.site
limit 1;

-- of no listing: on the site, in the currency, that has most of the like
select coalesce((
	select c.brand
	from serving.price_cell c
	where c."by" = 'brand'
	    and ops.folded(c.brand) = ops.folded(:'brand')
	group by c.brand
	order by c.brand = :'brand' desc, sum(c.n) desc
	limit 1), :'brand') as brand \gset
insert into wanted
select c.source, c.site, null, null, null, c.currency, null,
    nullif(:'catalog', ''), nullif(:'brand', ''),
    nullif(:'condition', '')::bigint, nullif(:'size', ''),
    :'brand' <> '', :'condition' <> '', :'size' <> ''
from serving.price_cell c
where :'listing' = ''
    and c.kind in ('asked', 'sold')
    and c."by" = case when :'catalog' <> '' then 'catalog'
        when :'brand' <> '' then 'brand' else 'all' end
    and (:'catalog' = '' or c.catalog_id = :'catalog')
    and (:'catalog' <> '' or :'brand' = ''
        or ops.folded(c.brand) = ops.folded(:'brand') and c.brand = :'brand')
    and c.source = coalesce(nullif(:'source', ''), c.source)
    and c.site = coalesce(nullif(:'site', ''), c.site)
    and c.currency = coalesce(nullif(:'currency', ''), c.currency)
order by c.kind, c.n desc, c.source, c.site, c.currency
limit 1;

-- the groups it belongs to, the narrowest first
create temporary table candidate as
select l.place,
    c.*
from wanted w
    cross join ops.groups_of_like() as l
    cross join (values ('asked'), ('sold'), ('week on'), ('week sold'),
        ('week other'), ('week unknown')) as k(kind)
    cross join lateral (
	select l."by" ~ 'catalog' as of_catalog,
	    l."by" ~ 'brand' as of_brand,
	    l."by" ~ 'condition' as of_condition,
	    l."by" ~ 'size' as of_size) as o
    join serving.price_cell c on c.cell = ops.cell_of(row(w.source, w.site,
        k.kind, w.currency, l."by", case when o.of_catalog then w.catalog_id end,
        case when o.of_brand then w.brand end,
        case when o.of_condition then w.condition_id end,
        case when o.of_size then w.size end, null::text)::text)
where (not o.of_catalog or w.catalog_id is not null)
    and (not o.of_brand or w.has_brand)
    and (not o.of_condition or w.has_condition)
    and (not o.of_size or w.has_size);
create temporary table chosen as
with
best as (
	select distinct on (c.kind) c.*
	from candidate c
	where c.kind in ('asked', 'sold')
	order by c.kind, c.n >= :enough desc,
	    case when c.n >= :enough then c.place end, c.n desc, c.place
)
select c.place,
    c.kind,
    c."by",
    c.catalog_id,
    c.brand,
    c.condition_id,
    c.size,
    c.source,
    c.site,
    c.currency,
    c.n,
    q.*,
    p.as_of,
    narrower.*
from best c
    join serving.prices p on p.cell = c.cell
    left join lateral (
	select p.p10, p.q1, p.median, p.q3, p.p90
	where c.n >= :enough) as q on true
    left join lateral (
	select d."by" as narrower, d.n as narrower_n
	from candidate d
	where d.kind = c.kind
	    and d.place < c.place
	order by d.place desc
	limit 1) as narrower on true;

create temporary table exchange (currency text, rate numeric, day date);
select :'in' <> '' as has_other \gset
\if :has_other
insert into exchange
select :'in',
    r.rate,
    r.day
from (
	select distinct source, currency, as_of
	from chosen) as c
    left join lateral serving.rate(c.source, c.currency, :'in',
        c.as_of::date) as r on true
where c.currency <> :'in';
\endif

-- What sells within a week: of the narrowest group of which that can be told, else
-- of the one that has most.
create temporary table week as
select g."by",
    s.*
from (
	select c.place,
	    c."by",
	    sum(c.n) as n,
	    min(c.cell) filter (where c.kind = 'week on') as on_sale,
	    min(c.cell) filter (where c.kind = 'week sold') as sold_cell,
	    min(c.cell) filter (where c.kind = 'week other') as other,
	    min(c.cell) filter (where c.kind = 'week unknown') as unknown
	from candidate c
	where c.kind like 'week %'
	group by c.place, c."by") as g
    cross join lateral (
	select jsonb_agg(jsonb_build_object('share', p.share, 'price', p.price,
	        'low', p.low, 'high', p.high, 'beyond', p.beyond)
	        order by p.share desc) filter (where p.price is not null)
	        as prices,
	    min(p.listings) as listings,
	    min(p.sold) as sold,
	    min(p.reason) as reason
	from ops.prices_to_sell('serving', g.on_sale, g.sold_cell, g.other,
	    g.unknown) as p) as s
order by s.reason = 'few' nulls first, s.reason nulls first,
    case when s.reason = 'few' then -g.n else g.place end, g.place
limit 1;

-- Those of the group that are most like it, of a thousand of them: sold ones
-- first, then of the same size, condition and brand, then the nearest in price.
create temporary table comparable as
select row_number() over () as place,
    f.*
from wanted w
    cross join lateral (
	select f.item_id,
	    f.price,
	    f.currency,
	    f.brand,
	    f.condition_id,
	    f.size,
	    f.title,
	    f.first_seen,
	    f.last_seen,
	    coalesce(f.state, 'live') as state,
	    coalesce(f.left_latest, f.last_seen) as at
	from chosen c
	    cross join lateral (
		select *
		from serving.listing_fact f
		where f.source = c.source
		    and f.site = c.site
		    and f.leaves_at >= c.as_of
		    and f.price is not null
		    and f.currency = c.currency
		    and (c."by" !~ 'catalog'
		        or f.catalogs @> array[c.catalog_id])
		    and (c."by" !~ 'brand'
		        or f.brand is not distinct from c.brand)
		    and (c."by" !~ 'condition'
		        or f.condition_id is not distinct from c.condition_id)
		    and (c."by" !~ 'size' or f.size is not distinct from c.size)
		    and f.item_id is distinct from w.item_id
		limit 1000) as f
	where c.kind = 'asked'
	order by f.kind desc,
	    (f.size = w.size) desc nulls last,
	    (f.condition_id = w.condition_id) desc nulls last,
	    (f.brand = w.brand) desc nulls last,
	    abs(f.price - coalesce(w.price, c.median)), f.last_seen desc,
	    f.item_id
	limit 10) as f;

\ir ../audit/tell_evidence.sql
\if :json
select json_build_object(
    'wanted', json_build_object('source', w.source, 'site', w.site,
        'item_id', w.item_id, 'title', w.title, 'price', w.price,
        'currency', w.currency, 'catalog_id', w.catalog_id, 'brand', w.brand,
        'condition_id', w.condition_id, 'size', w.size,
        'last_seen', w.last_seen),
    'asked', g.asked,
    'sold', g.sold,
    'evidence', :'sales_are',
    'exchange', (
	select to_jsonb(e)
	from exchange e),
    'sold_within_7_days', (
	select to_jsonb(s)
	from week s),
    'comparable', (
	select coalesce(json_agg(to_jsonb(c) - 'place' order by c.place), '[]')
	from comparable c))
from wanted w
    left join lateral (
	select json_agg(to_jsonb(c) - 'place' - 'kind')
	        filter (where c.kind = 'asked') -> 0 as asked,
	    json_agg(to_jsonb(c) - 'place' - 'kind')
	        filter (where c.kind = 'sold') -> 0 as sold
	from chosen c) as g on true;
\else
create function pg_temp.short(words text, most int) returns text
language sql as $$
	-- no title moves the cursor
	select case when length(w) > most then left(w, most - 1) || '…'
	    else rpad(coalesce(w, '-'), most) end
	from regexp_replace(words, '[[:cntrl:]]', ' ', 'g') as w
$$;
create function pg_temp.named(by_what text) returns text
language sql as $$
	select case by_what when 'all' then 'site'
	    else regexp_replace(replace(by_what, ' ', ', '), ', (\w+)$', ' and \1')
	    end
$$;
create function pg_temp.shown(price numeric, width int) returns text
language sql as $$
	select lpad(coalesce(round(price, 2)::text, '-'), width)
$$;
select rtrim(pg_temp.short(concat_ws(', ', w.title, w.brand, w.size,
        serving.catalog_name(w.source, w.site, w.catalog_id, :'language'),
        serving.condition_name(w.source, w.condition_id, :'language')), 80))
    || E'\n' || format('on %s, in %s', w.site, w.currency)
    || coalesce(', offered for ' || round(w.price, 2) || ', seen '
        || w.last_seen::date, '')
    || E'\n\n' || format('%9s%s', '', lpad('listings', 8))
        || string_agg(lpad(q, 10), '' order by o)
from wanted w
    cross join unnest(array['10 %', '25 %', 'median', '75 %', '90 %'])
        with ordinality as a(q, o)
group by w.source, w.title, w.brand, w.size, w.catalog_id, w.condition_id,
    w.site, w.currency, w.price, w.last_seen;
select format('%s%s%s%s%s%s%s', rpad(k.kind || m.suffix, 9),
    lpad(coalesce(c.n, 0)::text, 8), pg_temp.shown(c.p10 * m.rate, 10),
    pg_temp.shown(c.q1 * m.rate, 10), pg_temp.shown(c.median * m.rate, 10),
    pg_temp.shown(c.q3 * m.rate, 10), pg_temp.shown(c.p90 * m.rate, 10))
from wanted
    cross join (
	select 1 as rate, '' as suffix
	union all
	select e.rate, ' ' || e.currency
	from exchange e
	where e.rate is not null) as m
    cross join (values ('asked'), ('sold')) as k(kind)
    left join chosen c using (kind)
order by m.suffix, k.kind;
-- without cents from so much on
create function pg_temp.rounded(price text, much int) returns text
language sql as $$
	select case when price::numeric < much then price
	    else round(price::numeric)::text end
$$;
select E'\nsold in 7 days' || lpad('3 of 4 at', 22) || lpad('half at', 22)
    || lpad('1 of 4 at', 22) || E'\n' || rpad('', 14)
    || string_agg(lpad(t.told, greatest(22, length(t.told) + 1)), ''
        order by o)
from week
    cross join jsonb_array_elements(prices) with ordinality as a(p, o)
    cross join lateral (
	select case p ->> 'beyond' when 'less' then '< ' when 'more' then '> '
	        else '' end || pg_temp.rounded(p ->> 'price', 1000)
	    || coalesce(' (' || pg_temp.rounded(p ->> 'low', 100) || '–'
	        || pg_temp.rounded(p ->> 'high', 100) || ')', '') as told) as t
where reason is null
having count(*) > 0;
select case when kind = min(kind) over () then E'\n' else '' end
    || format('%s: of the same %s', rpad(kind, 5), pg_temp.named("by"))
    || case kind when 'asked' then format(', seen in the week to %s',
        as_of::date) else ', in 90 days, at the last price' end
    || case when n < :enough then E'\n       fewer than 20: too few for quantiles'
        else '' end
    || coalesce(E'\n       only ' || narrower_n || ' of the same '
        || pg_temp.named(narrower), '')
from chosen
order by kind;
select rpad(currency, 5) || ': ' || case when rate is null
    then 'no rate is known: no listing was shown in both currencies'
    else format('at %s, as the source''s sites showed it on %s', rate, day) end
from exchange;
select rpad('week', 5) || ': ' || case
    when s.reason = 'few' then format('too few to tell: %s whose first day is '
        'known, %s of them sold', round(s.listings), round(s.sold))
    when s.reason = 'price' then format('%s of %s sold within 7 days, at any '
        'price; of the same %s', round(s.sold), round(s.listings),
        pg_temp.named(s."by"))
    when s.listings > 0 then format('of the same %s; %s whose first day is '
        'known, %s sold', pg_temp.named(s."by"), round(s.listings),
        round(s.sold))
    else 'what sells in 7 days is not known yet: vpipe track tells after a week' end
from wanted
    left join week s on true;
select :'sales_are'
from wanted;
select case place when 1 then E'\nlike it         price  state     seen        size      title\n'
    else '' end || rtrim(rpad(left(item_id, 12), 12) || pg_temp.shown(price, 9) || '  '
    || rpad(state, 10) || rpad(at::date::text, 12) || pg_temp.short(size, 9) || ' '
    || pg_temp.short(title, 25))
from comparable
order by place;
\endif
