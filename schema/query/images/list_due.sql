-- The photos to fetch: their number on the first line, then at most :budget
-- requests for vimg: of watched sellers first, main photos before the others,
-- then the newest.  A photo is asked for once in a size, under its newest address
-- of a host that the source names; again at try_after of a failure, or, if gone,
-- unfit or expired, when a newer address is known.
--
-- Only photos in ops.touched_photo are looked at, and those that are neither due nor
-- to be tried again later leave it; the mart step notes what loads touched.  When a
-- setting that decides what is due is another than last time, or the schema was
-- rebuilt, all photos are looked at.
--
-- Variables: staging, source, now, budget, fractions (as in track/list_due.sql);
-- hosts (JSON list), by_upload (a photo's key names one upload, whatever the
-- item), size (list, full or a type in `sizes`), keep (false: hashes are enough),
-- refresh (true: fetched ones, too, by conditional requests).  The file `again` in
-- the current folder has the hashes of pictures to fetch again, a line each:
-- photos that show them come first.
set client_min_messages = warning;
set timezone = 'UTC';
set work_mem = '64MB';
\set item_catalog :source _item_catalog
\set track_item :source _track_item
\set photo :source _photo
\set photo_seen :source _photo_seen
\set photo_fetch :source _photo_fetch
\set image :source _image
select to_regclass(format('%I.%I', :'staging', :'photo_seen')) is not null
    as has_photos,
    to_regclass(format('%I.%I', :'staging', :'photo_fetch')) is not null
    and to_regclass(format('%I.%I', :'staging', :'image')) is not null
    as has_fetches,
    to_regclass(format('%I.%I', :'staging', :'track_item')) is not null
    and to_regclass(format('%I.%I', :'staging', :'item_catalog')) is not null
    as has_sellers \gset
select quote_literal(:'now') || '::timestamptz' as now \gset
\if :has_photos
-- Are all to be looked at?  First it is said that photos are noted, so that the mart
-- step notes those that come meanwhile.
select md5(concat_ws(' ', :'size', :'keep', :'by_upload', :'hosts',
        to_regclass(format('%I.%I', :'staging', :'photo_seen'))::oid)) as mark \gset
insert into ops.setting (name, value)
values ('photos ' || :'source', '')
on conflict do nothing;
select value <> :'mark' as is_anew
from ops.setting
where name = 'photos ' || :'source' \gset

create temporary table again (
	sha256 text collate "C" primary key
);
\copy again from 'again'

-- what to look at; the item is empty where a key names an upload, whatever the item
create temporary table touched as
select photo_key,
    item_id,
    case when :'by_upload' then '' else item_id end collate "C" as of_item,
    times
from ops.touched_photo
where source = :'source'
\if :is_anew
union all
select distinct photo_key,
    item_id::text,
    case when :'by_upload' then '' else item_id::text end,
    null::bigint
from :"staging".:"photo_seen"
\endif
;
analyze touched;
create temporary table looked_at as
select distinct photo_key, of_item as item_id
from touched;
\if :refresh
insert into looked_at
select photo_key, case when :'by_upload' then '' else item_id::text end
from :"staging".:"photo_seen"
except
table looked_at;
\endif
\if :has_fetches
insert into looked_at
select f.photo_key, case when :'by_upload' then '' else f.item_id::text end
from again a
    join :"staging".:"photo_fetch" f using (sha256)
where f.is_got
except
table looked_at;
\endif
create index on looked_at (photo_key);
analyze looked_at;

-- The planner takes the columns of a key for independent, thinks that hardly a row
-- joins, and loops.
select case when count(*) > 10000 then 'off' else 'on' end as loops
from looked_at \gset
set enable_nestloop to :loops;

