-- The photos to fetch: their number on the first line, then requests for vimg, so
-- many as :budget says: of watched sellers first, main photos before the others,
-- then the newest.  A photo is asked for once in a size, under its newest address
-- of a host that the source names.  After a failure that passes when its time has
-- come; what is gone, unfit or expired when a newer address is known.
--
-- Variables: staging, source, now, budget, fractions (as due.sql takes them);
-- hosts (JSON list), by_upload (a photo's key names one upload, whatever the
-- item), size (list, full or a type in `sizes`), keep (false: hashes are enough),
-- refresh (true: what was got, too, as conditional requests).  The file `again` in
-- the current folder has the hashes of pictures that are to be got again, a line
-- each: what shows them comes first.
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
\if :has_sellers
\ir watched.sql
\else
create temporary table watched (user_id text);
\endif

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
select case when not :'by_upload' then f.item_id::text end,
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
from :"staging".:"photo_fetch" f
    left join :"staging".:"image" i on i.sha256 = f.sha256
        and i.is_kept
where f.size = :'size';
analyze fetched;
\endif

create temporary table again (
	sha256 text collate "C" primary key
);
\copy again from 'again'

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
	select photo_key collate "C" as photo_key,
	    case when not :'by_upload' then item_id::text end as item_id,
	    min(first_seen) as first_seen
	from :"staging".:"photo_seen"
	group by 1, 2
	) as p
    left join fetched g on g.photo_key = p.photo_key
        and g.item_id is not distinct from p.item_id
        and g.is_got
    left join again a on a.sha256 = g.sha256
where g.photo_key is null
    or a.sha256 is not null
    or :'refresh'
    or (:'keep' and not g.is_kept);
analyze wanted;

-- each with its newest address in that size, and how its last failure stands
create temporary table due as
select w.*,
    a.site,
    a.of_item,
    a.position,
    a.least,
    a.url,
    f.attempts
from wanted w
    cross join lateral (
	select s.site,
	    s.item_id as of_item,
	    to_jsonb(p) -> 'position' as position,
	    -- of some listing it may be the main one
	    min((to_jsonb(p) ->> 'position')::int) over () as least,
	    s.observed_at,
	    u.url
	from :"staging".:"photo_seen" s
	    join :"staging".:"photo" p on p.site = s.site
	        and p.item_id = s.item_id
	        and p.photo_key = s.photo_key
	        and p.variant = s.variant
	    cross join lateral (
		select case :'size'
		    when 'list' then p.url
		    when 'full' then coalesce(to_jsonb(p) ->> 'full_url', p.url)
		    else (
			select z.value ->> 'url'
			from jsonb_array_elements(case jsonb_typeof(
			    to_jsonb(p) -> 'sizes') when 'array'
			    then to_jsonb(p) -> 'sizes' else '[]' end) as z
			where z.value ->> 'type' = :'size'
			limit 1)
		    end as url) as u
	where p.photo_key = w.photo_key
	    and (w.item_id is null or p.item_id::text = w.item_id)
	    and :'hosts'::jsonb ? lower(substring(u.url
	        from '^https?://([^/?#:@]+)([:/?#]|$)'))
	order by s.observed_at desc, s.run collate "C" desc, s.line desc,
	    s.index desc, s.site, s.variant
	limit 1) as a
    left join fetched f on f.photo_key = w.photo_key
        and f.item_id is not distinct from w.item_id
        and not f.is_got
        -- older than what was got: it is over
        and not exists (
		select
		from fetched g
		where g.photo_key = f.photo_key
		    and g.item_id is not distinct from f.item_id
		    and g.is_got
		    and g.observed_at > f.observed_at)
where f.photo_key is null
    or f.try_after <= :now
    or (f.try_after is null
        and f.url <> a.url
        and f.observed_at < a.observed_at);

select count(*)
from due;

-- a conditional request asks whether what is there is still so: not of these
update due
set sha256 = null, etag = null, last_modified = null, bytes = null, ext = null
where is_again
    or not :'refresh';

select json_build_object('source', :'source', 'site', d.site,
    'item_id', d.of_item, 'photo_key', d.photo_key, 'url', d.url,
    'size', :'size', 'sizes', null, 'position', d.position,
    'attempts', coalesce(d.attempts, 0), 'etag', d.etag,
    'last_modified', d.last_modified, 'sha256', d.sha256, 'bytes', d.bytes,
    'ext', d.ext)
from due d
\if :has_sellers
    left join :"staging".:"track_item" t on t.item_id = d.of_item::text
    left join watched o on o.user_id = t.user_id
order by not d.is_again,
    o.user_id is null,
\else
order by not d.is_again,
\endif
    coalesce(d.least = 1, false) desc,
    d.first_seen desc,
    d.photo_key
limit :budget;
\else
select 0;
\endif
