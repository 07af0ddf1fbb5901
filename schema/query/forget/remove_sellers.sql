-- Takes forgotten sellers out of staging, serving, ops and the change feed, in one
-- transaction.  Reads the files `keys` and `known` as find_hers.sql does, and
-- `rewritten` and `again`, "run,part" a line: parts that lost what is theirs, and
-- parts that are to be loaded again.  The marts are due then of the runs in which
-- they were seen, and the events step of those in the new file `due`, for the rates
-- of exchange that their prices showed.  :staging, :serving.  Prints how many lines
-- left the feed.  vpipe forget.
set client_min_messages = warning;
create temporary table forgotten (source text, seller_key text);
create temporary table known (source text collate "C", kind text collate "C",
    id text collate "C", primary key (source, kind, id));
create temporary table seen (run text collate "C" primary key);
create temporary table rewritten (run text collate "C", part text collate "C");
\copy forgotten from 'keys'
\copy known from 'known'
create temporary table again (run text collate "C", part text collate "C");
create temporary table unjudged (run text, part text);
\copy rewritten from 'rewritten' with (format csv, force_not_null (part))
\copy again from 'again' with (format csv, force_not_null (part))

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

-- how many there were stays
update ops.quality q
set min = null, max = null
from rewritten r
where q.run = r.run
    and q.part = r.part
    and (q.min is not null or q.max is not null);
delete from ops.load l
using again a
where l.run = a.run
    and l.part = a.part;
with judged as (
	delete from ops.load
	where run in (select run from seen)
	    and step = 'events'
	returning run, part
)
insert into unjudged
select run, part
from judged;
delete from ops.load
where run in (select run from seen)
    and step = 'mart';
update ops.load
set finished = false
where run in (select run from seen)
    and step = 'upsert'
    and finished;
\copy unjudged to 'due' with (format csv, force_quote (run, part))
commit;
