-- A row per manifest that may name forgotten sellers, in the order of runs and
-- parts.  Reads files of the current folder, a path or run a line: `manifests`;
-- `runs`, where they were seen; `named`, manifests that hold a number of theirs, or
-- are new.  Parts that are not loaded are read, too, and all of pictures when any
-- listing is known (:has_items), since earlier tries of a photo have no row.  vpipe
-- forget.
create temporary table published (path text);
create temporary table seen (run text collate "C");
create temporary table named (path text);
\copy published from 'manifests' with (format csv, quote E'\x01', delimiter E'\x02')
\copy seen from 'runs'
\copy named from 'named' with (format csv, quote E'\x01', delimiter E'\x02')

select p.path
from (
	select path,
	    substring(path from '.*/([^/.]+)\.[0-9]{4}[^/]*$') collate "C" as run,
	    substring(path from '.*/[^/.]+\.([0-9]{4})[^/]*$') as part
	from published) as p
    left join ops.load l on l.run = p.run
        and l.part = p.part
        and l.step = 'upsert'
where p.run is not null
    and (l.run is null
        or p.run in (select run from seen)
        or p.path in (select path from named)
        or :'has_items' and p.path ~ '/image/dt=[^/]*/hh=[^/]*/[^/]*$')
order by p.run, p.part, p.path;
