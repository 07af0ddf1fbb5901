-- The samples of vpipe dataset.  The file `rows` in the current folder, a JSON
-- object a line, names pictures by its member sha256; its other members are
-- passed on.  Prints a line a sample, its columns between tabs: part, shard,
-- sha256, extension, path in the store, caption, JSON; and "facts" (JSON).
-- :train, :validation, :test are the weights of the parts, :seed changes the
-- split, :size is that of a shard, :near the distance up to which two pictures
-- stay in one part.
--
-- A group stays in one part: sellers with their pictures, joined by shared or
-- near pictures.  Its name is the least of its sellers' keys (a picture's hash
-- where it has no seller), and that name with the seed decides on the part: more
-- data leave a group in its part as long as it keeps its least seller.
begin isolation level repeatable read;
set local client_min_messages = warning;
create temporary table chosen (
	sha256 text collate "C" primary key,
	extra jsonb
) on commit drop;
create temporary table node (
	id text collate "C" primary key,
	root text collate "C" not null
) on commit drop;
create temporary table edge (
	id text collate "C" not null,
	other text collate "C" not null
) on commit drop;

create temporary table sample (
	sha256 text collate "C" primary key,
	root text collate "C" not null,
	part text not null,
	shard bigint not null
) on commit drop;

-- Groups: each node takes the least root among its neighbours', and then its
-- root's root, until nothing changes.
create function pg_temp.join_groups()
returns void
language plpgsql as $$
declare
	moved bigint := 1;
	jumped bigint;
begin
	while moved > 0 loop
		update node n
		set root = m.root
		from (
			select e.id, min(o.root) as root
			from edge e
			    join node o on o.id = e.other
			group by e.id) as m
		where n.id = m.id
		    and m.root < n.root;
		get diagnostics moved = row_count;
		loop
			update node n
			set root = r.root
			from node r
			where r.id = n.root
			    and r.root < n.root;
			get diagnostics jumped = row_count;
			exit when jumped = 0;
		end loop;
	end loop;
end
$$;

-- what the query gave; a picture that it gives twice counts once
create temporary table given (line text) on commit drop;
\copy given from 'rows' with (format csv, quote E'\x01', delimiter E'\x02')
insert into chosen
select j ->> 'sha256', min((j - 'sha256')::text)::jsonb
from given
    cross join lateral (select line::jsonb) as g(j)
where j ->> 'sha256' is not null
group by j ->> 'sha256';
-- from here on nothing but our own temporary tables is written
set transaction read only;
set local search_path = pg_catalog;
analyze pg_temp.chosen;

delete from pg_temp.chosen c
where not exists (
	select
	from serving.image i
	where i.sha256 = c.sha256);

-- sellers are told from pictures by a first letter that sorts before
insert into pg_temp.edge
select 'p' || u.sha256, 'a' || u.seller_key
from serving.image_use u
    join pg_temp.chosen using (sha256)
where u.seller_key is not null
group by u.sha256, u.seller_key;

-- of a common hash one picture stands for all, chosen or not
insert into pg_temp.edge
with
near_or_chosen as (
	select sha256
	from pg_temp.chosen
	union
	select h.same_as
	from serving.image_hash h
	    join pg_temp.chosen using (sha256)
	where h.same_as is not null
)
select 'p' || n.sha256, 'p' || n.other_sha256
from serving.image_near n
where n.sha256 in (select sha256 from near_or_chosen)
    and n.other_sha256 in (select sha256 from near_or_chosen)
    and n.distance <= coalesce(nullif(:'near', '')::int, ops.near_distance());

insert into pg_temp.edge
select other, id
from pg_temp.edge;

insert into pg_temp.node
select id, id
from (
	select 'p' || sha256 as id
	from pg_temp.chosen
	union
	select id
	from pg_temp.edge) as all_of_them;
analyze pg_temp.edge;
analyze pg_temp.node;
select count(*) as joined
from pg_temp.join_groups() \gset

-- a part, by 32 bits of a hash of seed and group
insert into pg_temp.sample
select sha256, root, part,
    (row_number() over (partition by part order by sha256) - 1) / :size
from (
	select c.sha256, n.root,
	    case when h.share < :train then 'train'
	        when h.share < :train + :validation then 'validation'
	        else 'test' end as part
	from pg_temp.chosen c
	    join pg_temp.node n on n.id = 'p' || c.sha256
	    cross join lateral (
		select ('x' || left(md5(:'seed' || ':' || n.root), 8))::bit(32)
		    ::bigint * (:train + :validation + :test)::numeric
		    / 4294967296 as share) as h) as p;
