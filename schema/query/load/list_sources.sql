-- The sources of which :staging holds snapshots, a name a line.
select distinct source
from ops.stream
where entity = 'snapshot'
    and to_regclass(format('%I.%I', :'staging', source || '_snapshot'))
        is not null
order by source;
