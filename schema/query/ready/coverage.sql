-- How much of a catalog did its latest sweeps see?
--
-- A row is one of the ten newest sweeps of the last day.  Only a complete one proves
-- that what it did not find is not there; capped: at the site's limit of pages; gap:
-- it did not reach what the one before had seen.
with
wanted as (
	select '1904' as catalog_id,
	    max(as_of) - interval '1 day' as since
	from serving.mart_window
),
latest as (
	select distinct l.run
	from wanted w
	    join serving.look l on l.catalog_id = w.catalog_id
	        and l.run >= to_char(w.since at time zone 'UTC',
	            'YYYYMMDD"T"HH24MISS')
	order by l.run desc
	limit 10
)
select s.site,
    s.run,
    s.last_at,
    s.complete,
    s.capped,
    s.gap,
    s.stop,
    s.asked,
    s.pages_got,
    s.refused + s.failed + s.unreadable as pages_lost,
    s.ids,
    s.total_last as total,
    s.duplicates,
    s.promoted_share
from latest l
    cross join wanted w
    cross join lateral (
	select *
	from serving.sweep s
	where s.run = l.run
	offset 0) as s
where s.catalog_id = w.catalog_id
order by s.last_at desc, s.run, s.query;
