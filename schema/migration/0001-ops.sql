-- ops: what ran, what was loaded, what was refused.  One row a run, a step of
-- a part, a reject.  Written by vupsert (load, stream, contract) and by the
-- scripts (the rest); read by scripts/load, the reports and whoever asks where
-- a number comes from.  Outside the digest of the replay law.

create schema ops;
comment on schema ops is
	'what ran, what was loaded, what was refused; no marketplace data';

create table ops.migration (
	name text primary key,
	checksum text not null,
	applied_at timestamptz not null default now()
);
comment on table ops.migration is
	'a numbered file of schema/migration that was applied';

create table ops.setting (
	name text primary key,
	value text not null
);
comment on table ops.setting is
	'what the database was made for; key: fingerprint of the pseudonym key';

create table ops.run (
	run text collate "C" primary key,
	source text not null,
	flow text not null,
	started_at timestamptz,
	ended_at timestamptz,
	complete boolean not null,
	stop text,
	status integer,
	options jsonb,
	versions jsonb,
	ledger jsonb,
	queries jsonb
);
create index run_source_flow_started on ops.run (source, flow, started_at);
comment on table ops.run is
	'a run of vfetch, as its closing record tells it; not complete: killed';
comment on column ops.run.queries is
	'the queries asked: why each stopped, walked or not, and its state';

create table ops.load (
	run text collate "C" not null,
	part text collate "C" not null,
	step text not null
		check (step in ('upsert', 'take', 'events', 'mart')),
	loaded_at timestamptz not null default now(),
	published boolean not null,
	contracts jsonb,
	ledger jsonb,
	primary key (run, part, step)
);
comment on table ops.load is
	'a step that was done for a part, written with that step''s last rows';
comment on column ops.load.part is
	'four digits; empty: lines that were never published';
comment on column ops.load.contracts is
	'the versions used; older than today''s: the part is stale';

create table ops.hold (
	run text collate "C" not null,
	part text collate "C" not null,
	held_at timestamptz not null default now(),
	reason text not null,
	contracts jsonb,
	primary key (run, part)
);
comment on table ops.hold is
	'a part with too many rejects: not loaded until its contracts change';

create table ops.reject (
	program text not null,
	run text collate "C",
	part text collate "C",
	line bigint,
	index bigint,
	stream text,
	contract text,
	property text,
	reason text not null,
	kept boolean not null default false,
	value text,
	rejected_at timestamptz not null default now()
);
create index reject_run_part on ops.reject (run, part);
comment on table ops.reject is
	'what claimed to be data and was not, with the bytes at fault';
comment on column ops.reject.kept is
	'the record was kept, without this value';

create table ops.quality (
	run text collate "C" not null,
	part text collate "C" not null,
	stream text not null,
	variant text not null,
	property text not null,
	records bigint not null,
	nulls bigint not null,
	invalids bigint not null,
	min text,
	max text,
	primary key (run, part, stream, variant, property)
);
comment on table ops.quality is
	'a property of a part''s records: how many, how many null or invalid';

create table ops.stream (
	stream text primary key,
	source text not null,
	entity text not null,
	key text[] not null,
	x_order text[] not null,
	seen text
);
comment on table ops.stream is
	'a stream that vupsert has met, as its SCHEMA describes it';

create table ops.contract (
	stream text not null,
	variant text not null,
	version integer not null,
	columns text[] not null,
	seen_at timestamptz not null default now(),
	primary key (stream, variant)
);
comment on table ops.contract is
	'the columns that a variant of a stream declares, newest version';
