-- What sites call things: catalogs, brands, colours, sizes, conditions,
-- materials, countries, each dated.  A row of serving.dictionary is an entry of a
-- site's dictionary as it was written from valid_from until valid_to; the mart
-- step of vpipe load computes it from staging.<source>_dictionary.  The views
-- serving.catalog, brand ... show a dictionary each, for people and any client.
--
-- Of staging only the first and the last sight of what an entry said are known.
-- What is first seen later wins until something else is.  A name that comes back
-- has two rows: the second begins after the last sight of what was between.

create table if not exists :"serving".dictionary (
	source text collate "C" not null,
	dictionary text collate "C" not null,
	id text collate "C" not null,
	site text collate "C" not null,
	number int not null,
	title text not null,
	code text,
	parent_id text,
	parent_title text,
	url text,
	position bigint,
	item_count bigint,
	more jsonb not null,
	path text[],
	path_titles text[],
	valid_from timestamptz not null,
	valid_to timestamptz,
	last_seen timestamptz not null,
	primary key (source, dictionary, id, site, number)
);
comment on table :"serving".dictionary is
    'a row is an entry of a site''s dictionary as it was written over some '
    'time; vpipe load writes it, the views catalog, brand ... read it';
comment on column :"serving".dictionary.number is
    'of the rows of one entry, from 1 on, in order of time';
comment on column :"serving".dictionary.valid_to is
    'when another row of the entry begins, or it was seen last; null: the '
    'newest answer has it so';
comment on column :"serving".dictionary.path is
    'of a catalog: ids from the root to itself, as they were in the row''s last '
    'moment';
comment on column :"serving".dictionary.more is
    'what only some dictionaries tell: hex, about, title_local ...';

-- Sites and words of conditions are those of the sources' files: :world.
create table if not exists :"serving".site (
	source text collate "C" not null,
	site text collate "C" not null,
	country text,
	currency text,
	language text,
	primary key (source, site)
);
comment on table :"serving".site is
    'a row is a site of a source, as its description has it; vpipe db migrate '
    'writes it, anyone reads it';
create table if not exists :"serving".condition_word (
	source text collate "C" not null,
	language text collate "C" not null,
	word text collate "C" not null,
	condition_id bigint not null,
	place int not null,
	primary key (source, language, word)
);
comment on table :"serving".condition_word is
    'a row is a word for a condition, the first in place its usual one; vpipe '
    'db migrate writes it, the view condition reads it';

delete from :"serving".site;
insert into :"serving".site (source, site, country, currency, language)
select s.source, s.site, s.country, s.currency, s.language
from jsonb_to_recordset(:'world'::jsonb -> 'sites') as s(source text, site text,
    country text, currency text, language text);
delete from :"serving".condition_word;
insert into :"serving".condition_word (source, language, word, condition_id,
    place)
select w.source, w.language, w.word, w.condition_id, w.place
from jsonb_to_recordset(:'world'::jsonb -> 'words') as w(source text,
    language text, word text, condition_id bigint, place int);

-- --- computing it ------------------------------------------------------------

-- What each entry of a site's dictionaries ever said, with its newest facts.
create or replace function ops.dictionary_said(staging text, of_source text,
    of_site text)
returns table (dictionary text, id text, said text, first_seen timestamptz,
    last_seen timestamptz, is_current boolean, facts jsonb)
language plpgsql stable as $$
begin
	return query execute format($sql$
	with
	said as (
		select distinct on (d.dictionary, d.id, d.said)
		    d.dictionary,
		    d.id::text as id,
		    d.said,
		    min(d.first_seen) over entry as first_seen,
		    max(d.last_seen) over entry as last_seen,
		    to_jsonb(d) as facts
		from %I.%I d
		where d.site = $1
		window entry as (partition by d.dictionary, d.id, d.said)
		order by d.dictionary, d.id, d.said,
		    d.observed_at desc, d.run collate "C" desc, d.line desc,
		    d.index desc, d.contract desc, d.variant collate "C" desc
	)
	select s.dictionary,
	    s.id,
	    s.said,
	    s.first_seen,
	    s.last_seen,
	    s.last_seen = max(s.last_seen) over (partition by s.dictionary),
	    s.facts
	from said s
	$sql$, staging, of_source || '_dictionary_full')
	using of_site;
