-- The looks that are due: request objects for `vfetch requests`, the most urgent
-- first, for one :round (vpipe-events(7), "How often"):
--
--   user       counters: first of all, where something that left waits for them,
--              and daily of those who have more than counters can tell of
--   wardrobe   listings: by a clock, and of those others when the counters moved
--              or gave no answer
--   item       pages of items that left their wardrobe where the counters do not
--              say why, and of reserved or hidden ones
--
-- Variables: staging, source, now, began (when vpipe track began: what was
-- asked about an item since is not asked again, nor a wardrobe swept again),
-- look_hours, fractions (JSON: catalog to fraction, and `default`), item_days and
-- lag_hours (source.json), question (the kind of request about an item).
set client_min_messages = warning;
set timezone = 'UTC';

-- So many are looked at daily.  Three listings in a hundred leave a day, by what
-- was seen: twelve lose one in three days, and a look at fewer tells less.
\set daily 12
-- Days between two looks at one who has few.  Seven save a fifth of the requests,
-- and one sale in ten is told after five and a half days and not after four (in the
-- simulator).
\set few_days 4
-- Days between two looks at one who has nothing: so late is what she lists told,
-- unless a search tells it.
\set empty_days 28
-- Counters do not show who is reserved, nor new prices.
\set sweep_days 3
-- A deletion and a listing that came and was sold unseen look like one sale: of
-- sales by counters that span four days 2 in 100 were none (in the simulator).
\set far_days 2.5

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
    quote_literal(:'look_hours' || ' hours') || '::interval' as period,
    quote_literal(:'lag_hours' || ' hours') || '::interval' as lag \gset
\if :has_items
\ir define_watched.sql

-- her newest counters, her sweeps, and what became of her listings
create temporary table seller as
select w.user_id,
    w.site,
    c.observed_at as counted_at,
    c.item_count,
    c.given_count,
    c.total_count,
    v.listings,
    -- one page of a wardrobe has them, and her counters tell what left in a day
    coalesce(v.listings <= :item_days, false) as is_small,
    v.tried_at,
    v.swept_at,
    v.broken_at,
    b.breaks,
    case when v.listings > 0 or i.is_open
        then least(:few_days, greatest(1, :daily / greatest(v.listings, 1)))
            * :period
        -- a pause as long as she has had nothing is twice the one before
        else least(:empty_days * :period, greatest(:few_days * :period,
            v.swept_at - coalesce(v.live_at, v.first_at)))
    end as pause,
    i.is_waiting,
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
    left join lateral (
	select max(s.first_at) as tried_at,
	    max(s.first_at) filter (where s.complete) as swept_at,
	    max(s.first_at) filter (where not s.complete) as broken_at,
	    min(s.first_at) filter (where s.complete) as first_at,
	    max(s.first_at) filter (where s.total > 0) as live_at,
	    -- as stated: a large one is rarely complete
	    (array_agg(s.total order by s.first_at desc)
	        filter (where s.total is not null))[1] as listings
	from :"staging".:"seller_sweep" s
	where s.owner = 'user:' || w.user_id) as v on true
    left join lateral (
	select count(*) as breaks
	from :"staging".:"seller_sweep" s
	where s.owner = 'user:' || w.user_id
	    and not s.complete
	    and s.first_at > coalesce(v.swept_at, '-infinity')) as b on true
    left join lateral (
	select bool_or(s.state in ('missing', 'reserved', 'hidden')
	        and s.latest > :now - interval '14 days') as is_open,
	    -- what left since the counters, or shortly before, or is said to be
	    -- gone by its page
	    bool_or((s.state = 'missing' and s.reason = 'lag'
	            or s.state = 'deleted' and s.confidence = 'observed')
	        and s.latest <= :now - :lag
	        and s.latest > c.observed_at - :lag) as is_waiting
	from :"staging".:"item_state" s
	where s.owner = 'user:' || w.user_id) as i on true
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
	    and l.observed_at > :now - interval '7 days') as g on true;

\if :is_user
select json_build_object('site', site, 'kind', 'user',
    'params', json_build_object('user', user_id))
from seller s
where gone_at is null
    and (counted_at is null
        or is_waiting
        or (not is_small and counted_at <= :now - :period)
        -- is the account gone?  Her own 404 says, too
        or exists (
	select
	from :"staging".:"look" l
	where l.user_id = s.user_id
	    and l.verdict = 'gone'
	    and l.kind = 'wardrobe'
	    and l.observed_at > s.counted_at))
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
	select c.item_count, c.given_count, c.total_count
	from :"staging".:"seller_snapshot" c
	where c.user_id = s.user_id
	    and c.given_count is not null
	    and c.observed_at <= s.swept_at
	order by c.observed_at desc
	limit 1) as c on true
    left join lateral (
	select count(*) as tries
	from :"staging".:"seller_sweep" w
	where w.owner = 'user:' || s.user_id
	    and w.first_at >= s.counted_at) as w on true
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
    and (s.swept_at is null or s.swept_at < :began)
    and case
        -- broken off: again at growing intervals
        when s.broken_at = s.tried_at
            then s.tried_at < s.counted_at
                or s.broken_at <= :now
                    - least(0.1 * 2 ^ least(s.breaks, 10), 3) * :period
        when s.is_small
            then s.swept_at <= :now - s.pause
                -- a search saw a listing of one who had none
                or (s.listings = 0 and exists (
			select
			from :"staging".:"track_item" t
			where t.user_id = s.user_id
			    and t.last_sight > s.swept_at
			    and t.first_sight > s.swept_at))
        -- once for each answer of the counters; without them at growing
        -- intervals
        else (s.tried_at is null or s.tried_at < s.counted_at
                or s.tried_at <= :now
                    - least(2 ^ (least(w.tries, 10) - 1), 7) * :period)
            and (s.swept_at is null
                or (c.item_count, c.given_count, c.total_count)
                    is distinct from
                    (s.item_count, s.given_count, s.total_count)
                or s.unanswered > 0
                or s.swept_at <= :now - :sweep_days * :period)
    end)
-- sweeps that were broken off come first, but not for ever
order by s.broken_at = s.tried_at and s.breaks < 3 desc nulls last,
    s.swept_at nulls first,
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
	select i.item_days, i.baseline, i.prev_first_at, i.last_at, i.vanished,
	    i.present, i.on_holiday, i.banned
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
        -- a page says nothing while its seller is gone, or banned, nor a
        -- second time that it is gone
        when s.state = 'missing'
            and (s.reason in ('account-gone', 'banned', 'late-404',
                'contradiction') or i.banned)
            then false
        -- the counters will tell, unless too much goes on there, or they span
        -- too long; where several left and nothing is left, or she is away,
        -- they are waited for
        when s.state = 'missing' and s.reason = 'lag'
            then (i.baseline is not true
                    or ((i.item_days > :item_days
                            or i.last_at > i.prev_first_at + :far_days * :period)
                        and (i.vanished < i.present or i.present < 3)))
                and i.on_holiday is not true
                or s.latest < :now - 3 * :period
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
