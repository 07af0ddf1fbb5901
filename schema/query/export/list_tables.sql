-- The tables and views of serving, a name a line.  vpipe export.
select c.relname
from pg_class c
where c.relnamespace = to_regnamespace('serving')
    and c.relkind in ('r', 'p', 'v', 'm')
order by c.relname;
