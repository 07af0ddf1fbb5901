-- Trends: what was listed, sold and gone on each day, by catalog, brand and
-- condition.  The views serving.trends (by day) and serving.trends_weekly (Monday
-- to Sunday), in UTC, show the tables below, which the mart step of vpipe load
-- writes at a cost that follows what is new; anyone reads.
--
--   trend_cell      one combination of source, site, currency, catalog, brand ...
--   trend_flow      what flowed in and out of a cell on a day or in a week
--   trend_bin       how many listings that came or were sold had one price
--   trend_mix       the mean logarithm of the prices that came to one catalog,
--                   brand and condition in a week, as a sum
--   trend_link      what such means moved by since the week before, as sums
--   trend_sweep     what a run's walk through a query asked and got
--   trend_coverage  the same of a day
--
-- Flows are kept, not stocks: a sale that late data retract changes its own day and
-- no other row.  A listing is new on the day that it was seen first, at its first
-- price.  It ends on the middle day between the last look that had it and the first
-- one that had not, when it was sold, deleted, hidden or is missing; else on the
-- seventh day after it was seen last, when it has not been seen since.  A sale has
-- the last price asked.  Favourites are those that a listing had more than when it
-- was seen before, on the later day, less those that it had fewer.
--
-- The index is a chain of weeks.  A link compares, for each catalog, brand and
-- condition that has at least three new prices in both weeks, the geometric means of
-- these (an elementary index of Jevons, for what is matched), and weighs their
-- logarithms by the mean of both weeks' shares of listings (the weights of
-- Toernqvist; there are no quantities sold).  Consumer Price Index Manual: Theory and
-- Practice (ILO, IMF, OECD and others, 2004), chapters 20 and 16.

create table if not exists :"serving".trend_cell (
	cell bigint primary key,
	source text collate "C" not null,
	site text collate "C" not null,
	currency text collate "C",
	"by" text collate "C" not null,
	catalog_id text collate "C",
	brand text collate "C",
	condition_id bigint
);
create index if not exists trend_cell_by
    on :"serving".trend_cell ("by", catalog_id, brand, condition_id);
comment on table :"serving".trend_cell is
    'a row is a combination of what trends are counted by; vpipe load writes '
    'it, the views trends and trends_weekly show it';
comment on column :"serving".trend_cell.cell is
    'the first 64 bits of the MD5 of the other columns';

create table if not exists :"serving".trend_flow (
	cell bigint not null,
	span text collate "C" not null check (span in ('day', 'week')),
	day date not null,
	new bigint not null check (new >= 0),
	ended bigint not null check (ended >= 0),
	sold bigint not null check (sold >= 0),
	favourites bigint not null,
	asked_n bigint not null check (asked_n between 0 and new),
	sold_n bigint not null check (sold_n between 0 and sold),
	asked_median numeric,
	sold_median numeric,
	primary key (cell, span, day)
);
comment on table :"serving".trend_flow is
    'a row is what flowed in and out of a cell on a day, or in a week from its '
    'Monday on; vpipe load writes it';
comment on column :"serving".trend_flow.asked_n is
    'the new ones that have a price; their median is kept from 20 on';

create table if not exists :"serving".trend_bin (
	cell bigint not null,
	flow text collate "C" not null check (flow in ('new', 'sold')),
	day date not null,
	price numeric not null,
	n bigint not null check (n >= 0),
	primary key (cell, flow, day, price)
);
comment on table :"serving".trend_bin is
    'a row is how many listings that were new, or sold, on a day have one '
    'price; vpipe load writes it';

create table if not exists :"serving".trend_mix (
	cell bigint not null,
	week date not null,
	n bigint not null check (n >= 0),
	log_sum numeric(30, 12) not null,
	primary key (cell, week)
);
comment on table :"serving".trend_mix is
    'a row is the new listings of one catalog, brand and condition in a week, '
    'and the sum of their prices'' logarithms; vpipe load writes it';

create table if not exists :"serving".trend_link (
	cell bigint not null,
	week date not null,
	offers bigint not null check (offers >= 0),
	matched bigint not null check (matched between 0 and offers),
	matched_before bigint not null check (matched_before >= 0),
	moved numeric(30, 12) not null,
	moved_before numeric(30, 12) not null,
	primary key (cell, week)
);
comment on table :"serving".trend_link is
    'a row is what matched prices of a cell moved by since the week before; '
    'vpipe load writes it';