-- what became of those that were asked for
create temporary table fetched (
	item_id text collate "C",
	photo_key text collate "C",
	is_got boolean,
	url text,
	outcome text,
	reason text,
	try_after timestamptz,
	attempts bigint,
	sha256 text,
	etag text,
	last_modified text,
	bytes bigint,
	ext text,
	is_kept boolean,
	observed_at timestamptz
);
\if :has_fetches
insert into fetched
select case when :'by_upload' then '' else f.item_id::text end,
    f.photo_key,
    f.is_got,
    f.url,
    f.outcome,
    f.reason,
    f.try_after,
    f.attempts,
    f.sha256,
    f.etag,
    f.last_modified,
    i.bytes,
    i.ext,
    i.sha256 is not null,
    f.observed_at
from looked_at l
    join :"staging".:"photo_fetch" f on f.photo_key = l.photo_key
        and l.item_id in ('', f.item_id::text)
    left join :"staging".:"image" i on i.sha256 = f.sha256
        and i.is_kept
where f.size = :'size';
analyze fetched;
\endif

-- what is not got yet
create temporary table wanted as
select p.photo_key,
    p.item_id,
    p.first_seen,
    g.sha256,
    g.etag,
    g.last_modified,
    g.bytes,
    g.ext,
    a.sha256 is not null as is_again
from (
	select l.photo_key, l.item_id, min(s.first_seen) as first_seen
	from looked_at l
	    join :"staging".:"photo" o on o.photo_key = l.photo_key
	        and l.item_id in ('', o.item_id::text)
	    join :"staging".:"photo_seen" s on s.site = o.site
	        and s.item_id = o.item_id
	        and s.photo_key = o.photo_key
	        and s.variant = o.variant
	group by l.photo_key, l.item_id
	) as p
    left join fetched g on g.photo_key = p.photo_key
        and g.item_id = p.item_id
        and g.is_got
    left join again a on a.sha256 = g.sha256
where g.photo_key is null
    or a.sha256 is not null
    or :'refresh'
    or (:'keep' and not g.is_kept);
analyze wanted;

-- contracts need not have all columns
select case when 'position' = any (c.names) then 'p.position' else 'null' end
        as position_of,
    case
        when :'size' = 'list' then 'p.url'
        when :'size' = 'full' and 'full_url' = any (c.names)
            then 'coalesce(p.full_url, p.url)'
        when :'size' = 'full' then 'p.url'
        when 'sizes' = any (c.names) then format('(select z.value ->> ''url''
            from jsonb_array_elements(case jsonb_typeof(to_jsonb(p.sizes))
            when ''array'' then to_jsonb(p.sizes) else ''[]'' end) as z
            where z.value ->> ''type'' = %L limit 1)', :'size')
        else 'null'
    end as url_of
from (
	select array_agg(a.attname::text) as names
	from pg_attribute a
	where a.attrelid = to_regclass(format('%I.%I', :'staging', :'photo'))
	    and not a.attisdropped) as c \gset

-- where they are shown, with the address in that size
create temporary table shown as
select *
from (
	select w.photo_key,
	    w.item_id,
	    s.site,
	    s.item_id as of_item,
	    s.variant,
	    to_jsonb(:position_of) as position,
	    s.observed_at,
	    s.run collate "C" as run,
	    s.line,
	    s.index,
	    (:url_of)::text as url
	from wanted w
	    join :"staging".:"photo" p on p.photo_key = w.photo_key
	        and w.item_id in ('', p.item_id::text)
	    join :"staging".:"photo_seen" s on s.site = p.site
	        and s.item_id = p.item_id
	        and s.photo_key = p.photo_key
	        and s.variant = p.variant) as a
where lower(substring(a.url from '(?i)^\s*(?:https?:)?//([^/?#:@\s]+)([:/?#\s]|$)'))
    = any (array(select jsonb_array_elements_text(:'hosts')));
analyze shown;

