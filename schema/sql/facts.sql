-- Facts of listings, of which prices, sales and trends are sums.  The mart step
-- of vpipe load makes the facts of touched listings anew, and each mart changes by
-- new minus old; nothing else writes them.
--
--   listing_fact  a listing on a site: what it is, what it costs, since when it is
--                 known, what became of it
--   mart_window   the newest `ok` look of each site, where its windows of time end

-- Raise it when what a fact says, or what a mart counts, changes: the next mart
-- step makes all anew.
create or replace function ops.marts_version()
returns int
language sql immutable as $$
	select 8
$$;

create table if not exists :"serving".mart_window (
	source text collate "C" not null,
	site text collate "C" not null,
	as_of timestamptz not null,
	version int not null,
	primary key (source, site)
);
comment on table :"serving".mart_window is
    'a row is a site and its newest ok look, where the windows of its marts '
    'end; vpipe load writes it';

create table if not exists :"serving".listing_fact (
	source text collate "C" not null,
	site text collate "C" not null,
	item_id text collate "C" not null,
	seller_key text collate "C",
	title text,
	catalogs text[] collate "C" not null,
	brand text collate "C",
	condition_id bigint,
	size text collate "C",
	color_id text collate "C",
	currency text collate "C",
	listed_price numeric,
	price numeric,
	cut numeric,
	favourites bigint,
	first_seen timestamptz not null,
	last_seen timestamptz not null,
	followed_until timestamptz,
	born_earliest timestamptz,
	born_latest timestamptz,
	state text collate "C",
	left_earliest timestamptz,
	left_latest timestamptz,
	kind text collate "C" check (kind in ('asked', 'sold')),
	leaves_at timestamptz,
	week text collate "C" check (week in ('on', 'sold', 'other', 'unknown')),
	week_leaves_at timestamptz,
	favoured_on date[],
	favours bigint[],
	primary key (item_id, site, source)
);
create index if not exists listing_fact_leaves
    on :"serving".listing_fact (source, site, leaves_at);
create index if not exists listing_fact_week
    on :"serving".listing_fact (source, site, week_leaves_at)
    where week is not null;
create index if not exists listing_fact_first_seen
    on :"serving".listing_fact (source, site, first_seen);
create index if not exists listing_fact_brand
    on :"serving".listing_fact (brand, condition_id, price);
comment on table :"serving".listing_fact is
    'a row is a listing on a site; prices, sales and trends are sums of these; '
    'vpipe load writes it';
comment on column :"serving".listing_fact.catalogs is
    'the catalogs whose queries found it, not as a paid placement';
comment on column :"serving".listing_fact.listed_price is
    'the first price that was seen, in its currency of now';
comment on column :"serving".listing_fact.price is
    'the last price asked';
comment on column :"serving".listing_fact.cut is
    'by which share of its first price the seller cut it, moves of exchange rates '
    'and fees aside';
comment on column :"serving".listing_fact.followed_until is
    'the last look that saw it, on any site';
comment on column :"serving".listing_fact.born_latest is
    'it was listed since born_earliest, and by then; null: it was there before '
    'its seller was watched, or on another site';
comment on column :"serving".listing_fact.left_latest is
    'it was sold, deleted, hidden or missing since left_earliest, and by then';
comment on column :"serving".listing_fact.kind is
    'the prices among which it counts until leaves_at';
comment on column :"serving".listing_fact.week is
    'seven days after it was listed it was on sale still, sold, removed, or '
    'missing; null: not known; counts from then on until week_leaves_at';
comment on column :"serving".listing_fact.favours is
    'by how many favourites it had risen or fallen by each day of favoured_on '
    'when it was seen, since the look before';

-- Half-way between two times; the later one when the earlier is not known.
create or replace function ops.middle(earliest timestamptz, latest timestamptz)
returns timestamptz
language sql stable as $$
	select coalesce(earliest + (latest - earliest) / 2, latest)
$$;

-- How long it counts what became of a listing in its first seven days, from their
-- end on: while they last, the sold ones alone would be known.
create or replace function ops.week_counts()
returns interval
language sql immutable as $$
	select interval '90 days'
$$;

-- Text whose capitals do not matter.  Columns of ours have the collation C, of
-- which lower() knows the letters of ASCII alone.
create or replace function ops.folded(words text)
returns text
language sql immutable as $$
	select lower(words collate "default")
$$;

-- How a listing left: sold, other (its seller removed or hid it) or unknown; null
-- while it is on sale.
create or replace function ops.exit_of(state text)
returns text
language sql immutable as $$
	select case state when 'sold' then 'sold'
	    when 'deleted' then 'other'
	    when 'hidden' then 'other'
	    when 'missing' then 'unknown' end
