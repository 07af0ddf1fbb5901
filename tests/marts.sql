-- For marts_are_true: what the marts hold, and what tests/marts.jq makes them of.
-- Variables: input and output, files to write; a transaction may be open.
\o :output
select json_build_array('price', c.source, c.site, c.kind, c.currency, c."by",
    c.catalog_id, c.brand, c.condition_id, c.size, c.color_id, b.price::text, b.n)
from serving.price_cell c
    join serving.price_bin b using (cell);
select json_build_array('age', c.source, c.site, c."by", c.catalog_id, c.brand,
    c.condition_id, c.size, a.born_week, a.entered, a.last_day, a.gone_day, a.exit,
    a.n)
from serving.sale_cell c
    join serving.sale_age a using (cell);
select json_build_array('cut', c.source, c.site, c."by", c.catalog_id, c.brand,
    c.condition_id, c.size, a.percent, a.n)
from serving.sale_cell c
    join serving.sale_cut a using (cell);
\o :input
create function pg_temp.us(at timestamptz) returns bigint language sql as $$
	select (extract(epoch from at) * 1000000)::bigint
$$;
select json_build_object(
    'windows', (
	select json_agg(json_build_object('source', source, 'site', site,
	    'as_of', pg_temp.us(as_of)))
	from serving.mart_window),
    'items', (
	select json_agg(json_build_object('source', source, 'site', site,
	    'item_id', item_id, 'currency', currency, 'price', price::text,
	    'brand', brand, 'condition_id', condition_id, 'size', size,
	    'color_id', color_id, 'last_seen', pg_temp.us(last_seen)))
	from serving.item),
    'states', (
	select coalesce(json_agg(json_build_object('source', source,
	    'item_id', item_id, 'state', state, 'earliest', pg_temp.us(earliest),
	    'latest', pg_temp.us(latest), 'last_seen', pg_temp.us(last_seen),
	    'price', price::text, 'listed_price', listed_price::text,
	    'currency', currency)), '[]')
	from serving.item_state),
    'events', (
	select coalesce(json_agg(json_build_object('source', source,
	    'item_id', item_id, 'type', type, 'site', site,
	    'earliest', pg_temp.us(earliest), 'latest', pg_temp.us(latest),
	    'old', old, 'new', new, 'cause', cause)), '[]')
	from serving.event),
    'catalogs', (
	select coalesce(json_agg(json_build_object('source', source, 'site', site,
	    'item_id', item_id, 'catalog_id', catalog_id)), '[]')
	from serving.item_catalog));
drop function pg_temp.us(timestamptz);
\o
