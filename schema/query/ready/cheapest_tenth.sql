-- What are the cheapest tenth of a catalog, brand and condition?
--
-- A row is a listing that is offered now, the cheapest first, with what a tenth
-- of its like costs at most.
with
wanted as (
	select '1904' as catalog_id,
	    'Nike' as brand,
	    3 as condition_id
),
cell as materialized (
	select p.*
	from wanted w
	    join serving.prices p on p."by" = 'catalog brand condition'
	        and p.catalog_id = w.catalog_id
	        and p.brand = w.brand
	        and p.condition_id = w.condition_id
	where p.kind = 'asked'
),
cheap as (
	select f.*,
	    p.p10,
	    p.n
	from cell p
	    cross join lateral (
		select *
		from serving.listing_fact f
		where f.kind = p.kind
		    and f.brand = p.brand
		    and f.condition_id = p.condition_id
		    and f.price <= p.p10
		    and f.leaves_at >= p.as_of
		    and f.source = p.source
		    and f.site = p.site
		    and f.currency = p.currency
		    and f.catalogs @> array[p.catalog_id]
		order by f.price
		limit 50) as f
	order by f.price, f.site, f.item_id
	limit 50
)
select site,
    item_id,
    price,
    currency,
    p10,
    n,
    size,
    title,
    last_seen
from cheap
order by price, site, item_id;
