-- The histories of the affected items: a line per snapshot, with its context,
-- and a line where a complete sweep of the seller first lacks the item.  As
-- `vsnapshot events` reads them.

-- complete sweeps, each with the next
create temporary table whole as
select s.user_id,
    s.run,
    s.first_at,
    s.last_at,
    lead(s.run) over w as next_run,
    lead(s.first_at) over w as next_first,
    lead(s.last_at) over w as next_last
from :"staging".:"track_sweep" s
where s.complete
    and s.user_id in (
	select t.user_id
	from affected a
	    join :"staging".:"track_item" t using (item_id))
window w as (partition by s.user_id order by s.first_at, s.run);
create index on whole (user_id, first_at);
analyze whole;

create temporary table snap as
select a.item_id,
    t.user_id,
    s.site,
    s.observed_at,
    s.kind,
    s.state,
    s.evidence,
    s.state_rule,
    s.price,
    s.currency,
    s.seller_price,
    s.seller_currency,
    s.total_price,
    s.favourite_count,
    s.promoted,
    s.run collate "C" as run,
    s.line as line_number,
    s.index,
    concat_ws('|', s.kind, s.site, s.state, s.evidence, s.state_rule, s.price,
        s.currency, s.seller_price, s.seller_currency, s.total_price,
        s.promoted) as same
from affected a
    join :"staging".:"snapshot" s on s.item_id = a.item_id
    join :"staging".:"track_item" t on t.item_id = a.item_id;
analyze snap;

-- A sight, and the next complete sweep after it: where that lacks the item, and
-- nothing else saw it until its end, the item was not there.
create temporary table lacking as
with
next as (
	select s.user_id, s.run, n.run as next_run, n.first_at, n.last_at
	from :"staging".:"track_sweep" s
	    cross join lateral (
		select *
		from whole n
		where n.user_id = s.user_id
		    and n.first_at > s.last_at
		order by n.first_at, n.run
		limit 1) as n
),
sight as (
	select s.item_id, s.user_id, s.observed_at, n.next_run, n.first_at,
	    n.last_at
	from snap s
	    join next n using (user_id, run)
	where s.kind = 'wardrobe'
	    and s.state in ('live', 'reserved')
	union all
	select s.item_id, s.user_id, s.observed_at, n.run, n.first_at,
	    n.last_at
	from snap s
	    cross join lateral (
		select *
		from whole n
		where n.user_id = s.user_id
		    and n.first_at > s.observed_at
		order by n.first_at, n.run
		limit 1) as n
	where s.kind <> 'wardrobe'
	    and s.state in ('live', 'reserved')
)
select s.item_id,
    s.user_id,
    s.next_run as run,
    s.first_at,
    s.last_at,
    max(s.observed_at) as seen_at
from sight s
where not exists (
	select
	from snap n
	where n.item_id = s.item_id
	    and n.run = s.next_run
	    and n.kind = 'wardrobe')
group by s.item_id, s.user_id, s.next_run, s.first_at, s.last_at;

create temporary table absence as
select l.item_id,
    l.first_at,
    l.last_at,
    l.seen_at,
    i.*,
    w.site,
    i.baseline and exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = l.item_id
	    and s.kind = 'wardrobe'
	    and s.run = i.prev_run) as in_baseline
from lacking l
    left join :"staging".:"track_interval" i using (user_id, run)
    left join :"staging".:"track_sweep" w using (user_id, run)
where not exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = l.item_id
	    and s.observed_at > l.seen_at
	    and s.observed_at <= l.last_at
	    and s.state in ('live', 'reserved'));

-- What was there when her account was, and was not seen since.
create temporary table fled_from as
select distinct a.item_id, f.at, f.site
from affected a
    join :"staging".:"track_item" t using (item_id)
    join fled f on f.user_id = t.user_id
where (
	select s.state in ('live', 'reserved')
	from :"staging".:"snapshot" s
	where s.item_id = a.item_id
	    and s.observed_at <= f.at
	    and s.state is not null
	order by s.observed_at desc, s.run collate "C" desc, s.line desc,
	    s.index desc
	limit 1);

-- A look that is like those before and after it says nothing that they do not,
-- unless the item was missing between them: most looks are like that.
create temporary table telling as
select s.*
from (
	select *,
	    lag(same) over w as before,
	    lead(same) over w as after
	from snap
	window w as (partition by item_id
	    order by observed_at, run, line_number, index)) as s
