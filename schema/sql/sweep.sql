-- A row of serving.sweep is one run's walk through one query of a catalog: pages
-- asked and got, verdicts, hits, duplicates, paid placements, totals, and
-- whether it is complete (law 9).  A view over looks and closing records; vpipe
-- catalog prints it.  ops.make_views makes it, after the view look that it
-- reads.

-- Law 9: walked to its end, every page answered, the total steady, all found.
create or replace function ops.is_complete(walked boolean, stop text,
    is_whole boolean, total_first bigint, total_last bigint, ids bigint)
returns boolean
language sql immutable parallel safe as $$
	select coalesce(walked
	    and stop in ('end', 'empty')
	    and is_whole
	    and total_first = total_last
	    and total_first = ids, false)
$$;

create or replace function ops.make_sweep_view(serving text)
returns void
language plpgsql as $$
begin
	perform ops.replace_view(serving, 'sweep', format($sql$
with
page as (
	select l.source,
	    l.run,
	    l.query,
	    l.page,
	    min(l.site) as site,
	    min(l.catalog_id) as catalog_id,
	    min(l.observed_at) as first_at,
	    max(l.observed_at) as last_at,
	    bool_or(l.verdict in ('ok', 'empty')) as is_got,
	    max(l.total_pages) as total_pages,
	    (array_agg(l.total order by l.observed_at, l.line)
	        filter (where l.verdict in ('ok', 'empty')))[1] as total_first,
	    (array_agg(l.total order by l.observed_at desc, l.line desc)
	        filter (where l.verdict in ('ok', 'empty')))[1] as total_last,
	    count(*) as looks,
	    count(*) filter (where l.verdict = 'ok') as ok,
	    count(*) filter (where l.verdict = 'empty') as empty,
	    count(*) filter (where l.verdict like 'refused:%%') as refused,
	    count(*) filter (where l.verdict like 'failed:%%') as failed,
	    count(*) filter (where l.verdict in ('gone', 'unreadable'))
	        as unreadable,
	    coalesce(sum(l.found) filter (where l.verdict = 'ok'), 0) as hits,
	    coalesce(sum(l.promoted) filter (where l.verdict = 'ok'), 0)
	        as promoted
	from %1$I.look l
	where l.query is not null
	    and l.page is not null
	group by l.source, l.run, l.query, l.page
),
looked as (
	select p.source,
	    p.run,
	    p.query,
	    min(p.site) as site,
	    min(p.catalog_id) as catalog_id,
	    min(p.first_at) as first_at,
	    max(p.last_at) as last_at,
	    count(*) filter (where p.is_got) as pages_got,
	    bool_and(p.is_got) as is_whole,
	    (array_agg(p.total_first order by p.page))[1] as total_first,
	    (array_agg(p.total_last order by p.page desc))[1] as total_last,
	    sum(p.looks) as looks,
	    sum(p.ok) as ok,
	    sum(p.empty) as empty,
	    sum(p.refused) as refused,
	    sum(p.failed) as failed,
	    sum(p.unreadable) as unreadable,
	    sum(p.hits) as hits,
	    sum(p.promoted) as promoted
	from page p
	group by p.source, p.run, p.query
),
found as (
	select l.source,
	    l.run,
	    l.query,
	    count(*) as hits,
	    count(distinct hit.id) as ids
	from %1$I.look l
	    cross join lateral jsonb_array_elements_text(
	        coalesce(nullif(l.ids, 'null'), '[]')) as hit(id)
	where l.verdict = 'ok'
	group by l.source, l.run, l.query
),
closed as not materialized (
	select r.source,
	    r.run,
	    q.query,
	    q.site,
	    q.catalog_id,
	    q.asked,
	    q.answered,
	    q.stop,
	    q.walked,
	    q.gap
	from ops.run r
	    cross join lateral jsonb_to_recordset(r.queries) as q(query text,
	        site text, catalog_id text, asked int, answered int,
	        stop text, walked boolean, gap boolean)
	-- a wardrobe's query names its seller
	where split_part(split_part(q.query, '?', 1), '/', 2) <> 'wardrobe'
),
-- what was walked: a full join would read all runs for the sweeps of one
walk as (
	select l.source, l.run, l.query
	from %1$I.look l
	where l.query is not null
	    and l.page is not null
	union
	select source, run, query
	from closed
)
select source,
    run,
    query,
    coalesce(k.site, c.site) as site,
    coalesce(k.catalog_id, c.catalog_id) as catalog_id,
    k.first_at,
    k.last_at,
    coalesce(c.asked, k.looks::int) as asked,
    coalesce(k.pages_got, 0) as pages_got,
    coalesce(k.ok, 0) as ok,
    coalesce(k.empty, 0) as empty,
    coalesce(k.refused, 0) as refused,
    coalesce(k.failed, 0) as failed,
    coalesce(k.unreadable, 0) as unreadable,
    coalesce(k.hits, 0) as hits,
    coalesce(f.ids, 0) as ids,
    coalesce(f.hits - f.ids, 0) as duplicates,
    coalesce(k.promoted, 0) as promoted,
    round(k.promoted / nullif(k.hits, 0)::numeric, 4) as promoted_share,
    k.total_first,
    k.total_last,
    c.stop = 'page-limit' as capped,
    coalesce(c.gap, false) as gap,
    coalesce(c.stop, 'killed') as stop,
    coalesce(c.walked, false) as walked,
    ops.is_complete(c.walked, c.stop, k.is_whole, k.total_first,
        k.total_last, coalesce(f.ids, 0)) as complete
from walk
    left join looked k using (source, run, query)
    left join closed c using (source, run, query)
    left join found f using (source, run, query)
	$sql$, serving),
	    'a row is one run''s walk through one query of a catalog, complete or '
	    'not; from looks and closing records; vpipe catalog '
	    'prints it');
end
$$;