-- each with its newest address; of some listing it may be the main one
create temporary table addressed as
select *
from (
	select distinct on (photo_key, item_id) photo_key,
	    item_id,
	    site,
	    of_item,
	    position,
	    observed_at,
	    url
	from shown
	order by photo_key, item_id, observed_at desc, run desc, line desc,
	    index desc, site, variant) as n
    join (
	select photo_key, item_id, min((position #>> '{}')::int) as least
	from shown
	group by photo_key, item_id) as l using (photo_key, item_id);
analyze addressed;

-- how the last failure of each stands, unless it is older than what was got
create temporary table failed as
select f.photo_key, f.item_id, f.url, f.try_after, f.attempts, f.observed_at
from fetched f
where not f.is_got
    and not exists (
	select
	from fetched g
	where g.photo_key = f.photo_key
	    and g.item_id = f.item_id
	    and g.is_got
	    and g.observed_at > f.observed_at);
analyze failed;

-- a conditional request asks whether what is there is still so: not of pictures
-- that are to be got again
create temporary table due as
select w.photo_key,
    w.item_id,
    w.first_seen,
    w.is_again,
    k.sha256,
    k.etag,
    k.last_modified,
    k.bytes,
    k.ext,
    a.site,
    a.of_item,
    a.position,
    a.least,
    a.url,
    f.attempts
from wanted w
    join addressed a using (photo_key, item_id)
    left join failed f using (photo_key, item_id)
    left join lateral (
	select w.sha256, w.etag, w.last_modified, w.bytes, w.ext
	where :'refresh'
	    and not w.is_again) as k on true
where f.photo_key is null
    or f.try_after <= :now
    or (f.try_after is null
        and f.url <> a.url
        and f.observed_at < a.observed_at);

-- what is neither due nor to be tried later is looked at again when it is touched
create temporary table staying as
select photo_key, item_id
from due
union
select photo_key, item_id
from failed
where try_after > :now;
analyze staying;
begin;
delete from ops.touched_photo t
using touched o
where t.source = :'source'
    and t.photo_key = o.photo_key
    and t.item_id = o.item_id
    and t.times = o.times
    and not exists (
	select
	from staying s
	where s.photo_key = o.photo_key
	    and s.item_id = o.of_item);
insert into ops.touched_photo (source, photo_key, item_id)
select distinct :'source', o.photo_key, o.item_id
from touched o
    join staying s on s.photo_key = o.photo_key
        and s.item_id = o.of_item
where o.times is null
on conflict do nothing;
update ops.setting
set value = :'mark'
where name = 'photos ' || :'source'
    and value <> :'mark';
commit;

set enable_nestloop to on;

-- the watched sellers of these
\if :has_sellers
create temporary table asked_seller as
select distinct t.user_id
from due d
    join :"staging".:"track_item" t on t.item_id = d.of_item::text
where t.user_id is not null;
analyze asked_seller;
\set of_sellers 'and t.user_id in (select user_id from asked_seller)'
\ir ../track/define_watched.sql
\endif

select count(*)
from due;

select json_build_object('source', :'source', 'site', c.site,
    'item_id', c.of_item, 'photo_key', c.photo_key, 'url', c.url,
    'size', :'size', 'sizes', null, 'position', c.position,
    'attempts', coalesce(c.attempts, 0), 'etag', c.etag,
    'last_modified', c.last_modified, 'sha256', c.sha256, 'bytes', c.bytes,
    'ext', c.ext)
from (
	select d.*,
	    coalesce(d.least = 1, false) as is_main,
\if :has_sellers
	    o.user_id is not null as is_watched
	from due d
	    left join :"staging".:"track_item" t on t.item_id = d.of_item::text
	    left join watched o on o.user_id = t.user_id
\else
	    false as is_watched
	from due d
\endif
	order by d.is_again desc,
	    is_watched desc,
	    is_main desc,
	    d.first_seen desc,
	    d.photo_key,
	    d.item_id
	limit :budget) as c
order by c.is_again desc,
    c.is_watched desc,
    c.is_main desc,
    c.first_seen desc,
    c.photo_key,
    c.item_id;
\else
select 0;
\endif
