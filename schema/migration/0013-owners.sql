-- Events and states have an owner in their key, and what is known of sweeps and
-- intervals is written by vevents.  The next load judges all that is loaded anew;
-- the change feed gains only what differs.
do $$
declare
	old record;
begin
	for old in
		select n.nspname, c.relname
		from pg_class c
		    join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'staging'
		    and c.relkind = 'r'
		    and (c.relname ~ '_track_(item|seller|sweep|interval|rate|relist)$'
		        or c.relname in (
			select stream
			from ops.stream
			where entity in ('event', 'item_state')))
	loop
		execute format('drop table %I.%I cascade', old.nspname, old.relname);
	end loop;
	delete from ops.load
	where step in ('events', 'mart');
end
$$;
update ops.load
set finished = false
where finished;
