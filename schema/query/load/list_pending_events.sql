-- Into the file `due` of the current folder, "run,part" a line: the parts whose
-- rows are loaded and whose events are not.
\o due
select format('"%s","%s"', replace(u.run, '"', '""'), u.part)
from ops.load u
where u.step = 'upsert'
    and not u.finished
    and not exists (
	select
	from ops.load e
	where e.run = u.run
	    and e.part = u.part
	    and e.step = 'events')
order by 1;
\o
