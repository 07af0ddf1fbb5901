-- How old listings were when they were last there, and when they were sold or
-- gone: grouped and counted, as vsurv reads them, the largest cells first.  Of
-- listings whose first day is known: a complete sweep of their seller had not
-- shown them yet.  vpipe sales.
--
-- Variables: by (words of catalog, brand, condition, size), source, catalog,
-- brand, condition (empty: any), most (so many cells at most), language (of
-- names).
set client_min_messages = warning;
set timezone = 'UTC';
set work_mem = '64MB';

-- ages in whole days: looks are about a day apart
create temporary table aged as
select l.source,
    l.item_id,
    l.site,
    s.state,
    greatest(round(extract(epoch from l.latest - b.birth) / 86400), 0)
        as entered,
    greatest(round(extract(epoch from case
        when s.state in ('sold', 'deleted', 'hidden', 'missing')
            then coalesce(s.earliest, s.last_seen)
        else s.last_seen end - b.birth) / 86400), 0) as last_day,
    case when s.state in ('sold', 'missing')
        then greatest(round(extract(epoch from s.latest - b.birth) / 86400), 1)
        end as gone_day,
    case s.state when 'sold' then 'sold'
        when 'deleted' then 'other'
        when 'hidden' then 'other'
        when 'missing' then 'unknown' end as exit
from serving.event l
    join serving.item_state s on s.source = l.source
        and s.item_id = l.item_id
    cross join lateral (
	select l.earliest + (l.latest - l.earliest) / 2 as birth) as b
where l.type = 'listed'
    and l.earliest is not null
    and (:'source' = '' or l.source = :'source');
create index on aged (item_id);
analyze aged;

create temporary table placed as
select a.*,
    i.brand,
    i.condition_id,
    i.size::text as size,
    c.catalog_id
from aged a
    cross join lateral (
	select *
	from serving.item i
	where i.source = a.source
	    and i.item_id = a.item_id
	    and i.site = a.site
	offset 0) as i
    left join lateral (
	select distinct c.catalog_id
	from serving.item_catalog c
	where c.source = a.source
	    and c.item_id = a.item_id
	    and (:'by' ~ 'catalog' or :'catalog' <> '')
	offset 0) as c on true
where (:'brand' = '' or lower(i.brand) = lower(:'brand'))
    and (:'catalog' = '' or c.catalog_id = :'catalog')
    and (:'condition' = '' or i.condition_id = nullif(:'condition', '')::bigint);

with
grouped as (
	select source,
	    min(site) as site,
	    case when :'by' ~ 'catalog' then catalog_id end as catalog_id,
	    case when :'by' ~ 'brand' then brand end as brand,
	    case when :'by' ~ 'condition' then condition_id end as condition_id,
	    case when :'by' ~ 'size' then size end as size,
	    entered,
	    last_day,
	    gone_day,
	    exit,
	    count(*) as n
	from placed
	group by 1, 3, 4, 5, 6, 7, 8, 9, 10
),
counted as (
	select jsonb_strip_nulls(jsonb_build_object(
	        'catalog', case when :'by' ~ 'catalog'
	            then coalesce(catalog_id, '(none)') end,
	        'catalog_name', case when :'by' ~ 'catalog'
	            then serving.catalog_name(source, site, catalog_id,
	                :'language') end,
	        'brand', case when :'by' ~ 'brand'
	            then coalesce(brand, '(none)') end,
	        'condition', case when :'by' ~ 'condition'
	            then coalesce(condition_id::text, '(none)') end,
	        'condition_name', case when :'by' ~ 'condition'
	            then serving.condition_name(source, condition_id,
	                :'language') end,
	        'size', case when :'by' ~ 'size'
	            then coalesce(size, '(none)') end)) as cell,
	    entered,
	    last_day,
	    gone_day,
	    exit,
	    sum(n) as n
	from grouped
	group by 1, 2, 3, 4, 5
),
ranked as (
	select *,
	    dense_rank() over (order by total desc, cell) as place
	from (
		select *, sum(n) over (partition by cell) as total
		from counted) as c
)
select json_strip_nulls(json_build_object('cell', cell, 'entry', entered,
    'left', greatest(last_day, entered), 'right', case when gone_day is not null
        then greatest(gone_day, last_day, entered + 1) end,
    'exit', exit, 'n', n))
from ranked
where place <= :'most'::bigint
order by place, entered, last_day, gone_day, exit;
