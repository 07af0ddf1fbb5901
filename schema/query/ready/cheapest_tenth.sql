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
		    and f.source = p.source
		    and f.site = p.site
		    and f.currency = p.currency
		    and f.catalogs @> array[p.catalog_id]
		order by f.price
		limit 50) as f
	order by f.price, f.site, f.item_id
	limit 50
)
select c.site,
    c.item_id,
    c.price,
    c.currency,
    c.p10,
    c.n,
    c.size,
    i.title,
    i.last_seen
from cheap c
    cross join lateral (
	select *
	from serving.item i
	where i.source = c.source
	    and i.site = c.site
	    and i.item_id = c.item_id
	offset 0) as i
order by c.price, c.site, c.item_id;
