-- The sweeps of wardrobes that the due runs hold.  Complete by the rule of
-- serving.sweep, and only when all that was found is stored: of an item that
-- was rejected nobody can say that it was there.
select to_regclass(format('%I.%I', :'staging', :'closing')) is not null
    as has_closings \gset
create temporary table closed (run text, query text, stop text, walked boolean);
\if :has_closings
insert into closed (run, query, stop, walked)
select c.run, c.query, c.stop, c.walked
from :"staging".:"closing" c
    join due_run d using (run);
analyze closed;
\endif

create temporary table swept as
with
page as (
	select l.user_id,
	    l.run,
	    l.query,
	    l.page,
	    min(l.site) as site,
	    min(l.observed_at) as first_at,
	    max(l.observed_at) as last_at,
	    bool_or(l.verdict in ('ok', 'empty')) as is_got,
	    (array_agg(l.total order by l.observed_at, l.line)
	        filter (where l.verdict in ('ok', 'empty')))[1] as total_first,
	    (array_agg(l.total order by l.observed_at desc, l.line desc)
	        filter (where l.verdict in ('ok', 'empty')))[1] as total_last
	from :"staging".:"look" l
	    join due_run d using (run)
	where l.kind = 'wardrobe'
	    and l.user_id is not null
	group by l.user_id, l.run, l.query, l.page
),
looked as (
	select p.user_id,
	    p.run,
	    p.query,
	    min(p.site) as site,
	    min(p.first_at) as first_at,
	    max(p.last_at) as last_at,
	    bool_and(p.is_got) as is_whole,
	    (array_agg(p.total_first order by p.page))[1] as total_first,
	    (array_agg(p.total_last order by p.page desc))[1] as total_last
	from page p
	group by p.user_id, p.run, p.query
),
found as (
	select l.user_id, l.run, count(distinct hit.id) as ids
	from :"staging".:"look" l
	    join due_run d using (run)
	    cross join lateral jsonb_array_elements_text(
	        coalesce(nullif(l.ids, 'null'), '[]')) as hit(id)
	where l.kind = 'wardrobe'
	    and l.verdict = 'ok'
	group by l.user_id, l.run
),
stored as (
	select f.user_id, f.run, count(distinct f.item_id) as items
	from fresh f
	where f.kind = 'wardrobe'
	group by f.user_id, f.run
)
-- two queries for one wardrobe in one run: the sites differ; each must hold
select k.user_id,
    k.run,
    min(k.site) as site,
    min(k.first_at) as first_at,
    max(k.last_at) as last_at,
    max(k.total_first) as total,
    bool_and(ops.is_complete(c.walked, c.stop, k.is_whole, k.total_first,
        k.total_last, coalesce(f.ids, 0))
        and coalesce(f.ids, 0) = coalesce(s.items, 0)) as complete
from looked k
    left join closed c using (run, query)
    left join found f using (user_id, run)
    left join stored s using (user_id, run)
group by k.user_id, k.run;

delete from :"staging".:"track_sweep" t
using due_run d
where t.run = d.run
    and not exists (
	select
	from swept s
	where s.user_id = t.user_id
	    and s.run = t.run);

insert into :"staging".:"track_sweep" as t (user_id, run, site, first_at,
    last_at, total, complete)
select user_id, run, site, first_at, last_at, total, complete
from swept
on conflict (user_id, run) do update
set site = excluded.site,
    first_at = excluded.first_at,
    last_at = excluded.last_at,
    total = excluded.total,
    complete = excluded.complete
where (t.site, t.first_at, t.last_at, t.total, t.complete)
    is distinct from (excluded.site, excluded.first_at, excluded.last_at,
        excluded.total, excluded.complete);
