-- Makes the table watched, the sellers of the sample (vpipe-events(7), "Who is
-- watched").  Each site that showed a seller is equally likely to be asked
-- (rendezvous hashing, Thaler and Ravishankar 1998), so that a new site moves
-- only its share of the sellers.
--
-- Variables: staging, source, item_catalog, track_item, fractions; of_sellers, a
-- condition on t.user_id.
\if :{?of_sellers}
\else
\set of_sellers ''
\endif
create temporary table watched as
with
fraction as (
	select key as catalog_id, value::numeric as fraction
	from jsonb_each_text(:'fractions'::jsonb)
),
found as (
	select t.user_id,
	    array_agg(distinct c.site) as sites,
	    max(coalesce(f.fraction, d.fraction)) as fraction
	from :"staging".:"item_catalog" c
	    join :"staging".:"track_item" t on t.item_id = c.item_id::text collate "C"
	    left join fraction f on f.catalog_id = c.catalog_id::text
	    left join fraction d on d.catalog_id = 'default'
	where t.user_id is not null
	    :of_sellers
	group by t.user_id
)
select user_id,
    (select site
    from unnest(sites) as site
    order by sha256(convert_to(user_id || ':' || site, 'UTF8'))
    limit 1) as site
from found
-- the first 52 of 256 bits
where (('x' || encode(substr(sha256(convert_to('vpipe-sample-1:' || :'source'
        || ':' || user_id, 'UTF8')), 1, 7), 'hex'))::bit(56)::bigint >> 4)
    < fraction * 4503599627370496;
create unique index on watched (user_id);
analyze watched;
