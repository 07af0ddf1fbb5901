-- ops.commit: a row for each vupsert that is at work, by which it knows after a
-- lost connection whether its last transaction was committed.  Written by
-- vupsert alone, in each transaction that changes anything; removed when it
-- ends.  It says nothing about data.
create table ops.commit (
	token uuid primary key,
	n bigint not null,
	at timestamptz not null default now()
-- room for the next versions of a row on its own page: updates in place, which
-- leave the index alone and are tidied up without a vacuum
) with (fillfactor = 50);
comment on table ops.commit is
	'the last transaction of each vupsert that is at work, or was killed '
	'within the last month';
comment on column ops.commit.token is
	'random, of the run';
comment on column ops.commit.n is
	'how many transactions of the run changed anything';
