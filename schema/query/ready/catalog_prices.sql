-- How many listings has each catalog, by name, and at what prices?
--
-- A row is a catalog and a condition of a site: the thirty with most listings.
with
wanted as (
	select 'en' as language
),
largest as (
	select c.cell
	from serving.price_cell c
	where c."by" = 'catalog condition'
	    and c.kind = 'asked'
	order by c.n desc, c.cell
	limit 30
)
select p.site,
    serving.catalog_name(p.source, p.site, p.catalog_id, w.language) as catalog,
    serving.condition_name(p.source, p.condition_id, w.language) as condition,
    p.n,
    p.currency,
    p.q1,
    p.median,
    p.q3
from largest l
    join serving.prices p using (cell)
    cross join wanted w
order by p.n desc, p.site, catalog, condition;