comment on column :"serving".trend_link.offers is
    'its new listings, in each catalog that found them';
comment on column :"serving".trend_link.moved is
    'the moves of mean logarithms, each times its listings of this week';

create table if not exists :"serving".trend_sweep (
	run text collate "C" not null,
	query text collate "C" not null,
	source text collate "C" not null,
	site text collate "C" not null,
	catalog_id text collate "C",
	day date not null,
	complete boolean not null,
	pages_asked bigint not null,
	pages_got bigint not null check (pages_got <= pages_asked),
	capped boolean not null,
	gap boolean not null,
	hits bigint not null,
	promoted bigint not null,
	duplicates bigint not null,
	primary key (run, query, source)
);
create index if not exists trend_sweep_day
    on :"serving".trend_sweep (source, site, day);
comment on table :"serving".trend_sweep is
    'a row is one run''s walk through one query of a catalog, as trends need '
    'it; vpipe load writes it';
comment on column :"serving".trend_sweep.pages_asked is
    'those that any look tells of; and one more, when the walk was cut short '
    'after a page that came';

create table if not exists :"serving".trend_coverage (
	source text collate "C" not null,
	site text collate "C" not null,
	day date not null,
	catalog_id text collate "C",
	sweeps int not null,
	complete int not null,
	pages_asked int not null,
	pages_got int not null,
	capped int not null,
	gaps int not null,
	hits int not null,
	promoted int not null,
	duplicates int not null,
	unique nulls not distinct (source, site, day, catalog_id)
);
comment on table :"serving".trend_coverage is
    'a row is the walks through one catalog of a site that began on a day; '
    'vpipe load writes it';

-- --- cells ---

-- What the views count by.
create or replace function ops.trend_levels()
returns text[]
language sql immutable as $$
	select array['all', 'catalog', 'brand', 'condition', 'catalog brand']
$$;

-- What the index matches.
create or replace function ops.trend_finest()
returns text
language sql immutable as $$
	select 'catalog brand condition'
$$;

-- A query for the cells that kinds of listings belong to: rows of kind, source, site,
-- currency, catalogs (an array), brand, condition_id, and n, which is 1.  There are
-- far fewer kinds than listings: this is what makes a rebuild bearable.
create or replace function ops.trend_cells(kinds text, levels text[])
returns text
language sql immutable as $$
	select ops.spread_over_cells(kinds, '{source,site,currency}',
	    '{brand,condition_id}', '{kind}', levels)
$$;

-- Monday of the week of the column `day`.
create or replace function ops.monday(day text)
returns text
language sql immutable as $$
	select format('(%1$s - (extract(isodow from %1$s)::int - 1))', day)
$$;

-- --- what listings contribute ---

-- What tells kinds of listings apart.
create or replace function ops.trend_kind(fact text)
returns text
language sql immutable as $$
	select format('md5(row(%1$s.source, %1$s.site, %1$s.currency, %1$s.catalogs, '
	    '%1$s.brand, %1$s.condition_id)::text)::uuid', fact)
$$;

-- A query for what facts contribute, until a window's end: `was` or `as_of`.
create or replace function ops.trend_contributions(facts text, ends_at text)
returns text
language sql immutable as $$
	select format($sql$
	select m.kind, k.*
	from %1$I f
	    join mart_site s using (source, site)
	    cross join lateral (
		select %3$s as kind
		offset 0) as m
	    cross join lateral (
		select case
		    when ops.exit_of(f.state) is not null
		        then coalesce(ops.middle(f.left_earliest, f.left_latest),
		            f.last_seen)
		    when f.leaves_at < s.%2$I then f.leaves_at end as ended_at)
		    as e
	    cross join lateral (
		select 'new' as flow, f.first_seen::date as day,
		    coalesce(f.listed_price, f.price) as price, 1 as n
		union all
		select flow, greatest(e.ended_at, f.first_seen)::date,
		    case flow when 'sold' then f.price end, 1
		from (values ('ended'), ('sold')) as v(flow)
		where e.ended_at is not null
		    and (flow = 'ended' or f.state = 'sold')
		union all
		select 'favourites', u.day, null, u.n
		from unnest(f.favoured_on, f.favours) as u(day, n)) as k
	$sql$, facts, ends_at, ops.trend_kind('f'))