analyze pg_temp.sample;

select 'facts ' || jsonb_build_object(
    'split', jsonb_build_object('train', :train, 'validation', :validation,
        'test', :test),
    'near_distance', coalesce(nullif(:'near', '')::int, ops.near_distance()),
    'samples', (select count(*) from pg_temp.sample),
    'groups', (select count(distinct root) from pg_temp.sample),
    'largest_group', (
	select coalesce(max(n), 0)
	from (
		select count(*) as n
		from pg_temp.sample
		group by root) as g),
    'parts', (
	select jsonb_object_agg(part, jsonb_build_object('samples', n,
	    'groups', groups))
	from (
		select part, count(*) as n, count(distinct root) as groups
		from pg_temp.sample
		group by part) as p))::text;

-- the views tell the planner nothing of their size
set local enable_nestloop = off;
set local enable_mergejoin = off;

copy (
	with
	used as (
		select distinct on (u.sha256) u.sha256, u.source, u.site,
		    u.item_id, u.photo_key, u.position
		from serving.image_use u
		    join pg_temp.sample using (sha256)
		order by u.sha256, u.observed_at desc, u.source, u.site,
		    u.item_id, u.photo_key
	),
	-- who knows best first: a human, then the listing, then the surest model
	said as (
		select sha256,
		    jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
		        'name', name, 'source', label_source, 'value', value,
		        'score', score)) order by name, rank, score desc
		        nulls last, label_source, value) as labels
		from (
			select l.sha256, l.name, l.label_source, l.value,
			    l.score,
			    array_position(array['human', 'catalog'],
			        l.label_source::text) as rank
			from serving.image_label l
			    join pg_temp.sample using (sha256)
			where l.value is not null) as l
		group by sha256
	),
	best as (
		select s.sha256, jsonb_object_agg(b.name, b.value) as label
		from said s
		    cross join lateral (
			select distinct on (e.j ->> 'name') e.j ->> 'name' as name,
			    e.j ->> 'value' as value
			from jsonb_array_elements(s.labels)
			    with ordinality as e(j, n)
			order by e.j ->> 'name', e.n) as b
		group by s.sha256
	)
	select s.part,
	    to_char(s.shard, 'FM00000'),
	    s.sha256,
	    x.ext,
	    case when i.path ~ '^sha256/../../[0-9a-f]{64}\.(jpg|png|webp)$'
	        then i.path end,
	    m.caption,
	    (jsonb_build_object('title', t.j -> 'title', 'brand',
	        t.j -> 'brand', 'price', t.j -> 'price', 'currency',
	        t.j -> 'currency', 'url', null)
	        || coalesce(c.extra, '{}') - 'status' - 'error_message'
	        || jsonb_build_object('key', s.sha256, 'sha256', s.sha256,
	        'caption', m.caption, 'width', i.width, 'height', i.height,
	        'original_width', i.width, 'original_height', i.height, 'format',
	        i.format, 'bytes', i.bytes, 'split', s.part, 'source', u.source,
	        'site', u.site, 'item_id', u.item_id, 'photo_key', u.photo_key,
	        'position', u.position, 'label', coalesce(b.label, '{}'),
	        'labels', coalesce(d.labels, '[]')))::text
	from pg_temp.sample s
	    join pg_temp.chosen c using (sha256)
	    join serving.image i using (sha256)
	    left join used u using (sha256)
	    left join said d using (sha256)
	    left join best b using (sha256)
	    left join serving.item item on item.source = u.source
	        and item.site = u.site
	        and item.item_id = u.item_id
	    cross join lateral (
		select to_jsonb(item) as j) as t
	    cross join lateral (
		select case i.format when 'jpeg' then 'jpg' else i.format end
		    as ext) as x
	    cross join lateral (
		select nullif(btrim(regexp_replace(coalesce(
		    c.extra ->> 'caption', c.extra ->> 'title',
		    t.j ->> 'title'), '[[:cntrl:][:space:]]+', ' ', 'g')), '')
		    as caption) as m
	order by s.part, s.shard, s.sha256
) to stdout (format csv, quote E'\x01', delimiter E'\t');
rollback;