end
$$;

-- The same in windows of time that do not overlap.
create or replace function ops.dictionary_windows(staging text, of_source text,
    of_site text)
returns table (dictionary text, id text, number int, valid_from timestamptz,
    valid_to timestamptz, last_seen timestamptz, facts jsonb)
language sql stable as $$
	with
	version as materialized (
		select * from ops.dictionary_said(staging, of_source, of_site)
	),
	-- where something begins, and just after the last sight of something
	point as (
		select v.dictionary, v.id, v.first_seen as at, 0 as behind
		from version v
		union
		select v.dictionary, v.id, v.last_seen, 1
		from version v
		where not v.is_current
	),
	held as (
		select distinct on (p.dictionary, p.id, p.at, p.behind)
		    p.*,
		    v.said,
		    v.last_seen,
		    v.facts
		from point p
		    left join version v on v.dictionary = p.dictionary
		        and v.id = p.id
		        and (v.first_seen, 0) <= (p.at, p.behind)
		        and (v.is_current
		            or (p.at, p.behind) < (v.last_seen, 1))
		order by p.dictionary, p.id, p.at, p.behind,
		    v.first_seen desc nulls last, v.last_seen desc nulls last,
		    v.said collate "C" desc nulls last
	),
	step as (
		select h.*,
		    lag(h.said) over entry is distinct from h.said as is_new
		from held h
		window entry as (
		    partition by h.dictionary, h.id
		    order by h.at, h.behind)
	),
	turn as (
		select s.*,
		    lead(s.at) over entry as ends_at,
		    row_number() over (same order by s.at, s.behind) as nth,
		    row_number() over (same order by s.at desc, s.behind desc)
		        as nth_last
		from step s
		where s.is_new
		window entry as (
		        partition by s.dictionary, s.id
		        order by s.at, s.behind),
		    same as (partition by s.dictionary, s.id, s.said)
	)
	select t.dictionary,
	    t.id,
	    row_number() over entry::int,
	    t.at,
	    coalesce(lead(t.at) over entry, t.ends_at),
	    t.last_seen,
	    t.facts
	from turn t
	where t.said is not null
	    -- when it came back is not known, only that it did at last
	    and (t.nth = 1 or t.nth_last = 1)
	window entry as (
	    partition by t.dictionary, t.id
	    order by t.at, t.behind)
$$;

-- Rows of serving.dictionary, of one site.
create or replace function ops.dictionary_rows(staging text, of_source text,
    of_site text)
returns table (source text, dictionary text, id text, site text, number int,
    title text, code text, parent_id text, parent_title text, url text,
    "position" bigint, item_count bigint, more jsonb, path text[],
    path_titles text[], valid_from timestamptz, valid_to timestamptz,
    last_seen timestamptz)
language sql stable as $$
	with recursive
	entry as materialized (
		select w.*,
		    w.facts ->> 'title' as title,
		    w.facts ->> 'parent_id' as parent_id
		from ops.dictionary_windows(staging, of_source, of_site) w
	),
	-- from each catalog up to its root, as the tree was at the row's last
	-- sight; of a name that came back later, just before it went
	climb as (
		select e.id,
		    e.number,
		    least(e.last_seen, e.valid_to) as at,
		    e.last_seen <= coalesce(e.valid_to, e.last_seen) as is_seen,
		    e.parent_id as next,
		    array[e.id] as path,
		    array[e.title] as titles
		from entry e
		where e.dictionary = 'catalog'
		union all
		select c.id, c.number, c.at, c.is_seen, e.parent_id,
		    e.id || c.path,
		    e.title || c.titles
		from climb c
		    join entry e on e.dictionary = 'catalog'
		        and e.id = c.next
		where not e.id = any(c.path)
		    and case
		        when c.is_seen then e.valid_from <= c.at
		            and (e.valid_to is null
		                or c.at < e.valid_to
		                or c.at = e.valid_to and e.last_seen = c.at)
		        else e.valid_from < c.at
		            and (e.valid_to is null or c.at <= e.valid_to)
		    end
	),
	top as (
		select distinct on (c.id, c.number) c.*
		from climb c
		order by c.id, c.number, cardinality(c.path) desc, c.path
	)
	select of_source,
	    e.dictionary,
	    e.id,
	    of_site,
	    e.number,
	    e.title,
	    e.facts ->> 'code',
	    e.parent_id,
	    coalesce(e.facts ->> 'parent_title',
	        t.titles[cardinality(t.titles) - 1]),
	    e.facts ->> 'url',
	    (e.facts ->> 'position')::bigint,
	    (e.facts ->> 'item_count')::bigint,
	    jsonb_strip_nulls(e.facts - array['site', 'dictionary', 'id',
	        'variant', 'said', 'title', 'code', 'parent_id',
	        'parent_title', 'url', 'position', 'item_count', 'observed_at',
	        'run', 'line', 'index', 'contract', 'first_seen',
	        'last_seen']),
	    t.path,
	    t.titles,
	    e.valid_from,
	    e.valid_to,
	    e.last_seen
	from entry e
	    left join top t on e.dictionary = 'catalog'
	        and t.id = e.id
	        and t.number = e.number
