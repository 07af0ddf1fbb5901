-- The quickstart's table: the best filled groups of both sites.
select site,
    catalog_id as catalog,
    coalesce(brand, '(none)') as brand,
    case condition_id
        when 6 then 'new, with tags'
        when 1 then 'new'
        when 2 then 'very good'
        when 3 then 'good'
        when 4 then 'satisfactory'
        else '-'
    end as condition,
    count as listings,
    p10,
    median,
    mean,
    p90,
    currency
from (
	select *, row_number() over (
		partition by site
		order by count desc, catalog_id, brand, condition_id) as place
	from serving.price_statistics) as s
where place <= 8
order by site, place;
