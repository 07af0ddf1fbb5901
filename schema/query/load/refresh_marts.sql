-- The mart step: views, and marts of what the parts touched whose rows are loaded
-- and judged and whose mart step is not done; then that step's rows, in the same
-- transaction.  One at a time, so that of two loads one sees the rows of both.
-- Then the rules of quality are asked about these parts, and those just held.

-- analyzes new tables before autovacuum does; each in a transaction of its own,
-- to release the lock at once
select format('analyze %I.%I', n.nspname, c.relname)
from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
where n.nspname = :'staging'
    and c.relkind = 'r'
    and c.reltuples < 0 \gexec

begin;
select pg_advisory_xact_lock(hashtext('vpipe.mart'));

create temporary table due on commit drop as
select run,
    part,
    published,
    contracts
from ops.load u
where step = 'upsert'
    and not finished
    and exists (
	select
	from ops.load e
	where e.run = u.run
	    and e.part = u.part
	    and e.step = 'events');

select ops.make_views(:'staging', :'serving');

select ops.refresh_facts(:'staging', :'serving',
    array(select run from due));

-- the pictures of these parts, and those near to them
select ops.refresh_images(:'staging', :'serving', array(select run from due));

-- the photos to look at when vpipe images asks next
select ops.touch_photos(:'staging', array(select run from due));

-- what the sites that were asked call things
select ops.refresh_dictionaries(:'staging', :'serving',
    array(select run from due));

insert into ops.load (run, part, step, published, contracts, finished)
select run, part, 'mart', published, contracts, true
from due;
update ops.load u
set finished = true
from due d
where u.run = d.run
    and u.part = d.part
    and u.step = 'upsert';

with held as (
	update ops.hold
	set checked = true
	where not checked
	returning run
)
select array_agg(run) as runs,
    count(*) > 0 as is_new
from (
	select run from due
	union
	select run from held) as r \gset
commit;

\if :is_new
\ir ../quality/check_rules.sql
\endif
