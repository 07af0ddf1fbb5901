-- What was sold last week, at what price, and how sure is that?
--
-- A row is a sale, the newest first, with the first and the last price asked.  The
-- week ends at the newest look at any site.
with
wanted as (
	select max(as_of) - interval '7 days' as since
	from serving.mart_window
),
sold as (
	select e.*
	from serving.event e
	where e.type = 'sold'
	    and e.latest >= (select since from wanted)
	order by e.latest desc
	limit 100
)
select e.item_id,
    s.listed_price,
    s.price,
    s.currency,
    e.earliest,
    e.latest,
    e.confidence,
    e.rule,
    i.brand,
    i.title
from sold e
    join lateral (
	-- a sale that later events contradict is no state
	select *
	from serving.item_state s
	where s.source = e.source
	    and s.item_id = e.item_id
	    and s.state = 'sold'
	offset 0) as s on true
    left join lateral (
	select *
	from serving.item i
	where i.source = e.source
	    and i.site = e.site
	    and i.item_id = e.item_id
	offset 0) as i on true
order by e.latest desc, e.item_id;
