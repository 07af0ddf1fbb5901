-- The schemas :staging and :serving take the place of staging and serving, and
-- ops.load says under which contracts; all at once.  Reads the file `states`, a
-- Singer STATE a line.  scripts/rebuild.
set client_min_messages = warning;
begin;
create temporary table state (
	line text
) on commit drop;
\copy state from 'states' with (format csv, quote E'\x01', delimiter E'\x02')

drop schema serving cascade;
drop schema if exists staging cascade;
alter schema :"staging" rename to staging;
alter schema :"serving" rename to serving;

delete from ops.load;
insert into ops.load (run, part, step, published, contracts, ledger)
select r.load ->> 'run',
    r.load ->> 'part',
    step.name,
    (r.load ->> 'published')::boolean,
    r.load -> 'contracts',
    case step.name when 'upsert' then r.load -> 'ledger' end
from state s
    cross join lateral (select s.line::jsonb #> '{value,load}') as r(load)
    cross join (values ('upsert'), ('mart')) as step(name);
select ops.make_views('staging', 'serving') \g /dev/null
commit;
