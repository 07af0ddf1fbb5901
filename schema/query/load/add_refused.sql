-- Adds the rejects of vupsert for part :part, the file part.refused in the
-- current folder, to ops.reject.  vpipe load.
begin;
create temporary table reject (
	line text
) on commit drop;
\copy reject from 'part.refused' with (format csv, quote E'\x01', delimiter E'\x02')

insert into ops.reject (program, run, part, line, index, stream, contract,
    property, reason, kept, value)
select j ->> 'program',
    j ->> 'run',
    :'part',
    (j ->> 'line')::bigint,
    (j ->> 'index')::bigint,
    j ->> 'stream',
    j ->> 'contract',
    j ->> 'property',
    j ->> 'reason',
    (j ->> 'kept')::boolean,
    coalesce(j ->> 'value', 'base64:' || (j ->> 'value_base64'))
from reject
    cross join lateral (
	select regexp_replace(line, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd',
	    'g')::jsonb) as r(j);
commit;
