-- Histories of listings that scripts/track called wrong, or late, in a simulated
-- market: what was so, what was seen, what was said.  After tracking.sql; three of
-- each kind.
set client_min_messages = warning;
set timezone = 'UTC';

-- What a listing was at a time, and what became of it later; of its seller too.
create function judge.life(id text, at timestamptz) returns text
language sql stable as $$
    select 'it was ' || coalesce((
        select coalesce(t.cause, t.type)
        from judge.event t
        where t.item_id = id
            and t.type not in ('repriced', 'bumped', 'relisted')
            and t.at <= life.at
        order by t.at desc
        limit 1), 'live') || ', later ' || coalesce((
        select coalesce(t.cause, t.type)
        from judge.event t
        where t.item_id = id
            and t.type not in ('repriced', 'bumped', 'relisted')
            and t.at > life.at
        order by t.at
        limit 1), 'nothing') || coalesce((
        select ', seller ' || t.type
        from judge.event t
            join judge.item i using (user_id)
        where i.item_id = id
            and t.item_id is null
            and t.at between life.at - interval '10 days'
                and life.at + interval '2 days'
        order by t.at desc
        limit 1), '')
$$;

create temporary table wrong as
select 'sold, was not: ' || coalesce(e.rule, e.confidence) || ', '
        || judge.life(c.item_id, c.latest) as kind,
    c.item_id,
    c.earliest,
    c.latest
from judge.false_sale c
    left join staging.vinted_event e on e.item_id = c.item_id
        and e.type = 'sold'
        and e.latest = c.latest
union all
select 'deleted by the site''s word, was not: '
        || judge.life(item_id, latest),
    item_id,
    earliest,
    latest
from judge.false_deletion
union all
select 'sold, not called in time: ' || state || ' ' || confidence || ' '
        || coalesce(reason, rule, ''),
    item_id,
    at,
    due_at
from judge.late_sale;

create temporary table chosen as
select w.*,
    i.user_id,
    count(*) over (partition by w.kind) as many,
    row_number() over (partition by w.kind order by w.item_id) as nth
from wrong w
    join judge.item i using (item_id);
delete from chosen where nth > 3;

create temporary table line as
select c.kind, c.many, c.item_id, e.at, 'truth' as what,
    concat_ws(' ', e.type, e.cause, e.price, e.old) as said
from chosen c
    join judge.event e on e.item_id = c.item_id
        or (e.item_id is null and e.user_id = c.user_id)
where e.type <> 'bumped'
union all
select c.kind, c.many, c.item_id, e.at, 'truth of hers',
    e.type || ' ' || e.item_id
from chosen c
    join judge.event e on e.user_id = c.user_id
        and e.item_id <> c.item_id
        and e.at between coalesce(c.earliest, c.latest) - interval '2 days'
            and c.latest + interval '1 day'
where e.type not in ('bumped', 'repriced', 'relisted')
union all
select c.kind, c.many, c.item_id, s.observed_at, 'counters',
    concat_ws(' ', 'items', s.item_count, 'given', s.given_count, 'total',
        s.total_count)
from chosen c
    join staging.vinted_seller_snapshot s on s.user_id = c.user_id
        and s.observed_at between coalesce(c.earliest, c.latest)
            - interval '3 days' and c.latest + interval '3 days'
union all
select c.kind, c.many, c.item_id, l.observed_at, 'look',
    concat_ws(' ', l.kind, l.verdict)
from chosen c
    join staging.vinted_look l on l.item_id = c.item_id
union all
select c.kind, c.many, c.item_id, s.observed_at, 'snapshot',
    concat_ws(' ', s.state, s.state_rule, s.evidence, s.price)
from chosen c
    join staging.vinted_snapshot s on s.item_id = c.item_id
        and s.observed_at between coalesce(c.earliest, c.latest)
            - interval '5 days' and c.latest + interval '5 days'
union all
select c.kind, c.many, c.item_id, i.last_at, 'interval',
    (jsonb_strip_nulls(to_jsonb(i)) - array['_run', '_line', 'run', 'prev_run',
        'owner', 'site', 'cut', 'stayed', 'last_at'])::text
from chosen c
    join staging.vinted_seller_interval i
        on i.owner = 'user:' || c.user_id
        and i.last_at between coalesce(c.earliest, c.latest)
            - interval '1 day' and c.latest + interval '3 days'
union all
select c.kind, c.many, c.item_id, e.latest, 'event',
    concat_ws(' ', e.type, e.confidence, e.rule, e.reason, e.evidence,
        'since', e.earliest)
from chosen c
    join staging.vinted_event e on e.item_id = c.item_id
where e.type <> 'repriced';

select case when row_number() over (partition by kind order by item_id, at,
        what) = 1 then E'\n== ' || kind || ', ' || many || E' in all\n'
        else '' end
    || case when row_number() over (partition by kind, item_id order by at,
        what) = 1 then '-- ' || item_id || E'\n' else '' end
    || to_char(at, 'MM-DD HH24:MI') || ' ' || what || ': ' || said
from line
order by kind, item_id, at, what;
