-- Sets the variable sales_are, a sentence for all that shows sales: whose they are,
-- and how well they are verified.  Prints it where `tell` is defined.
--
-- Variables: simulated (true: the marketplace is a simulator), source (empty: all).
select ops.sales_are(:'simulated', case when count(distinct words) = 1
    then min(words)
    else string_agg(source || ': ' || words, '; ' order by source) end)
    as sales_are
from serving.sale_evidence
where source = coalesce(nullif(:'source', ''), source) \gset
\if :{?tell}
\echo :sales_are
\endif