$$;

-- Writes the rows of a site that differ.  Returns how many.  Forbids nested loops:
-- how many rows the functions above give is not known beforehand.
create or replace function ops.refresh_dictionary(staging text, serving text,
    of_source text, of_site text)
returns bigint
language plpgsql set enable_nestloop = off as $$
declare
	written bigint;
begin
	execute format($sql$
	with
	fresh as materialized (
		select * from ops.dictionary_rows($1, $2, $3)
	),
	deleted as (
		delete from %1$I.dictionary t
		where t.source = $2
		    and t.site = $3
		    and not exists (
			select
			from fresh f
			where f.dictionary = t.dictionary
			    and f.id = t.id
			    and f.number = t.number)
		returning 1
	),
	upserted as (
		insert into %1$I.dictionary as t (source, dictionary, id, site,
		    number, title, code, parent_id, parent_title, url, position,
		    item_count, more, path, path_titles, valid_from, valid_to,
		    last_seen)
		select * from fresh
		on conflict (source, dictionary, id, site, number) do update
		set title = excluded.title,
		    code = excluded.code,
		    parent_id = excluded.parent_id,
		    parent_title = excluded.parent_title,
		    url = excluded.url,
		    position = excluded.position,
		    item_count = excluded.item_count,
		    more = excluded.more,
		    path = excluded.path,
		    path_titles = excluded.path_titles,
		    valid_from = excluded.valid_from,
		    valid_to = excluded.valid_to,
		    last_seen = excluded.last_seen
		where t.* is distinct from excluded.*
		returning 1
	)
	select (select count(*) from deleted) + (select count(*) from upserted)
	$sql$, serving)
	into written
	using staging, of_source, of_site;
	return written;
end
$$;

-- The dictionaries of the sites that these runs asked about no seller and no
-- listing; null: of all sites.
create or replace function ops.refresh_dictionaries(staging text, serving text,
    runs text[])
returns void
language plpgsql as $$
declare
	stream record;
	site text;
begin
	for stream in
		select *
		from ops.streams_of(staging, 'dictionary', '_full')
	loop
		for site in execute format('select distinct site from %I.%I '
		    'where ($1 is null or run = any($1)) and kind <> $2 '
		    'and user_id is null and item_id is null '
		    'and site is not null', staging, stream.source || '_look')
		    using runs, 'search'
		loop
			perform ops.refresh_dictionary(staging, serving,
			    stream.source, site);
		end loop;
	end loop;
end
$$;

-- --- reading it --------------------------------------------------------------

create or replace view :"serving".catalog as
select d.source,
    d.site,
    s.language,
    d.id as catalog_id,
    d.number,
    d.parent_id,
    cardinality(d.path) as level,
    d.path,
    array_to_string(d.path_titles, ' > ') as path_title,
    d.code,
    d.title,
    d.url,
    d.position,
    d.item_count,
    d.valid_from,
    d.valid_to,
    d.last_seen
from :"serving".dictionary d
    left join :"serving".site s using (source, site)
where d.dictionary = 'catalog';
comment on view :"serving".catalog is
    'a row is a catalog of a site over some time, with its place in the tree '
    'and the site''s own count of its items; valid_to null: now';

