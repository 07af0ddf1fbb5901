-- The intervals between complete sweeps, of the sellers that are touched: what
-- changed in each, then what her counters say.  Intervals that end before the
-- oldest thing that came keep their changes; the counters are judged anew for
-- all, for an interval is judged by what is answered a day later.
create temporary table sweep as
select s.*,
    lag(s.run) over w as prev_run,
    lag(s.first_at) over w as start_at,
    t.since
from :"staging".:"track_sweep" s
    join touched t using (user_id)
where s.complete
window w as (partition by s.user_id order by s.first_at, s.run);
analyze sweep;

create temporary table recount as
select *
from sweep
where last_at >= since
    and prev_run is not null;
analyze recount;

-- what a sweep held
create temporary table held as
select s.user_id collate "C" as user_id,
    s.run collate "C" as run,
    s.item_id collate "C" as item_id,
    min(coalesce(s.seller_price, s.price)) as price,
    min(coalesce(s.seller_currency, s.currency)) as currency
from :"staging".:"snapshot" s
where s.kind = 'wardrobe'
    and s.run in (
	select run from recount
	union
	select prev_run from recount)
group by s.user_id, s.run, s.item_id;
analyze held;

create temporary table compared as
with
b as (
	select r.user_id, r.run, h.item_id, h.price, h.currency
	from recount r
	    join held h on h.user_id = r.user_id
	        and h.run = r.prev_run
),
n as (
	select r.user_id, r.run, h.item_id, h.price, h.currency
	from recount r
	    join held h on h.user_id = r.user_id
	        and h.run = r.run
)
select user_id,
    run,
    item_id,
    b.item_id is not null as before,
    n.item_id is not null as now,
    case when b.currency = n.currency and b.price > 0 then n.price / b.price
        end as ratio
from b
    full join n using (user_id, run, item_id);
analyze compared;

create temporary table recounted as
with
cut as (
	select user_id,
	    run,
	    percentile_disc(0.5) within group (order by ratio) as cut_ratio
	from compared
	-- less than that is rounding, or the rate of exchange
	where ratio < 0.985
	group by user_id, run
	having count(*) >= 3
)
select r.user_id,
    r.run,
    r.prev_run,
    r.start_at,
    r.first_at as from_at,
    r.last_at as end_at,
    count(*) filter (where c.before) as present,
    count(*) filter (where c.before and not c.now) as v,
    count(*) filter (where c.now and not c.before
        and t.first_sight >= r.start_at) as n,
    count(*) filter (where c.now and not c.before
        and t.first_sight < r.start_at) as returns,
    round(min(u.cut_ratio), 6) as cut_ratio,
    count(*) filter (where abs(c.ratio / u.cut_ratio - 1) <= 0.03
        and c.ratio < 0.985) as cut_n,
    count(*) filter (where c.before and c.now) as cut_of
from recount r
    left join compared c on c.user_id = r.user_id
        and c.run = r.run
    left join :"staging".:"track_item" t on t.item_id = c.item_id
    left join cut u on u.user_id = r.user_id
        and u.run = r.run
group by r.user_id, r.run, r.prev_run, r.start_at, r.first_at, r.last_at;

-- all intervals of the sellers, those that were counted before too
create temporary table interval as
select s.user_id,
    s.run,
    s.prev_run,
    s.start_at,
    s.first_at as from_at,
    s.last_at as end_at,
    coalesce(c.present, o.present) as present,
    coalesce(c.v, o.v) as v,
    coalesce(c.n, o.n) as n,
    coalesce(c.returns, o.returns) as returns,
    case when c.run is not null then c.cut_ratio else o.cut_ratio end
        as cut_ratio,
    coalesce(c.cut_n, o.cut_n) as cut_n,
    coalesce(c.cut_of, o.cut_of) as cut_of
from sweep s
    left join recounted c using (user_id, run)
    left join :"staging".:"track_interval" o using (user_id, run);