$$;

-- What trend_signed changes: trend_delta, a row a cell, flow, day and price, of the
-- cells in trend_kind_cell.  Of the finest ones new prices alone, which have a
-- logarithm.
create or replace function ops.find_trend_changes()
returns void
language plpgsql as $$
begin
	execute format('create temporary table trend_kind on commit drop as '
	    'select distinct %1$s as kind, %2$s, 1 as n from fact_old f union '
	    'select distinct %1$s, %2$s, 1 from fact_new f', ops.trend_kind('f'),
	    'source, site, currency, catalogs, brand, condition_id');
	execute 'create temporary table trend_kind_cell on commit drop as '
	    || ops.trend_cells('trend_kind',
	        ops.trend_levels() || ops.trend_finest());
	analyze trend_signed;
	analyze trend_kind_cell;
	create temporary table trend_delta on commit drop as
	select c.cell, c."by" = ops.trend_finest() as is_finest, s.flow, s.day,
	    s.price, sum(s.n) as n
	from trend_signed s
	    join trend_kind_cell c using (kind)
	where c."by" <> ops.trend_finest()
	    or (s.flow = 'new' and s.price > 0)
	group by 1, 2, 3, 4, 5
	having sum(s.n) <> 0;
	analyze trend_delta;
	drop table trend_signed, trend_kind;
end
$$;

-- The flows of days and weeks, from trend_delta.
create or replace function ops.renew_trend_flows(serving text)
returns void
language plpgsql as $$
begin
	create temporary table trend_bins on commit drop as
	select cell, flow, day, price, n
	from trend_delta
	where price is not null
	    and not is_finest;
	perform ops.add_sums(serving, 'trend_bin', 'trend_bins',
	    '{cell,flow,day,price}', '{n}');
	execute format('create temporary table trend_flows on commit drop as '
	    'select cell, span, s.day, '
	    'coalesce(sum(n) filter (where flow = ''new''), 0) as new, '
	    'coalesce(sum(n) filter (where flow = ''ended''), 0) as ended, '
	    'coalesce(sum(n) filter (where flow = ''sold''), 0) as sold, '
	    'coalesce(sum(n) filter (where flow = ''favourites''), 0) '
	    'as favourites, '
	    'coalesce(sum(n) filter (where flow = ''new'' '
	    'and price is not null), 0) as asked_n, '
	    'coalesce(sum(n) filter (where flow = ''sold'' '
	    'and price is not null), 0) as sold_n, '
	    'bool_or(flow = ''new'' and price is not null) as is_asked, '
	    'bool_or(flow = ''sold'' and price is not null) as is_sold '
	    'from trend_delta d cross join lateral (values (''day'', d.day), '
	    '(''week'', %s)) as s(span, day) where not is_finest '
	    'group by 1, 2, 3', ops.monday('d.day'));
	analyze trend_flows;
	perform ops.add_sums(serving, 'trend_flow', 'trend_flows',
	    '{cell,span,day}', '{new,ended,sold,favourites,asked_n,sold_n}');
	perform ops.renew_trend_medians(serving);
	drop table trend_bins, trend_flows;
end
$$;

-- The exact medians of what trend_flows changed, from twenty prices on.
create or replace function ops.renew_trend_medians(serving text)
returns void
language plpgsql as $$
declare
	list text;
begin
	select string_agg(format('%1$s_median = case when not d.is_%1$s '
	    'then t.%1$s_median when t.%1$s_n >= 20 then ('
	    'select %2$s from (select price, sum(sum(n)) over (order by price) '
	    'as upto, sum(sum(n)) over () as total from %3$I.trend_bin b '
	    'where b.cell = d.cell and b.flow = %4$L and b.day between d.day '
	    'and d.day + case d.span when ''week'' then 6 else 0 end '
	    'group by price) as u group by total) end', m.name,
	    ops.quantile_of_bins('u.total', 0.5), serving, m.flow), ', ')
	into list
	from (values ('asked', 'new'), ('sold', 'sold')) as m(name, flow);
	execute format('update %I.trend_flow t set %s from trend_flows d '
	    'where t.cell = d.cell and t.span = d.span and t.day = d.day and ('
	    'd.is_asked and (t.asked_n >= 20 or t.asked_median is not null) or '
	    'd.is_sold and (t.sold_n >= 20 or t.sold_median is not null))',
	    serving, list);
