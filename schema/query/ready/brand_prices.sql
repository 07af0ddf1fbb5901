-- What does a brand sell for, and what is asked for it?
--
-- A row is a site, a kind and a currency: asked (seen in the last seven days), sold
-- (the last prices of ninety days).
with
wanted as (
	select 'Nike' as brand
)
select p.site,
    p.kind,
    p.currency,
    p.n,
    p.p10,
    p.q1,
    p.median,
    p.q3,
    p.p90,
    p.as_of
from wanted w
    join serving.prices p on p."by" = 'brand'
        and p.catalog_id is null
        and p.brand = w.brand
order by p.n desc, p.site, p.kind, p.currency;