-- counters in order, with how often the sales had fallen
create temporary table counter as
select s.user_id collate "C" as user_id,
    s.observed_at,
    row_number() over w as place,
    s.given_count,
    s.total_count,
    sum(case when s.given_count < s.was then 1 else 0 end) over w as falls
from (
	select user_id,
	    observed_at,
	    given_count,
	    total_count,
	    run,
	    line,
	    index,
	    lag(given_count) over (partition by user_id
	        order by observed_at, run collate "C", line, index) as was
	from :"staging".:"seller_snapshot"
	    join touched t using (user_id)
	where given_count is not null
	    and total_count is not null) as s
window w as (partition by s.user_id
    order by s.observed_at, s.run collate "C", s.line, s.index);
create index on counter (user_id, observed_at, place);
analyze counter;

create temporary table bracketed as
select i.*,
    a.observed_at as a_at,
    a.given_count as a_given,
    a.total_count as a_total,
    a.falls as a_falls,
    b.observed_at as b_at,
    b.given_count as b_given,
    b.total_count as b_total,
    b.falls as b_falls
from interval i
    left join lateral (
	select *
	from counter c
	where c.user_id = i.user_id
	    and c.observed_at <= i.start_at
	order by c.observed_at desc, c.place desc
	limit 1) as a on true
    left join lateral (
	select *
	from counter c
	where c.user_id = i.user_id
	    and c.observed_at >= i.end_at + :lag
	order by c.observed_at, c.place
	limit 1) as b on true;

-- episodes: changed intervals whose counters overlap count together
create temporary table judged as
with
changed as (
	select *,
	    case when lag(b_at) over w <= start_at then 1 else 0 end as fresh
	from bracketed
	where prev_run is not null
	    and v + n + returns > 0
	window w as (partition by user_id order by from_at, run)
),
numbered as (
	select *,
	    sum(fresh) over (partition by user_id
	        order by from_at, run) as episode
	from changed
),
summed as (
	select user_id,
	    run,
	    first_value(a_given) over e as g0,
	    first_value(a_total) over e as t0,
	    first_value(a_falls) over e as f0,
	    last_value(b_given) over e as g1,
	    last_value(b_total) over e as t1,
	    last_value(b_falls) over e as f1,
	    episode,
	    first_value(prev_run) over e as ep_prev,
	    first_value(start_at) over e as ep_start,
	    first_value(a_at) over e as ep_a,
	    first_value(a_total - a_given - present) over e as ep_excess,
	    last_value(b_at) over e as ep_b,
	    sum(v) over e as v,
	    sum(n) over e as n,
	    sum(returns) over e as returns,
	    sum(present * extract(epoch from end_at - start_at) / 86400)
	        over e as item_days
	from numbered
	window e as (partition by user_id, episode order by from_at, run
	    rows between unbounded preceding and unbounded following)
),
-- of an episode that is too busy to be told apart nothing is said: else each
-- sweep would have the whole of it judged anew, and it may last for ever
telling as (
	select *
	from summed
	where round(item_days, 3) <= :item_days
)
select b.user_id,
    b.run,
    b.prev_run,
    b.start_at,
    b.from_at,
    b.end_at,
    b.present,
    b.v,
    b.n,
    b.returns,
    b.cut_ratio,
    b.cut_n,
    b.cut_of,
    b.b_at is not null as ripe,
    case when b.a_falls = b.b_falls then b.b_given - b.a_given end as g_most,
    coalesce(b.a_falls <> b.b_falls, false)
        or coalesce(e.f0 <> e.f1, false) as fell,
    h.on_holiday,
    h.banned,
    b.prev_run is not null and b.a_at is not null as baseline,
    case when e.f0 = e.f1 then e.g1 - e.g0 end as g,
    case when e.f0 = e.f1 then e.t1 - e.t0 end as t,
    e.v as ep_v,
    e.n as ep_n,
    e.returns as ep_returns,
    least(round(s.item_days, 3), :item_days + 1) as item_days,
    s.episode,
    e.ep_prev,
    e.ep_start,
    e.ep_excess,
    e.ep_a,
    e.ep_b
