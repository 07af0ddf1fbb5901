-- The looks that are due: request objects for `vfetch requests`, the most urgent
-- first, for one :round (vpipe-events(7), "How often"):
--
--   user       counters of the watched sellers
--   wardrobe   listings of a seller whose counters moved or gave no answer
--   item       pages of items that left their wardrobe where the counters do not
--              say why, and of reserved or hidden ones
--
-- Variables: staging, source, now, began (when vpipe track began: what was
-- asked about an item since is not asked again, nor a wardrobe swept again),
-- look_hours, fractions (JSON: catalog to fraction, and `default`), item_days
-- (source.json), question (the kind of request about an item).
set client_min_messages = warning;
set timezone = 'UTC';
\set item_catalog :source _item_catalog
\set look :source _look
\set snapshot :source _snapshot
\set seller_snapshot :source _seller_snapshot
\set item :source _item
\set item_state :source _item_state
\set track_item :source _track_item
\set seller_sweep :source _seller_sweep
\set seller_interval :source _seller_interval
select to_regclass(format('%I.%I', :'staging', :'track_item')) is not null
    and to_regclass(format('%I.%I', :'staging', :'item_catalog')) is not null
    and to_regclass(format('%I.%I', :'staging', :'item_state')) is not null
    as has_items,
    :'round' = 'user' as is_user,
    :'round' = 'wardrobe' as is_wardrobe \gset
select quote_literal(:'now') || '::timestamptz' as now,
    quote_literal(:'began') || '::timestamptz' as began,
    quote_literal(:'look_hours' || ' hours') || '::interval' as period \gset
\if :has_items
\ir define_watched.sql

-- newest counters, and whether the seller is active
create temporary table seller as
select w.user_id,
    w.site,
    c.observed_at as counted_at,
    c.item_count,
    c.given_count,
    c.total_count,
    a.active,
    g.gone_at,
    n.asked_at as unanswered_at,
    n.times as unanswered
from watched w
    left join lateral (
	select *
	from :"staging".:"seller_snapshot" s
	where s.user_id = w.user_id
	    and s.given_count is not null
	order by s.observed_at desc
	limit 1) as c on true
    -- asked since, without an answer
    left join lateral (
	select max(l.observed_at) as asked_at,
	    count(distinct l.run) as times
	from :"staging".:"look" l
	where l.user_id = w.user_id
	    and l.kind = 'user'
	    and l.observed_at > coalesce(c.observed_at, '-infinity')) as n
	    on true
    left join lateral (
	select max(l.observed_at) as gone_at
	from :"staging".:"look" l
	where l.user_id = w.user_id
	    and l.verdict = 'gone'
	    and l.kind = 'user'
	    and l.observed_at > :now - interval '7 days') as g on true
    left join lateral (
	select exists (
		select
		from :"staging".:"track_item" t
		where t.user_id = w.user_id
		    and t.first_sight > :now - interval '7 days')
	    or exists (
		select
		from :"staging".:"track_item" t
		    join :"staging".:"item_state" s using (item_id)
		where t.user_id = w.user_id
		    and s.state in ('missing', 'reserved')
		    and s.latest > :now - interval '14 days') as active
	) as a on true;

\if :is_user
select json_build_object('site', site, 'kind', 'user',
    'params', json_build_object('user', user_id))
from seller
where gone_at is null
    and (counted_at is null
        or counted_at <= :now - case when active then 1 else 3 end * :period)
    -- without counters a seller is asked at growing intervals
    and (unanswered_at is null
        or unanswered_at <= :now
            - least(0.1 * 2 ^ least(unanswered, 10), 7) * :period)
order by counted_at nulls first, user_id collate "C";
\elif :is_wardrobe
select json_build_object('site', s.site, 'kind', 'wardrobe',
    'params', json_build_object('user', s.user_id))
