-- What scripts/track concluded about one simulated market, against its truth
-- (judge.truth).  Prints figures, "name value" a line, for tracking.awk.
set client_min_messages = warning;
set timezone = 'UTC';
set work_mem = '256MB';

-- The market's clock stands while a run asks, and ours runs on: a look shows what
-- was so when its run began, and intervals begin and end there.
create function judge.shown(look timestamptz) returns timestamptz
language sql stable as $$
    select coalesce((select max(k.at) from judge.tick k where k.at <= look), look)
$$;

-- ids collate as those of staging do, or their indexes serve no join
create table judge.event as
select (line::jsonb ->> 'id') collate "C" as item_id,
    (line::jsonb ->> 'user_id') collate "C" as user_id,
    line::jsonb ->> 'type' as type,
    line::jsonb ->> 'cause' as cause,
    (line::jsonb ->> 'at')::timestamptz as at,
    (line::jsonb ->> 'price')::numeric as price,
    (line::jsonb ->> 'old')::numeric as old
from judge.truth
where line like '%"what":"event"%';
create index on judge.event (item_id, type);
create index on judge.event (user_id, type);
analyze judge.event;

create table judge.item as
select (line::jsonb ->> 'id') collate "C" as item_id,
    (line::jsonb ->> 'user_id') collate "C" as user_id
from judge.truth
where line like '%"what":"item"%';
create unique index on judge.item (item_id);
analyze judge.item;

-- answered looks at a seller: her counters, or her whole wardrobe
create table judge.look as
select distinct user_id, date_trunc('hour', observed_at) as at
from staging.vinted_look
where verdict in ('ok', 'empty')
    and kind in ('user', 'wardrobe')
    and user_id is not null;
create index on judge.look (user_id, at);
analyze judge.look;

-- every exit of an item that had been seen: it left, and when that is due
create table judge.exit as
select x.*,
    due.at as due_at,
    back.at as back_at
from (
	-- a sale that was cancelled for good is one kind, no deletion
	select e.item_id,
	    i.user_id,
	    coalesce(e.cause, e.type) as type,
	    e.at
	from judge.event e
	    join judge.item i using (item_id)
	where e.type in ('sold', 'deleted', 'hidden', 'reserved')) as x
    -- what we had seen of it, alive
    join staging.vinted_track_item t on t.item_id = x.item_id
        and t.first_sight < x.at
    cross join lateral (
	select l.at
	from judge.look l
	where l.user_id = x.user_id
	    and l.at >= x.at + interval '24 hours'
	order by l.at
	offset 1
	limit 1) as due
    left join lateral (
	select min(e.at) as at
	from judge.event e
	where e.item_id = x.item_id
	    and e.at > x.at
	    and e.type in ('cancelled', 'returned', 'unreserved', 'sold',
	        'deleted')) as back on true;
analyze judge.exit;

-- when the feed called an item sold, and whether it still does
create table judge.called as
select c.item_id collate "C" as item_id,
    c.event ->> 'confidence' as confidence,
    (c.event ->> 'earliest')::timestamptz as earliest,
    (c.event ->> 'latest')::timestamptz as latest,
    c.withdrawn is null as stands,
    (select min(k.at) from judge.tick k where k.n >= c.n) as at
from ops.change c
where c.op = 'add'
    and c.event ->> 'type' = 'sold';
create index on judge.called (item_id);
analyze judge.called;

-- what was called and was not so; what was so and not called in time
create view judge.false_sale as
select c.*
from judge.called c
where c.stands
    and not exists (
	select
	from judge.event t
	where t.item_id = c.item_id
	    and t.type = 'sold'
	    and t.at <= c.latest);
create view judge.false_deletion as
select s.item_id, s.earliest, s.latest, i.user_id
from staging.vinted_item_state s
    join judge.item i using (item_id)
where s.state = 'deleted'
    and s.confidence = 'observed'
    and not exists (
	select
	from judge.event t
	where t.item_id = s.item_id
	    and t.type = 'deleted'
	    and t.at <= s.latest);
create view judge.late_sale as
select x.*, coalesce(s.state, '-') as state, s.confidence, s.reason, s.rule
from judge.exit x
    join staging.vinted_item_state s using (item_id)
where x.type = 'sold'
    and x.back_at is null
    and not exists (
	select
	from judge.called c
	where c.item_id = x.item_id
	    and c.at <= x.due_at + interval '1 hour'
	    and c.stands);

create temporary table figure (place serial, name text, value numeric);

