-- Sellers leave ops.  What a run's closing record says of wardrobes is in
-- staging (<source>_closing), made from the raw record; ops.run keeps the
-- queries of catalogs, which name nobody.  The change feed can say that lines
-- of it were removed.

-- The entries of catalogs' queries, as src/lib/personal.c tells them.
create function ops.catalog_queries(queries jsonb)
returns jsonb
language sql immutable as $$
	select case when jsonb_typeof(queries) = 'array' then (
		select coalesce(jsonb_agg(q order by n), '[]')
		from jsonb_array_elements(queries) with ordinality as e(q, n)
		where q ->> 'user_id' is null
		    and q ->> 'item_id' is null
		    and coalesce(q ->> 'kind', 'search') = 'search'
		    and coalesce(nullif(split_part(split_part(q ->> 'query', '?', 1),
		        '/', 2), ''), 'search') = 'search')
	    else queries end
$$;
comment on function ops.catalog_queries is
	'what a closing record says of catalogs: its entries but those about '
	'sellers and items';

update ops.run
set queries = ops.catalog_queries(queries)
where queries is distinct from ops.catalog_queries(queries);
comment on column ops.run.queries is
	'the queries of catalogs: why each stopped, walked or not, and its '
	'state; those about sellers are in staging';

-- Earlier versions may have kept a seller's number as the least or greatest.
update ops.quality
set min = null, max = null
where property = 'user_id';

alter table ops.change
	drop constraint change_op_check,
	add constraint change_op_check
		check (op in ('add', 'withdraw', 'forget')),
	alter column item_id drop not null,
	alter column event drop not null,
	add column lines bigint[],
	add constraint change_has_its_content check (case op
		when 'forget' then item_id is null and event is null
		    and lines is not null
		else item_id is not null and event is not null
		    and lines is null end);
comment on column ops.change.lines is
	'of a forget: the numbers of the lines that were removed';
