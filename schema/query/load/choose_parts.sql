-- A row per part that vpipe load is to load: "yes" and its manifest.  Reads the
-- file `manifests` in the current folder, a path a line; :choose says which
-- (pending, stale, rejected), :contracts has the versions in force, :force takes
-- held parts, too.
create temporary table published (
	path text
);
\copy published from 'manifests' with (format csv, quote E'\x01', delimiter E'\x02')

with
named as (
	select path,
	    substring(path from '.*/([^/]+)/[^/]+/dt=[^/]*/hh=[^/]*/[^/]*$')
	        as source,
	    substring(path from '.*/([^/.]+)\.[0-9]{4}[^/]*$') as run,
	    substring(path from '.*/[^/.]+\.([0-9]{4})[^/]*$') as part,
	    coalesce(substring(path from '\.r([0-9]+)\.manifest\.json$'),
	        '0')::int as revision
	from published
),
part as (
	select distinct on (run, part) *
	from named
	where run is not null
	order by run, part, revision desc
)
select 'yes ' || p.path
from part p
    left join ops.load l on l.run = p.run collate "C"
        and l.part = p.part
        and l.step = 'upsert'
    left join ops.hold h on h.run = p.run collate "C"
        and h.part = p.part
        and h.contracts = :'contracts'::jsonb -> p.source
where (h.run is null or :'force')
    and case :'choose'
        when 'pending' then l.run is null
        when 'stale' then l.contracts <> :'contracts'::jsonb -> p.source
        when 'rejected' then exists (
		select 1
		from ops.reject r
		where r.run = p.run collate "C"
		    and r.part = p.part
		    and not r.kept)
    end
order by case when :'choose' = 'stale' then p.run end collate "C" desc,
    p.run collate "C",
    p.part;
