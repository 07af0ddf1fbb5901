-- ops.make_views(staging, serving): writes the views item, item_catalog and
-- look of the serving schema, which unite the tables of all sources.  The mart
-- step of vpipe load calls it; it does nothing when nothing has changed.
--
-- A row of item is a listing: (source, site, item_id).  Each of its columns
-- comes from the newest variant that declares the column, null or not; newest by
-- (observed_at, run, line, index, contract) and then by the variant's name.
-- Nearly always a listing has one variant.

-- The columns that make_views may use of a table: name and type, in order.
create or replace function ops.table_columns(staging text, relation text)
returns table (place int, name text, type text)
language sql stable as $$
	select a.attnum::int,
	    a.attname::text,
	    format_type(a.atttypid, a.atttypmod)
	from pg_attribute a
	where a.attrelid = to_regclass(format('%I.%I', staging, relation))
	    and a.attnum > 0
	    and not a.attisdropped
$$;

-- The streams of an entity that have a table: source and stream.
create or replace function ops.streams_of(staging text, of_entity text,
    suffix text default '')
returns table (source text, stream text)
language sql stable as $$
	select s.source,
	    s.stream
	from ops.stream s
	where s.entity = of_entity
	    and to_regclass(format('%I.%I', staging, s.stream || suffix))
	        is not null
$$;

-- "newest first" for rows of a _seen table under the alias.
create or replace function ops.newest_first(alias text)
returns text
language sql immutable as $$
	select format('%1$s.observed_at desc, %1$s.run collate "C" desc, '
	    '%1$s.line desc, %1$s.index desc, %1$s.contract desc, '
	    '%1$s.variant collate "C" desc', alias)
$$;

-- "the row of a _seen table under the alias is newer than the other one"
create or replace function ops.is_newer(alias text, other text)
returns text
language sql immutable as $$
	select format('(%1$s.observed_at, %1$s.run collate "C", %1$s.line, '
	    '%1$s.index, %1$s.contract, %1$s.variant collate "C") > '
	    '(%2$s.observed_at, %2$s.run collate "C", %2$s.line, '
	    '%2$s.index, %2$s.contract, %2$s.variant collate "C")', alias, other)
$$;

-- An item's id as serving shows it.  index_look_ups makes an index of it:
-- without them no index serves a question about one listing.
create or replace function ops.id_as_text(alias text default null)
returns text
language sql immutable as $$
	select concat('(', alias || '.', 'item_id::text collate "C")')
$$;

