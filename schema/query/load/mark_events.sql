-- Marks the events step as done for the parts in the file `due` without rows.
begin;
create temporary table due (run text collate "C", part text) on commit drop;
\copy due from 'due' with (format csv, force_not_null (part))
insert into ops.load (run, part, step, published, contracts, finished)
select u.run, u.part, 'events', u.published, u.contracts, true
from due d
    join ops.load u on u.run = d.run
        and u.part = d.part
        and u.step = 'upsert'
on conflict do nothing;
commit;