insert into figure (name, value)
select 'items', count(*) from judge.item;
insert into figure (name, value)
values ('small', :small);
insert into figure (name, value)
select 'sellers', count(distinct user_id) from judge.item;
insert into figure (name, value)
select 'requests', sum((ledger ->> 'attempts')::bigint)
from ops.run
where flow = 'track';

-- called sold, and was; once more with the interval that was named
insert into figure (name, value)
select n.name, count(*) filter (where case n.name
    when 'called' then true
    when 'called_true' then e.is
    when 'observed' then c.confidence = 'observed'
    when 'observed_true' then c.confidence = 'observed' and e.is
    when 'in_interval' then e.inside
    end)
from (values ('called'), ('called_true'), ('observed'), ('observed_true'),
    ('in_interval')) as n(name)
    cross join judge.called c
    cross join lateral (
	select count(*) > 0 as is,
	    coalesce(bool_or(t.at <= c.latest
	        and t.at > coalesce(judge.shown(c.earliest),
	            '-infinity')), false) as inside
	from judge.event t
	where t.item_id = c.item_id
	    and t.type = 'sold'
	    and t.at <= c.latest) as e
where c.stands
group by n.name;

-- sold for good, and called so in time
insert into figure (name, value)
select 'sold', count(*)
from judge.exit
where type = 'sold'
    and back_at is null;
insert into figure (name, value)
select 'sold_in_time', count(*)
from judge.exit x
where type = 'sold'
    and back_at is null
    and exists (
	select
	from judge.called c
	where c.item_id = x.item_id
	    and c.at <= x.due_at + interval '1 hour'
	    and c.stands);

-- exits that are due by now, and of which we say that we do not know
insert into figure (name, value)
select 'exits', count(*)
from judge.exit
where back_at is null;
insert into figure (name, value)
select 'unknown', count(*)
from judge.exit x
    join staging.vinted_item_state s using (item_id)
where x.back_at is null
    and s.confidence = 'unknown';

-- the confusion: what was so, what we say
insert into figure (name, value)
select 'exit:' || x.type || ':' || s.state || ':' || s.confidence
        || coalesce(':' || s.reason, ':' || s.rule, ''),
    count(*)
from judge.exit x
    join staging.vinted_item_state s using (item_id)
where x.back_at is null
group by 1;

-- items of sellers who were banned or away, and are called sold without a sale
insert into figure (name, value)
select 'false:' || coalesce(c.confidence, '-') || ':' ||
    coalesce((
	select string_agg(t.type, '+' order by t.at)
	from judge.event t
	where t.item_id = c.item_id
	    and t.type not in ('repriced', 'bumped')), 'nothing')
    || case when exists (
	select
	from judge.event t
	    join judge.item i using (user_id)
	where i.item_id = c.item_id
	    and t.type = 'banned') then ':banned' else '' end,
    count(*)
from judge.false_sale c
group by 1;

-- called deleted by the site's own word, and was not deleted
insert into figure (name, value)
select n.name, count(s.item_id) - case n.name when 'deleted_observed' then 0
    else (select count(*) from judge.false_deletion) end
from (values ('deleted_observed'), ('deleted_observed_true')) as n(name)
    left join (staging.vinted_item_state s
    join judge.item i using (item_id)) on s.state = 'deleted'
        and s.confidence = 'observed'
group by n.name;
insert into figure (name, value)
select 'false:deleted:' || coalesce((
	select string_agg(t.type, '+' order by t.at)
	from judge.event t
	where t.item_id = d.item_id
	    and t.type not in ('repriced', 'bumped')), 'nothing')
    || coalesce((
	select ':' || min(t.type)
	from judge.event t
	where t.user_id = d.user_id
	    and t.type in ('banned', 'vanished')), ''),
    count(*)
from judge.false_deletion d
group by 1;

-- sold for good, and not called so in time: what is said of them at the end
insert into figure (name, value)
select 'late:' || state || ':' || confidence
        || coalesce(':' || reason, ':' || rule, ''),
    count(*)
from judge.late_sale
group by 1;

-- listings that were for sale when the account of their seller went
insert into figure (name, value)
select 'account:' || coalesce(s.state, '-') || ':' || s.confidence
        || coalesce(':' || s.reason, ':' || s.rule, ''),
    count(*)
from judge.event v
    join judge.item i using (user_id)
    join staging.vinted_item_state s on s.item_id = i.item_id
