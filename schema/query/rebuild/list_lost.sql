-- A row per loaded part that the file `states` (a Singer STATE a line, of the
-- parts that a rebuild loaded) does not name.  vpipe rebuild.
create temporary table state (
	line text
);
\copy state from 'states' with (format csv, quote E'\x01', delimiter E'\x02')

select l.run || rtrim('.' || l.part, '.')
from ops.load l
where l.step = 'upsert'
    and not exists (
	select 1
	from state s
	    cross join lateral (
		select s.line::jsonb #> '{value,load}') as r(load)
	where r.load ->> 'run' = l.run
	    and r.load ->> 'part' = l.part)
order by 1;
