-- Asks the user's rules, the text :rules, within :scope; writes an object a line
-- for each.  Runs as a role that may only read serving; each rule is a statement
-- that may take :seconds.  vpipe load, vpipe quality.
begin isolation level repeatable read, read only;
set local search_path = serving, public;
select format('set local statement_timeout = %L', :'seconds' || 's'),
    case when severity not in ('warning', 'error')
        then format('select jsonb_build_object(''line'', %s, ''rule'', %L, '
            '''severity'', %L, ''broken'', ''its severity is neither warning '
            'nor error'')', line, name, severity)
    when query is null or name = ''
        then format('select jsonb_build_object(''line'', %s, ''rule'', %L, '
            '''severity'', ''error'', ''broken'', '
            '''it is not "name | severity | query"'')', line,
            coalesce(name, ''))
    else format('select to_jsonb(a) || jsonb_build_object(''line'', %s, '
        '''rule'', %L, ''severity'', %L) '
        'from ops.ask_rule(''serving'', %L, %L) as a', line, name, severity,
        query, :'scope')
    end
from ops.rules_of(:'rules')
order by place \gexec
rollback;
