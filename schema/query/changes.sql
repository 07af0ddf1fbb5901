-- The change feed from :since on, a JSON object a line.  scripts/changes.
set timezone = 'UTC';
\set FETCH_COUNT 10000
select format('{"n":%s,"op":%s,"source":%s,"event":%s}', n, to_json(op),
    to_json(source), event)
from ops.change
where n > :'since'::bigint
    and (:'source' = '' or source = :'source')
order by n
limit nullif(:'limit', '')::bigint;
