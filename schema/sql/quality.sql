-- Rules of quality: how their file is read, and how one is asked.  A rule is a
-- query of bad rows.  What it may read of a load, and of all that is loaded when
-- vpipe quality asks, are the relations below (vpipe-quality(1) has them for
-- people); they come before the query as a WITH, those that it names alone.
--
-- The scope of a check is an object: `runs` (an array; null: all that is loaded),
-- `now`, and `periods` (flow and period, alternating, blanks between).

-- The rules of a file: "name | severity | query" a line; a line that begins with a
-- blank goes on with the rule before, # begins a comment.
create or replace function ops.rules_of(file text)
returns table (place int, name text, severity text, query text, line int)
language sql immutable as $$
	with
	lines as (
		select l.line::int,
		    l.words,
		    count(*) filter (where l.words !~ '^\s') over (
		        order by l.line)::int as place
		from regexp_split_to_table(file, '\r?\n') with ordinality
		    as l(words, line)
		where l.words !~ '^\s*(#|$)'
	),
	rule as (
		select place,
		    min(line) as line,
		    regexp_match(string_agg(words, E'\n' order by line),
		        '^([^|]*)\|([^|]*)\|(.*)$') as m
		from lines
		group by place
	)
	select place, trim(m[1]), trim(m[2]),
	    nullif(trim(m[3], E' \t\n;'), ''), line
	from rule
	order by place
$$;

-- The relations that a rule may name: which others each reads, and its query.
create or replace function ops.rule_relations(serving text, scope jsonb)
returns table (place int, name text, reads text, query text)
language sql stable as $$
	with
	given as (
		select case jsonb_typeof(scope -> 'runs') when 'array'
		    then format(' where run = any (%L)', array(
			select jsonb_array_elements_text(scope -> 'runs')))
		    else '' end as these
	)
	select r.place,
	    r.name,
	    case when these <> '' then r.reads end,
	    case when r.name = 'new_item' then case when these <> '' then r.query
	            -- those that pages ever showed, which is known without them
	            else format('select source, item_id from %I.item_state',
	                serving) end
	        when r.reads !~ 'new_item' then r.query || these
	        when these = '' then format('select * from %I.%I', serving,
	            r.query)
	        -- offset 0: a look-up by key for each
	        else format('select f.* from new_item n cross join lateral ('
	            'select * from %I.%I f where f.source = n.source '
	            'and f.item_id = n.item_id%s offset 0) as f', serving, r.query,
	            case r.query when 'event' then ' and f.latest >= '
	                '(select min(observed_at) from new_look)' end)
	        end
	from given
	    cross join lateral (values
		(3, 'new_look', '', format('select * from %I.look', serving)),
		(4, 'new_sweep', '', format('select * from %I.sweep', serving)),
		(5, 'new_item', 'new_look', 'select distinct l.source, h.id '
		    'from new_look l cross join lateral '
		    'jsonb_array_elements_text(case jsonb_typeof(l.ids) '
		    'when ''array'' then l.ids else ''[]'' end) as h(id) '
		    'where h.id is not null'),
		(6, 'new_listing', 'new_item', 'listing_fact'),
		(7, 'new_event', 'new_item new_look', 'event'),
		(8, 'new_state', 'new_item', 'item_state'),
		-- for shipped rules alone: ops is no reader's
		(9, 'new_property', '', 'select * from ops.quality'),
		(10, 'new_reject', '', 'select * from ops.reject'),
		(11, 'new_run', '', 'select * from ops.run')
	    ) as r(place, name, reads, query)
	union all
	values (1, 'this_check', '', format('select %L::timestamptz as now',
	        scope ->> 'now')),
	    (2, 'flow_period', '', format('select p[1] as flow, '
	        'nullif(p[2], ''never'')::interval as period '
	        'from regexp_matches(%L, ''(\S+) (\S+)'', ''g'') as p',
	        scope ->> 'periods'))
$$;

-- "with this_check as (...), ... ": the relations that the query names
create or replace function ops.rule_with(serving text, query text, scope jsonb)
returns text
language plpgsql stable as $$
declare
	relation record;
	needed text[] := '{}';
	parts text[] := '{}';
