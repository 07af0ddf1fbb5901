-- The events step of one source: whom the due parts touch, their histories to
-- `vevents | vupsert`, the change feed.  It holds one lock, so that no two of
-- them judge the same listing; parts that another load commits meanwhile are due
-- in the next.  The variables:
--
--   staging    the schema of the tables
--   source     the source, as tables are called after it
--   feed       false: the change feed is not written, nor ops.load
--   forgetting defined: rows of a seller left the parts, and nothing came: others'
--              events change by the rates of exchange alone
--
-- In the current folder: `due`, the parts to judge, "run,part" a line, and
-- `judge`, a script that takes history lines and stores what vevents makes of
-- them.  In the environment: `description`, the path of source.json.
set client_min_messages = warning;
set timezone = 'UTC';
set work_mem = '64MB';
\set snapshot :source _snapshot
\set seller_snapshot :source _seller_snapshot
\set look :source _look
\set closing :source _closing
\set event :source _event
\set item_state :source _item_state
\set item_outline :source _item_outline
\set owner_outline :source _owner_outline
\set seller_sweep :source _seller_sweep
\set track_item :source _track_item
\set track_shared :source _track_shared
\set track_seller :source _track_seller
\set track_rate :source _track_rate
\set photo_fetch :source _photo_fetch
\set image :source _image
\set image_seen :source _image_seen
\set snapshot_run :source _snapshot_run
\set snapshot_item :source _snapshot_item
\set look_gone :source _look_gone
\set seller_snapshot_user :source _seller_snapshot_user
\set seller_snapshot_run :source _seller_snapshot_run
\set track_item_user :source _track_item_user
\set track_item_key :source _track_item_key
\set track_shared_user :source _track_shared_user
\set description `cat -- "$description"`

select pg_advisory_lock(hashtext('vpipe.events:' || :'source')) \g /dev/null

\ir make_context.sql
-- temporary tables live for one step: rough statistics are enough
set default_statistics_target = 10;
-- The context is committed only with the events: after a crash its parts are
-- judged again, and who lost a listing is in no part.
begin;
\ir find_touched.sql
\ir refresh_rates.sql
\ir print_history.sql
-- The last line says that nothing is missing: what is cut short is not stored.
\copy (select line from (select owner, item_id, line from history union all select null, null, '{"type":"end"}') as t order by owner collate "C" nulls last, item_id collate "C" nulls first) to program 'exec sh ./judge' with (format csv, quote E'\x01', delimiter E'\x02')
\if :feed
create temporary table affected as
select item_id
from member
where not shared
union
select item_id
from was_item;
create unique index on affected (item_id);
analyze affected;
select coalesce(max(n), 0) as fed from ops.change \gset
select ops.feed(:'staging', :'source', false) \g /dev/null
-- what was seen, and what has other events now
insert into ops.touched_item (source, item_id)
select :'source', item_id
from (
	select item_id
	from fresh
	union
	select item_id
	from was_item
	union
	select item_id
	from ops.change
	where n > :fed
	    and source = :'source'
	    and item_id is not null) as t
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
