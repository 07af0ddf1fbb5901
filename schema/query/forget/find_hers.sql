-- What staging knows of forgotten sellers.  Reads, in the current folder, the files
-- `keys` (source and seller_key, a line each) and `known` (source, kind, id: what is
-- known already; kinds are user, item, picture), both with tabs.  Writes `known`
-- anew, `runs` (those in which they were seen, and those about listings whose seller
-- nobody said), and prints how many listings, pictures and lines of the feed are
-- theirs.  :staging.  vpipe forget.
set client_min_messages = warning;
create temporary table forgotten (source text, seller_key text);
create temporary table known (source text collate "C", kind text collate "C",
    id text collate "C", primary key (source, kind, id));
create temporary table seen (run text collate "C" primary key);
create temporary table fed (n bigint);
\copy forgotten from 'keys'
\copy known from 'known'

select ops.find_known(:'staging', source, array_agg(seller_key))
from (
	select source, seller_key
	from forgotten
	union
	select source, null
	from known) as f
group by source \g /dev/null

\copy (select * from known order by 1, 2, 3) to 'known.new'
\copy (select run from seen order by 1) to 'runs'
select count(*) filter (where kind = 'item'),
    count(*) filter (where kind = 'picture'),
    (
	select count(*)
	from ops.change c
	    join known k on k.source = c.source
	        and k.kind = 'item'
	        and k.id in (c.item_id, c.event ->> 'other_id'))
from known;
