-- Adds what the user's rules in :file found, the file `asked` in the current
-- folder, to the check :check_number; prints a sentence for each that is broken.
-- vpipe load, vpipe quality.
begin;
create temporary table asked (line text) on commit drop;
\copy asked from 'asked' with (format csv, quote E'\x01', delimiter E'\x02')

insert into ops.finding (check_number, file, line, rule, severity, bad, total,
    example, broken, checked_at, runs)
select :check_number,
    :'file',
    a.line,
    a.rule,
    a.severity,
    a.bad,
    a.total,
    a.example,
    a.broken,
    (:'scope'::jsonb ->> 'now')::timestamptz,
    case jsonb_typeof(:'scope'::jsonb -> 'runs') when 'array' then array(
	select jsonb_array_elements_text(:'scope'::jsonb -> 'runs')) end
from asked
    cross join lateral jsonb_to_record(asked.line::jsonb) as a(line int,
        rule text, severity text, bad bigint, total bigint, example jsonb,
        broken text);
commit;

select format('%s:%s: rule ''%s'': %s', file, line, rule, broken)
from ops.finding
where check_number = :check_number
    and file <> ''
    and broken is not null
order by line;
