-- What vpipe audit tells, a JSON object a source: precision by rule, live controls,
-- what pages say, how long pages of sold listings live, the counters, themes that
-- nobody knows.  Counters and themes are those of the last :days days.
--
-- Variables: staging, source (empty: all), days, simulated.
set client_min_messages = warning;
set timezone = 'UTC';
create temporary table told (
	source text primary key,
	as_of timestamptz,
	counters jsonb,
	lag jsonb,
	themes jsonb
);
insert into told (source)
select distinct source
from ops.stream
where entity = 'item'
    and source = coalesce(nullif(:'source', ''), source);
create temporary table recent_run as
select source, run
from (
	select source, run, started_at, max(started_at) over (
	    partition by source) as newest
	from ops.run) as r
where started_at > newest - make_interval(days => :days);
analyze recent_run;
update told t
set as_of = a.at
from (
	select source, max(observed_at) as at
	from serving.audit
	group by source) as a
where a.source = t.source;

-- Two looks at a seller's counters in a row; what fell, and what rose.
create function pg_temp.counters(relation regclass, of_source text)
returns jsonb
language plpgsql as $$
declare
	found jsonb;
begin
	execute format($sql$
with
look as (
	select item_count,
	    given_count,
	    total_count,
	    given_count - lag(given_count) over w as given,
	    total_count - lag(total_count) over w as total
	from %s
	    join recent_run r using (run)
	where r.source = $1
	    and given_count is not null
	window w as (partition by user_id
	    order by observed_at, run, line, index)
)
select jsonb_build_object(
    'looks', count(*) filter (where item_count + total_count is not null),
    'whole', count(*) filter (where item_count + given_count = total_count),
    'sold', coalesce(sum(given) filter (where given > 0), 0),
    'other_exits', coalesce(-sum(total) filter (where total < 0), 0),
    'falls', count(*) filter (where given < 0),
    'falls_with_total', count(*) filter (where given = -1 and total = -1),
    'falls_without_total', count(*) filter (where given = -1 and total = 0))
from look
$sql$, relation) into found using of_source;
	return found;
end
$$;

-- Sales whose counters are known: of a listing that was sold within thirty hours (a
-- day and some hours lie between two looks), and whose
-- seller had no other sale in the three days before and after; the time from the
-- earliest of the sale to the first look whose counter is one greater.
create function pg_temp.lag_of(event regclass, snapshot regclass,
    seller_snapshot regclass, days int) returns jsonb
language plpgsql as $$
declare
	found jsonb;
begin
	execute format($sql$
with
sale as (
	select e.item_id,
	    e.earliest,
	    e.latest,
	    (
		select min(s.user_id)
		from %2$s s
		where s.item_id = e.item_id) as user_id
	from %1$s e
	where e.type = 'sold'
	    and e.latest > (
		select max(latest)
		from %1$s
		where type = 'sold') - make_interval(days => $1)
),
lone as (
	select *
	from sale s
	where latest - earliest <= interval '30 hours'
	    and not exists (
		select
		from sale o
		where o.user_id = s.user_id
		    and o.item_id <> s.item_id
		    and o.latest > s.earliest - interval '3 days'
		    and coalesce(o.earliest, o.latest)
		        < s.latest + interval '3 days')
),
lag as (
	select extract(epoch from c.observed_at - l.earliest) / 3600 as hours
	from lone l
	    cross join lateral (
		select b.given_count
		from %3$s b
		where b.user_id = l.user_id
		    and b.given_count is not null
		    and b.observed_at <= l.earliest
		order by b.observed_at desc, b.run desc, b.line desc,
		    b.index desc
		limit 1) as b
	    cross join lateral (
		select c.observed_at, c.given_count
		from %3$s c
		where c.user_id = l.user_id
		    and c.observed_at > l.earliest
		    and c.given_count > b.given_count
		order by c.observed_at, c.run, c.line, c.index
		limit 1) as c
	where c.given_count = b.given_count + 1
)
select jsonb_agg(jsonb_build_array(b.most, (
	select count(*)
	from lag l
	where l.hours > b.least
	    and l.hours <= coalesce(b.most, 1e9))) order by b.least)
from (values (0, 6), (6, 12), (12, 24), (24, 48), (48, 72), (72, null))
    as b(least, most)
$sql$, event, snapshot, seller_snapshot) into found using days;
	return found;
