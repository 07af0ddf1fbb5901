-- How far below its first prices does a brand sell?
--
-- A row is a condition, by name: how many were sold in ninety days, how many of
-- them after the seller cut the price, and the medians of the first and the last
-- price.
with
wanted as (
	select 'Nike' as brand,
	    'en' as language
)
select serving.condition_name(f.source, f.condition_id, max(w.language))
        as condition,
    f.currency,
    count(*) as sold,
    count(*) filter (where f.cut > 0) as cut,
    percentile_disc(0.5) within group (order by f.listed_price) as first_price,
    percentile_disc(0.5) within group (order by f.price) as last_price,
    round(100 * (1 - sum(f.price) / nullif(sum(f.listed_price), 0)), 1)
        as percent_off
from wanted w
    join serving.listing_fact f on f.brand = w.brand
where f.kind = 'sold'
group by f.source, f.condition_id, f.currency
order by sold desc, condition, f.currency;
