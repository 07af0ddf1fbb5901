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
	-- the number of an event in its set may change with its neighbours; whose it is
	-- stays here
	create temporary table current_event (item_id text collate "C",
	    event jsonb, latest timestamptz, type text) on commit drop;
	if relation is not null then
		execute format('insert into current_event '
		    'select e.item_id, jsonb_strip_nulls(to_jsonb(e) - ''number'' - ''owner''), '
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
