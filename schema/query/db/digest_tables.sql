-- A row per table and view of :staging and :serving: its name, its rows, and a
-- hash of them that ignores the order of rows and columns, columns that are null
-- throughout, and load times.  A table with a side table stands there as its
-- joined view; vupsert's commit table is left out, and what is made of the
-- sources' files and not of raw (sites, words), of nothing (calendar), or by a
-- command (sale_factor).  vpipe db digest.
--
-- A row is the text of each column that is not null, behind its name, in the
-- order of names: that is quicker than its JSON by eight times.  What a session
-- may say of how times look does not count.
set timezone = 'UTC';
set datestyle = 'ISO';
set intervalstyle = 'postgres';
select format(
    'select %L, count(*), md5(coalesce(string_agg(row, '','' order by row), ''''))'
    ' from (select md5(array_to_string(array[%s]::text[], E''\x1f''))'
    ' collate "C" as row from %I.%I digested) as rows',
    case n.nspname when :'staging' then 'staging.' else 'serving.' end
        || c.relname,
    (
        select string_agg(format('%L || digested.%I::text', attname || ':',
            attname), ', ' order by attname collate "C")
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and a.attname <> 'loaded_at'
    ), n.nspname, c.relname)
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
