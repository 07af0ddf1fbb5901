-- Asks the shipped rules of quality, and notes what they found: of the runs :runs
-- (an array), or of all that is loaded when it is empty.  :now and :periods are as
-- schema/sql/quality.sql has them, :seconds is what a rule may take.  Prints the
-- number of the check and its scope, a tab between.  vpipe load (included by
-- load/refresh_marts.sql), vpipe quality.
select nextval('ops.check_number') as check_number,
    jsonb_build_object('runs', nullif(:'runs', '')::text[], 'now',
        :'now'::timestamptz, 'periods', :'periods') as scope,
    set_config('search_path', format('%I, public', :'serving'), false),
    set_config('statement_timeout', :'seconds' || 's', false),
    -- what is lost in a crash is asked again by hand
    set_config('synchronous_commit', 'off', false) \gset

select ops.check_rules(:'serving', :check_number, :'scope') as is_done \gset
\if :is_done
\else
\o /dev/null
select format('select ops.check_rule(%L, %s, r, %L) from ops.rule r '
    'where place = %s', :'serving', :check_number, :'scope', place)
from ops.rule
order by place \gexec
\o
\endif

-- the properties that have values from now on; what is known is not written again
insert into ops.field as f (stream, variant, kind, name, first_at, filled_at)
select q.stream,
    q.variant,
    'property',
    q.property,
    :'now',
    :'now'
from ops.quality q
    left join ops.field f on (f.stream, f.variant, f.kind, f.name)
        = (q.stream, q.variant, 'property', q.property)
        and f.filled_at > :'now'::timestamptz - interval '1 hour'
where q.run = any (nullif(:'runs', '')::text[])
    and f.stream is null
group by q.stream, q.variant, q.property
having sum(q.nulls + q.invalids) < sum(q.records)
on conflict (stream, variant, kind, name) do update
set filled_at = greatest(f.filled_at, excluded.filled_at),
    hours = f.hours + 1;

select concat_ws(E'\t', :check_number, :'scope');