create or replace view :"serving".brand as
select d.source,
    d.site,
    d.id as brand_id,
    d.number,
    d.title,
    d.url,
    d.item_count,
    (d.more ->> 'favourite_count')::bigint as favourite_count,
    (d.more ->> 'is_luxury')::boolean as is_luxury,
    d.valid_from,
    d.valid_to,
    d.last_seen
from :"serving".dictionary d
where d.dictionary = 'brand';
comment on view :"serving".brand is
    'a row is a brand that a site lists, over some time';

create or replace view :"serving".colour as
select d.source,
    d.site,
    s.language,
    d.id as colour_id,
    d.number,
    d.code,
    d.title,
    d.more ->> 'hex' as hex,
    d.position,
    d.valid_from,
    d.valid_to,
    d.last_seen
from :"serving".dictionary d
    left join :"serving".site s using (source, site)
where d.dictionary = 'colour';
comment on view :"serving".colour is
    'a row is a colour as a site calls it, over some time';

create or replace view :"serving".size as
select d.source,
    d.site,
    d.id as size_id,
    d.number,
    d.title,
    d.parent_id as group_id,
    d.parent_title as group_title,
    d.position,
    d.valid_from,
    d.valid_to,
    d.last_seen
from :"serving".dictionary d
where d.dictionary = 'size';
comment on view :"serving".size is
    'a row is a size in its group as a site writes it, over some time';

create or replace view :"serving".material as
select d.source,
    d.site,
    s.language,
    d.id as material_id,
    d.number,
    d.code,
    d.title,
    d.parent_id as group_id,
    d.parent_title as group_title,
    d.valid_from,
    d.valid_to,
    d.last_seen
from :"serving".dictionary d
    left join :"serving".site s using (source, site)
where d.dictionary = 'material';
comment on view :"serving".material is
    'a row is a material in its group as a site calls it, over some time';

create or replace view :"serving".country as
select d.source,
    d.site,
    s.language,
    d.id as country_id,
    d.number,
    d.code,
    d.title,
    d.more ->> 'title_local' as title_local,
    d.valid_from,
    d.valid_to,
    d.last_seen
from :"serving".dictionary d
    left join :"serving".site s using (source, site)
where d.dictionary = 'country';
comment on view :"serving".country is
    'a row is a country as a site calls it, over some time; code is ISO''s';

create or replace view :"serving".condition as
with
name as (
	select d.source,
	    d.id::bigint as condition_id,
	    s.language,
	    d.title,
	    1 as rank,
	    0 as place,
	    d.site
	from :"serving".dictionary d
	    join :"serving".site s using (source, site)
	where d.dictionary = 'condition'
	    and d.valid_to is null
	    and d.id ~ '^[0-9]{1,18}$'
	union all
	select w.source,
	    w.condition_id,
	    w.language,
	    w.word,
	    2,
	    w.place,
	    ''
	from :"serving".condition_word w
)
select distinct on (source, condition_id, language) source,
    condition_id,
    language,
    title
from name
order by source, condition_id, language, rank, place, site collate "C", title;
comment on view :"serving".condition is
    'a row is a condition and its one name in a language: as a site of that '
    'language says it now, else the usual word of the sources'' labels';

-- One name for people: in the language asked for, else as the site itself says
-- it, else as any does; now, else as it was last.  Never a number alone.
create or replace function :"serving".catalog_name(source text, site text,
    catalog_id text, language text)
returns text
language sql stable
begin atomic
	select coalesce((
		select d.title
		from :"serving".dictionary d
		    left join :"serving".site s on s.source = d.source
		        and s.site = d.site
		where d.source = catalog_name.source
		    and d.dictionary = 'catalog'
		    and d.id = catalog_name.catalog_id
		order by d.valid_to is null desc,
		    s.language is not distinct from catalog_name.language desc,
		    d.site = catalog_name.site desc,
		    d.valid_to desc,
		    d.site
		limit 1), catalog_name.catalog_id || ' (no dictionary yet)');
end;

create or replace function :"serving".condition_name(source text,
    condition_id bigint, language text)
returns text
language sql stable
begin atomic
	select coalesce((
		select c.title
		from :"serving".condition c
		where c.source = condition_name.source
		    and c.condition_id = condition_name.condition_id
		    and c.language in (condition_name.language, 'en')
		order by c.language = condition_name.language desc
		limit 1), condition_name.condition_id || ' (no dictionary yet)');
end;