where s.before is distinct from s.same
    or s.after is distinct from s.same
    or s.item_id in (select item_id from absence)
    or s.item_id in (select item_id from fled_from)
    or (s.state = 'gone'
        and s.user_id in (select user_id from ever_parted));

-- A page that is a 404 says nothing of its listing while its seller is banned,
-- away or gone: as she was when she last answered before it, and first after it.
create temporary table parted_at as
select s.item_id,
    s.run,
    s.line_number,
    s.index,
    bool_or(h.on_holiday) as on_holiday,
    bool_or(h.banned) as banned,
    bool_or(h.is_gone) as seller_gone
from snap s
    cross join lateral (
	(select b.on_holiday, b.banned, false as is_gone
	from :"staging".:"seller_snapshot" b
	where b.user_id = s.user_id
	    and b.observed_at <= s.observed_at
	    and coalesce(b.on_holiday, b.banned) is not null
	order by b.observed_at desc, b.run collate "C" desc, b.line desc,
	    b.index desc
	limit 1)
	union all
	(select b.on_holiday, b.banned, false
	from :"staging".:"seller_snapshot" b
	where b.user_id = s.user_id
	    and b.observed_at > s.observed_at
	    and coalesce(b.on_holiday, b.banned) is not null
	order by b.observed_at, b.run collate "C", b.line, b.index
	limit 1)
	union all
	(select false, false, l.verdict = 'gone'
	from :"staging".:"look" l
	where l.user_id collate "C" = s.user_id
	    and l.kind = 'user'
	    and l.verdict in ('ok', 'gone')
	    and l.observed_at <= s.observed_at
	order by l.observed_at desc, l.run collate "C" desc, l.line desc
	limit 1)
	union all
	(select false, false, l.verdict = 'gone'
	from :"staging".:"look" l
	where l.user_id collate "C" = s.user_id
	    and l.kind = 'user'
	    and l.verdict in ('ok', 'gone')
	    and l.observed_at > s.observed_at
	order by l.observed_at, l.run collate "C", l.line
	limit 1)) as h
where s.state = 'gone'
    and s.user_id in (select user_id from ever_parted)
group by s.item_id, s.run, s.line_number, s.index
having bool_or(h.on_holiday or h.banned or h.is_gone);
create unique index on parted_at (item_id, run, line_number, index);
analyze parted_at;

-- The prices of wardrobes that were cut as a whole, with the price before: as
-- R4 compares, what tells the seller's price with what tells it.
create temporary table alike as
select s.item_id,
    s.run,
    s.line_number,
    s.index,
    round(i.cut_n / i.cut_of::numeric, 4) as share,
    i.cut_n
from :"staging".:"track_interval" i
    join snap s on s.user_id = i.user_id
        and s.run = i.run
        and s.kind = 'wardrobe'
    left join :"staging".:"track_seller" h on h.user_id = s.user_id
    cross join lateral (
	select b.price, b.currency, b.seller_price, b.seller_currency, b.run
	from :"staging".:"snapshot" b
	where b.item_id = s.item_id
	    and b.observed_at < s.observed_at
	    and b.site is not distinct from s.site
	    and b.currency = s.currency
	    and b.price is not null
	    and (s.seller_price is null
	        or b.seller_price is not null
	        or b.currency in (b.seller_currency, h.currency))
	order by b.observed_at desc, b.run collate "C" desc, b.line desc,
	    b.index desc
	limit 1) as b
    cross join lateral (
	select coalesce(s.seller_price / nullif(b.seller_price, 0),
	    s.price / nullif(b.price, 0)) as ratio) as c
where i.cut_n >= 3
    and i.cut_n * 2 >= i.cut_of
    and b.run = i.prev_run
    and abs(c.ratio / i.cut_ratio - 1) <= 0.03
    and c.ratio < 0.985;
create unique index on alike (item_id, run, line_number, index);
analyze alike;

create temporary table rate as
select * from rate_shown;
analyze rate;

create temporary table relation as
select a.item_id,
    f.old_id,
    f.by,
    p.item_id as new_id
