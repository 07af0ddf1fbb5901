-- What the check :check_number found (empty: the last after a load): as objects, a
-- line each, or as a table of what is bad, an example below each (:json).  Then,
-- after a blank line, how many rules are broken of the user's and of ours, and how
-- many errors there are.  vpipe quality.
create temporary view found as
select f.*,
    row_number() over (order by broken is null, bad > 0 desc, severity, file,
        line) as place
from ops.finding f
where check_number = coalesce(nullif(:'check_number', '')::bigint, (
	select max(check_number)
	from ops.finding
	where runs is not null));

\if :json
select row_to_json(j)
from (
	select rule,
	    severity,
	    bad,
	    total as of,
	    example,
	    broken,
	    nullif(file, '') as file,
	    line,
	    to_char(checked_at at time zone 'UTC',
	        'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
	    runs
	from found
	order by place) as j;
\else
select format('%-8s %7s %9s  %s', 'severity', 'bad', 'of', 'rule')
from found
where broken is not null
    or bad > 0
limit 1;

select format('%-8s %7s %9s  %s', case when broken is null then severity
        else 'broken' end, bad, total, rule)
    || E'\n' || repeat(' ', 28) || left(coalesce(broken, (
	select string_agg(key || '=' || value, ' ')
	from jsonb_each_text(jsonb_strip_nulls(example)))), 52)
from found
where broken is not null
    or bad > 0
order by place;

select format('%s rules were asked at %s, %s found nothing bad', count(*),
    to_char(max(checked_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
    count(*) filter (where bad = 0))
from found
having count(*) > 0;
\endif
\echo
select count(*) filter (where broken is not null and file <> ''),
    count(*) filter (where broken is not null and file = ''),
    count(*) filter (where bad > 0 and severity = 'error')
from found;
