-- The report of the runs :runs (ids between commas): a line per query, sentences
-- on paid placements, repeats, gaps and failed requests; a line per stream and
-- variant; a line per property with invalid values.  For a terminal of 80
-- columns: rare facts are sentences.  vpipe catalog.
create temp table report as
select s.*,
    -- short, as it may take 30 columns; newest first is the usual order
    regexp_replace(regexp_replace(s.query, '[?&]order=newest_first', ''),
        '^(www\.)?([^/]*)/search.?', '\2 ') as name
from unnest(string_to_array(:'runs', ',')) as r(run)
    -- a run at a time: a look-up by its key
    cross join lateral (
	select *
	from serving.sweep s
	where s.run = r.run
	offset 0) as s;

select replace(r.name, '&', E'\n') as query,
    r.pages_got as pages,
    r.hits,
    r.ids - (
	select count(distinct hit.id)
	from serving.look l
	    cross join lateral jsonb_array_elements_text(l.ids) as hit(id)
	    cross join lateral (
		select i.first_seen
		from serving.item i
		where i.source = l.source
		    and i.site = l.site
		    and i.item_id = hit.id
		offset 0) as i
	where l.run = r.run
	    and l.query = r.query
	    and l.verdict = 'ok'
	    and i.first_seen < r.first_at) as new,
    r.total_last as total,
    case when r.complete then 'complete' else r.stop end as walk
from report r
order by r.first_at nulls last, r.query;

\t on
\pset format unaligned
select format('Of %s hits, %s are paid placements (%s %%), %s repeat a listing.',
	sum(r.hits), sum(r.promoted),
	round(100 * sum(r.promoted) / sum(r.hits), 1), sum(r.duplicates))
from report r
having sum(r.hits) > 0;

select r.name || ': a gap: the page limit came before known listings'
from report r
where r.gap
order by r.first_at nulls last, r.query;

select format('%s: of %s requests %s refused, %s failed, %s unreadable', r.name,
	r.ok + r.empty + r.refused + r.failed + r.unreadable, r.refused, r.failed,
	r.unreadable)
from report r
where r.refused + r.failed + r.unreadable > 0
order by r.first_at nulls last, r.query;

\echo
\t off
\pset format wrapped
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
    coalesce(max(r.kept), 0) as dropped
from part p
    left join reject r using (stream)
group by p.stream, p.variant
having sum(p.records) > 0
order by p.stream, p.variant;

select exists (
	select from ops.quality
	where run = any (string_to_array(:'runs', ','))
	    and invalids > 0) as has_invalid \gset
\if :has_invalid
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
\endif
