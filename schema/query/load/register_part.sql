-- Writes run, rejects and quality of a part to ops, before its rows are loaded,
-- in one transaction.  A part that is loaded again loses its rows in ops.load,
-- so that it is pending.  Reads files in the current folder, a JSON text a line:
-- part.manifest (empty: not published), part.states, part.rejects, part.quality.
-- :held says that the part is held, :reason why; :contracts has the versions in
-- force; :now is the time.
begin;
create temporary table manifest (line text) on commit drop;
create temporary table state (line text) on commit drop;
create temporary table reject (line text) on commit drop;
create temporary table quality (line text) on commit drop;
\copy manifest from 'part.manifest' with (format csv, quote E'\x01', delimiter E'\x02')
\copy state from 'part.states' with (format csv, quote E'\x01', delimiter E'\x02')
\copy reject from 'part.rejects' with (format csv, quote E'\x01', delimiter E'\x02')
\copy quality from 'part.quality' with (format csv, quote E'\x01', delimiter E'\x02')

-- the runs, each with its part; unpublished lines have part '', and when held
-- only their rejects name the runs
create temporary table this on commit drop as
select line::jsonb ->> 'source' as source,
    line::jsonb ->> 'run' as run,
    line::jsonb ->> 'part' as part
from manifest
union
select null,
    load ->> 'run',
    coalesce(load ->> 'part', '')
from state
    cross join lateral (select line::jsonb #> '{value,load}') as s(value)
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(s.value) when 'array' then s.value
            else jsonb_build_array(s.value) end) as l(load)
where not exists (select 1 from manifest)
union
select null, substring(line from '"run":"([^"]*)"'), ''
from reject
where :'held'
    and line like '%"run":"%'
    and not exists (select 1 from manifest);

insert into ops.run as r (run, source, flow, started_at, ended_at, complete,
    stop, status, options, versions, ledger, queries)
select m.j ->> 'run',
    m.j ->> 'source',
    m.j ->> 'flow',
    coalesce(c.j ->> 'started_at', m.j ->> 'first_at')::timestamptz,
    (c.j ->> 'ended_at')::timestamptz,
    coalesce((c.j ->> 'complete')::boolean, false),
    c.j ->> 'stop',
    (c.j ->> 'status')::int,
    c.j -> 'options',
    c.j -> 'versions',
    c.j -> 'ledger',
    ops.catalog_queries(c.j -> 'queries')
from manifest
    cross join lateral (select line::jsonb) as m(j)
    cross join lateral (select nullif(m.j -> 'closing', 'null')) as c(j)
on conflict (run) do update
set started_at = excluded.started_at,
    ended_at = excluded.ended_at,
    complete = excluded.complete,
    stop = excluded.stop,
    status = excluded.status,
    options = excluded.options,
    versions = excluded.versions,
    ledger = excluded.ledger,
    queries = excluded.queries
where excluded.queries is not null;

delete from ops.reject r
using this t
where r.run = t.run collate "C"
    and r.part = t.part;

-- jsonb takes no NUL character, not even escaped
insert into ops.reject (program, run, part, line, index, stream, contract,
    property, reason, kept, value)
select j ->> 'program',
    coalesce(j ->> 'run', m.run),
    coalesce(t.part, m.part, ''),
    (j ->> 'line')::bigint,
    (j ->> 'index')::bigint,
    j ->> 'stream',
    j ->> 'contract',
    j ->> 'property',
    j ->> 'reason',
    (j ->> 'kept')::boolean,
    coalesce(j ->> 'value', 'base64:' || (j ->> 'value_base64'))
from reject
    cross join lateral (
	select case when strpos(line, '\u0000') = 0 then line
	    else regexp_replace(line, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd',
	        'g') end::jsonb) as r(j)
    left join this t on t.run = j ->> 'run'
    -- a line that names no run belongs to the part it stands in
    left join (
	select run, part
	from this
	where exists (select 1 from manifest)) as m on true;

delete from ops.quality q
using this t
where q.run = t.run collate "C"
    and q.part = t.part;

-- in a file of several runs it is not known whose they are
insert into ops.quality (run, part, stream, variant, property, records, nulls,
    invalids, unknown_labels, min, max)
select t.run,
    t.part,
    j ->> 'stream',
    coalesce(j ->> 'variant', ''),
    j ->> 'property',
    (j ->> 'records')::bigint,
    (j ->> 'nulls')::bigint,
    (j ->> 'invalids')::bigint,
    coalesce((j ->> 'unknown_labels')::bigint, 0),
    j ->> 'min',
    j ->> 'max'
from quality
    cross join lateral (
	select case when strpos(line, '\u0000') = 0 then line
	    else regexp_replace(line, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd',
	        'g') end::jsonb
	offset 0) as q(j)	-- once a line, not once a column
    cross join this t
where (select count(*) from this) = 1
    and q.j ->> 'property' is not null;

-- the keys of the elements; what is known is not written again
insert into ops.field as f (stream, variant, kind, name, types, first_at,
    filled_at)
select k.*
from (
	select j ->> 'stream' as stream,
	    coalesce(j ->> 'variant', '') as variant,
	    'key' as kind,
	    j ->> 'key' as name,
	    array(
		select jsonb_array_elements_text(j -> 'types')
		except
		select 'null'
		order by 1) as types,
	    :'now'::timestamptz as first_at,
	    :'now'::timestamptz as filled_at
	from quality
	    cross join lateral (select line::jsonb) as q(j)
	where line like '%"key":"%'
	    and j ->> 'key' is not null) as k
    left join ops.field f on (f.stream, f.variant, f.kind, f.name)
        = (k.stream, k.variant, k.kind, k.name)
where f.stream is null
    or not f.types @> k.types
    or f.filled_at < k.filled_at - interval '1 hour'
on conflict (stream, variant, kind, name) do update
set types = f.types || array(
	select unnest(excluded.types)
	except
	select unnest(f.types)),
    types_at = case when f.types <> '{}' and not f.types @> excluded.types
        then excluded.first_at else f.types_at end,
    filled_at = greatest(f.filled_at, excluded.filled_at),
    hours = f.hours + 1;

delete from ops.hold h
using this t
where h.run = t.run collate "C"
    and h.part = t.part;

insert into ops.hold (run, part, reason, contracts)
select run,
    part,
    :'reason',
    :'contracts'::jsonb -> source
from this
where :'held'
    and exists (select 1 from manifest);

delete from ops.load l
using this t
where l.run = t.run collate "C"
    and l.part = t.part
    and not :'held';
commit;
