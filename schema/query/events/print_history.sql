-- The histories of the owners that are touched, lines as vevents(1) reads them: what
-- is new, with what the outline of before names (vevents(1), OUTLINES); or where
-- something older changed, all that is stored of a seller and her listings.

-- whose prices other rates show now
insert into touched (owner, user_id, item_id, anew)
select case when t.user_id is null then 'item:' || t.item_id
        else 'user:' || t.user_id end,
    t.user_id,
    case when t.user_id is null then t.item_id end,
    true
from rerated r
    join :"staging".:"snapshot" s using (run)
    join :"staging".:"track_item" t on t.item_id = s.item_id
where s.site = r.site;

create temporary table owner as
select distinct owner, user_id, item_id
from (
	select owner, user_id, case when user_id is null then item_id end
	from touched) as t(owner, user_id, item_id);
create unique index on owner (owner);
create index on owner (user_id);
analyze owner;

-- her listings, and those of others that were once in her wardrobe (shared)
create temporary table member as
select o.owner, t.item_id, o.user_id, t.photo_key, t.first_sight, t.last_sight,
    false as shared
from owner o
    join :"staging".:"track_item" t on t.user_id = o.user_id
union all
select o.owner, t.item_id, null, null, null, null, false
from owner o
    join :"staging".:"track_item" t on t.item_id = o.item_id
where t.user_id is null
union all
select o.owner, t.item_id, o.user_id, null, null, null, true
from owner o
    join :"staging".:"track_shared" t on t.user_id = o.user_id
    join :"staging".:"track_item" i on i.item_id = t.item_id
where i.user_id <> t.user_id;
create index on member (item_id);
analyze member;

-- Whose outline still holds: nothing came that is as old, her listings are those
-- that it was made of, and so are the limits of the source.
create temporary table outlined (owner text collate "C", user_id text collate "C",
    until timestamptz, counters jsonb);
\if :has_outlines
create temporary table came as
select owner, min(at) as at
from (
	select m.owner, s.observed_at
	from :"staging".:"snapshot" s
	    join due_run using (run)
	    join member m on m.item_id = s.item_id
	union all
	select 'user:' || s.user_id, s.observed_at
	from :"staging".:"seller_snapshot" s
	    join due_run using (run)
	union all
	select 'user:' || l.user_id, l.observed_at
	from :"staging".:"look" l
	    join due_run using (run)
	where l.kind in ('user', 'wardrobe')
	    and l.user_id is not null) as t(owner, at)
group by owner;
insert into outlined
select l.owner, o.user_id, l.until, l.counters
from owner o
    join :"staging".:"owner_outline" l on l.owner = o.owner
    cross join (select :'description'::jsonb -> 'tracking') as d(tracking)
where :brings
    and l.limits = concat_ws(' ',
        coalesce(d.tracking ->> 'counter_lag_hours', '24'),
        coalesce(d.tracking ->> 'arithmetic_item_days', '40'),
        coalesce(d.tracking ->> 'sold_page_hours', '240'))
    and not exists (
	select
	from touched t
	where t.owner = o.owner
	    and t.anew)
    and not exists (
	select
	from came c
	where c.owner = o.owner
	    and c.at <= l.until)
    and not exists (
	select
	from member m
	    left join :"staging".:"item_outline" i on i.owner = m.owner
	        and i.item_id = m.item_id
	where m.owner = o.owner
	    and (m.shared
	    or (i.owner is null
	    and m.first_sight is distinct from null
	    and m.first_sight <= l.until)))
    and not exists (
	select
	from :"staging".:"item_outline" i
	    left join member m on m.owner = i.owner
	        and m.item_id = i.item_id
	where i.owner = o.owner
	    and m.owner is null);
\endif
create unique index on outlined (owner);
analyze outlined;

-- what is read of each owner: all that is later than her outline
create temporary table since as
select o.owner, o.user_id, coalesce(l.until, '-infinity') as at
from owner o
    left join outlined l using (owner);
analyze since;

-- of each listing, too, and the looks that its outline names
create temporary table span (owner text collate "C", item_id text collate "C",
    user_id text collate "C", shared boolean, low timestamptz, high timestamptz,
    through boolean);
insert into span
select m.owner, m.item_id, m.user_id, m.shared,
    s.at + interval '1 microsecond', 'infinity', false
from member m
    join since s using (owner);
