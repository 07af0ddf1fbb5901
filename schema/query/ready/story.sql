-- What happened to a listing?
--
-- A row is an event, in order, with the times between which it happened and how
-- that is known.
with
wanted as (
	select '7000000001' as item_id
)
select e.source,
    e.latest,
    e.earliest,
    e.type,
    e.old,
    e.new,
    e.currency,
    e.confidence,
    e.rule,
    e.reason,
    s.state as is_now,
    s.price as last_price
from wanted w
    join serving.event e on e.item_id = w.item_id
    left join serving.item_state s on s.source = e.source
        and s.item_id = w.item_id
order by e.source, e.latest, e.number;
