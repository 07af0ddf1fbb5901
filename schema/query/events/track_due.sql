-- What the due runs brought: snapshots (fresh), facts of items and sellers, and
-- which sellers they touch, since when.
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

create temporary table fresh as
select s.item_id collate "C" as item_id,
    s.user_id collate "C" as user_id,
    s.site,
    s.observed_at,
    s.kind,
    s.state,
    s.run collate "C" as run,
    s.photo_key,
    s.title,
    s.price,
    s.currency,
    s.seller_price
from :"staging".:"snapshot" s
    join due_run d using (run)
where :brings;
analyze fresh;

create temporary table was_item as
select t.*
from :"staging".:"track_item" t
where exists (select from fresh f where f.item_id = t.item_id);
analyze was_item;

-- of all that is stored of these items: a contract that is read anew may say
-- less than it did
insert into :"staging".:"track_item" as t (item_id, user_id, photo_key, title,
    first_sight, last_sight)
select s.item_id,
    min(s.user_id collate "C"),
    min(s.photo_key collate "C"),
    min(s.title collate "C"),
    min(s.observed_at) filter (where s.state is distinct from 'gone'),
    max(s.observed_at) filter (where s.state is distinct from 'gone')
from :"staging".:"snapshot" s
where s.item_id in (select item_id from fresh)
group by s.item_id
on conflict (item_id) do update
set user_id = excluded.user_id,
    photo_key = excluded.photo_key,
    title = excluded.title,
    first_sight = excluded.first_sight,
    last_sight = excluded.last_sight
where (t.user_id, t.photo_key, t.title, t.first_sight, t.last_sight)
    is distinct from (excluded.user_id, excluded.photo_key, excluded.title,
        excluded.first_sight, excluded.last_sight);

-- seller, photo and title, as they were and as they are, where they changed
create temporary table refacted as
with
now as (
	select t.*
	from :"staging".:"track_item" t
	where exists (select from fresh f where f.item_id = t.item_id)
)
select item_id, f.user_id, f.photo_key, f.title
from now n
    left join was_item w using (item_id)
    cross join lateral (
	values (n.user_id, n.photo_key, n.title),
	    (w.user_id, w.photo_key, w.title)
    ) as f(user_id, photo_key, title)
where (n.user_id, n.photo_key, n.title) is distinct from
        (w.user_id, w.photo_key, w.title)
    and f.user_id is not null;

create temporary table currency as
select distinct on (country) country, currency
from jsonb_to_recordset(:'facts'::jsonb -> 'sites')
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
select user_id collate "C" as user_id, min(at) as since
from (
	select t.user_id, f.observed_at
	from fresh f
	    join :"staging".:"track_item" t using (item_id)
	union all
	select s.user_id, s.observed_at
	from :"staging".:"seller_snapshot" s
	    join due_run d using (run)
	union all
	select l.user_id, l.observed_at
	from :"staging".:"look" l
	    join due_run d using (run)
	where l.kind = 'wardrobe'
	    or (l.kind = 'user' and l.verdict = 'gone')
	union all
	-- an item that was, or is now, another seller's: all that was seen of it
	select u.user_id, least(w.first_sight, t.first_sight)
	from was_item w
	    join :"staging".:"track_item" t using (item_id)
	    cross join lateral (values (w.user_id), (t.user_id)) as u(user_id)
	where w.user_id is distinct from t.user_id) as t(user_id, at)
where user_id is not null
    and :brings
group by user_id;
create unique index on touched (user_id);
analyze touched;
