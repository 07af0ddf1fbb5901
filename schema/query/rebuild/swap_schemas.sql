-- Puts the schemas :staging and :serving in the place of staging and serving,
-- and their contract versions into ops.load, in one transaction; rights stay.
-- Reads the files `states`, a Singer STATE a line; `forgotten`, the sellers to be
-- forgotten; `rejected`, the remaining rejects; `read`, the parts they are of.
-- vpipe rebuild.
set client_min_messages = warning;
begin;
create temporary table state (
	line text
) on commit drop;
\copy state from 'states' with (format csv, quote E'\x01', delimiter E'\x02')

-- who may read and write what stays, a statement each
create temporary table granted on commit drop as
with
home(home, fresh, oid) as (
	values ('staging', :'staging', to_regnamespace('staging')),
	    ('serving', :'serving', to_regnamespace('serving'))
),
given(home, relation, attribute, what, acl) as (
	select h.home, null, null, 'schema ' || h.home, n.nspacl
	from home h
	    join pg_namespace n on n.oid = h.oid
	union all
	select h.home, c.relname, null, format('%I.%I', h.home, c.relname),
	    c.relacl
	from home h
	    join pg_class c on c.relnamespace = h.oid
	where c.relkind in ('r', 'p', 'v', 'm')
	union all
	select h.home, c.relname, a.attname, format('%I.%I', h.home, c.relname),
	    a.attacl
	from home h
	    join pg_class c on c.relnamespace = h.oid
	    join pg_attribute a on a.attrelid = c.oid
)
select g.home,
    g.relation,
    g.attribute,
    format('grant %s%s on %s to %s%s', r.privilege_type,
        ' (' || quote_ident(g.attribute) || ')', g.what, case r.grantee
            when 0 then 'public' else r.grantee::regrole::text end,
        case when r.is_grantable then ' with grant option' end) as statement
from given g
    cross join lateral aclexplode(g.acl) as r
where r.grantee <> r.grantor
union all
select h.home, null, null,
    format('alter default privileges for role %s in schema %s grant %s on %s '
        'to %s%s', d.defaclrole::regrole, h.home, r.privilege_type,
        case d.defaclobjtype
            when 'r' then 'tables'
            when 'S' then 'sequences'
            when 'f' then 'functions'
            when 'T' then 'types'
        end, case r.grantee
            when 0 then 'public' else r.grantee::regrole::text end,
        case when r.is_grantable then ' with grant option' end)
from home h
    join pg_default_acl d on d.defaclnamespace = h.oid
        and pg_has_role(d.defaclrole, 'member')
    cross join lateral aclexplode(d.defaclacl) as r;

-- rejects of forgotten sellers leave ops
create temporary table read (run text, part text) on commit drop;
create temporary table still (line text) on commit drop;
create temporary table forgotten (line text) on commit drop;
\copy read from 'read' with (format csv, force_not_null (part))
\copy still from 'rejected' with (format csv, quote E'\x01', delimiter E'\x02')
\copy forgotten from 'forgotten' with (format csv, quote E'\x01', delimiter E'\x02')
delete from ops.reject r
using read p
where r.run = p.run collate "C"
    and r.part = p.part
    and r.program = 'vnormalize'
    and not (r.run, r.line, coalesce(r.index, -1), coalesce(r.stream, '')) in (
	select j ->> 'run',
	    (j ->> 'line')::bigint,
	    coalesce((j ->> 'index')::bigint, -1),
	    coalesce(j ->> 'stream', '')
	from still
	    cross join lateral (select line::jsonb) as s(j));
select ops.forget('staging', :'staging', source, keys)
from (
	select line::jsonb ->> 'source' as source,
	    array_agg(distinct line::jsonb ->> 'seller_key') as keys
	from forgotten
	group by 1) as f \g /dev/null

drop schema serving cascade;
drop schema if exists staging cascade;
alter schema :"staging" rename to staging;
alter schema :"serving" rename to serving;

-- vpipe images notes all photos of another schema
delete from ops.touched_photo;
delete from ops.load;
insert into ops.load (run, part, step, published, contracts, ledger, finished)
select r.load ->> 'run',
    r.load ->> 'part',
    step.name,
    (r.load ->> 'published')::boolean,
    r.load -> 'contracts',
    case step.name when 'upsert' then r.load -> 'ledger' end,
    true
from state s
    cross join lateral (select s.line::jsonb #> '{value,load}') as r(load)
    cross join (values ('upsert'), ('events'), ('mart')) as step(name);
select ops.make_views('staging', 'serving') \g /dev/null

-- the feed gains only the differences
select ops.feed('staging', source, true)
from (
	select distinct source
	from ops.stream
	where entity = 'event') as s \g /dev/null

select g.statement
from granted g
where (g.relation is null
        or to_regclass(format('%I.%I', g.home, g.relation)) is not null)
    and (g.attribute is null
        or exists (
		select 1
		from pg_attribute a
		where a.attrelid = to_regclass(format('%I.%I', g.home, g.relation))
		    and a.attname = g.attribute
		    and not a.attisdropped)) \gexec
commit;
