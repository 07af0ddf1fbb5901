-- Forgetting a seller: what is hers, and how it leaves ops, the feed, staging and
-- serving.  vpipe forget takes her out of the tables that are there; vpipe rebuild
-- out of ops, for its new schemas were made without her.

-- ops.find_forgotten(staging, source, keys): what is known of the sellers of these
-- keys, into temporary tables: forgotten_user, forgotten_item, forgotten_picture
-- (ids), forgotten_run (where they were seen), forgotten_place (of their records).
create or replace function ops.find_forgotten(staging text, of_source text,
    keys text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	stream record;
begin
	create temporary table forgotten_user (id text collate "C" primary key);
	create temporary table forgotten_item (id text collate "C" primary key);
	create temporary table forgotten_picture (id text collate "C" primary key);
	create temporary table forgotten_run (id text collate "C" primary key);
	create temporary table forgotten_place (run text, line bigint,
	    index bigint);
	create temporary table forgotten_stream as
	select s.entity,
	    format('%I.%I', staging, r.relation) as relation,
	    array(
		select name
		from ops.table_columns(staging, r.relation)) as columns
	from ops.stream s
	    cross join lateral (
		values (s.stream), (s.stream || '_full')) as r(relation)
	where s.source = of_source;
	for stream in
		select *
		from forgotten_stream
		where columns @> '{user_id,seller_key}'
	loop
		execute format('insert into forgotten_user '
		    'select distinct user_id::text from %s '
		    'where seller_key = any ($1) and user_id is not null '
		    'on conflict do nothing', stream.relation)
		using keys;
	end loop;
	perform ops.find_more_forgotten();
end
$$;

-- The same from the users in forgotten_user, and the items in forgotten_item.
create or replace function ops.find_more_forgotten()
returns void
language plpgsql set client_min_messages = warning as $$
declare
	stream record;
begin
	for stream in
		select *
		from forgotten_stream
		where columns @> '{user_id,item_id}'
	loop
		execute format('insert into forgotten_item '
		    'select distinct item_id::text from %s '
		    'where user_id::text in (select id from forgotten_user) '
		    'and item_id is not null on conflict do nothing',
		    stream.relation);
	end loop;
	truncate forgotten_place;
	for stream in
		select *
		from forgotten_stream
		where columns @> '{user_id,run,line}'
	loop
		execute format('insert into forgotten_place '
		    'select run, line, %s from %s where user_id::text '
		    'in (select id from forgotten_user)',
		    case when stream.columns @> '{index}' then 'index'
		        else 'null' end, stream.relation);
	end loop;
	create index if not exists forgotten_place_run
	    on forgotten_place (run, line);
	analyze forgotten_place;
	for stream in
		select *
		from forgotten_stream
		where columns @> '{item_id,run}'
	loop
		execute format('insert into forgotten_run '
		    'select distinct run from %s where item_id::text '
		    'in (select id from forgotten_item) on conflict do nothing',
		    stream.relation);
		if stream.columns @> '{sha256,photo_key}' then
			execute format('insert into forgotten_picture '
			    'select distinct sha256 from %s where item_id::text '
			    'in (select id from forgotten_item) '
			    'and sha256 is not null on conflict do nothing',
			    stream.relation);
		end if;
	end loop;
	insert into forgotten_run
	select distinct run
	from forgotten_place
	on conflict do nothing;
end
$$;

create or replace function ops.drop_forgotten()
returns void
language sql set client_min_messages = warning as $$
	drop table if exists forgotten_stream, forgotten_user, forgotten_item,
	    forgotten_picture, forgotten_run, forgotten_place;
$$;

-- ops.forget_found(fresh, source): removes what was found from ops: rejects that
-- hold their bytes, the extremes of parts in which they were seen, examples of bad
-- rows, their items' lines of the feed, and withdrawn lines of items that the
-- schema fresh no longer has.  A line `forget` has the numbers of these lines, and
-- names nobody.  Returns how many lines of the feed went.
create or replace function ops.forget_found(fresh text, of_source text)
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	removed bigint[];
	known regclass := to_regclass(format('%I.%I', fresh,
	    of_source || '_snapshot'));
begin
	perform pg_advisory_xact_lock(hashtext('vpipe.change'));
	removed := array(
		select c.n
		from ops.change c
		where c.source = of_source
		    and c.op <> 'forget'
		    and (c.item_id in (select id from forgotten_item)
		        or c.event ->> 'other_id' in (
			select id
			from forgotten_item))
		order by c.n);
	if known is not null then
		execute format('select $1 || array(select c.n from ops.change c '
		    'where c.source = $2 and c.op <> ''forget'' '
		    'and not c.n = any ($1) '
		    'and not exists (select from ops.change s '
		    'where s.source = $2 and s.item_id = c.item_id '
		    'and s.op = ''add'' and s.withdrawn is null) '
		    'and not exists (select from %s s '
		    'where s.item_id = c.item_id) order by c.n)', known)
		into removed
		using removed, of_source;
	end if;
	if removed <> '{}' then
		insert into ops.change (n, source, op, lines)
		select max(n) + 1, of_source, 'forget', removed
		from ops.change;
		delete from ops.change
		where n = any (removed);
	end if;

	delete from ops.reject r
	where exists (
		select
		from forgotten_place p
		where p.run = r.run
		    and p.line = r.line
		    -- what was asked about her is hers as a whole
		    and coalesce(p.index = r.index, true))
	    or exists (
		select
		from (
			table forgotten_user
			union
			table forgotten_item) as f
		where strpos(r.value, f.id) > 0
		    and r.value ~ ('(^|[^[:alnum:]])' || regexp_replace(f.id,
		        '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]])'))
	    or (r.value like 'base64:%'
	        and r.run in (select run from forgotten_place));
	update ops.finding r
	set example = null
	where r.example is not null
	    and exists (
		select
		from (
			table forgotten_user
			union
			table forgotten_item) as f
		where strpos(r.example::text, f.id) > 0);
	update ops.quality q
	set min = null, max = null
	where q.run in (select run from forgotten_place)
	    and (q.min is not null or q.max is not null);
	return cardinality(removed);
end
$$;

-- ops.forget(staging, fresh, source, keys): removes the sellers of these keys from
-- ops, before a rebuild puts the schema fresh in the place of staging.
create or replace function ops.forget(staging text, fresh text,
    of_source text, keys text[])
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	lines bigint;
begin
	perform ops.find_forgotten(staging, of_source, keys);
	lines := ops.forget_found(fresh, of_source);
	perform ops.drop_forgotten();
	return lines;
end
$$;

-- ops.remove_found(staging, serving, source, keys): removes what was found from
-- staging, and from serving what no sum holds: facts of her listings leave the sums
-- with the next mart step, for which her listings are noted as touched.
create or replace function ops.remove_found(staging text, serving text,
    of_source text, keys text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	users text[] := array(select id from forgotten_user);
	items text[] := array(select id from forgotten_item);
	pictures text[] := array(select id from forgotten_picture);
	showing record;
	held record;
	is_hers text;
begin
	insert into ops.touched_item (source, item_id)
	select of_source, id
	from forgotten_item
	on conflict do nothing;
	delete from ops.touched_photo
	where source = of_source
	    and item_id = any (items);
	perform ops.blank_looks(staging, of_source, users, items);
	-- a photo that another shows, too, is to be fetched for her
	for showing in
		select f.stream as name, p.stream as photo
		from ops.streams_of(staging, 'photo_fetch') f
		    join ops.streams_of(staging, 'photo') p using (source)
		where source = of_source
	loop
		execute format('insert into ops.touched_photo (source, photo_key, '
		    'item_id) select distinct $1, p.photo_key, p.item_id::text '
		    'from %1$I.%2$I f join %1$I.%3$I p using (photo_key) '
		    'where f.item_id::text = any ($2) '
		    'and not p.item_id::text = any ($2) on conflict do nothing',
		    staging, showing.name, showing.photo)
		using of_source, items;
	end loop;
	for held in
		select c.relname as name,
		    n.nspname as home,
		    array(
			select t.name
			from ops.table_columns(n.nspname, c.relname) as t) as columns
		from pg_class c
		    join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p')
		    and not c.relispartition
		    and (n.nspname = staging
		            and starts_with(c.relname, of_source || '_')
		            and c.relname <> of_source || '_look'
		        or n.nspname = serving
		            and c.relname <> 'listing_fact')
	loop
		is_hers := concat_ws(' or ',
		    case when 'user_id' = any (held.columns)
		        then 'user_id::text = any ($1)' end,
		    case when 'owner' = any (held.columns)
		        then 'starts_with(owner, ''user:'') '
		            'and substr(owner, 6) = any ($1) '
		            'or starts_with(owner, ''item:'') '
		            'and substr(owner, 6) = any ($2)' end,
		    case when 'seller_key' = any (held.columns)
		        then 'seller_key = any ($4)' end,
		    case when 'item_id' = any (held.columns)
		        then 'item_id::text = any ($2)' end,
		    case when 'old_id' = any (held.columns)
		        then 'old_id::text = any ($2)' end,
		    case when 'other_id' = any (held.columns)
		        then 'other_id::text = any ($2)' end,
		    case when held.home = staging
		            and held.name ~ '_image(_seen)?$'
		        then 'sha256 = any ($3)' end,
		    case when held.home = staging
		            and 'image_sha256' = any (held.columns)
		        then 'image_sha256 = any ($3)' end);
		if is_hers <> '' then
			execute format('delete from %I.%I where (%s)%s', held.home,
			    held.name, is_hers, case
			        when 'source' = any (held.columns)
			        then format(' and source = %L', of_source) end)
			using users, items, pictures, keys;
		end if;
	end loop;
	-- the next mart step takes them out of the index of hashes
	execute format('insert into %I.image_unused select unnest($1) '
	    'on conflict do nothing', serving)
	using pictures;
end
$$;

-- A look about her says that somebody was asked about, and how much was found.
-- Of what a list found her listings go; how many there were stays.
create or replace function ops.blank_looks(staging text, of_source text,
    users text[], items text[])
returns void
language plpgsql as $$
declare
	look text := format('%I.%I', staging, of_source || '_look');
begin
	if not array(
		select name
		from ops.table_columns(staging, of_source || '_look'))
	    @> '{user_id,item_id,ids,promoted_ids}' then
		return;
	end if;
	execute format('update %s set subject = null, query = null, '
	    'user_id = null, item_id = null '
	    'where user_id collate "C" = any ($1) '
	    'or item_id collate "C" = any ($2)', look)
	using users, items;
	-- an element that was rejected left no record, but its number
	execute format('update %s set '
	    'ids = ops.without_ids(ids, $1), '
	    'promoted_ids = ops.without_ids(promoted_ids, $1), '
	    'promoted = promoted - jsonb_array_length(promoted_ids) '
	    '+ jsonb_array_length(ops.without_ids(promoted_ids, $1)) '
	    'where run in (select id from forgotten_run '
	    'union select run from ops.reject) '
	    'and jsonb_typeof(ids) = ''array'' '
	    'and exists (select from jsonb_array_elements_text(ids) as e(id) '
	    'where id = any ($1))', look)
	using items;
end
$$;

create or replace function ops.without_ids(ids jsonb, gone text[])
returns jsonb
language sql immutable as $$
	select coalesce(jsonb_agg(e.id order by e.n), '[]')
	from jsonb_array_elements(ids) with ordinality as e(id, n)
	where not e.id #>> '{}' = any (gone)
$$;

-- Of vpipe forget, which has what is known in the temporary tables known (source,
-- kind, id) and seen (run): adds what staging knows.
create or replace function ops.find_known(staging text, of_source text,
    keys text[])
returns void
language plpgsql set client_min_messages = warning as $$
begin
	perform ops.find_forgotten(staging, of_source, keys);
	perform ops.add_known(of_source);
	perform ops.note_known(staging, of_source, true);
	perform ops.drop_forgotten();
end
$$;

-- The same, and removes it; returns how many lines left the feed.
create or replace function ops.remove_known(staging text, serving text,
    of_source text, keys text[])
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	lines bigint;
begin
	perform ops.find_forgotten(staging, of_source, keys);
	perform ops.add_known(of_source);
	perform ops.note_known(staging, of_source, false);
	lines := ops.forget_found(staging, of_source);
	perform ops.remove_found(staging, serving, of_source, keys);
	perform ops.drop_forgotten();
	return lines;
end
$$;

create or replace function ops.add_known(of_source text)
returns void
language plpgsql as $$
begin
	insert into forgotten_user
	select id from known where source = of_source and kind = 'user'
	on conflict do nothing;
	insert into forgotten_item
	select id from known where source = of_source and kind = 'item'
	on conflict do nothing;
	insert into forgotten_picture
	select id from known where source = of_source and kind = 'picture'
	on conflict do nothing;
	perform ops.find_more_forgotten();
end
$$;

create or replace function ops.note_known(staging text, of_source text,
    has_unknown boolean)
returns void
language plpgsql as $$
begin
	insert into known
	select of_source, 'user', id from forgotten_user
	union all
	select of_source, 'item', id from forgotten_item
	union all
	select of_source, 'picture', id from forgotten_picture
	on conflict do nothing;
	insert into seen
	select id from forgotten_run
	on conflict do nothing;
	-- rejects have their bytes
	insert into seen
	select distinct r.run
	from ops.reject r
	    join known k on strpos(r.value, k.id) > 0
	where r.run is not null
	    and k.source = of_source
	    and k.kind in ('user', 'item')
	on conflict do nothing;
	if array(
		select name
		from ops.table_columns(staging, of_source || '_look'))
	    @> '{user_id,item_id}' then
		execute format('insert into seen select distinct run from %I.%I '
		    'where user_id collate "C" in (select id from forgotten_user) '
		    'or item_id collate "C" in (select id from forgotten_item) '
		    'on conflict do nothing', staging, of_source || '_look');
	end if;
	-- a page may say whose a listing is, and no table
	if has_unknown and to_regclass(format('%I.%I', staging,
	    of_source || '_track_item')) is not null then
		execute format('insert into seen select distinct s.run '
		    'from %1$I.%3$I t join %1$I.%2$I s '
		    'on s.item_id collate "C" = t.item_id '
		    'where t.user_id is null on conflict do nothing',
		    staging, of_source || '_snapshot', of_source || '_track_item');
	end if;
end
$$;
