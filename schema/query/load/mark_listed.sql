-- Notes that what raw held at :listed_at is loaded: of its last hours, or, where
-- :listed is all, of all of them.
insert into ops.setting (name, value)
select 'listed' || s, :'listed_at'
from unnest(case :'listed' when 'all' then array['', ' all'] else array[''] end)
    as s
on conflict (name) do update
set value = excluded.value;
