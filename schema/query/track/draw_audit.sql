-- Listings drawn at random to check what was concluded of them: request objects
-- for `vfetch requests`, :most of them (vpipe-audit(1) says for whom).  The note of
-- each is what was concluded when it was drawn: later loads may conclude
-- otherwise, and the answers alone could not tell what was checked.
--
-- A listing's place in its stratum is a hash of the source, its id and the day: the
-- same data and the same day give the same draw, which knows nothing of the
-- listing.  Each stratum has its turn, the one with the fewest draws of the last
-- day first, of equal ones the larger.
--
-- Variables: staging, source, now, page_hours (source.json), most.
set client_min_messages = warning;
set timezone = 'UTC';
\set look :source _look
\set snapshot :source _snapshot
\set item :source _item
\set item_state :source _item_state
\set event :source _event
select to_regclass(format('%I.%I', :'staging', :'item_state')) is not null
    and to_regclass(format('%I.%I', :'staging', :'event')) is not null
    and to_regclass(format('%I.%I', :'staging', :'snapshot')) is not null
    and exists (
	select
	from ops.table_columns(:'staging', :'look')
	where name = 'item_id')
    as has_items,
    exists (
	select
	from ops.table_columns(:'staging', :'look')
	where name = 'note')
    as has_notes,
    quote_literal(:'now') || '::timestamptz' as now,
    quote_literal(:'page_hours' || ' hours') || '::interval' as sold_page \gset
\if :has_items

-- what was asked to check before; until the first answer has a note, nothing
create temporary table checked (
	item_id text collate "C" not null,
	observed_at timestamptz not null,
	verdict text not null,
	note jsonb not null
);
\if :has_notes
insert into checked
select item_id, observed_at, verdict, coalesce(note, '{}')
from :"staging".:"look"
where kind = 'audit-page'
    and item_id is not null
    and observed_at > :now - interval '60 days';
\endif
create index on checked (item_id);
analyze checked;

-- Every fourth of the sold, by a hash, is asked again while its page is there.
create temporary table again as
select distinct on (c.item_id) c.item_id,
    jsonb_set(c.note, '{again}', to_jsonb(a.days)) as note
from checked c
    cross join ops.audit_ages() as a(days)
where c.note ->> 'state' = 'sold'
    and not c.note ? 'again'
    and c.verdict = 'ok'
    and ops.hash_share(:'source' || ':' || c.item_id) < 0.25
    and :now >= c.observed_at + make_interval(days => a.days)
    and :now < c.observed_at + make_interval(days => a.days + 2)
    and not exists (
	select
	from checked l
	where l.item_id = c.item_id
	    and (l.verdict = 'gone'
	        or l.note ->> 'again' = a.days::text
	        or l.observed_at > :now - interval '1 day'));

create temporary table stratum as
select *
from (
	-- concluded while the page can still speak
	select distinct s.item_id
	from :"staging".:"event" e
	    join :"staging".:"item_state" s using (item_id)
	where e.type in ('sold', 'deleted', 'hidden', 'reserved', 'vanished')
	    and e.latest > :now - :sold_page
	    and s.latest > :now - :sold_page
	    and s.state in ('sold', 'deleted', 'hidden', 'reserved', 'missing')
	union
	-- live, as a wardrobe showed it last: the controls
	select distinct n.item_id
	from ops.run r
	    join :"staging".:"snapshot" n using (run)
	    join :"staging".:"item_state" s using (item_id)
	where r.source = :'source'
	    and r.started_at > :now - interval '8 days'
	    and n.kind = 'wardrobe'
	    and s.state = 'live') as listing
    join lateral (
	select s.state, s.rule, s.confidence, s.latest, s.site,
	    coalesce(s.earliest, s.latest) + :sold_page as until
	from :"staging".:"item_state" s
	where s.item_id = listing.item_id) as concluded on true
where site is not null
    and not exists (
	select
	from checked c
	where c.item_id = listing.item_id)
    -- nothing is asked twice within a day
    and not exists (
	select
	from :"staging".:"look" l
	where l.item_id collate "C" = listing.item_id
	    and l.observed_at > :now - interval '1 day');

create temporary table drawn as
with
today as (
	select note ->> 'state' as state,
	    coalesce(note ->> 'rule', '') as rule,
	    count(*) as n
	from checked
	where observed_at > :now - interval '1 day'
	    and not note ? 'again'
	group by 1, 2
),
placed as (
	select *,
	    count(*) over (partition by state, rule) as size,
	    row_number() over (partition by state, rule
	        order by ops.hash_share(concat_ws(':', :'source', item_id,
	            (:now)::date)), item_id) as place
	from stratum
)
select p.item_id,
    jsonb_build_object('state', p.state, 'rule', p.rule,
        'confidence', p.confidence, 'latest', date_trunc('second', p.latest),
        -- so long the page of a sold listing is there
        'until', date_trunc('second', p.until)) as note,
    row_number() over (order by coalesce(t.n, 0) + p.place, p.size desc,
        p.state collate "C", p.rule collate "C") as turn
from placed p
    left join today t on t.state = p.state
        and t.rule = coalesce(p.rule, '')
where p.place <= :most;

create temporary table asked as
-- at most half of the questions are repeats
(select item_id, note, 0 as turn
from again
order by ops.hash_share(item_id), item_id
limit :most / 2)
union all
select item_id, note, turn
from drawn
order by turn, item_id
limit :most;
\ir find_addresses.sql

select json_build_object('site', s.site, 'kind', 'audit-page', 'params',
    json_strip_nulls(json_build_object('item', a.item_id, 'slug', d.slug)),
    'note', a.note)
from asked a
    join :"staging".:"item_state" s using (item_id)
    left join address d using (item_id)
order by a.turn, a.item_id;
\endif
