-- The listings whose first day is known: a complete sweep of their seller had not
-- shown them yet.  Into the temporary table listing, with the times between which
-- each was there and what it is.
--
-- Variables: source (empty: any).
set client_min_messages = warning;
set timezone = 'UTC';
set work_mem = '64MB';

-- catalogs in the order in which they found the listing, the first at found_at
create temporary table listing as
select f.source,
    f.item_id,
    f.site,
    ops.middle(f.born_earliest, f.born_latest) as born_at,
    f.born_latest as entered_at,
    coalesce(f.left_earliest, f.followed_until) as last_at,
    case when f.state in ('sold', 'missing') then f.left_latest end as gone_at,
    ops.exit_of(f.state) as exit,
    f.listed_price,
    f.currency,
    f.brand,
    f.condition_id,
    c.catalogs,
    c.found_at
from serving.listing_fact f
    left join lateral (
	select array_agg(g.catalog_id order by g.first_seen, g.catalog_id)
	        as catalogs,
	    min(g.first_seen) as found_at
	from (
		select c.catalog_id, min(c.first_seen) as first_seen
		from serving.item_catalog c
		where c.source = f.source
		    and c.item_id = f.item_id
		group by c.catalog_id
		offset 0) as g) as c on true
where f.born_latest is not null
    and (:'source' = '' or f.source = :'source');
