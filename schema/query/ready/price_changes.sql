-- What changed its price this week?
--
-- A row is a change, the newest first: the price before and after, and between
-- which two times it happened.  The week ends at the newest look at any site.
with
wanted as (
	select max(as_of) - interval '7 days' as since
	from serving.mart_window
),
changed as (
	select e.*
	from serving.event e
	where e.type = 'repriced'
	    and e.latest >= (select since from wanted)
	order by e.latest desc
	limit 100
)
select c.item_id,
    c.old,
    c.new,
    c.currency,
    round(100 * (c.new / nullif(c.old, 0) - 1), 1) as percent,
    c.earliest,
    c.latest,
    i.brand,
    i.title
from changed c
    left join lateral (
	select *
	from serving.item i
	where i.source = c.source
	    and i.site = c.site
	    and i.item_id = c.item_id
	offset 0) as i on true
order by c.latest desc, c.item_id;
