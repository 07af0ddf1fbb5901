-- How old listings were when they were last there, and when they were sold or
-- gone: grouped and counted, as vsurv reads them, the largest cells first.  Of
-- listings whose first day is known: a complete sweep of their seller had not
-- shown them yet.  vpipe sales.
--
-- Variables: by (words of catalog, brand, condition, size), source, catalog,
-- brand, condition (empty: any), most (so many cells at most), language (of
-- names).
set client_min_messages = warning;
set timezone = 'UTC';

-- cells that are counted by what is asked for and by what is given
create temporary table chosen as
select c.cell,
    jsonb_strip_nulls(jsonb_build_object(
        'catalog', case when :'by' ~ 'catalog'
            then coalesce(c.catalog_id, '(none)') end,
        'catalog_name', case when :'by' ~ 'catalog'
            then serving.catalog_name(c.source, c.site, c.catalog_id,
                :'language') end,
        'brand', case when :'by' ~ 'brand'
            then coalesce(c.brand, '(none)') end,
        'condition', case when :'by' ~ 'condition'
            then coalesce(c.condition_id::text, '(none)') end,
        'condition_name', case when :'by' ~ 'condition'
            then serving.condition_name(c.source, c.condition_id,
                :'language') end,
        'size', case when :'by' ~ 'size'
            then coalesce(c.size, '(none)') end)) as line
from serving.sale_cell c
where c."by" = coalesce(nullif(concat_ws(' ',
        case when :'by' ~ 'catalog' or :'catalog' <> '' then 'catalog' end,
        case when :'by' ~ 'brand' or :'brand' <> '' then 'brand' end,
        case when :'by' ~ 'condition' or :'condition' <> '' then 'condition' end,
        case when :'by' ~ 'size' then 'size' end), ''), 'all')
    and (:'source' = '' or c.source = :'source')
    and (:'brand' = '' or ops.folded(c.brand) = ops.folded(:'brand'))
    and (:'catalog' = '' or c.catalog_id = :'catalog')
    and (:'condition' = ''
        or c.condition_id = nullif(:'condition', '')::bigint);

with
ranked as (
	select c.line,
	    row_number() over (order by sum(s.n) desc, c.line) as place,
	    array_agg(c.cell) as cells
	from chosen c
	    join serving.sale_cell s using (cell)
	group by c.line
	order by place
	limit :'most'::bigint
)
select json_strip_nulls(json_build_object('cell', r.line, 'entry', a.entered,
    'left', greatest(a.last_day, a.entered),
    'right', case when a.exit in ('sold', 'unknown')
        then greatest(a.gone_day, a.last_day, a.entered + 1) end,
    'exit', nullif(a.exit, 'on'), 'n', sum(a.n)))
from ranked r
    join serving.sale_age a on a.cell = any (r.cells)
group by r.place, r.line, a.entered, a.last_day, a.gone_day, a.exit
order by r.place, a.entered, a.last_day, a.gone_day, a.exit;