\if :has_outlines
insert into span
select m.owner, m.item_id, m.user_id, false, n.at, n.at, bool_or(n.through)
from outlined o
    join member m using (owner)
    join :"staging".:"item_outline" i on i.owner = m.owner
        and i.item_id = m.item_id
    cross join lateral (
	select timestamptz 'epoch' + t.us::bigint * interval '1 microsecond',
	    i.through @> t.us
	from jsonb_array_elements(i.looks) as t(us)) as n(at, through)
group by m.owner, m.item_id, m.user_id, n.at;
\endif
analyze span;

create temporary table rate as
select * from rate_shown;
analyze rate;

-- looks at listings
create temporary view sight_line as
select m.owner,
    m.item_id,
    concat('{"owner":', to_json(m.owner),
        ',"item_id":', to_json(m.item_id),
        case when m.shared then ',"foreign":true' end,
        case when m.through then ',"through":true' end,
        ',"observed_at":', to_json(s.observed_at),
        ',"run":' || to_json(s.run),
        ',"line":' || s.line,
        ',"index":' || s.index,
        ',"site":' || to_json(s.site),
        ',"kind":"' || s.kind || '"',
        ',"state":"' || s.state || '"',
        ',"user_id":' || to_json(s.user_id),
        ',"evidence":' || to_json(s.evidence),
        ',"state_rule":' || to_json(s.state_rule),
        ',"price":' || s.price,
        ',"currency":' || to_json(s.currency),
        ',"seller_price":' || s.seller_price,
        ',"seller_currency":' || to_json(s.seller_currency),
        ',"total_price":' || s.total_price,
        ',"favourite_count":' || s.favourite_count,
        ',"promoted":' || s.promoted,
        ',"photo_key":' || to_json(s.photo_key),
        ',"title":' || to_json(s.title),
        case when c.currency = s.currency then ',"home":true' end,
        ',"rate":' || r.rate || ',"rate_err":' || r.err,
        '}') as line
from span m
    join :"staging".:"snapshot" s on s.item_id = m.item_id
        and s.observed_at between m.low and m.high
    left join :"staging".:"track_seller" c on c.user_id = m.user_id
    left join rate r on r.site = s.site
        and r.run = s.run
        and r.pair = c.currency || '>' || s.currency;

-- what the seller said of herself
create temporary view counters_line as
select o.owner,
    concat('{"owner":', to_json(o.owner),
        ',"type":"counters"',
        ',"observed_at":', to_json(s.observed_at),
        ',"run":' || to_json(s.run),
        ',"line":' || s.line,
        ',"index":' || s.index,
        ',"given_count":' || s.given_count,
        ',"total_count":' || s.total_count,
        ',"on_holiday":' || s.on_holiday,
        ',"banned":' || s.banned,
        '}') as line
from (
	select owner, user_id, at + interval '1 microsecond', 'infinity'
	from since
	union all
	select distinct l.owner, l.user_id, t.at, t.at
	from outlined l
	    cross join lateral (
		select timestamptz 'epoch'
		    + t.us::bigint * interval '1 microsecond'
		from jsonb_array_elements(l.counters) as t(us)) as t(at)
    ) as o(owner, user_id, low, high)
    join :"staging".:"seller_snapshot" s on s.user_id = o.user_id
        and s.observed_at between o.low and o.high;

-- is she there?  Asked of those alone who once were not
create temporary view account_line as
select o.owner,
    concat('{"owner":', to_json(o.owner),
        ',"type":"account"',
        ',"observed_at":', to_json(l.observed_at),
        ',"run":' || to_json(l.run),
        ',"line":' || l.line,
        ',"site":' || to_json(l.site),
        ',"kind":"' || l.kind || '"',
        ',"verdict":"' || l.verdict || '"',
        '}') as line
from owner o
    join :"staging".:"look" l on l.user_id collate "C" = o.user_id
where l.kind in ('user', 'wardrobe')
    and l.verdict in ('ok', 'empty', 'gone')
    and exists (
	select
	from :"staging".:"look" g
	where g.user_id collate "C" = o.user_id
	    and g.verdict = 'gone'
	    and g.kind = 'user');

-- Walks through her wardrobe, by the rule of serving.sweep.  Two queries for one
-- wardrobe in one run: the sites differ; each must hold.
select to_regclass(format('%I.%I', :'staging', :'closing')) is not null
    as has_closings \gset
create temporary table walk as
select o.owner, l.run, l.query, l.page, l.site, l.observed_at, l.line, l.verdict,
    l.total, l.ids
from since o
    join :"staging".:"look" l on l.user_id collate "C" = o.user_id
        and l.observed_at > o.at
