-- A row per table and view of :staging and :serving: its name, its rows, and a
-- hash of them that ignores the order of rows and columns, columns that are null
-- throughout, and load times.  A table with a side table stands there as its
-- joined view; vupsert's commit table is left out, and what is made of the
-- sources' files and not of raw (sites, words), of nothing (calendar), or by a
-- command (sale_factor).  vpipe db digest.
select format(
    'select %L, count(*), md5(coalesce(string_agg(row, '','' '
    'order by row collate "C"), '''')) from (select md5('
    'jsonb_strip_nulls(to_jsonb(digested) - ''loaded_at'')::text) as row '
    'from %I.%I digested) as rows',
    case n.nspname when :'staging' then 'staging.' else 'serving.' end
        || c.relname, n.nspname, c.relname)
from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
where n.nspname in (:'staging', :'serving')
    and c.relkind in ('r', 'p', 'v', 'm')
    and not c.relispartition
    and c.relname not like '%\_seen'
    and c.relname not like 'vupsert commit: %'
    and c.relname not in ('site', 'condition_word', 'condition', 'calendar',
        'sale_factor')
    and to_regclass(format('%I.%I', n.nspname, c.relname || '_full')) is null
order by n.nspname = :'serving', c.relname collate "C" \gexec