from affected a
    left join :"staging".:"track_relist" f on f.item_id = a.item_id
    left join lateral (
	select r.item_id
	from :"staging".:"track_relist" r
	where r.old_id = a.item_id
	    and r.by in ('photo', 'picture')
	order by r.item_id
	limit 1) as p on true
where f.item_id is not null
    or p.item_id is not null;
create unique index on relation (item_id);
analyze relation;

create temporary table beginning as
select a.item_id,
    t.first_sight,
    w.first_at as unseen_at
from affected a
    join :"staging".:"track_item" t using (item_id)
    cross join lateral (
	select w.first_at
	from whole w
	where w.user_id = t.user_id
	    and w.last_at < t.first_sight
	order by w.first_at desc
	limit 1) as w;
create unique index on beginning (item_id);
analyze beginning;

create temporary view history as
select s.item_id,
    s.observed_at,
    1 as place,
    s.run,
    s.line_number,
    s.index,
    concat('{"item_id":', to_json(s.item_id),
        ',"observed_at":', to_json(s.observed_at),
        ',"site":' || to_json(s.site),
        ',"kind":"' || s.kind || '"',
        ',"state":"' || s.state || '"',
        ',"evidence":' || to_json(s.evidence),
        ',"state_rule":' || to_json(s.state_rule),
        ',"price":' || s.price,
        ',"currency":' || to_json(s.currency),
        ',"seller_price":' || s.seller_price,
        ',"seller_currency":' || to_json(s.seller_currency),
        ',"total_price":' || s.total_price,
        ',"favourite_count":' || s.favourite_count,
        ',"promoted":' || s.promoted,
        case when c.currency = s.currency then ',"home":true' end,
        ',"rate":' || r.rate || ',"rate_err":' || r.err,
        ',"alike":' || k.share || ',"alike_n":' || k.cut_n,
        ',"unseen_at":' || to_json(b.unseen_at),
        ',"relist_of":' || to_json(l.old_id) || ',"relist_by":"' || l.by
            || '"',
        ',"relist_to":' || to_json(l.new_id),
        case when d.on_holiday then ',"on_holiday":true' end,
        case when d.banned then ',"banned":true' end,
        case when d.seller_gone then ',"seller_gone":true' end,
        '}') as line
from telling s
    left join parted_at d on d.item_id = s.item_id
        and d.run = s.run
        and d.line_number = s.line_number
        and d.index = s.index
    left join :"staging".:"track_seller" c on c.user_id = s.user_id
    left join rate r on r.site = s.site
        and r.run = s.run
        and r.pair = c.currency || '>' || s.currency
    left join alike k on k.item_id = s.item_id
        and k.run = s.run
        and k.line_number = s.line_number
        and k.index = s.index
    left join relation l on l.item_id = s.item_id
    left join beginning b on b.item_id = s.item_id
        and b.first_sight = s.observed_at
union all
select a.item_id,
    a.last_at,
    2,
    a.run,
    0,
    0,
    concat('{"item_id":', to_json(a.item_id),
        ',"observed_at":', to_json(a.last_at),
        ',"absent_from":', to_json(a.first_at),
        ',"site":' || to_json(a.site),
        ',"kind":"absence","state":"absent"',
        ',"baseline":' || coalesce(a.in_baseline, false),
        ',"ripe":' || coalesce(a.ripe, false),
        ',"fell":' || coalesce(a.fell, false),
        ',"g_most":' || a.g_most,
        ',"g":' || a.g,
        ',"t":' || a.t,
        ',"v":' || a.ep_v,
        ',"n":' || a.ep_n,
        ',"returns":' || a.ep_returns,
        ',"pending":' || a.pending,
        ',"cleared":' || a.cleared,
        ',"kept":' || a.kept,
        ',"item_days":' || a.item_days,
        ',"on_holiday":' || coalesce(a.on_holiday, false),
        ',"banned":' || coalesce(a.banned, false),
        ',"relist_to":' || to_json(l.new_id),
        '}')
from absence a
    left join relation l using (item_id)
union all
select f.item_id,
    f.at,
    3,
    '',
    0,
    0,
    concat('{"item_id":', to_json(f.item_id),
        ',"observed_at":', to_json(f.at),
        ',"site":' || to_json(f.site),
        ',"kind":"absence","state":"absent","seller_gone":true',
        ',"relist_to":' || to_json(l.new_id),
        '}')
from fled_from f
    left join relation l using (item_id);
