-- Takes forgotten sellers out of staging, serving, ops and the change feed, in one
-- transaction.  Reads the files `keys` and `known` as find_hers.sql does, and
-- `rewritten`, "run,part" a line: parts that are to be loaded again.  What depends
-- on others' context, and the sums, are due then: the events step of the runs in
-- which they were seen, and the marts.  :staging, :serving.  Prints how many lines
-- left the feed.  vpipe forget.
set client_min_messages = warning;
create temporary table forgotten (source text, seller_key text);
create temporary table known (source text collate "C", kind text collate "C",
    id text collate "C", primary key (source, kind, id));
create temporary table seen (run text collate "C" primary key);
create temporary table rewritten (run text collate "C", part text collate "C");
\copy forgotten from 'keys'
\copy known from 'known'
\copy rewritten from 'rewritten' with (format csv, force_not_null (part))

begin;
select pg_advisory_xact_lock(hashtext('vpipe.mart')) \g /dev/null
select coalesce(sum(ops.remove_known(:'staging', :'serving', source,
    array_agg)), 0)
from (
	select source, array_agg(seller_key)
	from (
		select source, seller_key
		from forgotten
		union
		select source, null
		from known) as f
	group by source) as s;

-- of what is held; what is loaded again gets others
update ops.quality q
set min = null, max = null
from rewritten r
where q.run = r.run
    and q.part = r.part
    and (q.min is not null or q.max is not null);
delete from ops.load l
using rewritten r
where l.run = r.run
    and l.part = r.part;
delete from ops.load
where run in (select run from seen)
    and step in ('events', 'mart');
update ops.load
set finished = false
where run in (select run from seen)
    and step = 'upsert'
    and finished;
commit;
