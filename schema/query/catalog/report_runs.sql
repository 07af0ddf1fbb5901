-- The report of the runs :runs (ids between commas): a line per query, one per
-- stream and variant, one per property with invalid values.  vpipe catalog.
select s.query,
    s.pages_got || '/' || s.asked as pages,
    s.hits,
    s.ids - (
	select count(distinct hit.id)
	from serving.look l
	    cross join lateral jsonb_array_elements_text(l.ids) as hit(id)
	    join serving.item i on i.source = l.source
	        and i.site = l.site
	        and i.item_id = hit.id
	where l.run = s.run
	    and l.query = s.query
	    and l.verdict = 'ok'
	    and i.first_seen < s.first_at) as new,
    s.duplicates as again,
    round(100 * s.promoted_share, 1) as "promoted %",
    s.total_last as "site says",
    case when s.complete then 'all'
        when s.gap then 'gap'
        when s.capped then 'capped'
        else 'part'
    end as covers,
    s.refused + s.failed + s.unreadable as "not ok",
    s.stop
from serving.sweep s
where s.run = any (string_to_array(:'runs', ','))
order by s.first_at nulls last, s.query;

with
reject as (
	select stream, count(*) filter (where not kept) as rejects,
	    count(*) filter (where kept) as kept
	from ops.reject
	where run = any (string_to_array(:'runs', ','))
	group by stream
),
part as (
	select run, part, stream, variant, max(records) as records
	from ops.quality
	where run = any (string_to_array(:'runs', ','))
	group by run, part, stream, variant
)
select p.stream,
    p.variant,
    sum(p.records) as records,
    coalesce(max(r.rejects), 0) as rejects,
    coalesce(max(r.kept), 0) as "values dropped"
from part p
    left join reject r using (stream)
group by p.stream, p.variant
having sum(p.records) > 0
order by p.stream, p.variant;

select q.stream,
    q.property,
    sum(q.invalids) as invalid,
    sum(q.nulls) as null,
    sum(q.records) as of
from ops.quality q
where q.run = any (string_to_array(:'runs', ','))
group by q.stream, q.property
having sum(q.invalids) > 0
order by q.stream, q.property;
