-- What the due runs brought: snapshots (fresh), facts of listings and sellers, and
-- which owners they touch: a seller, or a listing that no seller was named for.
create temporary table due (run text collate "C", part text);
\copy due from 'due' with (format csv, force_not_null (part))
\set brings true
\if :{?forgetting}
\set brings false
\elif :feed
-- what another load judged while this one waited for the lock
delete from due d
using ops.load e
where e.run = d.run
    and e.part = d.part
    and e.step = 'events';
\endif

create temporary table due_run as
select distinct d.run
from due d
where exists (select from :"staging".:"look" l where l.run = d.run)
    or exists (select from :"staging".:"snapshot" s where s.run = d.run)
    or exists (select from :"staging".:"seller_snapshot" s where s.run = d.run)
\if :has_pictures
    or exists (select from :"staging".:"photo_fetch" f where f.run = d.run)
    or exists (select from :"staging".:"image_seen" i where i.run = d.run)
\endif
;
analyze due_run;

-- what the due runs say of each listing, and since when
create temporary table fresh as
select s.item_id collate "C" as item_id,
    min(s.observed_at) as low,
    min(s.user_id collate "C") as user_id,
    max(s.user_id collate "C") as user_id_greatest,
    min(s.photo_key collate "C") as photo_key,
    min(s.observed_at) filter (where s.state is distinct from 'gone')
        as first_sight,
    max(s.observed_at) filter (where s.state is distinct from 'gone')
        as last_sight
from :"staging".:"snapshot" s
    join due_run d using (run)
where :brings
group by s.item_id collate "C";
create unique index on fresh (item_id);
analyze fresh;

create temporary table was_item as
select t.*
from :"staging".:"track_item" t
    join fresh using (item_id);
create unique index on was_item (item_id);
analyze was_item;

-- Listings that are seen for the first time, or of which all that came is later than
-- the outline of their owner: what was known of them holds.  Of the others all that
-- is stored is read: a contract that is read anew may say less than it did.
create temporary table other_item as
select w.item_id
from was_item w;
\if :has_outlines
delete from other_item o
using was_item w, fresh f, :"staging".:"item_outline" i,
    :"staging".:"owner_outline" l
where w.item_id = o.item_id
    and f.item_id = o.item_id
    and i.item_id = o.item_id
    and i.owner = case when w.user_id is null then 'item:' || w.item_id
        else 'user:' || w.user_id end
    and l.owner = i.owner
    and f.low > l.until
    and not exists (
	select
	from :"staging".:"track_shared" s
	where s.item_id = o.item_id);
\endif
analyze other_item;

create temporary table is_item as
select f.item_id,
    least(w.user_id, f.user_id) as user_id,
    greatest(w.user_id, f.user_id_greatest) as user_id_greatest,
    least(w.photo_key collate "C", f.photo_key) as photo_key,
    least(w.first_sight, f.first_sight) as first_sight,
    greatest(w.last_sight, f.last_sight) as last_sight
from fresh f
    left join was_item w using (item_id)
where f.item_id not in (select item_id from other_item)
union all
select s.item_id collate "C",
    min(s.user_id collate "C"),
    max(s.user_id collate "C"),
    min(s.photo_key collate "C"),
    min(s.observed_at) filter (where s.state is distinct from 'gone'),
    max(s.observed_at) filter (where s.state is distinct from 'gone')
from other_item o
    join :"staging".:"snapshot" s on s.item_id = o.item_id
group by s.item_id;
create unique index on is_item (item_id);
analyze is_item;

insert into :"staging".:"track_item" as t (item_id, user_id, photo_key,
    first_sight, last_sight)
select item_id, user_id, photo_key, first_sight, last_sight
from is_item
on conflict (item_id) do update
set user_id = excluded.user_id,
    photo_key = excluded.photo_key,
    first_sight = excluded.first_sight,
    last_sight = excluded.last_sight
where (t.user_id, t.photo_key, t.first_sight, t.last_sight)
    is distinct from (excluded.user_id, excluded.photo_key,
        excluded.first_sight, excluded.last_sight);