from bracketed b
    left join summed s using (user_id, run)
    left join telling e using (user_id, run)
    left join lateral (
	-- as she was when the sweep ended, and what was told soon after
	select coalesce(bool_or(s.on_holiday), false) as on_holiday,
	    coalesce(bool_or(s.banned), false) as banned
	from (
		select a.on_holiday, a.banned
		from :"staging".:"seller_snapshot" a
		where a.user_id = b.user_id
		    and a.observed_at >= coalesce(b.start_at, b.from_at)
		    and a.observed_at <= b.end_at + 1.5 * :lag
		union all
		(select l.on_holiday, l.banned
		from :"staging".:"seller_snapshot" l
		where l.user_id = b.user_id
		    and l.observed_at <= b.end_at
		order by l.observed_at desc, l.run collate "C" desc,
		    l.line desc, l.index desc
		limit 1)) as s) as h on true;

-- Where pages of hers have no product, and so may be of what was sold: of what
-- vanished in an episode other pages may say what became of it.  It is cleared
-- when it was deleted or hidden, kept when it is still there, reserved.  That it
-- was there, or hidden, must be said by as late as the counters: until then it
-- may have been sold and counted.
create temporary table told_apart as
with
claimed as (
	select distinct t.user_id
	from :"staging".:"snapshot" s
	    join :"staging".:"track_item" t on t.item_id = s.item_id
	    join touched u on u.user_id = t.user_id
	where s.state is null
	    and s.state_rule is not null
),
open as (
	select j.user_id, j.episode, j.run, j.prev_run, j.ep_b
	from judged j
	    join claimed using (user_id)
	where j.g >= 1
	    and j.ep_v > j.g
	    and j.ep_returns = 0
	    and j.item_days <= :item_days
),
vanished as (
	select o.user_id, o.episode, o.ep_b, b.item_id, max(b.observed_at) as seen_at
	from open o
	    join :"staging".:"snapshot" b on b.run = o.prev_run
	        and b.user_id = o.user_id
	        and b.kind = 'wardrobe'
	where not exists (
		select
		from :"staging".:"snapshot" n
		where n.item_id = b.item_id
		    and n.run = o.run
		    and n.kind = 'wardrobe')
	group by o.user_id, o.episode, o.ep_b, b.item_id
),
said as (
	select v.*,
	    exists (
		select
		from :"staging".:"snapshot" s
		where s.item_id = v.item_id
		    and s.observed_at > v.seen_at
		    and s.state = 'sold') as is_sold,
	    exists (
		select
		from :"staging".:"snapshot" s
		where s.item_id = v.item_id
		    and s.observed_at > v.seen_at
		    and (s.state = 'gone'
		            and s.observed_at <= v.seen_at + :sold_page
		            and not exists (
			-- a 404 of hers may be for another reason
			select
			from :"staging".:"seller_snapshot" h
			where h.user_id = v.user_id
			    and (h.banned or h.on_holiday))
		        or s.state = 'hidden'
		            and s.observed_at >= v.ep_b)) as is_cleared,
	    exists (
		select
		from :"staging".:"snapshot" s
		where s.item_id = v.item_id
		    and s.observed_at >= v.ep_b
		    and s.state in ('live', 'reserved')) as is_kept
	from vanished v
)
select user_id,
    episode,
    count(*) filter (where is_cleared and not is_sold) as cleared,
    count(*) filter (where is_kept and not is_cleared and not is_sold) as kept
from said
group by user_id, episode;
create unique index on told_apart (user_id, episode);
analyze told_apart;

-- Episodes that balance.  What was sold may have been out of sight before:
-- reserved, say.  So many of her items are open there (`pending`).  What is said
-- after the counters that judge can only close more of them: where none was
-- open, none is.  Of what was reserved, or sold and not yet counted, before she
-- was swept for the first time, no look knows; but then she counts more than
-- the sweep finds (`excess`).
create temporary table balancing as
select j.user_id,
    j.episode,
    min(j.ep_prev collate "C") as prev_run,
    min(j.ep_start) as start_at,
    min(j.ep_a) as a_at,
    min(j.ep_b) as b_at,
    case when not exists (
	select
	from sweep s
	where s.user_id = j.user_id
	    and s.last_at <= min(j.ep_a) - :lag)
    then greatest(min(j.ep_excess), 0) else 0 end as excess,
    bool_and(j.ep_v = j.g) as is_all,
    case when min(j.ep_b) < min(u.since) and count(t.pending) = count(*)
        and max(t.pending) = 0 then 0 end as known