end
$$;

-- --- the index ---

-- A query for what the finest cells of the temporary table trend_touched have in a
-- week beside the one before, as trend_mix is now, each counted `sign` times.
create or replace function ops.trend_moves(serving text, sign int)
returns text
language sql stable as $$
	select format($sql$
	select t.cell, t.week, %2$s * now.n as offers,
	    %2$s * m.matched as matched, %2$s * m.matched_before
	        as matched_before,
	    %2$s * m.matched * m.move as moved,
	    %2$s * m.matched_before * m.move as moved_before
	from trend_touched t
	    join %1$I.trend_mix now on now.cell = t.cell
	        and now.week = t.week
	    left join %1$I.trend_mix before on before.cell = t.cell
	        and before.week = t.week - 7
	    cross join lateral (
		select now.n >= 3 and coalesce(before.n, 0) >= 3 as is_matched)
		    as i
	    cross join lateral (
		select case when is_matched then now.n else 0 end as matched,
		    case when is_matched then before.n else 0 end
		        as matched_before,
		    case when is_matched then round(now.log_sum / now.n
		        - before.log_sum / before.n, 12) else 0 end as move)
		    as m
	$sql$, serving, sign)
$$;

-- A finest cell that changed in a week changes the links of this week and the next
-- one in all the cells it belongs to.
create or replace function ops.renew_trend_links(serving text)
returns void
language plpgsql as $$
begin
	execute format('create temporary table trend_mixes on commit drop as '
	    'select cell, %s as week, sum(n) as n, '
	    'sum(n * round(ln(price), 12)) as log_sum from trend_delta d '
	    'where is_finest group by 1, 2', ops.monday('d.day'));
	create temporary table trend_touched on commit drop as
	select distinct m.cell, w.week
	from trend_mixes m
	    cross join lateral (values (m.week), (m.week + 7)) as w(week);
	analyze trend_mixes;
	analyze trend_touched;
	execute 'create temporary table trend_moved on commit drop as '
	    || ops.trend_moves(serving, -1);
	perform ops.add_sums(serving, 'trend_mix', 'trend_mixes', '{cell,week}',
	    '{n,log_sum}');
	execute 'insert into trend_moved ' || ops.trend_moves(serving, 1);
	execute 'create temporary table trend_parent on commit drop as '
	    || ops.trend_cells(format('(select cell as kind, source, site, currency, '
	        'array[catalog_id] as catalogs, brand, condition_id, 1 as n '
	        'from %I.trend_cell c where cell in ('
	        'select cell from trend_touched))', serving), ops.trend_levels());
	create temporary table trend_links on commit drop as
	select p.cell, m.week, sum(m.offers) as offers, sum(m.matched) as matched,
	    sum(m.matched_before) as matched_before, sum(m.moved) as moved,
	    sum(m.moved_before) as moved_before
	from trend_moved m
	    join trend_parent p on p.kind = m.cell
	group by 1, 2
	having sum(m.offers) <> 0
	    or sum(m.matched) <> 0
	    or sum(m.matched_before) <> 0
	    or sum(m.moved) <> 0
	    or sum(m.moved_before) <> 0;
	perform ops.add_sums(serving, 'trend_link', 'trend_links', '{cell,week}',
	    '{offers,matched,matched_before,moved,moved_before}');
	drop table trend_mixes, trend_touched, trend_moved, trend_parent, trend_links;
end
$$;

-- --- all of it ---

-- Brings trends up to date with the facts as they were and are (temporary tables of
-- facts.sql); returns how many sums were written or deleted.
create or replace function ops.renew_trends(serving text)
returns bigint
language plpgsql set client_min_messages = warning as $$
declare
	written bigint;
