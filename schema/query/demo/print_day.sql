-- One line on what is known of the watched listings: the quickstart's progress.
select format('of %s: %s sold, %s deleted, %s hidden or reserved, '
    '%s missing',
    count(*),
    count(*) filter (where s.state = 'sold'),
    count(*) filter (where s.state = 'deleted'),
    count(*) filter (where s.state in ('hidden', 'reserved')),
    count(*) filter (where s.state = 'missing'))
from staging.vinted_item_state s
where exists (
	select
	from staging.vinted_seller_sweep w
	where w.owner = s.owner
	    and w.complete);
