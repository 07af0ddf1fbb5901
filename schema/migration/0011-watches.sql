-- Saved searches over the change feed.  What they ask stands in the file of
-- watches; here stands how far each has read, and what it has told.
create table ops.watch (
	name text collate "C" primary key,
	asks text not null,
	n bigint not null
);
comment on table ops.watch is
	'a row is a watch of the file; vpipe watch writes it, and takes out those '
	'that the file no longer has';
comment on column ops.watch.asks is
	'the MD5 of what it asks: a watch that asks something else begins anew';
comment on column ops.watch.n is
	'it has read the change feed up to this line';

create table ops.crossing (
	watch text collate "C" not null references ops.watch on delete cascade,
	-- what leaves the feed with a forgotten seller leaves here, too
	n bigint not null references ops.change on delete cascade,
	source text collate "C" not null,
	item_id text collate "C" not null,
	crossed jsonb not null,
	told_at timestamptz,
	withdrawn bigint,
	primary key (watch, n)
);
create index crossing_line on ops.crossing (n);
create index crossing_item on ops.crossing (source, item_id);
create index crossing_due on ops.crossing (watch)
	where told_at is null or withdrawn is not null;
create index crossing_told on ops.crossing (told_at);
comment on table ops.crossing is
	'a row is an event, a line of the change feed, that a watch asks for; vpipe '
	'watch writes it, and removes it ninety days after it was told';
comment on column ops.crossing.crossed is
	'the price, and the quantile of its like, when it was found';
comment on column ops.crossing.told_at is
	'null: it is still to be told';
comment on column ops.crossing.withdrawn is
	'the line of the feed that withdraws it, which is still to be told';