end
$$;

-- Themes that no rule knows, in pages of the flow and of the audit.
create function pg_temp.themes(snapshot regclass, of_source text)
returns jsonb
language plpgsql as $$
declare
	found jsonb;
begin
	execute format($sql$
select jsonb_agg(jsonb_build_array(theme, n) order by n desc, theme)
from (
	select split_part(evidence, ':', 2) as theme, count(*) as n
	from (
		select evidence
		from %s
		    join recent_run r using (run)
		where r.source = $1
		    and evidence like 'buyer\_item\_status:%%'
		    and state is null
		union all
		select evidence
		from serving.audit
		where source = $1
		    and evidence like 'buyer\_item\_status:%%'
		    and says = 'silent') as e
	group by 1) as t
$sql$, snapshot) into found using of_source;
	return found;
end
$$;

update told t
set counters = pg_temp.counters(to_regclass(format('%I.%I', :'staging',
        t.source || '_seller_snapshot')), t.source)
where to_regclass(format('%I.%I', :'staging', t.source || '_seller_snapshot'))
    is not null;
update told t
set lag = pg_temp.lag_of(
        to_regclass(format('%I.%I', :'staging', t.source || '_event')),
        to_regclass(format('%I.%I', :'staging', t.source || '_snapshot')),
        to_regclass(format('%I.%I', :'staging', t.source || '_seller_snapshot')),
        :days)
where to_regclass(format('%I.%I', :'staging', t.source || '_seller_snapshot'))
        is not null
    and to_regclass(format('%I.%I', :'staging', t.source || '_event'))
        is not null;
update told t
set themes = pg_temp.themes(to_regclass(format('%I.%I', :'staging',
        t.source || '_snapshot')), t.source)
where to_regclass(format('%I.%I', :'staging', t.source || '_snapshot'))
    is not null;

select jsonb_build_object(
    'source', t.source,
    'simulated', :'simulated'::boolean,
    'as_of', t.as_of,
    'enough', ops.audit_enough(),
    'is_verified', e.is_verified,
    'sales_are', ops.sales_are(:'simulated'::boolean, e.words),
    'precision', (
	select coalesce(jsonb_agg(to_jsonb(p) - 'source'
	    order by array_position(array['sold', 'deleted', 'hidden',
	        'reserved', 'live', 'missing'], p.state), p.rule nulls last), '[]')
	from serving.audit_precision p
	where p.source = t.source),
    'controls', (
	select jsonb_build_object(
	    'checked', count(*) filter (where says <> 'silent'),
	    'missed', count(*) filter (where says = 'sold'
	        and judgement = 'wrong'),
	    'found', count(*) filter (where says = 'sold'
	        and judgement = 'moved'),
	    'open', count(*) filter (where says = 'sold' and judgement = 'open'),
	    'high', round((ops.clopper_pearson(
	        count(*) filter (where says = 'sold' and judgement = 'wrong'),
	        count(*) filter (where says <> 'silent'))).high::numeric, 6))
	from serving.audit a
	where a.source = t.source
	    and a.state = 'live'
	    and a.again is null),
    'says', (
	select coalesce(jsonb_agg(jsonb_build_array(state, says, n)
	    order by state, says), '[]')
	from (
		select a.state, a.says, count(*) as n
		from serving.audit a
		where a.source = t.source
		    and a.again is null
		group by 1, 2) as s),
    'gone_and_wrong', (
	select count(*)
	from serving.audit a
	where a.source = t.source
	    and a.state = 'sold'
	    and a.says = 'gone'
	    and a.judgement = 'wrong'
	    and a.again is null),
    'sold_pages', (
	select jsonb_agg(jsonb_build_object('days', g.days, 'asked', n,
	    'sold', sold, 'gone', gone) order by g.days)
	from ops.audit_ages() as g(days)
	    cross join lateral (
		select count(*) as n,
		    count(*) filter (where says = 'sold') as sold,
		    count(*) filter (where says = 'gone') as gone
		from serving.audit a
		where a.source = t.source
		    and a.again = g.days) as a),
    'counters', t.counters,
    'lag', t.lag,
    'themes', coalesce(t.themes, '[]'))
from told t
    join serving.sale_evidence e using (source)
order by t.source;
