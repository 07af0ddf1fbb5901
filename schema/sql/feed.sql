-- ops.feed(staging, source, everything): writes to the change feed how the
-- events of a source differ from those in the feed: withdrawals first, then new
-- events; for the items in the temporary table affected, or for all.  Called
-- under the source's events lock; takes the feed's, so that numbers rise in the
-- order of the commits.  Returns how many lines the feed gained.
create or replace function ops.feed(staging text, of_source text,
    everything boolean)
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	relation regclass := to_regclass(format('%I.%I', staging,
	    of_source || '_event'));
	gained bigint;
begin
	perform pg_advisory_xact_lock(hashtext('vpipe.change'));
	-- the number of an event in its set may change with its neighbours
	create temporary table current_event (item_id text collate "C",
	    event jsonb, latest timestamptz, type text) on commit drop;
	if relation is not null then
		execute format('insert into current_event '
		    'select e.item_id, jsonb_strip_nulls(to_jsonb(e) - ''number''), '
		    'e.latest, e.type from %s e %s', relation,
		    case when everything then '' else
		        'join affected a on a.item_id = e.item_id' end);
	end if;
	create temporary table standing_event (n bigint,
	    item_id text collate "C", event jsonb) on commit drop;
	execute 'insert into standing_event select c.n, c.item_id, c.event '
	    'from ops.change c ' ||
	    case when everything then '' else
	        'join affected a on a.item_id = c.item_id ' end ||
	    'where c.source = $1 and c.op = ''add'' and c.withdrawn is null'
	using of_source;

	with
	differs as (
		select coalesce(s.item_id, c.item_id) as item_id,
		    s.n as stood,
		    coalesce(s.event, c.event) as event,
		    c.latest,
		    c.type
		from standing_event s
		    full join current_event c on c.item_id = s.item_id
		        and c.event = s.event
		where s.item_id is null
		    or c.item_id is null
	),
	numbered as (
		select *,
		    (select coalesce(max(n), 0) from ops.change)
		        + row_number() over (order by stood nulls last, latest,
		            item_id, type, event) as n
		from differs
	),
	withdrawn as (
		update ops.change c
		set withdrawn = d.n
		from numbered d
		where c.n = d.stood
	)
	insert into ops.change (n, source, op, item_id, event)
	select n,
	    of_source,
	    case when stood is null then 'add' else 'withdraw' end,
	    item_id,
	    event
	from numbered;
	get diagnostics gained = row_count;
	drop table current_event, standing_event;
	return gained;
end
$$;

-- ops.forget(staging, fresh, source, keys): removes the sellers of these keys
-- from ops, before a rebuild puts the schema fresh in the place of staging:
-- rejects that hold their bytes, the extremes of parts in which they were seen,
-- examples of bad rows, their items' lines of the feed, and withdrawn lines of items that staging no
-- longer has.  A line `forget` has the numbers of these lines, and names nobody.
-- Returns how many lines of the feed went.
create or replace function ops.forget(staging text, fresh text,
    of_source text, keys text[])
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	stream record;
	removed bigint[];
	known regclass := to_regclass(format('%I.%I', fresh,
	    of_source || '_snapshot'));
begin
	perform pg_advisory_xact_lock(hashtext('vpipe.change'));
	create temporary table forgotten_user (id text primary key);
	create temporary table forgotten_item (id text primary key);
	create temporary table forgotten_place (run text, line bigint,
	    index bigint);
	create temporary table forgotten_stream as
	select format('%I.%I', staging, r.relation) as relation,
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
	create index on forgotten_place (run, line);
	analyze forgotten_place;

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
	drop table forgotten_stream, forgotten_user, forgotten_item,
	    forgotten_place;
	return cardinality(removed);
end
$$;