begin
	execute 'create temporary table trend_signed on commit drop as '
	    || ops.sign_changes(ops.trend_contributions('fact_old', 'was'),
	        ops.trend_contributions('fact_new', 'as_of'),
	        '{kind,flow,day,price}');
	if not exists (select from trend_signed) then
		drop table trend_signed;
		return 0;
	end if;
	perform ops.find_trend_changes();
	execute format('insert into %I.trend_cell '
	    'select distinct cell, source, site, currency, "by", catalog_id, '
	    'brand, condition_id from trend_kind_cell where cell in ('
	    'select cell from trend_delta) on conflict do nothing',
	    serving);
	perform ops.renew_trend_flows(serving);
	perform ops.renew_trend_links(serving);
	execute format('delete from %1$I.trend_cell c '
	    'where cell in (select cell from trend_delta) '
	    'and not exists (select from %1$I.trend_flow t where t.cell = c.cell) '
	    'and not exists (select from %1$I.trend_mix t where t.cell = c.cell)',
	    serving);
	select count(*)
	into written
	from trend_delta;
	drop table trend_delta, trend_kind_cell;
	return written;
end
$$;

-- Takes out all that the sites hold which are made anew.
create or replace function ops.empty_trends(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	relation text;
begin
	foreach relation in array array['trend_bin', 'trend_flow', 'trend_mix',
	    'trend_link', 'trend_cell']
	loop
		execute format('delete from %1$I.%2$I t using %1$I.trend_cell c '
		    'join mart_site s using (source, site) '
		    'where s.is_anew and t.cell = c.cell', serving, relation);
	end loop;
end
$$;

-- --- coverage ---

-- What the runs asked and got, or all (null), and the days on which they did.
create or replace function ops.renew_trend_coverage(serving text, runs text[])
returns void
language plpgsql set client_min_messages = warning as $$
begin
	create temporary table trend_days (source text collate "C",
	    site text collate "C", day date) on commit drop;
	execute format($sql$
	with
	gone as (
		delete from %1$I.trend_sweep
		where %2$L is null
		    or run = any (%2$L)
		returning source, site, day
	)
	insert into trend_days
	select * from gone
	$sql$, serving, runs);
	execute format($sql$
	with
	came as (
		insert into %1$I.trend_sweep
		select s.run, s.query, s.source, s.site, s.catalog_id,
		    coalesce(s.first_at, r.started_at)::date, s.complete,
		    -- what a walk would have asked next; and its first page
		    greatest(l.pages, s.pages_got + (not s.walked)::int, 1),
		    s.pages_got,
		    coalesce(s.capped, false), s.gap, s.hits, s.promoted,
		    s.duplicates
		from %3$s as s
		    left join ops.run r on r.run = s.run
		    cross join lateral (
			select count(distinct l.page) as pages
			from %1$I.look l
			where l.run = s.run
			    and l.source = s.source
			    and l.query = s.query) as l
		where s.site is not null
		    and coalesce(s.first_at, r.started_at) is not null
		returning source, site, day
	)
	insert into trend_days
	select * from came
	$sql$, serving, runs, case when runs is null then format('%I.sweep', serving)
	    -- of one run at a time it is a look-up
	    else format('(select distinct unnest(%L::text[])) as u(run) '
	        'cross join lateral (select * from %I.sweep v '
	        'where v.run = u.run offset 0)', runs, serving) end);
	perform ops.add_up_coverage(serving);
	drop table trend_days;
end
$$;

-- Coverage of the days of trend_days, which may have any number of walks.
create or replace function ops.add_up_coverage(serving text)
returns void
language plpgsql as $$
begin
	execute format($sql$
	delete from %1$I.trend_coverage
	where (source, site, day) in (table trend_days)
	$sql$, serving);
	execute format($sql$
	insert into %1$I.trend_coverage
	select source, site, day, catalog_id, count(*),
	    count(*) filter (where complete), sum(pages_asked), sum(pages_got),
	    count(*) filter (where capped), count(*) filter (where gap),
	    sum(hits), sum(promoted), sum(duplicates)
	from %1$I.trend_sweep
	where (source, site, day) in (table trend_days)
	group by source, site, day, catalog_id
	$sql$, serving);
end
$$;

-- --- the views ---

-- The whole days, or weeks, of the cell c of a site whose newest look is w.as_of,
-- without a hole: flows, links and coverage of each.
create or replace function ops.trend_calendar(serving text, span text,
    length int, begins text)
returns text
language sql stable as $$
	select format($sql$
	select p.day,
	    coalesce(t.new, 0) as new, coalesce(t.ended, 0) as ended,
	    coalesce(t.sold, 0) as sold, coalesce(t.favourites, 0) as favourites,
	    coalesce(t.asked_n, 0) as asked_n, coalesce(t.sold_n, 0) as sold_n,
	    t.asked_median, t.sold_median,
	    l.offers, l.matched, l.matched_before, l.moved, l.moved_before,
	    k.sweeps, k.complete, k.pages_asked, k.pages_got, k.capped, k.gaps,
	    k.hits, k.promoted, k.duplicates, round(k.coverage, 4) as coverage,
	    coalesce(k.is_first, false) as is_first
	from (
		select generate_series(min(t.day)::timestamp,
		    (w.as_of at time zone 'UTC')::date - %3$s,
		    interval '%3$s days')::date as day
		from %1$I.trend_flow t
		where t.cell = c.cell
		    and t.span = %2$L) as p
	    left join %1$I.trend_flow t on t.cell = c.cell
	        and t.span = %2$L
	        and t.day = p.day
	    left join %1$I.trend_link l on l.cell = c.cell
	        and l.week = p.day
	        and %2$L = 'week'
	    left join (
		select %4$s as day, sum(sweeps) as sweeps,
		    sum(complete) as complete, sum(pages_asked) as pages_asked,
		    sum(pages_got) as pages_got, sum(capped) as capped,
		    sum(gaps) as gaps, sum(hits) as hits,
		    sum(promoted) as promoted, sum(duplicates) as duplicates,
		    -- a day without a sweep counts as one of which nothing came
		    sum(pages_got::numeric / pages_asked) / %3$s as coverage,
		    bool_or(first is not null) as is_first
		from (
			select day, sum(sweeps) as sweeps,
			    sum(complete) as complete,
			    sum(pages_asked) as pages_asked,
			    sum(pages_got) as pages_got, sum(capped) as capped,
			    sum(gaps) as gaps, sum(hits) as hits,
			    sum(promoted) as promoted,
			    sum(duplicates) as duplicates
			from %1$I.trend_coverage k
			where k.source = c.source
			    and k.site = c.site
			    and (c.catalog_id is null
			        or k.catalog_id = c.catalog_id)
			group by day) as k
		    left join (
			-- what a refused walk saw leaves the rest to the next
			select distinct min(day) filter (
			    where pages_got >= 0.8 * pages_asked) as first
			from %1$I.trend_coverage k
			where k.source = c.source
			    and k.site = c.site
			    and (c.catalog_id is null
			        or k.catalog_id = c.catalog_id)
			group by catalog_id) as f on f.first = k.day
		group by 1) as k on k.day = p.day
	$sql$, serving, span, length, begins)
$$;

-- What may be shown of these rows, and what must not.
create or replace function ops.trend_shown(serving text, span text, length int,
    begins text)
returns text
language sql stable as $$
	select format($sql$
	select day, sweeps, complete, pages_asked, pages_got, coverage, capped, gaps,
	    duplicates, round(promoted / nullif(hits, 0), 4) as promoted_share,
	    g.blank, is_first,
	    case when g.blank is null and not is_first then new end as new,
	    case when g.blank is null then ended end as ended,
	    case when g.blank is null then sold end as sold,
	    case when g.blank is null then live end as live,
	    case when g.blank is null then favourites end as favourites,
	    case when g.blank is null then asked_n end as asked_n,
	    case when g.blank is null then asked_median end as asked_median,
	    case when g.blank is null then sold_n end as sold_n,
	    case when g.blank is null then sold_median end as sold_median,
	    offers, matched, matched_before, moved, moved_before
	from (
		select *, sum(new - ended) over (order by day)::bigint as live
		from (%1$s) as t) as t
	    cross join lateral (
		select case when t.sweeps is null then 'no sweep'
		    when t.coverage < 0.8 then 'coverage' end as blank) as g
	$sql$, ops.trend_calendar(serving, span, length, begins))
$$;

-- How much a number is more than in the row so many before; a count below twenty
-- has no change.
create or replace function ops.trend_change(number text, n text, rows_before int)
returns text
language sql immutable as $$
	select format('case when %2$s >= 20 and lag(%2$s, %3$s) over o >= 20 '
	    'then round(%1$s::numeric / nullif(lag(%1$s, %3$s) over o, 0) - 1, 4) '
	    'end', number, n, rows_before)
$$;

-- What both views tell of changes, of rows of trend_shown under a window o.
create or replace function ops.trend_changes(rows_before int)
returns text
language sql immutable as $$
	select string_agg(format('%s as %s_change',
	        ops.trend_change(c.number, c.n, rows_before), c.number), ', ')
	from (values ('new', 'new'), ('sold', 'sold'), ('live', 'live'),
	    ('asked_median', 'asked_n'), ('sold_median', 'sold_n'))
	    as c(number, n)
$$;

-- Why a number of the row is blank.
create or replace function ops.trend_blank(more text default 'null')
returns text
language sql immutable as $$
	select format('coalesce(blank, nullif(concat_ws('', '', '
	    'case when is_first then ''first'' end, '
	    'case when asked_n < 20 then ''few asked'' end, '
	    'case when sold_n < 20 then ''few sold'' end, %s), ''''))', more)
$$;

-- The view by week has the index: a link joins two weeks of which each may be
-- shown and of whose new listings at least half are matched.
create or replace function ops.weekly_trends(serving text)
returns text
language sql stable as $$
	select format($sql$
	select *, %2$s as why,
	    case when is_linked
	        or is_whole and not is_unmatched
	        then round(100 * exp(sum(link) over (
	            partition by chain order by day)), 2) end as index,
	    case when is_linked
	        or is_whole and not is_unmatched
	        then min(day) over (partition by chain) end as index_base
	from (
		select *, is_whole and was_whole and not is_linked as is_unmatched,
		    case when is_linked then (moved / matched
		        + moved_before / matched_before) / 2 else 0 end as link,
		    count(*) filter (where not is_linked) over (order by day)
		        as chain
		from (
			select *, is_whole and was_whole
			    and coalesce(matched_share >= 0.5, false)
			        as is_linked
			from (
				select *, blank is null and asked_n >= 20
				        as is_whole,
				    coalesce(lag(blank is null and asked_n >= 20)
				        over o, false) as was_whole,
				    case when lag(offers) over o > 0
				        then round(least(matched::numeric / offers,
				            matched_before::numeric
				                / lag(offers) over o), 4) end
				        as matched_share,
				    %3$s
				from (%1$s) as t
				window o as (order by day)) as t) as t) as t
	$sql$, ops.trend_shown(serving, 'week', 7, ops.monday('day')),
	    ops.trend_blank('case when is_unmatched then ''no match'' end'),
	    ops.trend_changes(1))
$$;

create or replace function ops.make_trend_views(serving text)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	cell text := 'select c.source, c.site, c.currency, c."by", c.catalog_id, '
	    'c.brand, c.condition_id, ';
	source text := format('from %1$I.trend_cell c join %1$I.mart_window w '
	    'using (source, site) cross join lateral ', serving);
	changes text := 'new_change, sold_change, live_change, '
	    'asked_median_change, sold_median_change';
	numbers text := 'new, ended, sold, live, favourites, asked_n, '
	    'asked_median, sold_n, sold_median';
	coverage text := 'coverage, sweeps, complete, pages_asked, pages_got, '
	    'capped, gaps, duplicates, promoted_share, as_of, c.cell';
	which text := format('where c."by" <> %L', ops.trend_finest());
begin
	perform ops.replace_view(serving, 'trends', concat_ws(' ', cell,
	    'day,', numbers || ',', changes || ',', 'why as blank,', coverage,
	    source, '(select *, ' || ops.trend_blank() || ' as why, '
	    || ops.trend_changes(7)
	    || ' from (' || ops.trend_shown(serving, 'day', 1, 'day')
	    || ') as t window o as (order by day)) as t', which),
	    'a row is what was listed, sold and gone on a day of UTC, by what "by" '
	    'says; changes are since seven days before; numbers are null where '
	    'less than 80 % of the pages came, medians and changes below twenty, '
	    'and blank says why; anyone reads it');
	perform ops.replace_view(serving, 'trends_weekly', concat_ws(' ', cell,
	    'day as week,', numbers || ',', changes || ',',
	    'index, index_base, matched_share, why as blank,', coverage,
	    source, '(' || ops.weekly_trends(serving) || ') as t', which),
	    'the same of a week from Monday on, which is its column week, and an '
	    'index of asking prices of a matched mix, 100 in the week index_base; '
	    'anyone reads it');
end
$$;
