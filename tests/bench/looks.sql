-- A history for tests/bench/looks: what was seen of each seller and listing is
-- repeated :days times, a day before each time, in runs of their own; and all is
-- to be judged anew.  Nothing changed in that time: what is reserved was live, and
-- nothing was promoted on one page and not on another.
set client_min_messages = warning;
set timezone = 'UTC';
set synchronous_commit = off;

create function pg_temp.repeat(relation text, days bigint) returns void
language plpgsql as $$
declare
	list text;
begin
	select string_agg(case
	    when type = 'timestamp with time zone'
	        then format('%I - d * interval ''1 day''', name)
	    when name = 'run' then 'run || ''-'' || d'
	    else quote_ident(name) end, ', ' order by place)
	into list
	from ops.table_columns('staging', relation);
	execute format('insert into staging.%1$I select %2$s from staging.%1$I '
	    'cross join generate_series(1, $1) as d', relation, list)
	using days;
end
$$;
update staging.vinted_snapshot
set state = case state when 'reserved' then 'live' else state end,
    promoted = promoted and false;
select pg_temp.repeat(t, :days)
from unnest(array['vinted_snapshot', 'vinted_seller_snapshot', 'vinted_look',
    'vinted_closing']) as t
where to_regclass('staging.' || t) is not null \g /dev/null
delete from ops.load
where step in ('events', 'mart');
update ops.load
set finished = false
where finished;
analyze;
