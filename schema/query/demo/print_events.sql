-- The quickstart's tables of the tracking flow, of the sellers that are watched:
-- what happened, how sure that is, and what was asked last for what was sold,
-- beside what is asked for the rest.
create temporary table watched as
select t.item_id
from staging.vinted_track_item t
where exists (
	select
	from staging.vinted_track_sweep w
	where w.user_id = t.user_id
	    and w.complete);

\echo 'What happened, and how sure that is (vanished: gone, and nothing says how):'
select type || coalesce(', by ' || case cause
        when 'seller' then 'the seller'
        when 'wardrobe' then 'the seller, all at once'
        when 'rate' then 'the exchange rate'
        when 'fee' then 'the fee'
        when 'unknown' then 'one of these'
    end, '') as event,
    count(*) filter (where confidence = 'observed') as "the site said so",
    count(*) filter (where confidence = 'inferred') as "a rule says so",
    count(*) filter (where confidence = 'unknown') as "not known",
    string_agg(distinct coalesce(rule, reason), ', ') as "by which rule, why not"
from serving.event
    join watched using (item_id)
where type not in ('listed', 'promoted')
group by 1
order by 1;

\echo 'Medians of what was asked last for the sold, and is asked for the live:'
with
priced as (
	select coalesce(i.brand, '(none)') as brand,
	    s.currency,
	    s.state,
	    s.price
	from serving.item_state s
	    join watched w using (item_id)
	    join serving.item i using (source, site, item_id)
)
select brand,
    count(*) filter (where state = 'live') as live,
    count(*) filter (where state = 'sold') as sold,
    round(100.0 * count(*) filter (where state = 'sold') / count(*), 1)
        as "% sold",
    round((percentile_cont(0.5) within group (order by price)
        filter (where state = 'sold'))::numeric, 2) as "last asked, sold",
    round((percentile_cont(0.5) within group (order by price)
        filter (where state = 'live'))::numeric, 2) as "asked, live",
    currency
from priced
group by brand, currency
order by sold desc, live desc, brand
limit 8;
