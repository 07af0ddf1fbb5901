-- The items to judge anew: those that are in what came, and those whose context
-- changed.  A vanished item is in no new record.
-- sellers who were touched, and were ever banned, away or gone
create temporary table parted as
select u.user_id, u.since
from touched u
where exists (
	select
	from :"staging".:"seller_snapshot" h
	where h.user_id = u.user_id
	    and (h.banned or h.on_holiday))
    or exists (
	select
	from :"staging".:"look" l
	where l.user_id collate "C" = u.user_id
	    and l.verdict = 'gone'
	    and l.kind in ('user', 'wardrobe'));

-- An account is gone when its seller and its wardrobe are both a 404, with no
-- answer of either between the two; the later one says when.
create temporary table fled as
with
said as (
	select l.user_id collate "C" as user_id,
	    l.site,
	    l.kind,
	    l.observed_at,
	    l.verdict = 'gone' as is_gone,
	    count(*) filter (where l.verdict <> 'gone')
	        over (partition by l.user_id collate "C"
	            order by l.observed_at, l.run collate "C", l.line) as streak
	from :"staging".:"look" l
	where l.kind in ('user', 'wardrobe')
	    and l.verdict in ('ok', 'empty', 'gone')
	    and exists (
		select
		from :"staging".:"look" g
		where g.user_id collate "C" = l.user_id
		    and g.verdict = 'gone'
		    and g.kind = 'user')
),
first_gone as (
	select user_id, streak, kind, min(observed_at) as at, min(site) as site
	from said
	where is_gone
	group by user_id, streak, kind
)
select user_id, max(at) as at, min(site) as site
from first_gone
group by user_id, streak
having count(*) = 2;
create index on fled (user_id, at);
analyze fled;

create temporary table affected as
with
-- a sweep before others that are known, or one that no longer counts: any item
-- of the seller may have been missing in it
late as (
	select distinct r.user_id
	from rejudged r
	where r.moved
	    and (exists (
		select
		from :"staging".:"track_sweep" s
		where s.user_id = r.user_id
		    and s.first_at > r.from_at)
	    or not exists (
		select
		from :"staging".:"track_interval" i
		where i.user_id = r.user_id
		    and i.run = r.run))
),
-- of an item that came back her flags alone matter
returned as (
	select b.item_id
	from rejudged r
	    join :"staging".:"snapshot" b on b.run = r.prev_run
	        and b.user_id = r.user_id
	        and b.kind = 'wardrobe'
	where r.flagged
	    and not r.moved
	    and not r.user_id in (select user_id from late)
	    and not exists (
		select
		from :"staging".:"snapshot" n
		where n.item_id = b.item_id
		    and n.run = r.run
		    and n.kind = 'wardrobe')
)
select item_id collate "C" as item_id
from fresh
union
select item_id
from compared
where before
    and not now
union
select item_id
from returned
union
-- seen after the sweep before began, and not since; or between the two, other
-- than by the first
select t.item_id
from rejudged r
    join :"staging".:"track_item" t using (user_id)
where t.last_sight >= coalesce(r.start_at, '-infinity')
    and t.first_sight < r.from_at
    and (not exists (
	-- a look that says no state ends no absence
	select
	from :"staging".:"snapshot" s
	where s.item_id = t.item_id
	    and s.observed_at >= r.from_at
	    and s.state <> 'gone')
    or exists (
	select
	from :"staging".:"snapshot" s
	where s.item_id = t.item_id
	    and s.observed_at >= coalesce(r.start_at, '-infinity')
	    and s.observed_at < r.from_at
	    and s.run is distinct from r.prev_run))
union
-- what the 404s of a page are worth depends on what was answered of her before
-- and after
select s.item_id
from parted p
    join :"staging".:"track_item" t using (user_id)
    join :"staging".:"snapshot" s on s.item_id = t.item_id
where s.state = 'gone'
    and s.observed_at >= coalesce((
	select max(h.observed_at)
	from :"staging".:"seller_snapshot" h
	where h.user_id = p.user_id
	    and h.observed_at < p.since), '-infinity')
union
-- all that an account had which is gone, or was until an answer came that lies
-- between its two 404s
select t.item_id
from touched u
    join :"staging".:"track_item" t using (user_id)
where 2 = (
	select count(distinct l.kind)
	from :"staging".:"look" l
	where l.user_id collate "C" = u.user_id
	    and l.verdict = 'gone'
	    and l.kind in ('user', 'wardrobe'))
union
-- first seen after a sweep that is new, or is none any more
select t.item_id
from rejudged r
    join :"staging".:"track_item" t using (user_id)
where r.moved
    and t.first_sight > r.from_at
union
select t.item_id
from late
    join :"staging".:"track_item" t using (user_id)
union
select t.item_id
from recoined
    join :"staging".:"track_item" t using (user_id)
union
select s.item_id
from rerated r
    join :"staging".:"snapshot" s using (run)
where s.site = r.site
union
select item_id
from relisted
union
select old_id
from relisted
where old_id is not null
union
select was
from relisted
where was is not null;
create unique index on affected (item_id);
analyze affected;

-- sellers of these who were ever banned, away or gone
create temporary table ever_parted as
select distinct t.user_id
from affected a
    join :"staging".:"track_item" t using (item_id)
where exists (
	select
	from :"staging".:"seller_snapshot" h
	where h.user_id = t.user_id
	    and (h.banned or h.on_holiday))
    or exists (
	select
	from :"staging".:"look" l
	where l.user_id collate "C" = t.user_id
	    and l.verdict = 'gone'
	    and l.kind = 'user');
analyze ever_parted;
