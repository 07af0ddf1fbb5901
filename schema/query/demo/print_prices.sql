-- The quickstart's table of prices: the largest groups of both sites, with names
-- in :language.
with
placed as (
	select s.*,
	    row_number() over (
	        partition by s.currency
	        order by s.count desc, s.catalog_id, s.brand, s.condition_id)
	    as place
	from serving.price_statistics s
)
select currency,
    serving.catalog_name(source, site, catalog_id, :'language') as catalog,
    coalesce(brand, '(none)') as brand,
    coalesce(serving.condition_name(source, condition_id, :'language'), '-')
        as condition,
    count as n,
    p10,
    median,
    p90
from placed
where place <= 6
order by currency, place;
