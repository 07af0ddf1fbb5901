-- What is still to do is found without reading what is done: the row of a part's
-- upsert says whether its last step is done, and the events step notes the items
-- that it judged for the marts, which take them out.
alter table ops.load
	add column finished boolean not null default false;
update ops.load u
set finished = true
where u.step <> 'upsert'
    or exists (
	select
	from ops.load m
	where m.run = u.run
	    and m.part = u.part
	    and m.step = 'mart');
create index load_unfinished on ops.load (run, part)
	where not finished;
comment on column ops.load.finished is
	'nothing is to follow: of the step upsert, the steps after it are done';

create table ops.touched_item (
	source text collate "C" not null,
	item_id text collate "C" not null,
	primary key (source, item_id)
);
comment on table ops.touched_item is
	'a row is an item that was judged since the last mart step, which '
	'removes it; vpipe load writes it';
