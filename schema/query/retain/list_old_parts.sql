-- A row per manifest, of those in the file `manifests` (a path a line), whose
-- run began more than :days days before :now and whose part is loaded to its
-- last step, without parts of pictures and labels.  vpipe retain.
create temporary table published (
	path text
);
\copy published from 'manifests' with (format csv, quote E'\x01', delimiter E'\x02')

select p.path
from published p
    join ops.load l on l.run = substring(p.path
            from '.*/([^/.]+)\.[0-9]{4}[^/]*$') collate "C"
        and l.part = substring(p.path from '.*/[^/.]+\.([0-9]{4})[^/]*$')
        and l.step = 'mart'
where p.path !~ '/(image|label)/dt=[^/]*/hh=[^/]*/[^/]*$'
    and to_timestamp(left(l.run, 15) || '+00', 'YYYYMMDD"T"HH24MISSTZH')
    < rtrim(:'now', '+')::timestamptz - make_interval(days => :days)
order by p.path;