from seller s
    left join lateral (
	select max(w.first_at) as tried_at,
	    count(*) filter (where w.first_at >= s.counted_at) as tries,
	    max(w.first_at) filter (where w.complete) as swept_at,
	    max(w.first_at) filter (where not w.complete) as broken_at,
	    count(*) filter (where not w.complete
	        and w.first_at > coalesce((
		select max(c.first_at)
		from :"staging".:"seller_sweep" c
		where c.owner = 'user:' || s.user_id
		    and c.complete), '-infinity')) as breaks
	from :"staging".:"seller_sweep" w
	where w.owner = 'user:' || s.user_id) as w on true
    left join lateral (
	select c.item_count, c.given_count, c.total_count
	from :"staging".:"seller_snapshot" c
	where c.user_id = s.user_id
	    and c.given_count is not null
	    and c.observed_at <= w.swept_at
	order by c.observed_at desc
	limit 1) as c on true
where (s.gone_at is not null
    -- is the account gone?  Its wardrobe says, too
    and not exists (
	select
	from :"staging".:"look" l
	where l.user_id = s.user_id
	    and l.kind = 'wardrobe'
	    and l.observed_at >= s.gone_at))
    or (s.counted_at is not null
    and s.gone_at is null
    and (w.swept_at is null or w.swept_at < :began)
    -- once for each answer of the counters; again if it was broken off; without
    -- counters at growing intervals
    and (w.tried_at is null or w.tried_at < s.counted_at
        or (w.broken_at = w.tried_at
            and w.broken_at <= :now
                - least(0.1 * 2 ^ least(w.breaks, 10), 3) * :period)
        or w.tried_at <= :now
            - least(2 ^ (least(w.tries, 10) - 1), 7) * :period)
    and (w.swept_at is null
        or (c.item_count, c.given_count, c.total_count) is distinct from
            (s.item_count, s.given_count, s.total_count)
        or w.broken_at = w.tried_at
        or (s.active and s.unanswered > 0)
        or w.swept_at <= :now - case when s.active then 3 else 7 end * :period))
-- sweeps that were broken off come first, but not for ever
order by w.broken_at = w.tried_at and w.breaks < 3 desc nulls last,
    w.swept_at nulls first,
    s.user_id collate "C";
\else
create temporary table asked as
select w.site,
    s.item_id,
    row_number() over (order by s.state = 'missing' desc, s.latest,
        s.item_id collate "C") as place
from :"staging".:"item_state" s
    join :"staging".:"track_item" t using (item_id)
    join watched w using (user_id)
    left join lateral (
	select i.item_days, i.baseline, i.ripe
	from :"staging".:"seller_interval" i
	where i.owner = s.owner
	    and i.last_at = s.latest) as i on true
    left join lateral (
	select count(*) filter (where l.verdict in ('ok', 'gone')) as answers,
	    count(distinct l.run) as times,
	    max(l.observed_at) as asked_at,
	    max(l.observed_at) filter (where l.verdict in ('ok', 'gone'))
	        as answered_at
	from :"staging".:"look" l
	where l.item_id = s.item_id
	    and l.kind = :'question'
	    and l.observed_at >= s.earliest) as a on true
where s.state in ('missing', 'reserved', 'hidden')
    and (a.asked_at is null or a.asked_at < :began)
    and case
        -- the counters will tell, unless too much goes on there
        when s.state = 'missing' and s.reason = 'lag'
            then i.item_days > :item_days
                or i.baseline is not true
                or s.latest < :now - 3 * :period
        -- a page says nothing while its seller is gone, or banned
        when s.state = 'missing' and s.reason in ('account-gone', 'banned')
            then false
        when s.state in ('missing', 'reserved') then true
        when s.state = 'hidden'
            then s.rule is null and s.latest > :now - interval '30 days'
        else false
    end
    -- pages whose answers settle nothing are asked at growing intervals
    and (a.answered_at is null
        or a.answered_at <= :now - :period * case
            when s.state = 'hidden' then 3
            when s.state = 'reserved' then 1
            else least(2 ^ a.answers, 7) end)
    and (s.state <> 'missing' or a.times < 12);
\ir find_addresses.sql
select json_build_object('site', a.site, 'kind', :'question', 'params',
    json_strip_nulls(json_build_object('item', a.item_id, 'slug', d.slug)))
from asked a
    left join address d on d.item_id = a.item_id
        and :'question' = 'item-page'
order by a.place;
\endif
\endif
