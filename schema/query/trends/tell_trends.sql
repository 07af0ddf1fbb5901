-- What was listed and sold by week or day, of a brand, catalog or condition.  vpipe
-- trends.
--
-- Variables, empty where nothing was given: source, site, currency, brand, catalog,
-- condition (an id); by (what these make, as in trend_cell), span (week or day),
-- most (so many rows, the newest), json (true: an object, false: a table of 80
-- columns), language (of names), simulated (tell_evidence.sql).  Prints nothing when no
-- such listing is known.
set client_min_messages = warning;
set timezone = 'UTC';

-- on the site, in the currency, that has most of it
create temporary table wanted as
select c.*,
    w.as_of
from serving.trend_cell c
    join serving.mart_window w using (source, site)
    cross join lateral (
	select sum(t.new) as n
	from serving.trend_flow t
	where t.cell = c.cell
	    and t.span = 'week') as t
where c."by" = :'by'
    and c.catalog_id is not distinct from nullif(:'catalog', '')
    and c.condition_id is not distinct from nullif(:'condition', '')::bigint
    and (:'brand' = '' or ops.folded(c.brand) = ops.folded(:'brand'))
    and c.source = coalesce(nullif(:'source', ''), c.source)
    and c.site = coalesce(nullif(:'site', ''), c.site)
    and c.currency = coalesce(nullif(:'currency', ''), c.currency)
order by c.brand = :'brand' desc, t.n desc nulls last, c.source, c.site, c.currency
limit 1;
select coalesce((select cell from wanted)::text, 'null') as cell \gset
select :'span' = 'week' as is_weekly \gset
\if :is_weekly
create temporary table told as
select week as day, *
from serving.trends_weekly
where cell = :cell
order by week desc
limit :most;
\else
create temporary table told as
select *, null::numeric as index
from serving.trends
where cell = :cell
order by day desc
limit :most;
\endif

\ir ../audit/tell_evidence.sql
\if :json
select json_build_object(
    'wanted', json_build_object('source', w.source, 'site', w.site,
        'currency', w.currency, 'by', w."by", 'catalog_id', w.catalog_id,
        'brand', w.brand, 'condition_id', w.condition_id, 'as_of', w.as_of),
    :'span' || 's', (
	select coalesce(json_agg(case when :'span' = 'week'
	        then to_jsonb(t) - 'day' else to_jsonb(t) - 'index' end
	        - '{source,site,currency,by,catalog_id,brand,condition_id,as_of,cell}'::text[]
	    order by t.day), '[]')
	from told t))
from wanted w;
\else
create function pg_temp.shown(number text, width int) returns text
language sql as $$
	select lpad(coalesce(number, ''), width)
$$;
create function pg_temp.percent(share numeric, digits int, sign text) returns text
language sql as $$
	select case when share > 0 then sign else '' end
	    || round(share * 100, digits) || ' %'
$$;
select left(rtrim(coalesce(nullif(concat_ws(', ',
        regexp_replace(case when w."by" ~ 'brand'
            then coalesce(w.brand, '(none)') end, '[[:cntrl:]]', ' ', 'g'),
        serving.catalog_name(w.source, w.site, w.catalog_id, :'language'),
        serving.condition_name(w.source, w.condition_id, :'language')), ''),
        'all')), 80)
    || E'\n' || format('on %s, in %s, as of %s', w.site, w.currency,
        to_char(w.as_of, 'YYYY-MM-DD HH24:MI'))
    || E'\n' || case when exists (select from told) then
        E'\n' || rpad(:'span', 10) || pg_temp.shown('new', 8)
        || pg_temp.shown('live', 9) || pg_temp.shown('sold', 7)
        || pg_temp.shown('asked', 10) || pg_temp.shown('change', 9)
        || pg_temp.shown('sold at', 10)
        || case :'span' when 'week' then pg_temp.shown('index', 8) else '' end
        || pg_temp.shown('covered', 9)
    else format('no %s is over yet since the first one was seen%s', :'span',
        case :'span' when 'week' then ': --days 7 prints days' else '' end) end
from wanted w;
select rtrim(rpad(day::text, 10) || pg_temp.shown(new::text, 8)
    || pg_temp.shown(live::text, 9) || pg_temp.shown(sold::text, 7)
    || pg_temp.shown(round(asked_median, 2)::text, 10)
    || pg_temp.shown(pg_temp.percent(asked_median_change, 1, '+'), 9)
    || pg_temp.shown(round(sold_median, 2)::text, 10)
    || case :'span' when 'week' then pg_temp.shown(round(index, 1)::text, 8)
        else '' end
    || pg_temp.shown(coalesce(pg_temp.percent(coverage, 0, ''), 'no'), 9))
from told
order by day;
select case min(r.place) over () when r.place then E'\nblank is:\n' else '' end
    || rpad(r.words, 33) || array_to_string((array_agg(t.day::text
        order by t.day))[:3], ', ')
    || case when count(*) > 3 then format(' + %s', count(*) - 3) else '' end
from told t
    join (values
	(1, 'no sweep', 'not asked: there was no sweep'),
	(2, 'coverage', 'less than 80 % of pages came'),
	(3, 'first', 'first sweep: all is new to us'),
	(4, 'few asked', 'asked: fewer than 20 prices'),
	(5, 'few sold', 'sold at: fewer than 20 prices'),
	(6, 'no match', 'index: less than half is matched'))
        as r(place, blank, words) on r.blank = any (string_to_array(t.blank, ', '))
group by r.place, r.words
order by r.place;
select E'\nasked: the median first price of what is new, and what changed in a week; sold'
    || E'\nat: that of last prices.  covered: the share of pages that came.'
    || coalesce(E'\nindex: of first prices, the same mix in each week, 100 in '
        || min(t.index_base) || case when count(distinct t.index_base) > 1
            then ' and' || E'\n    each time that it begins anew' else '' end || '.',
        '')
    || E'\n' || :'sales_are'
from told d
    left join lateral (
	select (to_jsonb(d) ->> 'index_base')::date as index_base) as t on true
having count(*) > 0;
\endif
