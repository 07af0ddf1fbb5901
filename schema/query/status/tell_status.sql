-- What the database knows of how things are, a fact a line with tabs between: the
-- newest run of each flow; parts held and pending; what the rules of quality found
-- after the last load; when sites were searched, in the 30 days before :now, seconds
-- since 1970.  vpipe status, which gives it little time.
\pset fieldsep '\t'
select 'run',
    f.flow,
    extract(epoch from max(coalesce(r.ended_at, r.started_at)))::bigint
from (values ('catalog'), ('track'), ('images'), ('dictionaries')) as f(flow)
    cross join (select distinct source from ops.stream) as s
    cross join lateral (
	select ended_at, started_at
	from ops.run
	where source = s.source
	    and flow = f.flow
	order by started_at desc nulls last
	limit 1) as r
group by f.flow
order by f.flow;

select 'held', count(*), (array_agg(run || '.' || part order by held_at desc))[1]
from ops.hold;

select 'pending', count(*)
from ops.load
where not finished;

select 'bad', severity, rule, bad, total
from ops.finding
where check_number = (
	select max(check_number)
	from ops.finding
	where runs is not null)
    and bad > 0
    -- told apart: these are of now, and not of the last load
    and rule not in ('no part is held', 'sites are searched on time')
order by severity, line;

select 'site', m.source, m.site, extract(epoch from l.observed_at)::bigint
from serving.mart_window m
    cross join lateral (
	select observed_at
	from serving.look
	where source = m.source
	    and site = m.site
	    and verdict = 'ok'
	    and kind = 'search'
	    and observed_at > to_timestamp(:now) - interval '30 days'
	order by observed_at desc
	limit 1) as l
order by m.source, m.site;
