-- Pictures in the serving schema: image (a row a picture), image_use (a row a
-- photo that shows one), image_label and image_repeat are views over staging.
-- The tables image_hash and image_hash_near are the index of perceptual hashes
-- behind near_images and its pairs; the view image_near is made from them.  The
-- mart step of vpipe load refreshes the tables, by the pictures of the due runs;
-- anyone reads.
--
-- Pictures that no known photo shows are only in image_unused: their photos may
-- be loaded later, or were a forgotten seller's.

-- Two pictures are near when their hashes differ in so many bits at most;
-- PHASH_NEAR of src/vimg/phash.h says the same.
create or replace function ops.near_distance()
returns int
language sql immutable parallel safe as $$
	select 10
$$;

-- Pictures of two sellers must be nearer than those of one: a whole store has
-- chance pairs, a wardrobe hardly any.
create or replace function ops.near_distance_of_strangers()
returns int
language sql immutable parallel safe as $$
	select ops.near_distance() / 2
$$;

-- A hash that more pictures than this have is common, as is a picture that more
-- listings show: these are paired with the first of them only, because all pairs
-- would be the square of their number.
create or replace function ops.near_common()
returns int
language sql immutable parallel safe as $$
	select 100
$$;

-- Do the proportions of two pictures differ by 8 % at most?  A crop of 2 % an
-- edge changes them by 4.
create or replace function ops.is_same_shape(width int, height int,
    other_width int, other_height int)
returns boolean
language sql immutable parallel safe as $$
	select 100 * greatest(width::bigint * other_height,
	        height::bigint * other_width)
	    <= 108 * least(width::bigint * other_height,
	        height::bigint * other_width)
$$;

-- The hashes, by their substrings of 17, 17, 17 and 13 bits.
create table if not exists :"serving".image_hash (
	sha256 text collate "C" primary key,
	phash bigint not null,
	width int not null,
	height int not null,
	same_as text collate "C"
);
create index if not exists image_hash_phash
    on :"serving".image_hash (phash);
create index if not exists image_hash_first
    on :"serving".image_hash (((phash >> 47 & 131071)::int)) include (phash);
create index if not exists image_hash_second
    on :"serving".image_hash (((phash >> 30 & 131071)::int)) include (phash);
create index if not exists image_hash_third
    on :"serving".image_hash (((phash >> 13 & 131071)::int)) include (phash);
create index if not exists image_hash_fourth
    on :"serving".image_hash (((phash & 8191)::int)) include (phash);
comment on table :"serving".image_hash is
    'a row is a picture that has a perceptual hash (flat ones have none): what '
    'near_images searches; vpipe load writes it';
comment on column :"serving".image_hash.same_as is
    'the first picture with this common hash, which stands for all in '
    'image_near; null: the hash is not common, or this is the first';

create table if not exists :"serving".image_hash_near (
	phash bigint not null,
	other_phash bigint not null check (phash < other_phash),
	distance int not null,
	primary key (phash, other_phash)
);
create index if not exists image_hash_near_other
    on :"serving".image_hash_near (other_phash);

-- refresh_images says there for which distance the pairs are
select format('comment on table %I.image_hash_near is %L', :'serving',
    'a row is two perceptual hashes that are near; none was looked for yet')
where obj_description(format('%I.image_hash_near', :'serving')::regclass,
    'pg_class') is null \gexec

create table if not exists :"serving".image_unused (
	sha256 text collate "C" primary key
);
comment on table :"serving".image_unused is
    'a row is a picture that no known photo shows: its photo is not loaded '
    'yet, shows another one now, or was a forgotten '
    'seller''s; vpipe load writes it, vpipe images --check reads it';

create or replace view :"serving".image_near as
select least(a.sha256, b.sha256) as sha256,
    greatest(a.sha256, b.sha256) as other_sha256,
    n.distance,
    ops.is_same_shape(a.width, a.height, b.width, b.height)
        as is_same_shape
from :"serving".image_hash_near n
    join :"serving".image_hash a on a.phash = n.phash
    join :"serving".image_hash b on b.phash = n.other_phash
where a.same_as is null
    and b.same_as is null
union all
select a.sha256,
    b.sha256,
    0,
    ops.is_same_shape(a.width, a.height, b.width, b.height)
