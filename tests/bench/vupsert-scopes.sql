-- Singer messages of a stream vinted_event as vevents writes them: sets of one to
-- nine records, one set a seller, made up, the same for the same parameters.
-- psql -At -v scopes=N -v look=N -v sets=yes|no -f this
--
-- look 1 is a later one: of 100 records 3 have other values, 2 are gone, 2 are
-- new.  sets=no: the same records without SCOPE, into a table of another name.
\set ON_ERROR_STOP on
\if :sets
\set stream vinted_event
\else
\set stream vinted_event_row
\endif
select '{"type":"SCHEMA","stream":"' || :'stream' || '","schema":{"type":'
	'"object","properties":{"owner":{"type":"string"},'
	'"item_id":{"type":"string"},"type":{"type":"string"},'
	'"number":{"type":"integer"},"site":{"type":["string","null"]},'
	'"earliest":{"type":["string","null"],"format":"date-time"},'
	'"latest":{"type":"string","format":"date-time"},'
	'"old":{"type":["number","null"]},"new":{"type":["number","null"]},'
	'"currency":{"type":["string","null"]},'
	'"cause":{"type":["string","null"]},"confidence":{"type":"string"},'
	'"rule":{"type":["string","null"]},"reason":{"type":["string","null"]},'
	'"evidence":{"type":["string","null"]},'
	'"other_id":{"type":["string","null"]},'
	'"cancelled":{"type":["string","null"],"format":"date-time"}}},'
	'"key_properties":["owner","item_id","type","number"]'
	|| case when :'sets' = 'yes' then ',"x-replace":["owner"]' else '' end
	|| '}';
with seller as (
	select (100000000 + n * 37)::text as owner, n,
		1 + (hashint8(n) & 7) % 9 as records
	from generate_series(1, :scopes) as n
), record as (
	select owner, n, l.i, hashint8(n * 16 + l.i) & 1048575 as h,
		l.i > records as is_new
	from seller
		cross join lateral generate_series(1, records + :look * (
			(hashint8(n * 3) & 1023) < 95)::int) as l (i)
), line as (
	select owner, i, '{"type":"RECORD","stream":"' || :'stream'
		|| '","record":{"owner":"' || owner || '","item_id":"'
		|| 4000000000 + n * 37 + i / 3 || '","type":"'
		|| (array['listed', 'repriced', 'sold'])[i % 3 + 1]
		|| '","number":' || i || ',"site":"www.vinted.pt","earliest":'
		|| case when h % 3 = 0 then 'null' else '"' || to_char(timestamp
			'2026-09-20 10:00:00' + h * interval '1 s',
			'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"' end
		|| ',"latest":"' || to_char(timestamp '2026-09-21 10:00:00'
			+ h * interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
		|| '","old":' || h % 90 + 5 || '.50,"new":'
		|| h % 90 + 4 + :look * ((h & 1023) < 31)::int
		|| '.10,"currency":"EUR","cause":null,"confidence":"'
		|| (array['certain', 'likely'])[h % 2 + 1] || '","rule":"R'
		|| h % 20 || '","reason":"her counter of sold items rose between'
		|| ' two looks","evidence":"20260920T100000Z-track-'
		|| md5(h::text) || ':' || h % 900 || '","other_id":null,'
		|| '"cancelled":null}}' as text
	from record
	where :look = 0 or is_new or (hashint8(n * 5 + i) & 1023) >= 20
)
select text
from (
	select owner, 0 as i, '{"type":"SCOPE","stream":"' || :'stream'
		|| '","scope":{"owner":"' || owner || '"},"records":'
		|| count(l.i) || '}' as text
	from seller
		left join line l using (owner)
	where :'sets' = 'yes'
	group by owner
	union all
	select owner, i, text
	from line) as t
order by owner collate "C", i;