where v.type = 'vanished'
    and s.first_seen < v.at
    and v.at < (
	select max(k.at) from judge.tick k) - interval '8 days'
    and coalesce((
	select t.type
	from judge.event t
	where t.item_id = i.item_id
	    and t.type not in ('repriced', 'bumped', 'relisted')
	order by t.at desc
	limit 1), 'listed') not in ('sold', 'deleted', 'hidden')
group by 1;

-- moves of price: ours, against the seller's own within the same interval
create table judge.move as
select e.item_id,
    e.cause,
    e.reason,
    coalesce(t.own, 0) as own
from staging.vinted_event e
    left join lateral (
	-- the seller's price at the end, by that at the start
	select (array_agg(t.price order by t.at desc))[1]
	    / nullif((array_agg(t.old order by t.at))[1], 0) - 1 as own
	from judge.event t
	where t.item_id = e.item_id
	    and t.type = 'repriced'
	    and t.at > judge.shown(e.earliest)
	    and t.at <= judge.shown(e.latest)) as t on true
where e.type = 'repriced';

insert into figure (name, value)
select 'price:' || case
        when own = 0 then 'rate'
        when abs(own) < 0.01 then 'seller<1%'
        else 'seller' end || ':' || cause,
    count(*)
from judge.move
group by 1;

insert into figure (name, value)
select 'rate_unknown:' || coalesce(reason, '-'),
    count(*)
from judge.move
where own = 0
    and cause = 'unknown'
group by 1;

-- from a sale to its call, in hours
insert into figure (name, value)
select n.name, round(percentile_cont(n.share) within group (
    order by extract(epoch from c.at - x.at) / 3600)::numeric)
from (values ('hours_half', 0.5), ('hours_most', 0.9)) as n(name, share)
    cross join judge.exit x
    cross join lateral (
	select min(at) as at
	from judge.called c
	where c.item_id = x.item_id
	    and c.stands) as c
where x.type = 'sold'
    and x.back_at is null
    and c.at is not null
group by n.name, n.share;

-- requests, by size of wardrobe
create table judge.size as
select substr(owner, 6) as user_id,
    avg(total) as mean
from staging.vinted_seller_sweep
where complete
group by owner;

-- The naive plan opens once a day each listing that is known and for sale by the
-- truth: what it costs is not for our own looks to say.
create index on judge.event (user_id, at)
    where item_id is null;
create table judge.naive as
select t.user_id,
    sum(extract(epoch from k.until - k.at)) / 86400 as pages
from (
	select at, lead(at) over (order by at) as until
	from judge.tick) as k
    -- our clock runs on while a run asks
    join staging.vinted_track_item t
        on t.first_sight < k.at + interval '1 hour'
    left join lateral (
	select e.type
	from judge.event e
	where e.item_id = t.item_id
	    and e.type in ('reserved', 'unreserved', 'hidden', 'returned', 'sold',
	        'cancelled', 'deleted')
	    and e.at <= k.at
	order by e.at desc
	limit 1) as i on true
    left join lateral (
	select e.type
	from judge.event e
	where e.user_id = t.user_id
	    and e.item_id is null
	    and e.at <= k.at
	order by e.at desc
	limit 1) as u on true
where k.until is not null
    and coalesce(i.type, 'returned') in ('unreserved', 'returned', 'cancelled')
    and coalesce(u.type, 'holiday_end') = 'holiday_end'
group by t.user_id;

insert into figure (name, value)
select 'naive:' || s.class, round(sum(n.pages))
from (
	select *,
	    case when mean < 3 then '1' when mean < 30 then '10'
	        else '100' end as class
	from judge.size) as s
    join judge.naive n using (user_id)
group by 1;
insert into figure (name, value)
select 'asked:' || s.class, count(*)
from (
	select *,
	    case when mean < 3 then '1' when mean < 30 then '10'
	        else '100' end as class
	from judge.size) as s
    join (
	select user_id, attempt from staging.vinted_look
	where user_id is not null and catalog_id is null
	union all
	select t.user_id, l.attempt
	from staging.vinted_look l
	    join staging.vinted_track_item t using (item_id)) as l
        using (user_id)
group by 1;
insert into figure (name, value)
select 'settled:' || s.class, count(*)
from (
	select *,
	    case when mean < 3 then '1' when mean < 30 then '10'
	        else '100' end as class
	from judge.size) as s
    join staging.vinted_track_item t using (user_id)
    join staging.vinted_item_state i using (item_id)
where i.state in ('sold', 'deleted')
group by 1;

select :'name' || ' ' || name || ' ' || value
from figure
order by place;