from :"serving".image_hash a
    join :"serving".image_hash b on b.phash = a.phash
        and b.sha256 > a.sha256
where a.same_as is null
    and b.same_as is null
union all
select b.sha256,
    a.sha256,
    0,
    ops.is_same_shape(a.width, a.height, b.width, b.height)
from :"serving".image_hash a
    join :"serving".image_hash b on b.sha256 = a.same_as;
comment on view :"serving".image_near is
    'a row is two pictures whose perceptual hashes differ in '
    'ops.near_distance() bits at most; for a common hash only the first '
    'picture is paired, with the others and with the pictures near them; '
    'image_repeat and vpipe dataset read it';

-- Distances beyond the masks would silently miss some.
create or replace function ops.searched_distance(distance int)
returns int
language plpgsql immutable parallel safe as $$
begin
	if distance > 11 then
		raise 'near_hashes: the distance is % and the index is for 11 at most',
		    distance;
	end if;
	return distance;
end
$$;

-- The hashes, and the pictures, within a distance of a hash: multi-index hashing
-- (Norouzi, Punjani, Fleet: Fast Search in Hamming Space with Multi-Index Hashing,
-- CVPR 2012).  Of four substrings one at least differs in a quarter of the
-- distance at most; the i-th need only be searched to (distance - i) / 4.  With
-- three of 22, 21 and 21 bits the shipped distance takes 3,588 searches, with
-- these 477, each of which finds some forty more that are not near, of millions.
create or replace function :"serving".near_hashes(phash bigint, distance int)
returns table (phash bigint, distance int)
language sql stable
begin atomic
	with
	probe as (
		select array_agg((near_hashes.phash >> 47 & 131071)::int # mask) as first,
		    array_agg((near_hashes.phash >> 30 & 131071)::int # mask)
		        filter (where bits <= (near_hashes.distance - 1) / 4) as second,
		    array_agg((near_hashes.phash >> 13 & 131071)::int # mask)
		        filter (where bits <= (near_hashes.distance - 2) / 4) as third,
		    array_agg((near_hashes.phash & 8191)::int # mask)
		        filter (where bits <= (near_hashes.distance - 3) / 4
		            and mask < 8192) as fourth
		from ops.near_mask
		where bits <= ops.searched_distance(near_hashes.distance) / 4
	),
	found as (
		select h.phash
		from :"serving".image_hash h
		where (h.phash >> 47 & 131071)::int
		        = any ((select first from probe)::int[])
		    and bit_count((h.phash # near_hashes.phash)::bit(64))
		        <= near_hashes.distance
		union
		select h.phash
		from :"serving".image_hash h
		where (h.phash >> 30 & 131071)::int
		        = any ((select second from probe)::int[])
		    and bit_count((h.phash # near_hashes.phash)::bit(64))
		        <= near_hashes.distance
		union
		select h.phash
		from :"serving".image_hash h
		where (h.phash >> 13 & 131071)::int
		        = any ((select third from probe)::int[])
		    and bit_count((h.phash # near_hashes.phash)::bit(64))
		        <= near_hashes.distance
		union
		select h.phash
		from :"serving".image_hash h
		where (h.phash & 8191)::int
		        = any ((select fourth from probe)::int[])
		    and bit_count((h.phash # near_hashes.phash)::bit(64))
		        <= near_hashes.distance
	)
	select f.phash,
	    bit_count((f.phash # near_hashes.phash)::bit(64))::int
	from found f;
end;

create or replace function :"serving".near_images(phash bigint, distance int)
returns table (sha256 text, phash bigint, distance int)
language sql stable
begin atomic
	select h.sha256,
	    h.phash,
	    n.distance
	from :"serving".near_hashes(near_images.phash, near_images.distance) n
	    join :"serving".image_hash h on h.phash = n.phash;
end;

-- Indexes of staging for queries about one picture or photo; vupsert's own begin
-- with other columns.
create or replace function ops.index_images(staging text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	wanted record;
begin
	for wanted in
		select s.stream || w.suffix as relation,
		    s.stream || w.suffix || '_' || w.columns[1] as name,
		    (select string_agg(quote_ident(c), ', ')
			from unnest(w.columns) as c) as list
		from ops.stream s
		    join (values
		        ('image', '', array['sha256']),
		        ('image', '_seen', array['run']),
		        ('photo', '', array['photo_key', 'item_id']),
		        ('photo_fetch', '', array['photo_key', 'size']),
		        ('photo_fetch', '', array['sha256']),
		        ('photo_fetch', '', array['run'])
		    ) as w(entity, suffix, columns) using (entity)
		where to_regclass(format('%I.%I', staging, s.stream || w.suffix))
		    is not null
	loop
		if to_regclass(format('%I.%I', staging, wanted.name)) is null then
			-- the events step and the mart step may both be first
			perform pg_advisory_xact_lock(
			    hashtext('vpipe.index_images'));
			execute format('create index if not exists %I on %I.%I (%s)',
			    wanted.name, staging, wanted.relation, wanted.list);
		end if;
	end loop;
end
$$;

-- Does the key of a photo name one upload, whatever the item?  Then the contract
-- leaves the item out of the key of a fetch.
create or replace function ops.photo_key_is_upload(of_source text)
returns boolean
language sql stable as $$
	select coalesce(bool_and(not 'item_id' = any (key)), false)
	from ops.stream
	where source = of_source
	    and entity = 'photo_fetch'
$$;

-- A query for the pictures that known photos show: for each photo and size the
-- newest that was fetched.
create or replace function ops.shown_images(staging text)
returns text
language sql stable as $$
	select coalesce(string_agg(format(
	    'select f.sha256::text collate "C" as sha256 from %1$I.%2$I f '
	    'where f.is_got and exists (select from %1$I.%3$I p '
	    'where p.photo_key = f.photo_key%4$s)', staging, f.stream, p.stream,
	    case when ops.photo_key_is_upload(f.source) then ''
	        else ' and p.item_id = f.item_id' end),
	    ' union all ' order by f.stream),
	    'select null::text collate "C" as sha256 where false')
	from ops.stream f
	    join ops.stream p on p.source = f.source
	        and p.entity = 'photo'
	where f.entity = 'photo_fetch'
	    and to_regclass(format('%I.%I', staging, f.stream)) is not null
	    and to_regclass(format('%I.%I', staging, p.stream)) is not null
$$;

-- Pictures that photos show.  Staging keeps those of a forgotten seller, because
-- a picture names no seller.
create or replace function ops.make_image_view(staging text, serving text)
returns void
language plpgsql as $$
declare
	parts text;
begin
	select string_agg(format('select i.sha256::text collate "C" as sha256, '
	    'i.bytes::bigint, i.format::text, i.width::int, i.height::int, '
	    'i.dominant_color::text, (''x'' || i.phash)::bit(64)::bigint as phash, '
	    'i.path::text, s.first_seen, i.is_kept, s.observed_at, '
	    's.run::text collate "C" as run, s.line, '
	    '%3$L::text collate "C" as source '
	    'from %1$I.%2$I i join %1$I.%4$I s using (sha256, is_kept)',
	    staging, s.stream, s.source, s.stream || '_seen'), ' union all '
	    order by s.stream)
	into parts
	from ops.streams_of(staging, 'image', '_seen') s;
	parts := coalesce(parts, 'select null::text collate "C" as sha256, '
	    'null::bigint as bytes, null::text as format, null::int as width, '
	    'null::int as height, null::text as dominant_color, '
	    'null::bigint as phash, null::text as path, '
	    'null::timestamptz as first_seen, null::boolean as is_kept, '
	    'null::timestamptz as observed_at, null::text as run, '
	    'null::bigint as line, null::text as source where false');
	perform ops.replace_view(serving, 'image', format('select distinct on '
	    '(sha256) sha256, bytes, format, width, height, dominant_color, '
	    'phash, path, min(first_seen) over (partition by sha256) '
	    'as first_seen from (%s) p where exists (select from (%s) s '
	    'where s.sha256 = p.sha256) order by sha256, is_kept desc, '
	    'observed_at desc, run desc, line desc, source', parts,
	    ops.shown_images(staging)),
	    'a row is a picture that a photo shows, named by the SHA-256 of its '
	    'bytes, with its place in the image folder (null: no bytes were '
	    'kept); vpipe load writes the view, anyone reads it');
end
$$;

-- A photo of a listing and its picture: for each photo the newest variant that
-- names it.
create or replace function ops.make_image_use_view(staging text, serving text)
returns void
language plpgsql as $$
declare
	parts text;
begin
	select string_agg(format(
	    'select %3$L::text collate "C" as source, '
	    'n.site::text collate "C" as site, '
	    'n.item_id::text collate "C" as item_id, '
	    'n.photo_key::text collate "C" as photo_key, '
	    '%7$s as position, f.sha256::text collate "C" as sha256, '
	    '%8$s::text collate "C" as seller_key, n.observed_at, '
	    'f.size::text collate "C" as size, n.first_seen, n.last_seen '
	    'from (select distinct on (s.site, s.item_id, s.photo_key) s.site, '
	    's.item_id, s.photo_key, s.variant, s.observed_at, '
	    'min(s.first_seen) over photo as first_seen, '
	    'max(s.last_seen) over photo as last_seen '
	    'from %1$I.%4$I s window photo as '
	    '(partition by s.site, s.item_id, s.photo_key) '
	    'order by s.site, s.item_id, s.photo_key, %9$s) n '
	    'join %1$I.%2$I w on w.site = n.site and w.item_id = n.item_id '
	    'and w.photo_key = n.photo_key and w.variant = n.variant '
	    'join %1$I.%5$I f on f.photo_key = n.photo_key and f.is_got%6$s',
	    staging, p.stream, p.source, p.stream || '_seen', f.stream,
	    case when ops.photo_key_is_upload(p.source) then ''
	        else ' and f.item_id = n.item_id' end,
	    case when exists (select from ops.table_columns(staging, p.stream) c
	            where c.name = 'position')
	        then 'w.position::int' else 'null::int' end,
	    case when exists (select from ops.table_columns(staging, i.stream) c
	            where c.name = 'seller_key')
	        then format('(select min(i.seller_key) from %I.%I i '
	            'where i.site = n.site and i.item_id = n.item_id)', staging,
	            i.stream)
	        else 'null' end,
	    ops.newest_first('s')), ' union all ' order by p.stream)
	into parts
	from ops.stream p
	    join ops.stream f on f.source = p.source
	        and f.entity = 'photo_fetch'
	    left join ops.stream i on i.source = p.source
	        and i.entity = 'item'
	where p.entity = 'photo'
	    and to_regclass(format('%I.%I', staging, p.stream || '_seen'))
	        is not null
	    and to_regclass(format('%I.%I', staging, f.stream)) is not null;
	perform ops.replace_view(serving, 'image_use', coalesce(parts,
	    'select null::text collate "C" as source, '
	    'null::text collate "C" as site, null::text collate "C" as item_id, '
	    'null::text collate "C" as photo_key, null::int as position, '
	    'null::text collate "C" as sha256, '
	    'null::text collate "C" as seller_key, '
	    'null::timestamptz as observed_at, null::text collate "C" as size, '
	    'null::timestamptz as first_seen, null::timestamptz as last_seen '
	    'where false'),
	    'a row says that a photo of a listing shows a picture, in the size that '
	    'was fetched; position 1 is the main one; vpipe load writes the view, '
	    'anyone reads it');
end
$$;

-- A label that the listings give; its score is the share of the picture's
-- listings that give it.
create or replace function ops.make_image_label_view(staging text, serving text)
returns void
language plpgsql as $$
declare
	said text;
	given text;
begin
	-- what a column of serving.item says, where there is such a column
	select string_agg(format('(%L, %s)', l.name, l.value), ', '
	    order by l.name, l.value)
	into said
	from (values
	    ('brand', 'brand', 'i.brand'),
	    ('category', 'catalog_id', 'i.catalog_id::text'),
	    ('colour', 'color_id', 'i.color_id::text'),
	    ('colour', 'color2_id', 'i.color2_id::text'),
	    ('condition', 'condition_id', 'i.condition_id::text'),
	    ('size', 'size_system', 'i.size_system || '':'' || i.size_code'),
	    ('price', 'price', 'ops.price_band(i.price) || '' '' || i.currency')
	) as l(name, needs, value)
	where exists (
		select
		from ops.table_columns(serving, 'item') c
		where c.name = l.needs);

	select string_agg(format('union all select sha256::text collate "C", '
	    'label_source::text collate "C", name::text collate "C", '
	    'value::text collate "C", score::numeric from %I.%I '
	    'where value is not null ', staging, s.stream), '' order by s.stream)
	into given
	from ops.streams_of(staging, 'label') s;

	perform ops.replace_view(serving, 'image_label', format($sql$
with
listing as (
	select distinct sha256, source, site, item_id
	from %1$I.image_use
),
said as (
	-- once a listing, however often it says so
	select u.*, s.name, s.value
	from listing u
	    join %1$I.item i using (source, site, item_id)
	    cross join lateral (values %2$s) as s(name, value)
	where s.value is not null
	union
	select u.*, 'category', c.catalog_id
	from listing u
	    join %1$I.item_catalog c using (source, site, item_id)
),
shown as (
	select sha256, count(*) as listings
	from listing
	group by sha256
)
select sha256,
    'catalog'::text collate "C" as label_source,
    name::text collate "C" as name,
    value::text collate "C" as value,
    round(count(*) / listings::numeric, 3) as score
from said
    join shown using (sha256)
group by sha256, listings, name, value
%3$s$sql$, serving, said, coalesce(given, '')),
	    'a row is a label of a picture and who gave it: its listings '
	    '(catalog; score is the share of them that say so), a human, or '
	    'model:NAME; vpipe load writes the view, anyone reads it');
end
$$;

-- Like prices stand in one band.
create or replace function ops.price_band(price numeric)
returns text
language sql immutable parallel safe as $$
	select case
	    when price < 5 then '0-5'
	    when price < 10 then '5-10'
	    when price < 20 then '10-20'
	    when price < 50 then '20-50'
	    when price < 100 then '50-100'
	    when price < 200 then '100-200'
	    when price < 500 then '200-500'
	    when price >= 500 then '500-'
	end
$$;

-- Listings whose main photo shows the picture of an older one: by the upload's
-- key, by the bytes, or near.  vpipe-pictures(7), "Which are the same", has the
-- kinds (stock, relist, cross-post, copy) and the limits.
-- A function, because with few statistics the planner would take nested loops,
-- which never end here.
create or replace function ops.image_repeats(serving text)
returns table (source text, item_id text, what text, how text, distance int,
    of_source text, of_item_id text, sha256 text, of_sha256 text,
    sellers bigint)
language plpgsql stable set enable_nestloop = off as $$
#variable_conflict use_column
begin
	return query execute format($sql$
with
listing as materialized (
	select u.source,
	    u.item_id,
	    u.photo_key,
	    u.sha256,
	    min(u.source || ':' || u.seller_key) as seller,
	    array_agg(distinct u.site) as sites,
	    min(u.first_seen) as first_seen,
	    max(u.last_seen) as last_seen
	from %1$I.image_use u
	where u.position = 1
	group by u.source, u.item_id, u.photo_key, u.sha256
),
-- which picture stands for it, and its place among those that show this one
shown as materialized (
	select l.*,
	    coalesce(f.sha256, l.sha256) as face,
	    count(*) over (partition by coalesce(f.sha256, l.sha256)) as listings,
	    row_number() over (partition by coalesce(f.sha256, l.sha256)
	        order by l.first_seen, l.source, l.item_id, l.photo_key) as nth,
	    row_number() over (partition by coalesce(f.sha256, l.sha256), l.seller
	        order by l.first_seen, l.source, l.item_id, l.photo_key)
	        as nth_of_seller
	from listing l
	    left join %1$I.image_hash h on h.sha256 = l.sha256
	        and h.same_as is not null
	    left join %1$I.image_hash f on f.sha256 = h.same_as
	        and ops.is_same_shape(f.width, f.height, h.width, h.height)
),
-- pictures that are one, or nearly; most are one with themselves only
pair as (
	select s.face, s.face as other_face, 0 as distance
	from shown s
	where s.nth = 2
	union all
	select l.face, l.other_face, n.distance
	from %1$I.image_near n
	    cross join lateral (values (n.sha256, n.other_sha256),
	        (n.other_sha256, n.sha256)) as l(face, other_face)
	where n.is_same_shape
),
-- of many that show one picture the first stands for all; also the previous one
-- of the same seller
linked as (
	select a, o, p.distance
	from shown a
	    join pair p on p.face = a.face
	    join shown o on o.face = p.other_face
	where o.nth = 1
	    or o.listings <= ops.near_common()
	union all
	select a, o, 0
	from shown a
	    join shown o on o.face = a.face
	        and o.seller = a.seller
	        and o.nth_of_seller = a.nth_of_seller - 1
	where a.listings > ops.near_common()
),
link as materialized (
	select (a).source,
	    (a).item_id,
	    (a).seller,
	    (a).face,
	    (a).sha256,
	    (o).source as of_source,
	    (o).item_id as of_item_id,
	    (o).seller as of_seller,
	    (o).sha256 as of_sha256,
	    case
	        when (o).photo_key = (a).photo_key and (o).source = (a).source
	            then 'photo_key'
	        when (o).sha256 = (a).sha256 then 'sha256'
	        else 'near'
	    end as how,
	    distance,
	    ((o).first_seen, (o).source, (o).item_id)
	        < ((a).first_seen, (a).source, (a).item_id) as is_older,
	    (o).last_seen < (a).first_seen as is_over,
	    (o).source <> (a).source
	        or not (o).sites && (a).sites as is_elsewhere,
	    (o).first_seen,
	    (o).last_seen
	from linked
	where ((o).source, (o).item_id) <> ((a).source, (a).item_id)
	    and ((o).seller = (a).seller
	        or distance <= ops.near_distance_of_strangers())
),
sellers as (
	select source,
	    item_id,
	    count(distinct of_seller) filter (where of_seller <> seller) + 1
	        as sellers
	from link
	where seller is not null
	group by source, item_id
),
crowd as (
	select face, count(distinct seller) as sellers
	from shown
	where listings > ops.near_common()
	group by face
),
judged as (
	select l.*,
	    greatest(s.sellers, c.sellers, 1) as sellers
	from link l
	    left join sellers s using (source, item_id)
	    left join crowd c using (face)
),
called as (
	select l.*,
	    case
	        when l.sellers >= 3 then 'stock'
	        when l.of_seller = l.seller and l.is_over then 'relist'
	        when l.of_seller = l.seller then null
	        when l.source <> l.of_source then 'cross-post'
	        when l.seller is null or l.of_seller is null then null
	        when l.is_elsewhere then 'cross-post'
	        else 'copy'
	    end as what
	from judged l
	where l.is_older
)
select distinct on (source, item_id, what) source,
    item_id,
    what::text collate "C" as what,
    how::text collate "C" as how,
    distance,
    of_source,
    of_item_id,
    sha256,
    of_sha256,
    sellers
from called
where what is not null
order by source,
    item_id,
    what,
    -- for a relisting the one seen last, else the first of all
    case when what = 'relist' then last_seen end desc,
    first_seen,
    of_source,
    of_item_id,
    distance,
    how,
    sha256,
    of_sha256
$sql$, serving);
end
$$;

create or replace function ops.make_image_repeat_view(serving text)
returns void
language plpgsql as $$
begin
	perform ops.replace_view(serving, 'image_repeat', format(
	    'select source collate "C" as source, item_id collate "C" as item_id, '
	    'what collate "C" as what, how collate "C" as how, distance, '
	    'of_source collate "C" as of_source, '
	    'of_item_id collate "C" as of_item_id, sha256 collate "C" as sha256, '
	    'of_sha256 collate "C" as of_sha256, sellers '
	    'from ops.image_repeats(%L)', serving),
	    'a row says that a listing shows the picture of an older one: relist, '
	    'cross-post, stock or copy, and how that is known; vpipe load writes '
	    'the view, anyone reads it');
end
$$;

create or replace function ops.make_image_views(staging text, serving text)
returns void
language plpgsql as $$
begin
	perform ops.index_images(staging);
	perform ops.make_image_view(staging, serving);
	perform ops.make_image_use_view(staging, serving);
	perform ops.make_image_label_view(staging, serving);
	perform ops.make_image_repeat_view(serving);
end
$$;

-- Views over other views: replacing one of those drops these, and make_views
-- makes them again.
create or replace function ops.drop_image_views(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	name text;
begin
	foreach name in array array['image_repeat', 'image_label', 'image_use',
	    'image']
	loop
		execute format('drop view if exists %I.%I', serving, name);
	end loop;
end
$$;

-- Brings image_hash, image_hash_near and image_unused up to date: for the
-- pictures of the runs, or all (null), and those whose photos were not known.
-- Each new hash is looked up once.  When the distance in force has changed, all
-- pairs are made anew.
create or replace function ops.refresh_images(staging text, serving text,
    runs text[])
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	mark text := 'a row is two perceptual hashes that differ in '
	    || ops.near_distance() || ' bits at most; vpipe load writes it, '
	    'image_near reads it';
	is_anew boolean := obj_description(to_regclass(format(
	    '%I.image_hash_near', serving)), 'pg_class') is distinct from mark;
	found bigint;
begin
	perform ops.images_brought(staging, serving,
	    case when not is_anew then runs end);
	if not is_anew and not exists (select from brought) then
		drop table brought;
		return 0;
	end if;
	create temporary table changed (sha256 text collate "C" primary key,
	    phash bigint, width int, height int, is_used boolean)
	    on commit drop;
	-- offset 0: else the whole view is read and sorted for one new picture
	execute format('insert into changed select b.sha256, i.phash, i.width, '
	    'i.height, i.sha256 is not null '
	    'from (select distinct sha256 from brought) b '
	    'left join lateral (select * from %1$I.image i '
	    'where i.sha256 = b.sha256 offset 0) i on true', serving);

	execute format('insert into %I.image_unused select sha256 from changed '
	    'where not is_used on conflict do nothing', serving);
	execute format('delete from %I.image_unused u using changed c '
	    'where c.sha256 = u.sha256 and (c.is_used or not exists (%s))',
	    serving, ops.records_of_image(staging, 'u.sha256'));

	-- the hashes that come or go, or gain and lose pictures
	execute format('delete from changed c using %I.image_hash h '
	    'where c.sha256 = h.sha256 and (c.phash, c.width, c.height) '
	    '= (h.phash, h.width, h.height)', serving);
	create temporary table stirred on commit drop as
	select phash, false as was_there
	from changed
	where phash is not null
	group by phash;
	alter table stirred add primary key (phash);
	execute format('insert into stirred select distinct h.phash, true '
	    'from %1$I.image_hash h join changed c using (sha256) '
	    'on conflict do nothing', serving);
	execute format('update stirred t set was_there = exists (select '
	    'from %1$I.image_hash h where h.phash = t.phash)', serving);

	execute format('delete from %I.image_hash h using changed c '
	    'where c.sha256 = h.sha256', serving);
	execute format('insert into %I.image_hash (sha256, phash, width, height) '
	    'select sha256, phash, width, height from changed '
	    'where phash is not null', serving);
	if is_anew then
		execute format('truncate %I.image_hash_near', serving);
		execute format('insert into stirred select distinct phash, '
		    'false from %I.image_hash on conflict (phash) do update '
		    'set was_there = false', serving);
		execute format('comment on table %I.image_hash_near is %L',
		    serving, mark);
	end if;
	-- a table that grew by thousands would be searched by the plan for few
	if (select count(*) from changed) >= 1000 then
		execute format('analyze %I.image_hash', serving);
	end if;
	found := ops.join_near(serving);
	drop table brought, changed, stirred;
	return found;
end
$$;

-- A query for what was said of a picture; nothing, when its seller was forgotten.
create or replace function ops.records_of_image(staging text, sha256 text)
returns text
language plpgsql stable as $$
begin
	return (
		select coalesce(string_agg(format(
		    'select from %I.%I i where i.sha256 = %s', staging,
		    stream || '_seen', sha256), ' union all '),
		    'select where false')
		from ops.streams_of(staging, 'image', '_seen'));
end
$$;

-- Notes which photos may be due now, in ops.touched_photo: those of the listings
-- that the runs answered about, and those that they asked for.  Only of sources
-- whose photos vpipe images has asked for: the first time, and whenever a setting
-- or the schema is another, it notes all by itself (images/list_due.sql).
create or replace function ops.touch_photos(staging text, runs text[])
returns void
language plpgsql as $$
declare
	photo record;
	stream record;
begin
	for photo in
		select p.source,
		    p.stream,
		    c.type
		from ops.streams_of(staging, 'photo') p
		    cross join ops.table_columns(staging, p.stream) c
		    join ops.setting s on s.name = 'photos ' || p.source
		where c.name = 'item_id'
	loop
		for stream in
			select s.stream as name,
			    c.name is not null as has_item
			from ops.streams_of(staging, 'look') s
			    left join ops.table_columns(staging, s.stream) c
			        on c.name = 'item_id'
			where s.source = photo.source
		loop
			execute format('insert into ops.touched_photo as t '
			    'select distinct $1, p.photo_key, p.item_id::text '
			    'from (select h.id from %1$I.%2$I l cross join lateral '
			    '(select id from jsonb_array_elements_text('
			    'case jsonb_typeof(l.ids) when ''array'' then l.ids '
			    'else ''[]'' end) as a(id)%3$s) h '
			    'where l.run = any ($2)%4$s) h '
			    'cross join lateral (select * from %1$I.%5$I p '
			    'where p.item_id = h.id::%6$s offset 0) p '
			    'on conflict (source, photo_key, item_id) '
			    'do update set times = t.times + 1', staging, stream.name,
			    case when stream.has_item
			        then ' union all select l.item_id::text' end,
			    case photo.type when 'bigint'
			        then ' and h.id ~ ''^[0-9]{1,18}$''' end,
			    photo.stream, photo.type)
			using photo.source, runs;
		end loop;
		for stream in
			select s.stream as name
			from ops.streams_of(staging, 'photo_fetch') s
			where s.source = photo.source
		loop
			execute format('insert into ops.touched_photo as t '
			    'select distinct $1, f.photo_key, '
			    'coalesce(f.item_id::text, '''') from %I.%I f '
			    'where f.run = any ($2) '
			    'on conflict (source, photo_key, item_id) '
			    'do update set times = t.times + 1', staging,
			    stream.name)
			using photo.source, runs;
		end loop;
	end loop;
end
$$;

-- The pictures to look at, into the temporary table `brought`.
create or replace function ops.images_brought(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	stream record;
	has_new boolean := runs is null;
	is_new boolean;
begin
	create temporary table brought (sha256 text collate "C") on commit drop;
	for stream in
		select s.stream as name
		from ops.streams_of(staging, 'image', '_seen') s
	loop
		execute format('insert into brought select distinct sha256 '
		    'from %I.%I where $1 is null or run = any ($1)', staging,
		    stream.name || '_seen')
		using runs;
	end loop;
	execute format('insert into brought select sha256 from %I.image_unused',
	    serving);
	for stream in
		select s.stream as name
		from ops.streams_of(staging, 'photo_fetch') s
		where not has_new
	loop
		execute format('select exists (select from %I.%I '
		    'where is_got and run = any ($1))', staging, stream.name)
		into is_new
		using runs;
		has_new := has_new or is_new;
	end loop;
	-- a photo that was got may show another picture than before
	if has_new then
		execute format('insert into brought select h.sha256 '
		    'from %I.image_hash h where not exists (select from (%s) s '
		    'where s.sha256 = h.sha256)', serving,
		    ops.shown_images(staging));
	end if;
end
$$;

-- The pairs of the hashes in `stirred`, and which of them are common.
create or replace function ops.join_near(serving text)
returns bigint
language plpgsql as $$
declare
	found bigint;
begin
	execute format('delete from %1$I.image_hash_near n using stirred t '
	    'where t.phash in (n.phash, n.other_phash) and not exists (select '
	    'from %1$I.image_hash h where h.phash = t.phash)', serving);
	execute format('insert into %1$I.image_hash_near '
	    'select least(t.phash, n.phash), greatest(t.phash, n.phash), '
	    'n.distance from stirred t '
	    'cross join lateral %1$I.near_hashes(t.phash, '
	    'ops.near_distance()) n '
	    'where not t.was_there and n.phash <> t.phash '
	    'and exists (select from %1$I.image_hash h where h.phash = t.phash) '
	    'on conflict do nothing', serving);
	get diagnostics found = row_count;
	execute format('update %1$I.image_hash h set same_as = g.same_as '
	    'from (select i.sha256, case when count(*) over one '
	    '> ops.near_common() and i.sha256 <> min(i.sha256) over one '
	    'then min(i.sha256) over one end as same_as '
	    'from %1$I.image_hash i join stirred t using (phash) '
	    'window one as (partition by i.phash)) g '
	    'where g.sha256 = h.sha256 '
	    'and g.same_as is distinct from h.same_as', serving);
	return found;
end
$$;
