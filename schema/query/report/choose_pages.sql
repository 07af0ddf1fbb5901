-- The pages of vpipe report, into the temporary table page: a site and currency, and
-- each catalog there.
set client_min_messages = warning;
set timezone = 'UTC';

create temporary table page as
select to_hex(ops.cell_of(row(c.source, c.site, c.currency, c.catalog_id)::text))
        as key,
    c.*,
    w.as_of
from (
	select source,
	    site,
	    currency,
	    catalog_id
	from serving.trend_cell
	where "by" in ('all', 'catalog')
	union
	select source,
	    site,
	    currency,
	    catalog_id
	from serving.price_cell
	where "by" in ('all', 'catalog')) as c
    join serving.mart_window w using (source, site)
where c.currency is not null;
alter table page add primary key (key);
analyze page;
