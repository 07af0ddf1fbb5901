-- All that is known of a listing, as one JSON object; nothing when none is known.
-- vpipe why.  Each part of it is found by a key; who the seller is, is in none.
--
-- Variables: listing (an id or address), source (empty: any), as_text (true: numbers
-- as text, for who would round them).  In the current folder: list_parts, a script
-- that takes names of runs from the file `runs`, and prints their parts as CSV: run,
-- part, first and last line, path.
set client_min_messages = warning;
set timezone = 'UTC';

-- a null leaves its variable unset
select f.source as known_source,
    f.item_id as known_item
from (values (1)) as one
    left join lateral (
	select f.*
	from ops.ids_of(:'listing') as t
	    cross join lateral (
		select f.source, f.item_id, f.last_seen as at,
		    lower(:'listing') ~ ('//' || f.site || '(/|:|$)') as is_site
		from serving.listing_fact f
		where f.item_id = t.id
		union all
		select s.source, s.item_id, s.last_seen, false
		from serving.item_state s
		where s.item_id = t.id
		offset 0) as f
	where f.source = coalesce(nullif(:'source', ''), f.source)
	    and (:'listing' !~ '//' or f.is_site)
	order by f.at desc nulls last, f.source
	limit 1) as f on true \gset
\if :{?known_source}
\else
\quit
\endif

-- Rows of a stream of the source, if it has the stream.  What names a seller, or
-- nobody asks for, is left out.
create function pg_temp.rows_of(source text, stream text, condition text,
    sort text)
returns jsonb
language plpgsql as $$
declare
	relation regclass := to_regclass(format('staging.%I',
	    source || '_' || stream));
	found jsonb;
begin
	if relation is not null then
		execute format('select jsonb_agg(jsonb_strip_nulls(to_jsonb(t) '
		    '- ''{owner,user_id,subject,query,content_hash}''::text[]) '
		    'order by %s) from %s t where %s', sort, relation,
		    condition)
		into found;
	end if;
	return coalesce(found, '[]');
end
$$;

create temporary table known as
select :'known_source'::text collate "C" as source,
    :'known_item'::text collate "C" as item_id,
    format('item_id = %L', :'known_item') as is_it;

-- the groups that it is counted in, of those that the price mart keeps
create temporary table grouped as
select g.place,
    f.site,
    p."by",
    p.catalog_id,
    p.n
from serving.listing_fact f
    join serving.mart_window w on w.source = f.source
        and w.site = f.site
    cross join lateral (
	select null as catalog_id
	union all
	select unnest(f.catalogs)) as c
    join ops.groups_of_like() as g on (g."by" ~ 'catalog')
        = (c.catalog_id is not null)
    join serving.price_cell p on p.cell = ops.cell_of(row(f.source, f.site,
        f.kind, f.currency, g."by", c.catalog_id,
        case when g."by" ~ 'brand' then f.brand end,
        case when g."by" ~ 'condition' then f.condition_id end,
        case when g."by" ~ 'size' then f.size end, null::text)::text)
where f.item_id = :'known_item'
    and f.source = :'known_source'
    and f.leaves_at >= w.as_of
    and f.price is not null;

-- what each table holds of it
create temporary table piece as
select k.*,
    pg_temp.rows_of(source, 'snapshot', is_it, 'observed_at, run, line, index')
        as looks,
    -- as its index has it
    pg_temp.rows_of(source, 'look', format('item_id collate "C" = %L', item_id),
        'observed_at, run, line') as answers,
    pg_temp.rows_of(source, 'item_full', is_it, 'observed_at, site, variant')
        as rows,
    pg_temp.rows_of(source, 'item_catalog_full', is_it,
        'first_seen, site, catalog_id') as catalogs,
    pg_temp.rows_of(source, 'event', is_it, 'latest, number, type') as events,
    pg_temp.rows_of(source, 'photo_full', is_it, 'position, photo_key, variant')
        as photos
from known k;
create temporary table fetched as
select distinct f.row
from piece k
    cross join jsonb_array_elements(k.photos) as p(photo)
    cross join jsonb_array_elements(pg_temp.rows_of(k.source, 'photo_fetch',
        format('photo_key = %L%s', p.photo ->> 'photo_key',
        case when ops.photo_key_is_upload(k.source) then ''
            else ' and ' || k.is_it end), 'observed_at')) as f(row);

