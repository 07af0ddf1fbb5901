-- Puts the rows of schema/r/fit_factors.R, as CSV on standard input, in the place of
-- the old ones, and tells them as they stand, with names.  vpipe factors.
--
-- Variables: source (empty: all), language (of names).
set client_min_messages = warning;
begin;
lock table serving.sale_factor in share row exclusive mode;
delete from serving.sale_factor
where :'source' in ('', source);
\copy serving.sale_factor from pstdin (format csv, header)
commit;

select json_strip_nulls(json_build_object('source', f.source,
    'factor', f.factor,
    'level', f.level,
    'name', case f.factor
        when 'catalog' then serving.catalog_name(f.source, null, f.level,
            :'language')
        when 'condition' then serving.condition_name(f.source,
            substring(f.level from '^[0-9]+$')::bigint, :'language')
        end,
    'reference', f.reference,
    'ratio', f.ratio,
    'low', f.low,
    'high', f.high,
    'listings', f.listings,
    'sold', f.sold,
    'as_of', to_char(f.as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'method', f.method))
from serving.sale_factor f
where :'source' in ('', f.source)
order by f.source,
    array_position(array['brand', 'condition', 'catalog', 'price', 'month'],
        f.factor::text),
    f.level = f.reference desc,
    case f.factor when 'month' then f.level end,
    f.ratio desc,
    f.level;
