-- Items that repeat an older one of the same seller, which was seen last before
-- they were seen first, and in no run that saw both: by the same photo, by the
-- same picture or nearly so, or by the same title when only one item of hers has
-- it.  Of several the one seen last.

-- new ones, and those whose older one may have been seen again
create temporary table candidate as
select item_id collate "C" as item_id
from fresh
union
select r.item_id
from :"staging".:"track_relist" r
    join fresh f on f.item_id = r.old_id
union
-- an older one that was seen again may be the one seen last now
select t.item_id
from fresh f
    join :"staging".:"track_item" o using (item_id)
    join :"staging".:"track_item" t on t.user_id = o.user_id
        and t.photo_key = o.photo_key
        and t.first_sight > o.last_sight
union
-- that have, or had, a photo or a title in common with one that is new or changed
select t.item_id
from refacted r
    join :"staging".:"track_item" t on t.user_id = r.user_id
        and t.photo_key = r.photo_key
union
select t.item_id
from refacted r
    join :"staging".:"track_item" t on t.user_id = r.user_id
        and md5(t.title) = md5(r.title);
create unique index on candidate (item_id);
\ir track_picture.sql
analyze candidate;

create temporary table relist_of as
select c.item_id, p.old_id, p.by
from candidate c
    join :"staging".:"track_item" t using (item_id)
    left join lateral (
	select old.*
	from (
		select o.item_id as old_id,
		    'photo' as by,
		    1 as place,
		    o.last_sight
		from :"staging".:"track_item" o
		where o.user_id = t.user_id
		    and o.photo_key = t.photo_key
		    and o.last_sight < t.first_sight
		union all
		select r.old_id, 'picture', 2, r.last_sight
		from repeated r
		where r.item_id = t.item_id
		union all
		select min(o.item_id), 'text', 3, min(o.last_sight)
		from :"staging".:"track_item" o
		where o.user_id = t.user_id
		    and md5(o.title) = md5(t.title)
		    and o.item_id <> t.item_id
		    and o.first_sight is not null
		having count(*) = 1
		    and bool_and(o.last_sight < t.first_sight)) as old
	-- two copies on two pages of one sweep are two copies
	where not exists (
		select
		from :"staging".:"snapshot" a
		    join :"staging".:"snapshot" b using (run)
		where a.item_id = old.old_id
		    and a.state is distinct from 'gone'
		    and b.item_id = t.item_id
		    and b.state is distinct from 'gone')
	order by old.place, old.last_sight desc, old.old_id
	limit 1) as p on true;

create temporary table relisted as
select c.item_id, c.old_id, o.old_id as was
from relist_of c
    left join :"staging".:"track_relist" o using (item_id)
where (c.old_id, c.by) is distinct from (o.old_id, o.by);

delete from :"staging".:"track_relist" t
using relist_of c
where c.item_id = t.item_id
    and c.old_id is null;

insert into :"staging".:"track_relist" as t (item_id, old_id, by)
select item_id, old_id, by
from relist_of
where old_id is not null
on conflict (item_id) do update
set old_id = excluded.old_id, by = excluded.by
where (t.old_id, t.by) is distinct from (excluded.old_id, excluded.by);
