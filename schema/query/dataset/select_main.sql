-- the first picture of each listing
select sha256
from (
	select distinct on (source, site, item_id) sha256
	from serving.image_use
	order by source, site, item_id, position nulls last, photo_key) as first;