from judged j
    join touched u using (user_id)
    left join told_apart a using (user_id, episode)
    left join :"staging".:"track_interval" t using (user_id, run)
where j.g >= 1
    and j.ep_v - coalesce(a.cleared + a.kept, 0) = j.g
    and j.t in (j.ep_n - coalesce(a.cleared, 0),
        j.ep_n - coalesce(a.cleared + a.kept, 0))
    and j.ep_returns = 0
    and j.item_days <= :item_days
group by j.user_id, j.episode;
create unique index on balancing (user_id, episode);
analyze balancing;

-- Of two weeks, what was there, was not in the sweep that the episode begins
-- with, and was not sold before nor said to be unsold since.
create temporary table waiting as
select b.user_id, b.episode, b.start_at, t.item_id
from balancing b
    join :"staging".:"track_item" t on t.user_id = b.user_id
        and t.last_sight >= b.start_at - interval '14 days'
        and t.first_sight < b.start_at
where b.known is null
    and exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = t.item_id
	    and s.observed_at >= b.start_at - interval '14 days'
	    and s.observed_at < b.start_at
	    and s.state in ('live', 'reserved'))
    and not exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = t.item_id
	    and s.observed_at >= b.b_at
	    and s.state in ('live', 'reserved', 'hidden'))
    and not exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = t.item_id
	    and s.run = b.prev_run
	    and s.kind = 'wardrobe')
    -- the last word; a sale may be counted so much later
    and (
	select case
	        when s.state = 'sold' then s.observed_at > b.a_at - :lag
	        else s.state in ('live', 'reserved')
	    end
	from :"staging".:"snapshot" s
	where s.item_id = t.item_id
	    and s.observed_at <= b.b_at
	    and s.state is not null
	order by s.observed_at desc, s.run collate "C" desc, s.line desc,
	    s.index desc
	limit 1);

-- how they left: where that is settled, they wait no more
create temporary table left_by as
select w.user_id,
    w.episode,
    k.episode as on_episode,
    k.g = 0 and k.t = k.ep_n - k.ep_v as is_out,
    k.g_most >= 1 and e.user_id is not null as is_sale
from waiting w
    left join lateral (
	select s.run
	from :"staging".:"snapshot" s
	where s.item_id = w.item_id
	    and s.observed_at < w.start_at
	    and s.kind = 'wardrobe'
	order by s.observed_at desc, s.run collate "C" desc
	limit 1) as l on true
    left join judged k on k.user_id = w.user_id
        and k.prev_run = l.run
        and k.ripe
        and not k.fell
        and k.baseline
        and k.ep_returns = 0
        and k.item_days <= :item_days
        and not exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = w.item_id
	    and s.observed_at >= k.from_at
	    and s.state in ('live', 'reserved'))
    left join balancing e on e.user_id = k.user_id
        and e.episode = k.episode
        and e.is_all;

create temporary table pending as
select b.user_id,
    b.episode,
    b.excess + count(l.episode) filter (
        where (l.is_out or l.is_sale) is not true) as n
from balancing b
    left join left_by l using (user_id, episode)
group by b.user_id, b.episode, b.excess;
create unique index on pending (user_id, episode);
analyze pending;

-- sold by an earlier episode, unless that one leaves it open: in their order
do $$
declare
	one record;
begin
	for one in
		select user_id, episode, on_episode, count(*) as n
		from left_by
		where is_sale and is_out is not true
		group by user_id, episode, on_episode
		order by user_id, episode, on_episode
	loop
		update pending p
		set n = p.n + one.n
		where p.user_id = one.user_id
		    and p.episode = one.episode
		    and exists (
			select
			from pending e
			where e.user_id = one.user_id
			    and e.episode = one.on_episode
			    and e.n > 0);
	end loop;