-- all who are, or were, named for one of them
create temporary table named as
select item_id, user_id
from is_item
union
select item_id, user_id_greatest
from is_item
union
select item_id, user_id
from was_item
union
select s.item_id, s.user_id
from :"staging".:"track_shared" s
    join fresh f using (item_id);

create temporary table shared_now as
select distinct s.item_id collate "C" as item_id,
    s.user_id collate "C" as user_id
from :"staging".:"snapshot" s
where s.user_id is not null
    and s.item_id in (
	select item_id
	from is_item
	where user_id <> user_id_greatest);

delete from :"staging".:"track_shared" t
using fresh f
where f.item_id = t.item_id
    and not exists (
	select
	from shared_now n
	where n.item_id = t.item_id
	    and n.user_id = t.user_id);
insert into :"staging".:"track_shared" (item_id, user_id)
select item_id, user_id
from shared_now
on conflict do nothing;

create temporary table currency as
select distinct on (country) country, currency
from jsonb_to_recordset(:'description'::jsonb -> 'sites')
    as s(country text, currency text)
order by country, currency;

-- her currency; sellers whose currency is another now than it was
create temporary table recoined as
with
told as (
	select s.user_id collate "C" as user_id,
	    min(s.country collate "C") as country_least,
	    max(s.country collate "C") as country_greatest
	from :"staging".:"seller_snapshot" s
	where :brings
	    and s.user_id in (
		select o.user_id
		from :"staging".:"seller_snapshot" o
		    join due_run d using (run))
	group by s.user_id
)
select t.user_id,
    t.country_least,
    t.country_greatest,
    o.currency as was,
    c.currency
from told t
    left join :"staging".:"track_seller" o using (user_id)
    left join currency c on c.country = t.country_least
        and t.country_least = t.country_greatest
where t.country_least is not null
    or o.user_id is not null;

insert into :"staging".:"track_seller" as t (user_id, country_least,
    country_greatest, currency)
select user_id, country_least, country_greatest, currency
from recoined
where country_least is not null
on conflict (user_id) do update
set country_least = excluded.country_least,
    country_greatest = excluded.country_greatest,
    currency = excluded.currency
where (t.country_least, t.country_greatest, t.currency)
    is distinct from (excluded.country_least, excluded.country_greatest,
        excluded.currency);

delete from :"staging".:"track_seller" t
using recoined r
where r.user_id = t.user_id
    and r.country_least is null;

delete from recoined
where was is not distinct from currency;

create temporary table touched as
select case when user_id is null then 'item:' || item_id
        else 'user:' || user_id end collate "C" as owner,
    user_id collate "C" as user_id,
    case when user_id is null then item_id end as item_id
from (
	select user_id, item_id
	from named
	where user_id is not null
	    or exists (
		select
		from is_item i
		where i.item_id = named.item_id
		    and i.user_id is null)
	    or exists (
		select
		from was_item w
		where w.item_id = named.item_id
		    and w.user_id is null)
	union
	select user_id, null
	from shared_now
	union
	select s.user_id, null
	from :"staging".:"seller_snapshot" s
	    join due_run d using (run)
	union
	select l.user_id, null
	from :"staging".:"look" l
	    join due_run d using (run)
	where l.kind in ('user', 'wardrobe')
	    and l.user_id is not null
	union
	select user_id, null
	from recoined) as t(user_id, item_id)
where :brings;

-- all that is stored of her is read: the lines of before are other ones now
alter table touched add column anew boolean not null default false;
update touched
set anew = true
where user_id in (select user_id from recoined);

-- Listings whose main photo shows a picture that the due runs brought, or of
-- whose bytes now something else may be known: their sellers.
\if :has_pictures
insert into touched
select 'user:' || t.user_id, t.user_id, null
from (
	select f.sha256
	from :"staging".:"photo_fetch" f
	    join due_run d using (run)
	where f.is_got
	union
	select i.sha256
	from :"staging".:"image_seen" i
	    join due_run d using (run)
) as brought
    join :"staging".:"photo_fetch" f on f.sha256 = brought.sha256
        and f.is_got
    join :"staging".:"track_item" t on t.photo_key = f.photo_key
        and (:'by_upload' or t.item_id = f.item_id::text)
where t.user_id is not null
    and :brings;
\endif