-- The indexes that look-ups use, beside vupsert's own: a listing by its id, a
-- run's looks, the newest good look of a site.  What they hold of a row never
-- changes: its updates stay in place.
create or replace function ops.index_look_ups(staging text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	wanted record;
begin
	for wanted in
		select s.stream || w.suffix as relation,
		    s.stream || w.suffix || w.name as name,
		    w.what || coalesce(' where ' || w.condition, '') as what
		from ops.stream s
		    join (values
		        ('item', '_seen', '_item', '(' || ops.id_as_text() || ')',
		            null),
		        ('item_catalog', '', '_item',
		            '(' || ops.id_as_text() || ')', null),
		        ('event', '', '_type', '(type, latest)', null),
		        ('event', '', '_item', '(item_id collate "C")', null),
		        ('item_state', '', '_item', '(item_id collate "C")', null),
		        ('look', '', '_run', '(run)', null),
		        ('look', '', '_newest', '(site, verdict, observed_at)',
		            null),
		        ('look', '', '_audit', '(observed_at)',
		            'kind = ''audit-page''')
		    ) as w(entity, suffix, name, what, condition)
		        using (entity)
		where to_regclass(format('%I.%I', staging, s.stream || w.suffix))
		    is not null
	loop
		execute format('create index if not exists %I on %I.%I %s',
		    wanted.name, staging, wanted.relation, wanted.what);
	end loop;
end
$$;

-- A column of a view.  Text compares bytewise: sources agree on nothing else.
create or replace function ops.view_column(expression text, type text,
    name text)
returns text
language sql immutable as $$
	select format('%s::%s%s as %I', coalesce(expression, 'null'), type,
	    case type when 'text' then ' collate "C"' end, name)
$$;

-- The variants of a stream that declare a column, as a list for SQL; null when
-- all do, or none.
create or replace function ops.speaking_variants(relation text, name text)
returns text
language sql stable as $$
	select string_agg(quote_literal(c.variant), ', ' order by c.variant)
	    filter (where name = any (c.columns))
	from ops.contract c
	where c.stream = relation
	having bool_or(not name = any (c.columns))
$$;

-- What the view item takes for a column of one source's table: of the row i of
-- the newest variant, or of the row o of what the others say.
create or replace function ops.item_column(relation text, name text)
returns text
language sql stable as $$
	select case when v is null then format('i.%I', name)
	    else format('case when i.variant in (%s) then i.%I else o.%2$I end',
	        v, name) end
	from ops.speaking_variants(relation, name) as v
$$;
drop function if exists ops.item_column(text, text, text);

-- The row o of the view item: for each column that not all variants declare, what
-- the newest that does says.  One question for all columns, asked only of a listing
-- that has several variants: a question a column takes longer to plan and to start
-- than to answer.
create or replace function ops.other_variants(staging text, relation text)
returns text
language sql stable as $$
	select format('cross join lateral (select %s from (select o.* '
	    'from %2$I.%3$I o join %2$I.%4$I p using (site, item_id, variant) '
	    'where o.site = i.site and o.item_id = i.item_id '
	    'order by %5$s offset 0) o where a.variants > 1) o',
	    string_agg(format('(array_agg(o.%I) filter (where o.variant in (%s)))[1] '
	        'as %1$I', c.name, v), ', ' order by c.place),
	    staging, relation, relation || '_seen', ops.newest_first('p'))
	from ops.table_columns(staging, relation) c
	    cross join ops.speaking_variants(relation, c.name) as v
	where v is not null
	having count(*) > 0
$$;

-- Replaces the view when its text is new.  Its columns keep their place, so that
-- views of others on it live on; it is dropped only when a column went away or
-- changed its type.
create or replace function ops.replace_view(serving text, name text,
    definition text, what text)
returns void
language plpgsql as $$
declare
	mark text := what || ' [' || md5(definition) || ']';
	relation regclass := to_regclass(format('%I.%I', serving, name));
begin
	if obj_description(relation, 'pg_class') = mark then
		return;
	end if;
	begin
		execute format('create or replace view %I.%I as %s', serving,
		    name, definition);
	exception when invalid_table_definition then
		perform ops.drop_image_views(serving);
		execute format('drop view %I.%I', serving, name);
		execute format('create view %I.%I as %s', serving, name,
		    definition);
	end;
	execute format('comment on view %I.%I is %L', serving, name, mark);
end
$$;

-- The select list of one source: wanted(name, type, expression) in the order
-- of the view; a column this source lacks is null.
create or replace function ops.make_item_view(staging text, serving text)
returns void
language plpgsql as $$
declare
	parts text[] := '{}';
	stream record;
	list text;
begin
	create temporary table wanted on commit drop as
	with
	-- what marts need, also before a source has it
	core(place, name, type) as (
		values (1, 'title', 'text'),
		    (2, 'price', 'numeric'),
		    (3, 'currency', 'text'),
		    (4, 'brand', 'text'),
		    (5, 'condition_id', 'bigint'),
		    (6, 'size', 'text'),
		    (7, 'color_id', 'bigint'),
		    (8, 'seller_key', 'text')
	),
	-- no key, no place, and nobody's own number (law 10)
	found as (
		select t.place + 1000 as place,
		    t.name,
		    -- of several kinds: some rows have a number, some a text
		    case t.type when 'jsonb' then 'text' else t.type end
		        as type
		from ops.stream s
		    cross join ops.table_columns(staging, s.stream) t
		where s.entity = 'item'
		    and not t.name = any(s.key)
		    and t.name not in ('source', 'variant', 'user_id')
		    and exists (
			select 1
			from ops.contract c
			where c.stream = s.stream
			    and t.name = any(c.columns))
	),
	both_of_them as (
		select * from found
		union all
		select *
		from core c
		where not exists (select 1 from found f where f.name = c.name)
	),
	existing as (
		select t.place - 100000 as place, t.name
		from ops.table_columns(serving, 'item') t
	)
	select b.name,
	    case when count(distinct b.type) = 1 then min(b.type)
	        else 'text' end as type,
	    min(coalesce(e.place, b.place)) as place
	from both_of_them b
	    left join existing e using (name)
	where b.name not in ('source', 'site', 'item_id', 'variant',
	    'first_seen', 'last_seen', 'observed_at')
	group by b.name;

	for stream in
		select s.stream as relation, s.source
		from ops.streams_of(staging, 'item', '_seen') s
		order by s.stream
	loop
		select string_agg(ops.view_column(
		    case when t.type = 'jsonb' then
		        format('((%s) #>> ''{}'')',
		            ops.item_column(stream.relation, w.name))
		    when t.name is not null then
		        ops.item_column(stream.relation, w.name)
		    end, w.type, w.name), ', ' order by w.place, w.name)
		into list
		from wanted w
		    left join ops.table_columns(staging, stream.relation) t
		        using (name);
		parts := parts || format(
		    'select %1$L::text collate "C" as source, '
		    'n.site::text collate "C" as site, '
		    '%8$s as item_id, '
		    'n.variant::text collate "C" as variant, '
		    'a.first_seen, a.last_seen, n.observed_at, %2$s '
		    'from %3$I.%5$I n join %3$I.%4$I i on i.site = n.site '
		    'and i.item_id = n.item_id and i.variant = n.variant '
		    'cross join lateral (select min(s.first_seen) as first_seen, '
		    'max(s.last_seen) as last_seen, count(*) as variants '
		    'from %3$I.%5$I s where %7$s) a %9$s '
		    'where not exists (select from %3$I.%5$I s where %7$s '
		    'and %6$s)',
		    stream.source, list, staging, stream.relation,
		    stream.relation || '_seen', ops.is_newer('s', 'n'),
		    's.site = n.site and s.item_id = n.item_id',
		    ops.id_as_text('n'),
		    ops.other_variants(staging, stream.relation));
	end loop;

	if parts = '{}' then
		select string_agg(ops.view_column(null, w.type, w.name), ', '
		    order by w.place, w.name)
		into list
		from (
			select * from wanted
			union all
			select c.name, c.type, c.place - 200000
			from unnest(array['source', 'site', 'item_id',
			    'variant', 'first_seen', 'last_seen',
			    'observed_at'],
			    array['text', 'text', 'text', 'text',
			    'timestamptz', 'timestamptz', 'timestamptz'])
			    with ordinality as c(name, type, place)) as w;
		parts := array[format('select %s where false', list)];
	end if;
	perform ops.replace_view(serving, 'item',
	    array_to_string(parts, ' union all '),
	    'a row is a listing (source, site, item_id): per column the newest '
	    'variant that declares it; vpipe load writes the view, marts and '
	    'people read it');
	drop table wanted;
end
$$;

-- Views with a fixed list of columns: entity, and the columns with types.
create or replace function ops.make_plain_view(staging text, serving text,
    view text, suffix text, columns text[], types text[], what text)
returns void
language plpgsql as $$
declare
	parts text;
begin
	select string_agg(format('select %s, %s from %I.%I',
	    ops.view_column(quote_literal(s.source), 'text', 'source'), (
		-- what names a seller stays in staging (law 10)
		select string_agg(ops.view_column(
		    case when c.name in ('subject', 'query') and exists (
			select
			from ops.table_columns(staging, s.stream || suffix) u
			where u.name = 'user_id')
		    then format('case when user_id is null then %I end',
		        t.name)
		    else quote_ident(t.name) end, c.type,
		    c.name), ', ' order by c.place)
		from unnest(columns, types) with ordinality
		    as c(name, type, place)
		    left join ops.table_columns(staging, s.stream || suffix) t
		        on t.name = c.name),
	    staging, s.stream || suffix), ' union all ' order by s.stream)
	into parts
	from ops.streams_of(staging, view, suffix) s;
	if parts is null then
		select format('select %s where false',
		    string_agg(ops.view_column(null, c.type, c.name), ', '
		        order by c.place))
		into parts
		from unnest('source'::text || columns, 'text'::text || types)
		    with ordinality as c(name, type, place);
	end if;
	perform ops.replace_view(serving, view, parts, what);
end
$$;

-- A hash of all that the views are made from, and of the views: streams,
-- contracts, columns, the text of the functions.
create or replace function ops.views_hash(staging text, serving text)
returns text
language sql stable as $$
	select md5(string_agg(line, E'\n' order by line collate "C"))
	from (
		values (format('schemas %s %s', staging, serving))
		union all
		select 'stream ' || s::text
		from ops.stream s
		union all
		select format('contract %s %s %s', stream, variant, columns)
		from ops.contract
		union all
		select format('column %s %s %s %s %s', c.relname, a.attnum,
		    a.attname, a.atttypid, a.atttypmod)
		from pg_class c
		    join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = to_regnamespace(quote_ident(staging))
		    and c.relkind = 'r'
		    and a.attnum > 0
		    and not a.attisdropped
		union all
		select format('function %s %s', p.proname, md5(p.prosrc))
		from pg_proc p
		where p.pronamespace = 'ops'::regnamespace
		union all
		select format('view %s %s %s', v.oid, v.relname,
		    obj_description(v.oid, 'pg_class'))
		from pg_class v
		where v.relnamespace = to_regnamespace(quote_ident(serving))
		    and v.relkind = 'v'
	) as lines(line)
$$;

create or replace function ops.make_views(staging text, serving text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	what text := 'what people and reports read: views and marts over staging';
	schema_now oid := to_regnamespace(quote_ident(serving));
begin
	if obj_description(schema_now, 'pg_namespace')
	    = format('%s [%s]', what, ops.views_hash(staging, serving))
	then
		return;
	end if;
	perform ops.index_look_ups(staging);
	perform ops.make_item_view(staging, serving);
	perform ops.make_plain_view(staging, serving, 'item_catalog', '_full',
	    array['site', 'item_id', 'catalog_id', 'first_seen', 'last_seen'],
	    array['text', 'text', 'text', 'timestamptz', 'timestamptz'],
	    'a row says that a catalog''s query found a listing, not as '
	    'a paid placement; vpipe load writes the view, marts read it');
	perform ops.make_plain_view(staging, serving, 'look', '',
	    array['site', 'run', 'line', 'kind', 'subject', 'query',
	        'catalog_id', 'endpoint', 'page', 'attempt', 'observed_at',
	        'status', 'verdict', 'found', 'promoted', 'total',
	        'total_pages', 'ids', 'promoted_ids'],
	    array['text', 'text', 'bigint', 'text', 'text', 'text', 'text',
	        'text', 'int', 'int', 'timestamptz', 'int', 'text', 'int',
	        'int', 'bigint', 'int', 'jsonb', 'jsonb'],
	    'a row is an answer to a request, or its failure: what was asked, '
	    'what was found, the verdict; vpipe load writes the view, sweep '
	    'and the marts read it');
	perform ops.make_sweep_view(serving);
	perform ops.make_plain_view(staging, serving, 'event', '',
	    array['item_id', 'type', 'number', 'site', 'earliest', 'latest',
	        'old', 'new', 'currency', 'cause', 'confidence', 'rule',
	        'reason', 'evidence', 'other_id', 'cancelled'],
	    array['text', 'text', 'bigint', 'text', 'timestamptz',
	        'timestamptz', 'numeric', 'numeric', 'text', 'text', 'text',
	        'text', 'text', 'text', 'text', 'timestamptz'],
	    'a row is an event of a listing, between earliest '
	    'and latest, with its evidence and how sure that is; vpipe load '
	    'writes the view, people read it');
	perform ops.make_plain_view(staging, serving, 'item_state', '',
	    array['item_id', 'site', 'state', 'confidence', 'rule', 'reason',
	        'evidence', 'earliest', 'latest', 'first_seen', 'last_seen',
	        'observed_at', 'gone_since', 'price', 'currency',
	        'seller_price', 'seller_currency', 'total_price',
	        'favourite_count', 'listed_price', 'repriced', 'cancelled'],
	    array['text', 'text', 'text', 'text', 'text', 'text', 'text',
	        'timestamptz', 'timestamptz', 'timestamptz', 'timestamptz',
	        'timestamptz', 'timestamptz', 'numeric', 'text', 'numeric',
	        'text', 'numeric', 'bigint', 'numeric', 'bigint',
	        'timestamptz'],
	    'a row is what a listing is now, as far as is known: live, '
	    'reserved, hidden, sold, deleted or missing; vpipe load writes '
	    'the view, people read it');
	perform ops.make_audit_views(staging, serving);
	perform ops.make_image_views(staging, serving);
	perform ops.make_price_views(serving);
	perform ops.make_currency_functions(serving);
	perform ops.make_trend_views(serving);
	execute format('comment on schema %I is %L', serving,
	    format('%s [%s]', what, ops.views_hash(staging, serving)));
end
$$;

-- PostgreSQL does not change the type of a column that a view uses: vpipe load
-- drops the views when vupsert has to widen one, and the mart step makes them
-- again.
create or replace function ops.drop_views(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	name text;
begin
	perform ops.drop_image_views(serving);
	foreach name in array array['sale_evidence', 'audit_precision', 'audit',
	    'sweep', 'look', 'item_catalog', 'item',
	    'event', 'item_state']
	loop
		execute format('drop view if exists %I.%I', serving, name);
	end loop;
end
$$;

-- ops.rows_of(query, most): the rows of a user's query, an object each, in its
-- order; it must have a column sha256.  It is opened as a cursor first, which
-- proves that it is one whole statement that gives rows and may stand in a
-- subquery.  Scripts call this in a read-only transaction, as a role that may
-- only read serving (scripts/lib/query.sh); it has its caller's rights.
create or replace function ops.rows_of(query text, most bigint)
returns setof jsonb
language plpgsql as $$
declare
	alone refcursor;
begin
	open alone for execute query;
	close alone;
	return query execute 'select to_jsonb(q) from (' || E'\n'
	    || regexp_replace(query, '[;[:space:]]*$', '')
	    || E'\n) as q where q.sha256 is not null'
	    || coalesce(' limit ' || most, '');
end
$$;

select ops.make_views(:'staging', :'serving');
-- of older versions, which the views above no longer read
drop table if exists :"serving".price_fact, :"serving".price_window;
drop function if exists ops.refresh_prices(text, text, text[]);
drop function if exists ops.price_changes();
drop function if exists ops.sale_changes();