where l.kind = 'wardrobe';
analyze walk;
create temporary table closed (run text, query text, stop text, walked boolean);
\if :has_closings
insert into closed (run, query, stop, walked)
select c.run, c.query, c.stop, c.walked
from :"staging".:"closing" c
where c.run in (select run from walk);
create index on closed (run, query);
analyze closed;
\endif

create temporary view sweep_line as
with
page as (
	select l.owner,
	    l.run,
	    l.query,
	    l.page,
	    min(l.site) as site,
	    min(l.observed_at) as first_at,
	    max(l.observed_at) as last_at,
	    bool_or(l.verdict in ('ok', 'empty')) as is_got,
	    (array_agg(l.total order by l.observed_at, l.line)
	        filter (where l.verdict in ('ok', 'empty')))[1] as total_first,
	    (array_agg(l.total order by l.observed_at desc, l.line desc)
	        filter (where l.verdict in ('ok', 'empty')))[1] as total_last
	from walk l
	group by l.owner, l.run, l.query, l.page
),
looked as (
	select p.owner,
	    p.run,
	    p.query,
	    min(p.site) as site,
	    min(p.first_at) as first_at,
	    max(p.last_at) as last_at,
	    bool_and(p.is_got) as is_whole,
	    (array_agg(p.total_first order by p.page))[1] as total_first,
	    (array_agg(p.total_last order by p.page desc))[1] as total_last
	from page p
	group by p.owner, p.run, p.query
),
found as (
	select l.owner, l.run, count(distinct hit.id) as ids
	from walk l
	    cross join lateral jsonb_array_elements_text(
	        coalesce(nullif(l.ids, 'null'), '[]')) as hit(id)
	where l.verdict = 'ok'
	group by l.owner, l.run
)
select k.owner,
    concat('{"owner":', to_json(k.owner),
        ',"type":"sweep"',
        ',"run":', to_json(k.run),
        ',"site":' || to_json(min(k.site)),
        ',"first_at":', to_json(min(k.first_at)),
        ',"last_at":', to_json(max(k.last_at)),
        ',"total_count":' || max(k.total_first),
        ',"found":', coalesce(max(f.ids), 0),
        ',"walked":' || bool_and(ops.is_complete(c.walked, c.stop,
            k.is_whole, k.total_first, k.total_last, coalesce(f.ids, 0))),
        '}') as line
from looked k
    left join closed c using (run, query)
    left join found f using (owner, run)
group by k.owner, k.run;

-- Pictures of main photos, where one of her listings may repeat another.
\if :has_pictures
create temporary view picture_line as
select distinct m.owner,
    m.item_id,
    concat('{"owner":', to_json(m.owner),
        ',"item_id":', to_json(m.item_id),
        ',"type":"picture"',
        ',"sha256":', to_json(f.sha256),
        ',"phash":' || to_json(i.phash),
        ',"width":' || i.width || ',"height":' || i.height,
        '}') as line
from (
	select owner
	from member
	where not shared
	group by owner
	having min(last_sight) < max(first_sight)) as o
    join member m using (owner)
    join :"staging".:"photo_fetch" f on f.photo_key = m.photo_key
        and (:'by_upload' or m.item_id = f.item_id::text)
    cross join lateral (
	select i.phash, i.width, i.height
	from :"staging".:"image" i
	where i.sha256 = f.sha256
	order by i.is_kept desc
	limit 1) as i
where f.is_got
    and not m.shared;
\else
create temporary view picture_line as
select null as owner, null as item_id, null as line where false;
\endif

\if :has_outlines
-- the walks of before that an outline needs
create temporary view old_sweep_line as
select o.owner,
    concat('{"owner":', to_json(o.owner),
        ',"type":"sweep"',
        ',"run":', to_json(w.run),
        ',"site":' || to_json(w.site),
        ',"first_at":', to_json(w.first_at),
        ',"last_at":', to_json(w.last_at),
        ',"total_count":' || w.total,
        ',"complete":' || w.complete,
        '}') as line
from outlined o
    join :"staging".:"seller_sweep" w using (owner);
\else
create temporary view old_sweep_line as
select null as owner, null as line where false;
\endif

create temporary view history as
select owner, null as item_id, concat('{"owner":', to_json(owner),
    ',"type":"owner"}') as line
from owner
union all
select owner, null, line from counters_line
union all
select owner, null, line from account_line
union all
select owner, null, line from sweep_line
union all
select owner, null, line from old_sweep_line
union all
select owner, item_id, line from picture_line
union all
select owner, item_id, line from sight_line;
