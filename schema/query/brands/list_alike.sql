-- Brands that are written alike: the same letters and digits, whatever the case,
-- accents, spaces and signs.  A JSON object a group, most listings first.
-- vpipe brands.
with
brand as (
	select c.brand,
	    sum(c.n) as n,
	    regexp_replace(regexp_replace(ops.folded(normalize(c.brand, NFKD)),
	        U&'[\0300-\036F]', '', 'g'), '[^[:alnum:]]+', '', 'g') as form
	from serving.price_cell c
	where c."by" = 'brand'
	    and c.kind in ('asked', 'sold')
	    and c.brand is not null
	group by c.brand
),
alike as (
	select sum(n) as n,
	    array_agg(brand order by n desc, brand) as brands,
	    array_agg(n order by n desc, brand) as counts
	from brand
	where form <> ''
	group by form
	having count(*) > 1
)
select json_build_object('brand', brands[1], 'listings', counts[1],
    'alike', (
	select json_agg(json_build_object('spelling', b, 'listings', c)
	    order by place)
	from unnest(brands[2:], counts[2:]) with ordinality as u(b, c, place)))
from alike
order by n desc, brands[1];