$$;

-- The key of a cell: the first 64 bits of the MD5 of its dimensions as one text.
create or replace function ops.cell_of(dimensions text)
returns bigint
language sql immutable as $$
	select ('x' || left(md5(dimensions), 16))::bit(64)::bigint
$$;

-- A query for what changed: the rows of both queries by these columns, those of the
-- first taken off, those of the second put on; n is how many.
create or replace function ops.sign_changes(before text, after text,
    columns text[])
returns text
language sql immutable as $$
	select format('select %1$s, sum(n) as n from (select %1$s, -n as n '
	    'from (%2$s) as o union all select %1$s, n from (%3$s) as n) as f '
	    'group by %1$s having sum(n) <> 0', string_agg(quote_ident(c), ', '),
	    before, after)
	from unnest(columns) as c
$$;

-- A query that spreads signed counts over the cells of a mart, which are told by
-- the columns `keys`, by "by" and by the columns that it names (`dims`; the word of
-- condition_id is condition): once where catalogs play no part, else in each of the
-- listing's own.  What is `counted` in a cell, such as a price, goes along.
create or replace function ops.spread_over_cells(changes text, keys text[],
    dims text[], counted text[], levels text[])
returns text
language sql immutable as $$
	select format($sql$
	select ops.cell_of(row(%2$s, "by", catalog_id, %3$s)::text) as cell, g.*
	from (
		select %2$s, l."by", k.catalog_id, %4$s, sum(n) as n%5$s
		from %1$s as c
		    cross join (
			select "by", "by" ~ 'catalog' as of_catalog, %6$s
			from unnest(%7$L::text[]) as u("by")
			offset 0) as l
		    cross join lateral (
			select null as catalog_id
			where not l.of_catalog
			union all
			select u
			from unnest(catalogs) as u
			where l.of_catalog) as k
		group by %2$s, l."by", k.catalog_id, %8$s%5$s
		having sum(n) <> 0) as g
	$sql$, changes, array_to_string(keys, ', '), array_to_string(dims, ', '),
	    string_agg(format('case when l.of_%1$s then %1$s end as %1$s', d), ', '),
	    (select string_agg(', ' || c, '') from unnest(counted) as c),
	    string_agg(format('"by" ~ %L as of_%s', replace(d, '_id', ''), d), ', '),
	    levels,
	    string_agg(format('case when l.of_%1$s then %1$s end', d), ', '))
	from unnest(dims) as d
$$;

-- Adds the sums of a temporary table to the rows of the same keys, which come and
-- go as the sums do.
create or replace function ops.add_sums(serving text, relation text, delta text,
    keys text[], sums text[])
returns void
language plpgsql as $$
declare
	is_same text;
begin
	select string_agg(format('t.%1$I = d.%1$I', k), ' and ')
	into is_same
	from unnest(keys) as k;
	-- what is known is told by the update: a search of a table for what it lacks
	-- reads what the same statement has put into it, again and again
	execute format('with known as (update %1$I.%2$I t set %4$s from %5$I d '
	    'where %6$s returning d.ctid as place) '
	    'insert into %1$I.%2$I (%3$s) select %3$s from %5$I d '
	    'where not exists (select from known k where k.place = d.ctid)',
	    serving, relation, (
		select string_agg(quote_ident(c), ', ')
		from unnest(keys || sums) as c), (
		select string_agg(format('%1$I = t.%1$I + d.%1$I', s), ', ')
		from unnest(sums) as s), delta, is_same);
	execute format('delete from %I.%I t using %I d where %s and %s', serving,
	    relation, delta, is_same, (
		select string_agg(format('t.%I = 0', s), ' and ')
		from unnest(sums) as s));
end
$$;

-- The same of signed counts n, in a temporary table or a subquery.
create or replace function ops.add_counts(serving text, relation text,
    delta text, keys text[])
returns void
language plpgsql set client_min_messages = warning as $$
begin
	execute format('create temporary table count_delta on commit drop as '
	    'select %1$s, sum(n) as n from %2$s as d group by %1$s '
	    'having sum(n) <> 0', (
		select string_agg(quote_ident(key), ', ')
		from unnest(keys) as key), delta);
	analyze count_delta;
	perform ops.add_sums(serving, relation, 'count_delta', keys, '{n}');
	drop table count_delta;
end
$$;

-- --- what is touched ---

