-- How far below its first prices does a brand sell?
--
-- A row is a condition, by name: how many were sold, the share of them whose price
-- had been cut, and quartiles of the cut in percent of the first price.
with
wanted as (
	select 'Nike' as brand,
	    'en' as language
)
select d.site,
    serving.condition_name(d.source, d.condition_id, w.language) as condition,
    d.sold,
    d.cut_share,
    d.q1,
    d.median,
    d.q3
from wanted w
    join serving.discounts d on d."by" = 'brand condition'
        and d.brand = w.brand
order by d.sold desc, d.site, condition;
