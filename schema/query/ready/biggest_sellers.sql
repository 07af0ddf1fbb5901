-- Who offers most of a brand, and at what prices?
--
-- A row is a seller, by pseudonym: what is offered now.
with
wanted as (
	select 'Nike' as brand
)
select f.seller_key,
    f.currency,
    count(distinct f.item_id) as listings,
    min(f.price) as cheapest,
    round(avg(f.price), 2) as mean,
    max(f.price) as dearest
from wanted w
    join serving.listing_fact f on f.brand = w.brand
where f.kind = 'asked'
    and f.seller_key is not null
group by f.seller_key, f.currency
order by listings desc, f.seller_key, f.currency
limit 20;
