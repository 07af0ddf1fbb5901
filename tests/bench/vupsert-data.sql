-- Singer records of a stream vinted_item, as vnormalize writes them: made up,
-- the same for the same parameters.  psql -At -v rows=N -v look=N -f this
--
-- look n is n hours later; from one look to the next 3 % of the prices change.
\set ON_ERROR_STOP on
select '{"type":"SCHEMA","stream":"vinted_item","schema":{"type":"object",'
	'"properties":{"site":{"type":"string"},"item_id":{"type":"integer"},'
	'"variant":{"type":"string"},'
	'"observed_at":{"type":"string","format":"date-time"},'
	'"run":{"type":"string"},"line":{"type":"integer"},'
	'"index":{"type":"integer"},"contract":{"type":"integer"},'
	'"title":{"type":["string","null"]},"price":{"type":["number","null"]},'
	'"currency":{"type":["string","null"]},'
	'"seller_price":{"type":["number","null"]},'
	'"seller_currency":{"type":["string","null"]},'
	'"service_fee":{"type":["number","null"]},'
	'"total_price":{"type":["number","null"]},'
	'"brand":{"type":["string","null"]},"size":{"type":["string","null"]},'
	'"size_system":{"type":["string","null"]},'
	'"size_code":{"type":["string","null"]},'
	'"condition_id":{"type":["integer","null"]},'
	'"condition":{"type":["string","null"]},'
	'"user_id":{"type":["integer","null"]},'
	'"seller_key":{"type":["string","null"]},'
	'"favourite_count":{"type":["integer","null"]},'
	'"view_count":{"type":["integer","null"]},'
	'"promoted":{"type":["boolean","null"]},"url":{"type":["string","null"]},'
	'"photo_key":{"type":["string","null"]},'
	'"is_visible":{"type":["boolean","null"]},'
	'"content_source":{"type":["string","null"]}}},'
	'"key_properties":["site","item_id","variant"],"x-source":"vinted",'
	'"x-entity":"item",'
	'"x-order":["observed_at","run","line","index","contract"],'
	'"x-seen":"observed_at"}';
with item as (
	select n,
		4000000000 + n * 37 as id,
		hashint8(n) & 1048575 as h,
		-- the looks in which its price changed, up to this one
		(select count(*) from generate_series(1, :look) as l
			where (hashint8(n * 1000 + l) & 1023) < 31) as changes
	from generate_series(1, :rows) as n
)
select '{"type":"RECORD","stream":"vinted_item","record":{'
	'"site":"www.vinted.pt","item_id":' || id
	|| ',"variant":"search-2026-09","observed_at":"'
	|| to_char(timestamp '2026-09-20 10:00:00' + :look * interval '1 hour'
		+ row_number() over (order by h, n) / 96 * interval '312 ms',
		'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
	|| '","run":"20260920T1' || :look || '0000Z-catalog-0123456789abcdef"'
	|| ',"line":' || row_number() over (order by h, n) / 96 + 1
	|| ',"index":' || row_number() over (order by h, n) % 96
	|| ',"contract":3,"title":"Casaco de inverno quase novo, n.º ' || n
	|| '","price":' || h % 90 + 5 + changes || '.' || 10 + h % 90
	|| ',"currency":"EUR","seller_price":' || h % 90 + 4 || '.50'
	|| ',"seller_currency":"EUR","service_fee":0.70,"total_price":'
	|| h % 90 + 6 || '.20,"brand":"' || (array['Nike', 'Zara', 'H&M',
		'Mango', 'Adidas', 'Levi''s', 'Bershka'])[h % 7 + 1]
	|| '","size":"' || (array['XS', 'S', 'M', 'L', 'XL'])[h % 5 + 1]
	|| ' / 3' || h % 10 || '","size_system":"EU","size_code":"3' || h % 10
	|| '","condition_id":' || h % 5 + 1 || ',"condition":"Muito bom"'
	|| ',"user_id":' || 100000000 + h || ',"seller_key":"'
	|| md5(h::text) || md5(n::text) || '","favourite_count":' || h % 40
	|| ',"view_count":' || h % 300 || ',"promoted":false,"url":"'
	|| 'https://www.vinted.pt/items/' || id
	|| '-casaco-de-inverno-quase-novo","photo_key":"' || md5((n * 7)::text)
	|| '","is_visible":true,"content_source":"search"}}'
from item order by h, n;