-- the raw records that tell of it, and what each became
create temporary table record as
select t.run,
    t.line,
    min(t.at) as at,
    min(t.what) filter (where t.became <> 'row') as what,
    min(t.verdict) as verdict,
    array_agg(distinct t.became) as became
from piece k
    cross join lateral (
	select b.became,
	    r ->> 'run' as run,
	    (r ->> 'line')::bigint as line,
	    (r ->> 'observed_at')::timestamptz as at,
	    coalesce(r ->> 'kind', case b.became when 'fetch' then 'image' end)
	        as what,
	    coalesce(r ->> 'verdict', r ->> 'outcome') as verdict
	from (values ('look', k.looks), ('answer', k.answers), ('row', k.rows),
	    ('row', k.catalogs), ('row', k.photos), ('fetch', (
		select coalesce(jsonb_agg(f.row), '[]')
		from fetched f))) as b(became, rows)
	    cross join jsonb_array_elements(b.rows) as r) as t
where t.run is not null
group by t.run, t.line;
\copy (select distinct run from record order by run) to 'runs'
create temporary table part (run text, part text, first_line bigint,
    last_line bigint, path text);
\copy part from program 'exec sh ./list_parts' with (format csv)

create function pg_temp.as_text(v jsonb)
returns jsonb
language plpgsql as $$
begin
	return case jsonb_typeof(v)
	    when 'number' then to_jsonb(v #>> '{}')
	    when 'object' then (
		select coalesce(jsonb_object_agg(key, pg_temp.as_text(value)), '{}')
		from jsonb_each(v))
	    when 'array' then (
		select coalesce(jsonb_agg(pg_temp.as_text(value) order by n), '[]')
		from jsonb_array_elements(v) with ordinality as a(value, n))
	    else v end;
end
$$;

create temporary table story as
select jsonb_build_object(
    'source', k.source,
    'item_id', k.item_id,
    'listings', (
	select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(i)) order by i.site),
	    '[]')
	from serving.item i
	where i.source = k.source
	    and i.item_id = k.item_id),
    'state', (
	select jsonb_strip_nulls(to_jsonb(s))
	from serving.item_state s
	where s.source = k.source
	    and s.item_id = k.item_id),
    'events', (
	select coalesce(jsonb_agg(e.event || jsonb_build_object('n', (
		select c.n
		from ops.change c
		where c.source = k.source
		    and c.item_id = k.item_id
		    and c.op = 'add'
		    and c.withdrawn is null
		    and c.event = e.event - 'number')) order by e.place), '[]')
	from jsonb_array_elements(k.events) with ordinality as e(event, place)),
    'records', (
	select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(r)
	        || jsonb_build_object('part', p.part, 'path', p.path))
	        order by r.at, r.run, r.line), '[]')
	from record r
	    left join lateral (
		select *
		from part p
		where p.run = r.run
		    and r.line between p.first_line and p.last_line
		order by p.path desc
		limit 1) as p on true),
    'looks', k.looks,
    'answers', k.answers,
    'rows', k.rows,
    'catalogs', k.catalogs,
    'photos', k.photos,
    'fetches', (
	select coalesce(jsonb_agg(f.row || jsonb_strip_nulls(
	        jsonb_build_object('picture', to_jsonb(i)))
	        order by f.row ->> 'photo_key', f.row ->> 'observed_at'), '[]')
	from fetched f
	    left join lateral (
		select *
		from serving.image i
		where i.sha256 = f.row ->> 'sha256'
		offset 0) as i on true),
    'marts', (
	select coalesce(jsonb_agg(jsonb_build_object('site', f.site, 'fact',
	        jsonb_strip_nulls(to_jsonb(f)), 'as_of', w.as_of,
	        'prices', case when f.leaves_at >= w.as_of
	            and f.price is not null then f.kind end,
	        'week', case when f.week_leaves_at >= w.as_of then f.week end,
	        'time_to_sale', f.born_latest is not null
	            and coalesce(f.left_earliest, f.followed_until) is not null,
	        'groups', (
		select coalesce(jsonb_agg(to_jsonb(g) - '{site,place}'::text[]
		        order by g.place, g.n, g.catalog_id), '[]')
		from grouped g
		where g.site = f.site)) order by f.site), '[]')
	from serving.listing_fact f
	    join serving.mart_window w using (source, site)
	where f.source = k.source
	    and f.item_id = k.item_id)) as story
from piece k;

\if :as_text
select pg_temp.as_text(story)
from story;
\else
select story
from story;
\endif
