-- For prices.bats: makes the price tables anew, in the transaction that the caller
-- began, and prints what differs from what was there, three rows of each.
\set tables '{listing_fact,price_cell,price_bin,price_range,sale_cell,sale_age,sale_cut,seller_week,rate_run,mart_window,trend_cell,trend_flow,trend_bin,trend_mix,trend_link,trend_sweep,trend_coverage}'
select format('create temporary table mended_%1$s as table serving.%1$s', t)
from unnest(:'tables'::text[]) as t \gexec
select ops.refresh_facts('staging', 'serving', null) \g /dev/null
\o
select format('select %1$L, t from ((select t::text as t from mended_%1$s t '
    'except select t::text from serving.%1$s t) '
    'union all (select t::text from serving.%1$s t '
    'except select t::text from mended_%1$s t)) as t limit 3', t)
from unnest(:'tables'::text[]) as t \gexec
