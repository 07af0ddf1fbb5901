-- The change feed of the tracking flow.  It stands in ops, outside the schemas
-- that a rebuild replaces: a rebuild adds to it what differs, and no more.
create table ops.change (
	n bigint primary key,
	source text not null,
	op text not null check (op in ('add', 'withdraw')),
	item_id text collate "C" not null,
	event jsonb not null,
	withdrawn bigint,
	at timestamptz not null default now()
);
create index change_standing on ops.change (source, item_id)
	where op = 'add' and withdrawn is null;
comment on table ops.change is
	'the feed of events: what was added and withdrawn, numbered in the order '
	'of commits; scripts/load writes it, scripts/changes reads it';
comment on column ops.change.withdrawn is
	'of an add: the n of its withdrawal; null while the event stands';
