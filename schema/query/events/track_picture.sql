-- Pictures of main photos, compared within one seller: of each candidate the item
-- that it repeats by its picture, and more candidates.  Pictures are one by their
-- bytes, or nearly: by the distance and the shape of serving.image_repeat.

-- items whose main photo shows a picture that the due runs brought
create temporary table repictured (
	item_id text collate "C" primary key
);
-- what the sellers of candidates show, where any item of hers was seen first after
-- another was seen last; a row for each size that was got
create temporary table pictured (
	item_id text collate "C",
	user_id text collate "C",
	first_sight timestamptz,
	last_sight timestamptz,
	sha256 text collate "C",
	phash bigint,
	width numeric,
	height numeric
);
create temporary table repeated (
	item_id text collate "C" primary key,
	old_id text collate "C",
	last_sight timestamptz
);

\if :has_pictures
-- Without a perceptual hash a picture is near to none.
create function pg_temp.is_one_picture(a pictured, b pictured)
returns boolean
language sql immutable as $$
	select a.sha256 = b.sha256
	    or (bit_count((a.phash # b.phash)::bit(64)) <= ops.near_distance()
	        and abs(ln(a.width * b.height / (a.height * b.width))) <= 0.08)
$$;

insert into repictured
with
brought as (
	select f.sha256
	from :"staging".:"photo_fetch" f
	    join due_run d using (run)
	where f.is_got
	union
	-- bytes of which now something else may be known
	select i.sha256
	from :"staging".:"image_seen" i
	    join due_run d using (run)
)
select distinct t.item_id
from brought b
    join :"staging".:"photo_fetch" f on f.sha256 = b.sha256
        and f.is_got
    join :"staging".:"track_item" t on t.photo_key = f.photo_key
        and (:'by_upload' or t.item_id = f.item_id::text);
analyze repictured;

insert into candidate
select item_id
from repictured
union all
select r.item_id
from repictured p
    join :"staging".:"track_relist" r on r.old_id = p.item_id
on conflict do nothing;
analyze candidate;

insert into pictured
select distinct t.item_id,
    t.user_id,
    t.first_sight,
    t.last_sight,
    f.sha256,
    case when i.phash ~ '^[0-9a-f]{16}$' and i.width > 0 and i.height > 0
        then ('x' || i.phash)::bit(64)::bigint end,
    i.width,
    i.height
from (
	select o.user_id
	from (
		select distinct t.user_id
		from candidate c
		    join :"staging".:"track_item" t using (item_id)) as s
	    join :"staging".:"track_item" o using (user_id)
	group by o.user_id
	having min(o.last_sight) < max(o.first_sight)) as s
    join :"staging".:"track_item" t using (user_id)
    join :"staging".:"photo_fetch" f on f.photo_key = t.photo_key
        and (:'by_upload' or t.item_id = f.item_id::text)
    cross join lateral (
	select i.phash, i.width, i.height
	from :"staging".:"image" i
	where i.sha256 = f.sha256
	order by i.is_kept desc
	limit 1) as i
where f.is_got
    and t.first_sight is not null;
create index on pictured (user_id, last_sight desc, item_id);
create index on pictured (item_id);
analyze pictured;

-- an older one that was seen again, or whose picture is known now, may be the one
-- seen last
insert into candidate
select distinct n.item_id
from (
	select item_id
	from fresh
	union
	select item_id
	from repictured) as m
    join pictured o using (item_id)
    join pictured n on n.user_id = o.user_id
        and n.last_sight > o.last_sight
        and n.first_sight > o.last_sight
where pg_temp.is_one_picture(o, n)
on conflict do nothing;

insert into repeated
select distinct on (n.item_id) n.item_id, o.item_id, o.last_sight
from candidate c
    join pictured n using (item_id)
    cross join lateral (
	-- backwards, for she may have one picture on all of them
	select o.item_id, o.last_sight
	from pictured o
	where o.user_id = n.user_id
	    and o.last_sight < n.first_sight
	    and pg_temp.is_one_picture(o, n)
	    and not exists (
		select
		from :"staging".:"snapshot" a
		    join :"staging".:"snapshot" b using (run)
		where a.item_id = o.item_id
		    and a.state is distinct from 'gone'
		    and b.item_id = n.item_id
		    and b.state is distinct from 'gone')
	order by o.last_sight desc, o.item_id
	limit 1) as o
order by n.item_id, o.last_sight desc, o.item_id;
\endif
