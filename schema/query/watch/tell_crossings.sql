-- What is to be told: into the file `lines` a line each, the place of its watch, the
-- JSON object, and the text for people, with tabs between; into `few`, a line a watch,
-- how many listings had too few like them; on stdout, how many lines there are.
-- Included by find_crossings.sql.
create function pg_temp.short(words text, most int) returns text
language sql as $$
	-- no title moves the cursor
	select case when length(w) > most then left(w, most - 1) || '…' else w end
	from regexp_replace(words, '[[:cntrl:]]', ' ', 'g') as w
$$;
create temporary table due as
select w.place,
    r.watch,
    coalesce(r.withdrawn, r.n) as n,
    case when r.withdrawn is not null then r.n end as withdraws,
    r.crossed,
    a.source,
    a.item_id,
    a.event,
    a.event ->> 'type' as type,
    f.title,
    f.brand,
    f.size,
    f.seller_key,
    f.price,
    f.currency,
    i.url
from ops.crossing r
    join wanted w on w.name = r.watch
    join ops.change a on a.n = r.n
    left join lateral (
	select *
	from serving.listing_fact f
	where f.item_id = a.item_id
	    and f.site = a.event ->> 'site'
	    and f.source = a.source
	offset 0) as f on true
    left join lateral (
	select to_jsonb(i) ->> 'url' as url
	from serving.item i
	where i.item_id = a.item_id
	    and i.site = a.event ->> 'site'
	    and i.source = a.source
	offset 0) as i on true
where r.told_at is null
    or r.withdrawn is not null;

\set FETCH_COUNT 10000
select concat_ws(E'\t', place, json_strip_nulls(json_build_object(
        'watch', watch,
        'id', watch || '/' || n,
        'op', case when withdraws is null then 'add' else 'withdraw' end,
        'n', n,
        'withdraws', watch || '/' || withdraws,
        'source', source,
        'site', event ->> 'site',
        'item_id', item_id,
        'title', title,
        'brand', brand,
        'size', size,
        'url', url,
        'seller_key', seller_key,
        'price', price,
        'currency', currency,
        'crossed', crossed,
        'event', event)),
    pg_temp.short(concat(watch, ': ',
        case when withdraws is not null then 'withdrawn, ' end,
        type, ' ', round((crossed ->> 'price')::numeric, 2),
        ' ' || (crossed ->> 'currency'),
        ', was ' || round((crossed ->> 'was')::numeric, 2),
        case when crossed ->> 'quantile' <> '' then format(
            ' (%s %% of %s like it < %s)', crossed ->> 'percentile',
            crossed ->> 'n', crossed ->> 'quantile') end,
        case event ->> 'confidence' when 'observed' then null
            else ', ' || (event ->> 'confidence') end,
        '; ', item_id, ' ', title), 80))
from due
order by place, n \g lines
\unset FETCH_COUNT
select concat_ws(E'\t', watch, count(distinct (source, site, item_id)))
from measured
where percentile is not null
    and quantile is null
group by watch
order by watch \g few
select count(*)
from due;
