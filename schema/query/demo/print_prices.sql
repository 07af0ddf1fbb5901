-- The quickstart's table of prices: the largest groups of both sites, with the
-- names of catalogs in the URLs :catalogs.
with
named as (
	select m[1] as site,
	    m[2] as catalog_id,
	    m[3] as name
	from regexp_matches(:'catalogs',
	    'https://([^/]+)/catalog/(\d+)-([a-z]+)', 'g') as m
),
placed as (
	select s.*,
	    coalesce(n.name, s.catalog_id::text) as catalog,
	    row_number() over (
	        partition by s.currency
	        order by s.count desc, s.catalog_id, s.brand, s.condition_id)
	    as place
	from serving.price_statistics s
	    left join named n on n.site = s.site
	        and n.catalog_id = s.catalog_id::text
)
select currency,
    catalog,
    coalesce(brand, '(none)') as brand,
    case condition_id
        when 6 then 'new, with tags'
        when 1 then 'new'
        when 2 then 'very good'
        when 3 then 'good'
        when 4 then 'satisfactory'
        else '-'
    end as condition,
    count as n,
    p10,
    median,
    p90
from placed
where place <= 6
order by currency, place;
