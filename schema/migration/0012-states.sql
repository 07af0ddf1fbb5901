-- Where a catalog's query stops next time is a list of listings, which may be a
-- forgotten seller's.  The published closing record has it; ops, which nothing asks
-- for it, has not.
create or replace function ops.catalog_queries(queries jsonb)
returns jsonb
language sql immutable as $$
	select case when jsonb_typeof(queries) = 'array' then (
		select coalesce(jsonb_agg(q - 'state' order by n), '[]')
		from jsonb_array_elements(queries) with ordinality as e(q, n)
		where jsonb_typeof(q) = 'object'
		    and q ->> 'user_id' is null
		    and q ->> 'item_id' is null
		    and coalesce(q ->> 'kind', 'search') = 'search'
		    and coalesce(nullif(split_part(split_part(q ->> 'query', '?', 1),
		        '/', 2), ''), 'search') = 'search')
	    else queries end
$$;
comment on function ops.catalog_queries is
	'what a closing record says of catalogs: its entries but those about '
	'sellers and items, without their states';

update ops.run
set queries = ops.catalog_queries(queries)
where queries is distinct from ops.catalog_queries(queries);
comment on column ops.run.queries is
	'the queries of catalogs: why each stopped, walked or not; those about '
	'sellers are in staging';
