-- The change feed from :since on, a JSON object a line.  vpipe changes.
set timezone = 'UTC';
\set FETCH_COUNT 10000
select case when op = 'forget'
    then format('{"n":%s,"op":%s,"source":%s,"lines":%s}', n, to_json(op),
        to_json(source), to_json(lines))
    else format('{"n":%s,"op":%s,"source":%s,"event":%s}', n, to_json(op),
        to_json(source), event) end
from ops.change
where n > :'since'::bigint
    and (:'source' = '' or source = :'source')
order by n
limit nullif(:'limit', '')::bigint;
