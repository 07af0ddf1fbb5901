-- Who sells most in a week?
--
-- A row is a watched seller, by pseudonym: what her counter of sales rose by, since
-- she was first looked at.
select s.source,
    s.seller_key,
    s.country,
    s.item_count as offers,
    s.sold,
    s.sold_a_week,
    s.first_at::date as since
from serving.seller s
where s.sold_a_week is not null
order by s.sold_a_week desc, s.seller_key
limit 20;