-- Sites, and where their windows ended and end now, into the temporary table
-- mart_site.  A site is anew when its sums cannot be mended: it has none of this
-- version, or its newest look is older than it was.
create or replace function ops.find_mart_sites(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	look record;
begin
	create temporary table mart_site (source text collate "C",
	    site text collate "C", was timestamptz, as_of timestamptz,
	    is_anew boolean) on commit drop;
	for look in
		select *
		from ops.streams_of(staging, 'look')
	loop
		execute format('insert into mart_site '
		    'select $1, s.site, w.as_of, n.as_of, $2 is null '
		    'or coalesce(w.version <> ops.marts_version() '
		    'or n.as_of < w.as_of, true) '
		    'from (select distinct site from %1$I.%2$I '
		    'where site is not null and ($2 is null or run = any ($2)) '
		    'union select site from %3$I.mart_window '
		    'where source = $1) s '
		    'left join %3$I.mart_window w on w.source = $1 '
		    'and w.site = s.site '
		    'cross join lateral (select max(l.observed_at) as as_of '
		    'from %1$I.%2$I l where l.site = s.site '
		    'and l.verdict = ''ok'') n '
		    'where n.as_of is not null or w.site is not null', staging,
		    look.stream, serving)
		using look.source, runs;
	end loop;
end
$$;

-- Listings whose fact, or what it counts for, may be another now, into
-- mart_touched: those that the runs answered about, those judged since, and those
-- whose window has passed.
create or replace function ops.find_touched_listings(staging text, serving text,
    runs text[])
returns void
language plpgsql set client_min_messages = warning as $$
declare
	look record;
	has_item boolean;
	passes text;
begin
	-- low: the first look at it that the runs brought, -infinity: not known
	create temporary table mart_touched (source text collate "C",
	    item_id text collate "C", low timestamptz not null default 'infinity',
	    primary key (source, item_id))
	    on commit drop;
	if runs is null then
		return;
	end if;
	with judged as (
		delete from ops.touched_item
		returning source, item_id
	)
	insert into mart_touched (source, item_id)
	select source, item_id
	from judged;
	for look in
		select *
		from ops.streams_of(staging, 'look')
	loop
		has_item := exists (
			select
			from ops.table_columns(staging, look.stream)
			where name = 'item_id');
		execute format($q$
		    insert into mart_touched as t (source, item_id, low)
		    select distinct $1, h.id, timestamptz '-infinity'
		    from %1$I.%2$I l
		        cross join lateral (
			select id
			from jsonb_array_elements_text(
			    case jsonb_typeof(l.ids) when 'array' then l.ids
			        else '[]' end) as a(id)%3$s) h
		    where l.run = any ($2)
		        and h.id is not null
		    on conflict (source, item_id) do update set low = excluded.low
		    $q$, staging, look.stream,
		    case when has_item then ' union all select l.item_id::text'
		        else '' end)
		using look.source, runs;
	end loop;
	for look in
		select *
		from ops.streams_of(staging, 'snapshot')
	loop
		execute format($q$
		    update mart_touched t
		    set low = s.low
		    from (
			select item_id, min(observed_at) as low
			from %I.%I
			where run = any ($2)
			group by item_id) as s
		    where t.source = $1
		        and t.item_id = s.item_id
		    $q$, staging, look.stream)
		using look.source, runs;
	end loop;
	foreach passes in array array[
	    'f.leaves_at >= s.was and f.leaves_at < s.as_of',
	    'f.week_leaves_at >= s.was and f.week_leaves_at < s.as_of',
	    'f.week_leaves_at > s.was + ops.week_counts() '
	    'and f.week_leaves_at <= s.as_of + ops.week_counts()']
	loop
		execute format('insert into mart_touched (source, item_id) '
		    'select f.source, f.item_id from mart_site s '
		    'cross join lateral (select * from %1$I.listing_fact f '
		    'where f.source = s.source and f.site = s.site '
		    'and %2$s offset 0) f '
		    'where not s.is_anew on conflict do nothing', serving,
		    passes);
	end loop;
	analyze mart_touched;
end
$$;

-- --- facts ---

-- A query for the days on which the favourites of the listing i rose or fell, and by
-- how many; a day without a change is left out.  What o says of the days before
-- o.since is so still.
create or replace function ops.favours_of(staging text)
returns text
language plpgsql stable as $$
declare
	snapshots text;
begin
	select string_agg(format($q$
	    select observed_at, run, line, index, favourite_count
	    from %1$I.%2$I
	    where item_id = i.item_id
	        and i.source = %3$L
	        and favourite_count is not null
	        and observed_at >= coalesce(o.since, '-infinity')
	    union all
	    (select observed_at, run, line, index, favourite_count
	    from %1$I.%2$I
	    where item_id = i.item_id
	        and i.source = %3$L
	        and favourite_count is not null
	        and observed_at < o.since
	    order by observed_at desc, run desc, line desc, index desc
	    limit 1)
	    $q$, staging, stream, source), ' union all ')
	into snapshots
	from ops.streams_of(staging, 'snapshot')
	where exists (
		select
		from ops.table_columns(staging, stream)
		where name = 'favourite_count');
	if snapshots is null then
		return 'select null::date[] as days, null::bigint[] as gains';
	end if;
	return format($q$
	    select array_agg(day order by day) as days,
	        array_agg(gain order by day) as gains
	    from (
		select day, gain
		from unnest(o.days, o.gains) as u(day, gain)
		where day < o.since::date
		union all
		select day, sum(gain)::bigint as gain
		from (
			select observed_at::date as day,
			    favourite_count - lag(favourite_count) over (
			        order by observed_at, run, line, index) as gain
			from (%s) as s) as s
		where gain <> 0
		    and day >= coalesce(o.since::date, '-infinity')
		group by day
		having sum(gain) <> 0) as s
	    $q$, snapshots);
end
$$;

-- A query for the facts of listings.  Offset 0 keeps each view a look-up by key;
-- without it they would be read whole, and joined.
create or replace function ops.listing_facts(staging text, serving text,
    is_anew boolean)
returns text
language sql stable as $$
	select format($sql$
	select i.source, i.site, i.item_id, i.seller_key, i.title,
	    coalesce(c.catalogs, '{}') as catalogs,
	    coalesce(m.brand, i.brand) as brand, i.condition_id,
	    i.size::text, i.color_id::text, i.currency,
	    -- 1.5 and 1.50 are one price, and look the same
	    trim_scale(case g.currency when i.currency then g.listed_price end)
	        as listed_price,
	    trim_scale(k.price) as price,
	    coalesce(r.cut, 0.0000) as cut, g.favourite_count, i.first_seen, i.last_seen,
	    g.last_seen,
	    b.earliest, b.latest, g.state,
	    case when x.left_as is not null then g.earliest end,
	    case when x.left_as is not null then g.latest end,
	    k.kind, k.leaves_at, k.week,
	    case when k.week is not null
	        then h.born + interval '7 days' + ops.week_counts() end,
	    v.days, v.gains
	from %2$s
	    join mart_site s on s.source = i.source
	        and s.site = i.site
	        and s.is_anew = %3$L
	        and s.as_of is not null
	    left join ops.brand_spelling m on m.spelling = i.brand
	    left join lateral (
		select *
		from %1$I.item_state g
		where g.source = i.source
		    and g.item_id = i.item_id
		offset 0) as g on true
	    left join lateral (
		select e.earliest, e.latest
		from %1$I.event e
		where e.source = i.source
		    and e.item_id = i.item_id
		    and e.type = 'listed'
		    and e.site = i.site
		    and e.earliest is not null
		order by e.latest
		limit 1) as b on true
	    left join lateral (
		select round(1 - exp(sum(ln(e.new / e.old))), 4) as cut
		from %1$I.event e
		where e.source = i.source
		    and e.item_id = i.item_id
		    and e.type = 'repriced'
		    and e.cause in ('seller', 'wardrobe', 'unknown')
		    and e.old > 0
		    and e.new > 0
		offset 0) as r on true
	    cross join lateral (
		select ops.exit_of(g.state) as left_as) as x
	    cross join lateral (
		select ops.middle(b.earliest, b.latest) as born,
		    case when x.left_as is not null
		        then ops.middle(coalesce(g.earliest, g.last_seen),
		            g.latest) end as gone) as h
	    cross join lateral (
		select case g.state when 'deleted' then null
		        when 'sold' then 'sold' else 'asked' end as kind,
		    coalesce(case when g.state = 'sold'
		            and g.currency = i.currency then g.price end,
		        i.price) as price,
		    case g.state when 'deleted' then null
		        when 'sold' then g.latest + interval '90 days'
		        else i.last_seen + interval '7 days' end as leaves_at,
		    case when h.gone - h.born <= interval '7 days' then x.left_as
		        when coalesce(h.gone, g.last_seen) - h.born
		            >= interval '7 days' then 'on' end as week) as k
	    left join lateral (
		select array_agg(distinct c.catalog_id order by c.catalog_id)
		    as catalogs
		from %1$I.item_catalog c
		where c.source = i.source
		    and c.site = i.site
		    and c.item_id = i.item_id
		offset 0) as c on true
	    left join lateral (%5$s) as o on true
	    left join lateral (%4$s) as v on true
	$sql$, serving, case when is_anew then format('%I.item i', serving)
	    else format('mart_touched t cross join lateral ('
	        'select * from %I.item i where i.source = t.source '
	        'and i.item_id = t.item_id offset 0) i', serving) end, is_anew,
	    ops.favours_of(staging), case when is_anew then
	        'select null::date[] as days, null::bigint[] as gains, '
	        'null::timestamptz as since'
	    else format('select favoured_on as days, favours as gains, '
	        'date_trunc(''day'', followed_until) as since '
	        'from %I.listing_fact where source = i.source '
	        'and site = i.site and item_id = i.item_id '
	        'and date_trunc(''day'', followed_until) <= t.low', serving) end)
$$;

-- The facts of touched listings as they were and as they are, into the temporary
-- tables fact_old and fact_new, and into listing_fact.
create or replace function ops.renew_facts(staging text, serving text,
    has_anew boolean)
returns void
language plpgsql set client_min_messages = warning as $$
declare
	columns text;
begin
	execute format('create temporary table fact_old on commit drop as '
	    'select f.* from mart_touched t cross join lateral ('
	    'select * from %1$I.listing_fact f where f.item_id = t.item_id '
	    'and f.source = t.source offset 0) f', serving);
	execute format('create temporary table fact_new '
	    '(like %I.listing_fact) on commit drop', serving);
	execute 'insert into fact_new ' || ops.listing_facts(staging, serving, false)
	    || case when has_anew then ' union all '
	        || ops.listing_facts(staging, serving, true) else '' end;
	analyze fact_old;
	analyze fact_new;

	execute format('delete from %1$I.listing_fact f using fact_old o '
	    'where f.item_id = o.item_id and f.site = o.site '
	    'and f.source = o.source and not exists (select from fact_new n '
	    'where n.item_id = o.item_id and n.site = o.site '
	    'and n.source = o.source)', serving);
	select string_agg(format('%1$I = excluded.%1$I', name), ', ')
	into columns
	from ops.table_columns(serving, 'listing_fact')
	where not name = any ('{source,site,item_id}');
	execute format('insert into %1$I.listing_fact as f select * from fact_new '
	    'on conflict (item_id, site, source) do update set %2$s '
	    'where f is distinct from excluded', serving, columns);
end
$$;

create or replace function ops.renew_mart_windows(serving text)
returns void
language plpgsql as $$
begin
	execute format('delete from %1$I.mart_window w using mart_site s '
	    'where s.source = w.source and s.site = w.site and s.as_of is null',
	    serving);
	execute format('insert into %1$I.mart_window as w '
	    'select source, site, as_of, ops.marts_version() from mart_site '
	    'where as_of is not null on conflict (source, site) do update '
	    'set as_of = excluded.as_of, version = excluded.version '
	    'where (w.as_of, w.version) '
	    'is distinct from (excluded.as_of, excluded.version)', serving);
end
$$;

-- Brings facts and the marts that are sums of them up to date: for what the runs
-- touched, or all (null).  Returns how many rows of sums were written.  The caller
-- holds the mart lock.
create or replace function ops.refresh_facts(staging text, serving text,
    runs text[])
returns bigint
language plpgsql set client_min_messages = warning set timezone = 'UTC' as $$
declare
	written bigint := 0;
	has_anew boolean;
	is_old boolean;
begin
	execute format('select not exists (select from %I.mart_window '
	    'where version = ops.marts_version())', serving)
	into is_old;
	if is_old and runs is not null then
		-- all listings are made anew below, these too
		delete from ops.touched_item;
		runs := null;
	end if;
	perform ops.find_mart_sites(staging, serving, runs);
	perform ops.find_touched_listings(staging, serving, runs);
	has_anew := exists (
		select
		from mart_site
		where is_anew);
	if has_anew then
		perform ops.empty_prices(serving);
		perform ops.empty_sales(serving);
		perform ops.empty_trends(serving);
		execute format('delete from %1$I.listing_fact f using mart_site s '
		    'where s.is_anew and s.source = f.source '
		    'and s.site = f.site', serving);
	end if;
	if has_anew or exists (select from mart_touched) then
		perform ops.renew_facts(staging, serving, has_anew);
		written := ops.renew_prices(serving) + ops.renew_sales(serving)
		    + ops.renew_trends(serving);
		drop table fact_old, fact_new;
	end if;
	perform ops.refresh_sellers(staging, serving, runs);
	perform ops.refresh_rates(staging, serving, runs);
	perform ops.renew_trend_coverage(serving, runs);
	perform ops.renew_mart_windows(serving);
	drop table mart_site, mart_touched;
	return written;
end
$$;
