-- The mart step: views and marts of the sites that parts touched whose rows are
-- loaded and whose mart step is not done; then that step's rows, in the same
-- transaction.  One at a time, so that of two loads one sees the rows of both.

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
    and exists (
	select
	from ops.load e
	where e.run = u.run
	    and e.part = u.part
	    and e.step = 'events')
    and not exists (
	select 1
	from ops.load m
	where m.run = u.run
	    and m.part = u.part
	    and m.step = 'mart');

select ops.make_views(:'staging', :'serving');

-- the sites that were asked, and the others of their source: a listing is sold
-- on all of them
create temporary table touched on commit drop as
select distinct source, site
from :"serving".look
where run = any (array(select run from due))
    and site is not null;

select ops.refresh_price_statistics(:'serving', s.source, s.site)
from (
	select source, site
	from touched
	union
	select p.source, p.site
	from :"serving".price_statistics p
	where p.source in (select source from touched)) as s;

-- the pictures of these parts, and those near to them
select ops.refresh_images(:'staging', :'serving', array(select run from due));

insert into ops.load (run, part, step, published, contracts)
select run, part, 'mart', published, contracts
from due;
commit;
