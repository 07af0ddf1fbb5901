-- What the rules of quality found.  The rules themselves are lines of
-- schema/quality/rules, which vpipe db migrate copies into ops.rule, so that a
-- load reads no file for them.
create table ops.rule (
	place integer primary key,
	name text not null unique,
	severity text not null check (severity in ('warning', 'error')),
	query text not null,
	line integer not null
);
comment on table ops.rule is
	'a shipped rule of quality: a query of bad rows; vpipe db migrate writes '
	'it, vpipe load and vpipe quality ask it';

create sequence ops.check_number;
create table ops.finding (
	check_number bigint not null,
	file text not null default '',
	line integer not null,
	rule text not null,
	severity text not null,
	bad bigint,
	total bigint,
	example jsonb,
	broken text,
	checked_at timestamptz not null,
	runs text[],
	primary key (check_number, file, line)
);
comment on table ops.finding is
	'a row is a rule and what it found, after a load or by hand; vpipe load '
	'and vpipe quality write it';
comment on column ops.finding.check_number is
	'the rows of one check have one number; it rises';
comment on column ops.finding.file is
	'where a user''s rule stands; empty: the rule is shipped';
comment on column ops.finding.bad is
	'how many rows are bad; null: the rule is broken, which says why';
comment on column ops.finding.total is
	'of how many; null where the rule reads nothing that can be counted';
comment on column ops.finding.runs is
	'the runs of the load; null: all that is loaded';

-- A part that is held is looked at once, by the check after its load.
alter table ops.hold
	add column checked boolean not null default false;

-- What vnormalize counts beside: labels that no table has.
alter table ops.quality
	add column unknown_labels bigint not null default 0;
comment on column ops.quality.unknown_labels is
	'values that no table of labels has; they are null';

-- What fields are like since they were first seen: drift is what differs from it.
create table ops.field (
	stream text collate "C" not null,
	variant text collate "C" not null,
	kind text collate "C" not null check (kind in ('property', 'key')),
	name text collate "C" not null,
	types text[] collate "C" not null default '{}',
	first_at timestamptz not null,
	types_at timestamptz,
	filled_at timestamptz not null,
	hours bigint not null default 1,
	primary key (stream, variant, kind, name)
);
comment on table ops.field is
	'a row is a property of a contract that had a value, or a key of the '
	'elements that it reads, as loads met it; vpipe load writes it, rules of '
	'quality read it';
comment on column ops.field.types is
	'of a key: the types of its values, as JSON names them, but null';
comment on column ops.field.types_at is
	'of a key: when its values had a type that none had before';
comment on column ops.field.filled_at is
	'when it was there last, to an hour';
comment on column ops.field.hours is
	'in how many hours of loading it was there';
