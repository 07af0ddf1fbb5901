-- What vpipe report needs at once: sites, pages with their main figures, names,
-- coverage of sweeps, sellers by country, the last runs, what rules of quality found, what the
-- audit found of conclusions.  One JSON object.

-- what was asked and got on the days before the window's last one; a day without a
-- sweep counts as one of which nothing came, and of a site that was never swept
-- nobody knows
create temporary table page_week as
select p.key,
    c.coverage,
    f.new,
    f.sold
from page p
    cross join lateral (
	select case when w.is_swept then coalesce(sum(k.share), 0) / 7 end as coverage
	from (
		select exists (
			select
			from serving.trend_coverage k
			where k.source = p.source
			    and k.site = p.site) as is_swept) as w
	    left join (
		select sum(pages_got)::numeric / nullif(sum(pages_asked), 0)
		        as share
		from serving.trend_coverage k
		where k.source = p.source
		    and k.site = p.site
		    and (p.catalog_id is null
		        or k.catalog_id = p.catalog_id)
		    and k.day >= p.as_of::date - 7
		    and k.day < p.as_of::date
		group by k.day) as k on true
	group by w.is_swept) as c
    cross join lateral (
	select coalesce(sum(f.new), 0) as new,
	    coalesce(sum(f.sold), 0) as sold
	from serving.trend_flow f
	where f.cell = ops.cell_of(row(p.source, p.site, p.currency,
	        case when p.catalog_id is null then 'all' else 'catalog' end,
	        p.catalog_id, null::text, null::bigint)::text)
	    and f.span = 'day'
	    and f.day >= p.as_of::date - 7
	    and f.day < p.as_of::date) as f;

-- the prices of a page: all of one kind
create function pg_temp.prices_of(p page, of_kind text)
returns serving.prices
language sql stable as $$
	select *
	from serving.prices c
	where c.cell = ops.cell_of(row(p.source, p.site, of_kind, p.currency,
	        case when p.catalog_id is null then 'all' else 'catalog' end,
	        p.catalog_id, null::text, null::bigint, null::text,
	        null::text)::text)
$$;

\set source ''
\ir ../audit/tell_evidence.sql
select E'index\t' || json_build_object(
    'evidence', :'sales_are',
    'audit', (
	select json_agg(json_build_array(a.source, a.state, a.rule, a.asked,
	        a."right", a.wrong, a.silent, a.moved, a.open, a.low, a.high)
	    order by a.source, array_position(array['sold', 'deleted', 'hidden',
	        'reserved', 'live', 'missing'], a.state), a.rule nulls last)
	from serving.audit_precision a),
    'sites', (
	select json_agg(json_build_array(w.source, w.site, s.country, w.as_of)
	    order by w.source, w.site)
	from serving.mart_window w
	    left join serving.site s using (source, site)),
    'conditions', (
	select json_agg(json_build_array(c.source, c.condition_id, c.title)
	    order by c.source, c.condition_id)
	from serving.condition c
	where c.language = :'language'),
    'pages', (
	select json_agg(json_build_array(p.key, p.source, p.site, p.currency,
	        p.catalog_id, serving.catalog_name(p.source, p.site,
	            p.catalog_id, :'language'),
	        t.path, coalesce(a.n, 0),
	        case when a.n >= 20 then a.q1 end,
	        case when a.n >= 20 then a.median end,
	        case when a.n >= 20 then a.q3 end, coalesce(s.n, 0),
	        case when s.n >= 20 then s.median end,
	        case when w.coverage >= 0.8 then w.new end,
	        case when w.coverage >= 0.8 then w.sold end,
	        round(w.coverage, 4))
	    order by p.source, p.site, p.currency, t.path nulls first,
	        p.catalog_id nulls first)
	from page p
	    join page_week w using (key)
	    cross join lateral pg_temp.prices_of(p, 'asked') as a
	    cross join lateral pg_temp.prices_of(p, 'sold') as s
	    left join lateral (
		select c.path_title as path
		from serving.catalog c
		where c.source = p.source
		    and c.catalog_id = p.catalog_id
		    and c.valid_to is null
		order by c.site = p.site desc, c.language = :'language' desc,
		    c.site
		limit 1) as t on true),
    'coverage', (
	select json_agg(json_build_array(k.source, k.site, k.day, k.sweeps,
	        k.complete, k.asked, k.got, k.capped, k.gaps)
	    order by k.source, k.site, k.day)
	from (
		select source, site, day, sum(sweeps) as sweeps,
		    sum(complete) as complete, sum(pages_asked) as asked,
		    sum(pages_got) as got, sum(capped) as capped,
		    sum(gaps) as gaps
		from serving.trend_coverage k
		    join serving.mart_window w using (source, site)
		where k.day > w.as_of::date - 120
		group by source, site, day) as k),
    'places', (
	select json_agg(json_build_array(s.source, s.country, s.sellers,
	        s.listings, s.sold) order by s.sellers desc, s.source, s.country)
	from (
		select source, coalesce(country, '') as country,
		    count(*) as sellers, sum(item_count) as listings,
		    sum(sold) as sold
		from serving.seller
		group by 1, 2) as s),
    'factors', (
	select json_agg(json_build_array(f.source, f.factor, f.level,
	        f.reference, f.ratio, f.low, f.high, f.listings, f.sold)
	    order by f.source, f.factor, f.ratio desc nulls last, f.level)
	from serving.sale_factor f),
    'runs', (
	select json_agg(json_build_array(r.run, r.source, r.flow, r.started_at,
	        r.ended_at, r.complete, r.stop) order by r.started_at desc, r.run)
	from (
		select *
		from ops.run
		order by started_at desc nulls last
		limit 100) as r),
    'findings', (
	select json_agg(json_build_array(f.rule, f.severity, f.bad, f.total,
	        f.broken, f.checked_at) order by f.severity, f.bad desc nulls first,
	        f.rule)
	from ops.finding f
	where f.check_number = (
		select max(check_number)
		from ops.finding)
	    and (f.bad > 0
	        or f.bad is null)),
    'rejects', (
	select json_agg(json_build_array(r.stream, r.reason, r.n)
	    order by r.n desc, r.stream, r.reason)
	from (
		select stream, reason, count(*) as n
		from ops.reject
		group by stream, reason
		order by count(*) desc
		limit 200) as r));
