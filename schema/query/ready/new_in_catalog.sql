-- What is new in a catalog since yesterday?
--
-- A row is a listing that was not known before, the newest first.  The day ends at
-- the newest look at any site.
with
wanted as (
	select '1904' as catalog_id,
	    max(as_of) - interval '1 day' as since
	from serving.mart_window
)
select e.site,
    e.item_id,
    e.latest as first_seen,
    i.price,
    i.currency,
    i.brand,
    i.size,
    i.title
from serving.event e
    cross join lateral (
	select i.*
	from serving.item_catalog c
	    cross join lateral (
		select *
		from serving.item i
		where i.source = c.source
		    and i.site = c.site
		    and i.item_id = c.item_id
		offset 0) as i
	where c.source = e.source
	    and c.site = e.site
	    and c.item_id = e.item_id
	    and c.catalog_id = (select catalog_id from wanted)
	offset 0) as i
where e.type = 'listed'
    and e.latest >= (select since from wanted)
order by e.latest desc
limit 100;
