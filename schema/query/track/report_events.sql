-- Events that the feed gained after :since, by type and confidence.  vpipe
-- track.
select event ->> 'type' as event,
    count(*) filter (where event ->> 'confidence' = 'observed') as observed,
    count(*) filter (where event ->> 'confidence' = 'inferred') as inferred,
    count(*) filter (where event ->> 'confidence' = 'unknown') as unknown,
    count(*) filter (where op = 'withdraw') as withdrawn
from ops.change
where n > :'since'::bigint
    and op <> 'forget'
group by 1
order by 1;