begin
	for relation in
		select *
		from ops.rule_relations(serving, scope)
		order by place desc
	loop
		if query ~ ('\m' || relation.name || '\M')
		    or relation.name = any (needed)
		then
			needed := needed || string_to_array(relation.reads, ' ');
			parts := format('%I%s as (%s)', relation.name,
			    case relation.name when 'new_item'
			        then '(source, item_id)' else '' end,
			    relation.query) || parts;
		end if;
	end loop;
	return coalesce('with ' || nullif(array_to_string(parts, ', '), '')
	    || E'\n', '');
end
$$;

-- Of how many: the rows of the first relation of the load that the query names;
-- null when it names none.  Counted once a session, in which the scope is one.
create or replace function ops.rule_total(serving text, query text, scope jsonb)
returns bigint
language plpgsql as $$
declare
	relation text := substring(query from '\m(new_[a-z]+)\M');
	noted text := 'vpipe.total_' || relation;
	n text := nullif(current_setting(noted, true), '');
begin
	if n is null and relation is not null then
		execute ops.rule_with(serving, relation, scope)
		    || 'select count(*) from ' || relation
		into n;
		perform set_config(noted, n, false);
	end if;
	return n;
end
$$;

-- Asks one rule.  Its query is opened as a cursor, which proves that it is one
-- statement that gives rows.  What goes wrong with it, or takes longer than
-- statement_timeout, is said in `broken` and stops no other.  It has its caller's
-- rights: a user's rule is asked in a read-only transaction, as a role that may
-- only read serving.
create or replace function ops.ask_rule(serving text, query text, scope jsonb,
    out bad bigint, out total bigint, out example jsonb, out broken text)
language plpgsql as $$
declare
	answer refcursor;
begin
	open answer for execute ops.rule_with(serving, query, scope)
	    || 'select count(*), (array_agg(to_jsonb(q)))[1] from (' || E'\n'
	    || query || E'\n) as q';
	fetch answer into bad, example;
	close answer;
	total := ops.rule_total(serving, query, scope);
exception
	when query_canceled then
		bad := null;
		broken := format('it takes longer than %s',
		    current_setting('statement_timeout'));
	when others then
		bad := null;
		broken := case when sqlerrm like 'cannot open multi-query plan%'
		    then 'it is more than one statement' else sqlerrm end;
end
$$;

-- Asks one shipped rule, and notes what it found.
create or replace function ops.check_rule(serving text, of_check bigint,
    of_rule ops.rule, scope jsonb)
returns void
language sql as $$
	insert into ops.finding (check_number, line, rule, severity, bad, total,
	    example, broken, checked_at, runs)
	select of_check, of_rule.line, of_rule.name, of_rule.severity, a.bad, a.total,
	    a.example, a.broken, (scope ->> 'now')::timestamptz,
	    case jsonb_typeof(scope -> 'runs') when 'array' then array(
		select jsonb_array_elements_text(scope -> 'runs')) end
	from ops.ask_rule(serving, of_rule.query, scope) as a
$$;

-- All shipped rules as one statement, which reads what is new once, and takes a
-- third of the time of all of them one by one.
create or replace function ops.all_rules(serving text, scope jsonb)
returns text
language sql stable as $$
	select ops.rule_with(serving, string_agg(query, ' '), scope)
	    || string_agg(format('select %L as rule, count(*) as bad, %s as total, '
	        '(array_agg(to_jsonb(q)))[1] as example from (' || E'\n'
	        '%s' || E'\n) as q', name, coalesce(
	        '(select count(*) from ' || substring(query
	        from '\m(new_[a-z]+)\M') || ')', 'null'), query), ' union all ')
	from ops.rule
$$;

-- Asks all shipped rules and notes what they found.  False, and nothing noted, when
-- one of them is broken: then they are to be asked one by one.
create or replace function ops.check_rules(serving text, of_check bigint,
    scope jsonb)
returns boolean
language plpgsql as $$
begin
	execute format('insert into ops.finding (check_number, line, rule, '
	    'severity, bad, total, example, checked_at, runs) '
	    'select $1, line, rule, severity, bad, total, example, $2, $3 from (%s) as a '
	    'join ops.rule r on r.name = a.rule', ops.all_rules(serving, scope))
	using of_check, (scope ->> 'now')::timestamptz,
	    case jsonb_typeof(scope -> 'runs') when 'array' then array(
		select jsonb_array_elements_text(scope -> 'runs')) end;
	return true;
exception
	when query_canceled or others then
		return false;
end
$$;

-- The shipped rules, anew.
delete from ops.rule;
insert into ops.rule (place, name, severity, query, line)
select place, name, severity, query, line
from ops.rules_of(:'rules');
