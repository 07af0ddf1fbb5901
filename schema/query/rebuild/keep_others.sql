-- A row per object that would be lost with the schemas staging and serving:
-- objects elsewhere that depend on them, and those that others put into them.
-- :staging and :serving are the new schemas.  vpipe rebuild.
with recursive
falls(class, object) as (
	select 'pg_namespace'::regclass::oid, n.oid
	from pg_namespace n
	where n.nspname in ('staging', 'serving')
	union
	-- what depends on it; and a part of another takes the whole with it, as
	-- its rule takes a view
	select case when d.refclassid = f.class and d.refobjid = f.object
	        then d.classid else d.refclassid end,
	    case when d.refclassid = f.class and d.refobjid = f.object
	        then d.objid else d.refobjid end
	from falls f
	    join pg_depend d on d.refclassid = f.class
	            and d.refobjid = f.object
	        or d.classid = f.class
	            and d.objid = f.object
	            and d.deptype = 'i'
),
outside as (
	select i.type || ' ' || i.identity as what
	from falls f
	    cross join lateral pg_identify_object(f.class, f.object, 0) as i
	    cross join lateral pg_identify_object_as_address(f.class, f.object,
	        0) as a
	where coalesce(i.schema, case when cardinality(a.object_names) > 2
	        then a.object_names[1] end) not in ('staging', 'serving',
	            'pg_toast')
	    and f.class in ('pg_class'::regclass, 'pg_proc'::regclass,
	        'pg_constraint'::regclass, 'pg_attrdef'::regclass,
	        'pg_trigger'::regclass, 'pg_policy'::regclass)
),
inside as (
	select i.type || ' ' || i.identity as what
	from pg_class c
	    join pg_namespace n on n.oid = c.relnamespace
	    cross join lateral pg_identify_object('pg_class'::regclass, c.oid, 0)
	        as i
	where n.nspname in ('staging', 'serving')
	    and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
	    and to_regclass(format('%I.%I', case n.nspname
	        when 'staging' then :'staging' else :'serving' end, c.relname))
	        is null
	    -- a view of make_views says so; a table of vupsert is in ops.stream
	    and coalesce(obj_description(c.oid, 'pg_class'), '')
	        !~ ' \[[0-9a-f]{32}\]$'
	    and regexp_replace(c.relname, '_(seen|full)$', '') not in (
		select stream
		from ops.stream)
	    -- what vupsert remembers of its own transactions
	    and c.relname not like 'vupsert commit: %'
	    -- the context of the events step
	    and regexp_replace(c.relname, '_track_[a-z]+$', '') not in (
		select source
		from ops.stream)
	union all
	select i.type || ' ' || i.identity
	from (
		select 'pg_proc'::regclass, p.oid, p.pronamespace
		from pg_proc p
		    join pg_namespace h on h.oid = p.pronamespace
		-- of which the new schema has one of the same name and arguments
		where not exists (
			select
			from pg_proc q
			    join pg_namespace m on m.oid = q.pronamespace
			where q.proname = p.proname
			    and q.proargtypes = p.proargtypes
			    and m.nspname = case h.nspname
			        when 'staging' then :'staging'
			        else :'serving' end)
		union all
		select 'pg_type'::regclass, oid, typnamespace
		from pg_type
		where typtype in ('e', 'd', 'r')
		union all
		select 'pg_trigger'::regclass, t.oid, c.relnamespace
		from pg_trigger t
		    join pg_class c on c.oid = t.tgrelid
		where not t.tgisinternal
		union all
		-- swap.sql grants anew only what it may
		select 'pg_default_acl'::regclass, oid, defaclnamespace
		from pg_default_acl
		where not pg_has_role(defaclrole, 'member')) as o(class, object,
		    home)
	    join pg_namespace n on n.oid = o.home
	    cross join lateral pg_identify_object(o.class, o.object, 0) as i
	where n.nspname in ('staging', 'serving')
)
select what
from (
	select 1 as place, what
	from outside
	union
	select 2, what
	from inside) as s
order by place, what;
