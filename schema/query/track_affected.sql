-- The items to judge anew: those that are in what came, and those whose context
-- changed.  A vanished item is in no new record.
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
