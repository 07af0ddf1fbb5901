-- The quickstart's tables of the watched sellers' listings: events by
-- confidence, and last prices of sold and of live listings.
create temporary table watched as
select t.item_id
from staging.vinted_item_state t
where exists (
	select
	from staging.vinted_seller_sweep w
	where w.owner = t.owner
	    and w.complete);

\echo 'What happened, and how that is known (vanished: not there, cause unknown):'
with
happened as (
	select type || coalesce(': ' || case cause
	        when 'seller' then 'by the seller'
	        when 'wardrobe' then 'all of a seller''s'
	        when 'rate' then 'exchange rate'
	        when 'fee' then 'fee'
	        when 'unknown' then 'cause unknown'
	    end, '') as event,
	    coalesce(rule, reason) as why,
	    count(*) filter (where confidence = 'observed') as observed,
	    count(*) filter (where confidence = 'inferred') as inferred,
	    count(*) filter (where confidence = 'unknown') as unknown,
	    count(*) as n
	from serving.event
	    join watched using (item_id)
	where type not in ('listed', 'promoted')
	group by 1, 2
)
select event,
    sum(observed) as observed,
    sum(inferred) as inferred,
    sum(unknown) as unknown,
    -- of more than two the commonest: a line is no wider than a terminal
    array_to_string((array_agg(why order by n desc, why)
        filter (where why is not null))[1:2], ', ') as "rules, reasons"
from happened
group by 1
order by 1;

\echo 'Median prices: last asked for what was sold, and asked for what is live:'
with
brands as (
	select s.currency,
	    coalesce(i.brand, '(none)') as brand,
	    count(*) filter (where s.state = 'live') as live,
	    count(*) filter (where s.state = 'sold') as sold,
	    count(*) as listings,
	    percentile_cont(0.5) within group (order by s.price)
	        filter (where s.state = 'sold') as last_asked,
	    percentile_cont(0.5) within group (order by s.price)
	        filter (where s.state = 'live') as asked
	from serving.item_state s
	    join watched using (item_id)
	    join serving.item i using (source, site, item_id)
	group by 1, 2
),
placed as (
	select *,
	    row_number() over (
	        partition by currency
	        order by sold desc, live desc, brand) as place
	from brands
)
select currency,
    brand,
    live,
    sold,
    case when listings >= 10 then round(100.0 * sold / listings, 1) end
        as "% sold",
    round(last_asked::numeric, 2) as "sold, last",
    round(asked::numeric, 2) as "live, now"
from placed
where place <= 4
order by currency, place;
