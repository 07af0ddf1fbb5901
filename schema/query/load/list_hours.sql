-- The hours in which parts may have come since raw was last listed, a folder
-- dt=.../hh=... a line: from three hours before (a run that is published late,
-- clocks that differ) to an hour from :now.  Prints "all" when all of raw is to be
-- listed: it never was, or not for a day.
select case when l.all_at between :'now'::timestamptz - interval '1 day'
        and :'now'::timestamptz
    then to_char(h at time zone 'UTC', '"dt="YYYY-MM-DD"/hh="HH24')
    else 'all' end
from (
	select max(value) filter (where name = 'listed')::timestamptz as at,
	    max(value) filter (where name = 'listed all')::timestamptz as all_at
	from ops.setting) as l
    left join lateral generate_series(
        date_trunc('hour', l.at - interval '3 hours', 'UTC'),
        :'now'::timestamptz + interval '1 hour', interval '1 hour') as h on true
order by 1;
