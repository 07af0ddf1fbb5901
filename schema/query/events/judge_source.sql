-- The events step of one source: context, histories, events, the change feed.
-- It holds one lock, so that no two of them judge the same item; parts that
-- another load commits meanwhile are due in the next.  The variables:
--
--   staging    the schema of the tables
--   source     the source, as tables are called after it
--   feed       false: the change feed is not written, nor ops.load
--   forgetting defined: rows of a seller left the parts, and nothing came: others'
--              events change by the rates of exchange alone
--
-- In the current folder: `due`, the parts to judge, "run,part" a line, and
-- `judge`, a script that takes history lines and stores events; its environment
-- has ITEM_DAYS and SOLD_PAGE_HOURS.  In the environment: `description`, the
-- path of source.json.
set client_min_messages = warning;
set timezone = 'UTC';
set work_mem = '64MB';
\set snapshot :source _snapshot
\set seller_snapshot :source _seller_snapshot
\set look :source _look
\set closing :source _closing
\set event :source _event
\set item_state :source _item_state
\set track_item :source _track_item
\set track_seller :source _track_seller
\set track_sweep :source _track_sweep
\set track_interval :source _track_interval
\set track_rate :source _track_rate
\set track_relist :source _track_relist
\set photo_fetch :source _photo_fetch
\set image :source _image
\set image_seen :source _image_seen
\set snapshot_run :source _snapshot_run
\set snapshot_item :source _snapshot_item
\set snapshot_claim :source _snapshot_claim
\set look_gone :source _look_gone
\set seller_snapshot_user :source _seller_snapshot_user
\set seller_snapshot_run :source _seller_snapshot_run
\set track_item_user :source _track_item_user
\set track_item_photo :source _track_item_photo
\set track_item_key :source _track_item_key
\set track_item_title :source _track_item_title
\set track_relist_old :source _track_relist_old
\set description `cat -- "$description"`
select jsonb_build_object('sites', d -> 'sites', 'tracking',
    '{"counter_lag_hours": 24, "arithmetic_item_days": 40,
      "sold_page_hours": 240}'::jsonb || coalesce(d -> 'tracking', '{}'))
    as facts
from (select :'description'::jsonb) as s(d) \gset
select make_interval(secs => (:'facts'::jsonb
    #>> '{tracking,counter_lag_hours}')::float8 * 3600)::text as lag \gset
select quote_literal(:'lag') || '::interval' as lag \gset
select tracking ->> 'arithmetic_item_days' as item_days,
    tracking ->> 'sold_page_hours' as page_hours,
    format('%L::interval', (tracking ->> 'sold_page_hours') || ' hours')
        as sold_page
from jsonb_extract_path(:'facts'::jsonb, 'tracking') as t(tracking) \gset
\setenv ITEM_DAYS :item_days
\setenv SOLD_PAGE_HOURS :page_hours

select pg_advisory_lock(hashtext('vpipe.events:' || :'source')) \g /dev/null

\ir track_tables.sql
-- temporary tables live for one step: rough statistics are enough
set default_statistics_target = 10;
-- The context is committed only with the events: after a crash its parts are
-- judged again, and an absence is in no part.
begin;
\ir track_due.sql
\if :{?forgetting}
\else
\ir track_sweep.sql
\endif
\ir track_interval.sql
\ir track_rate.sql
\ir track_relist.sql
\ir track_affected.sql
\ir track_history.sql
\copy (select line from history order by item_id collate "C", observed_at, place, run, line_number, index) to program 'exec sh ./judge' with (format csv, quote E'\x01', delimiter E'\x02')
\if :feed
select ops.feed(:'staging', :'source', false) \g /dev/null
insert into ops.touched_item (source, item_id)
select :'source', item_id
from affected
on conflict do nothing;
insert into ops.load (run, part, step, published, contracts, finished)
select u.run, u.part, 'events', u.published, u.contracts, true
from due d
    join due_run using (run)
    join ops.load u on u.run = d.run
        and u.part = d.part
        and u.step = 'upsert'
on conflict do nothing;
\endif
commit;
