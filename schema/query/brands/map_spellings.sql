-- Counts listings of spellings under a brand, or under their own again, and
-- refreshes the marts.  Variables: brand (empty: their own) and spellings, a JSON
-- array.  Prints how many listings are counted anew.  vpipe brands.
set client_min_messages = warning;
begin;
select pg_advisory_xact_lock(hashtext('vpipe.mart')) \g /dev/null
create temporary table spelled on commit drop as
select s as spelling
from jsonb_array_elements_text(:'spellings') as s;

-- of the fact's brand, which may be mapped already
create temporary table known on commit drop as
select f.source,
    f.item_id
from serving.listing_fact f
where f.brand in (
	select spelling
	from spelled
	union
	select m.brand
	from spelled
	    join ops.brand_spelling m using (spelling));

delete from ops.brand_spelling m
using spelled s
where s.spelling = m.spelling;
insert into ops.brand_spelling (spelling, brand)
select distinct spelling, :'brand'
from spelled
where :'brand' <> ''
    and spelling <> :'brand';
insert into ops.touched_item (source, item_id)
select distinct source, item_id
from known
on conflict do nothing;
select ops.make_views('staging', 'serving') \g /dev/null
select ops.refresh_facts('staging', 'serving', '{}') \g /dev/null
select count(distinct (source, item_id))
from known;
commit;