end
$$;

-- write the differences, and remember them
create temporary table rejudged (
	user_id text collate "C",
	run text collate "C",
	prev_run text collate "C",
	start_at timestamptz,
	from_at timestamptz,
	moved boolean,		-- another interval than before
	flagged boolean		-- her flags are others
);

with gone as (
	delete from :"staging".:"track_interval" t
	using touched u
	where t.user_id = u.user_id
	    and not exists (
		select
		from judged j
		where j.user_id = t.user_id
		    and j.run = t.run)
	returning t.user_id, t.run, t.prev_run, t.start_at, t.from_at
)
insert into rejudged
select *, true, true
from gone;

with
differs as (
	select j.*,
	    p.n as pending,
	    a.cleared,
	    a.kept,
	    t.run is null or (t.prev_run, t.start_at, t.from_at)
	        is distinct from (j.prev_run, j.start_at, j.from_at) as moved,
	    (t.on_holiday, t.banned) is distinct from (j.on_holiday, j.banned)
	        as flagged
	from judged j
	    left join pending p using (user_id, episode)
	    left join told_apart a using (user_id, episode)
	    left join :"staging".:"track_interval" t using (user_id, run)
	where t.run is null
	    or (t.prev_run, t.start_at, t.from_at, t.end_at, t.present, t.v,
	        t.n, t.returns, t.cut_ratio, t.cut_n, t.cut_of, t.ripe,
	        t.g_most, t.fell, t.on_holiday, t.banned, t.baseline, t.g, t.t,
	        t.ep_v, t.ep_n, t.ep_returns, t.item_days, t.pending,
	        t.cleared, t.kept)
	    is distinct from (j.prev_run, j.start_at, j.from_at, j.end_at,
	        j.present, j.v, j.n, j.returns, j.cut_ratio, j.cut_n, j.cut_of,
	        j.ripe, j.g_most, j.fell, j.on_holiday, j.banned, j.baseline,
	        j.g, j.t, j.ep_v, j.ep_n, j.ep_returns, j.item_days, p.n,
	        a.cleared, a.kept)
),
written as (
	insert into :"staging".:"track_interval" as t (user_id, run, prev_run,
	    start_at, from_at, end_at, present, v, n, returns, cut_ratio, cut_n,
	    cut_of, ripe, g_most, fell, on_holiday, banned, baseline, g, t,
	    ep_v, ep_n, ep_returns, item_days, pending, cleared, kept)
	select user_id, run, prev_run, start_at, from_at, end_at, present, v, n,
	    returns, cut_ratio, cut_n, cut_of, ripe, g_most, fell, on_holiday,
	    banned, baseline, g, t, ep_v, ep_n, ep_returns, item_days, pending, cleared,
	    kept
	from differs
	on conflict (user_id, run) do update
	set prev_run = excluded.prev_run,
	    start_at = excluded.start_at,
	    from_at = excluded.from_at,
	    end_at = excluded.end_at,
	    present = excluded.present,
	    v = excluded.v,
	    n = excluded.n,
	    returns = excluded.returns,
	    cut_ratio = excluded.cut_ratio,
	    cut_n = excluded.cut_n,
	    cut_of = excluded.cut_of,
	    ripe = excluded.ripe,
	    g_most = excluded.g_most,
	    fell = excluded.fell,
	    on_holiday = excluded.on_holiday,
	    banned = excluded.banned,
	    baseline = excluded.baseline,
	    g = excluded.g,
	    t = excluded.t,
	    ep_v = excluded.ep_v,
	    ep_n = excluded.ep_n,
	    ep_returns = excluded.ep_returns,
	    item_days = excluded.item_days,
	    pending = excluded.pending,
	    cleared = excluded.cleared,
	    kept = excluded.kept
	returning 1
)
insert into rejudged
select user_id, run, prev_run, start_at, from_at, moved, flagged
from differs;
analyze rejudged;
