-- Which photos are due is found without reading those that are done: the mart step
-- notes the photos that may be due now, and vpipe images takes out what is not.
create table ops.touched_photo (
	source text collate "C" not null,
	photo_key text collate "C" not null,
	item_id text collate "C" not null,
	times bigint not null default 1,
	primary key (source, photo_key, item_id)
);
comment on table ops.touched_photo is
	'a row is a photo of a listing that may be due: the listing was seen, or '
	'the photo asked for, since it was found to be not; vpipe load and vpipe '
	'images write it';
comment on column ops.touched_photo.times is
	'how often it was touched: what was touched again meanwhile stays';
