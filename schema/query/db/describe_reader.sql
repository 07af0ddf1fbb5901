-- What is known of the role :reader: a line of five answers, t or f (it is there;
-- it is who asks; it may do more than a reader; who asks may make roles; it is as
-- it should be), then the statements that make it so, a line each; :seconds is how
-- long its statements may take, 0: any time.  vpipe db reader.
select to_regrole(quote_ident(:'reader')) is not null as is_there,
    quote_literal(case :seconds when 0 then '0' else :seconds || 's' end)
        as allowed \gset
select 'false' as may_more,
    'false' as is_ready \gset
\if :is_there
select r.rolsuper
    or r.rolcreaterole
    or r.rolcreatedb
    or r.rolreplication
    or r.rolbypassrls
    or exists (
	select
	from pg_auth_members m
	where m.member = r.oid)
    or exists (
	select
	from pg_shdepend d
	where d.refclassid = 'pg_authid'::regclass
	    and d.refobjid = r.oid
	    and d.deptype = 'o')
    or exists (
	select
	from pg_class c
	    join pg_namespace n on n.oid = c.relnamespace
	where n.nspname in ('ops', 'staging', 'serving')
	    and c.relkind in ('r', 'p', 'v', 'm')
	    and (has_table_privilege(r.oid, c.oid,
	            'insert, update, delete, truncate')
	        or n.nspname <> 'serving'
	        and c.relname <> 'near_mask'
	        and has_table_privilege(r.oid, c.oid, 'select'))) as may_more,
    r.rolcanlogin
    and has_database_privilege(r.oid, current_database(), 'connect')
    and exists (
	select
	from pg_db_role_setting s
	    join pg_database d on d.oid = s.setdatabase
	where s.setrole = r.oid
	    and d.datname = current_database()
	    and s.setconfig @> array['default_transaction_read_only=on',
	        'search_path=serving',
	        'statement_timeout=' || trim(both '''' from :'allowed')])
        as is_ready
from pg_roles r
where r.rolname = :'reader' \gset
\endif
select concat_ws(' ', :'is_there'::boolean, :'reader' = current_user,
    :'may_more'::boolean, rolsuper or rolcreaterole, :'is_ready'::boolean)
from pg_roles
where rolname = current_user;
select format('create role %I login;', :'reader')
where not :'is_there'::boolean
union all
select format('alter role %I login;', :'reader')
where :'is_there'::boolean
union all
select format('grant connect on database %I to %I;', current_database(),
    :'reader')
union all
select format('alter role %I in database %I set %s;', :'reader',
    current_database(), s)
from unnest(array['default_transaction_read_only = on',
    'search_path = serving', 'statement_timeout = ' || :'allowed']) as s;
