-- What vpipe audit knows: what the page of a listing, drawn at random, says of what
-- was concluded of it.  ops.make_views makes the two views, after item_state, which
-- they read.

-- A share from 0 to 1 that a text has by its hash, the first 52 bits.
create or replace function ops.hash_share(words text)
returns float8
language sql immutable parallel safe as $$
	select (('x' || encode(substr(sha256(convert_to(words, 'UTF8')), 1, 7),
	    'hex'))::bit(56)::bigint >> 4) / 4503599627370496.0::float8
$$;

-- After so many days a page that said sold is asked again.
create or replace function ops.audit_ages()
returns setof int
language sql immutable as $$
	values (7), (14), (30)
$$;

-- So many checks make a rule's figures verified.
create or replace function ops.audit_enough()
returns bigint
language sql immutable parallel safe as $$
	select 100::bigint
$$;

-- A sentence for all that shows sales: whose they are, and how well they are
-- verified; words are those of serving.sale_evidence.
create or replace function ops.sales_are(simulated boolean, words text)
returns text
language sql immutable parallel safe as $$
	select case when simulated
	    then 'These are figures of a simulator, and of no real market.'
	    else 'Sales are what vpipe track concludes; ' || coalesce(words,
	        'not yet verified on this site') || '.' end
$$;

-- What an answer says of a conclusion; vpipe-audit(1) has the reasons.  speaks: a
-- sold listing's page would be there still, and its seller is.
drop function if exists ops.audit_judgement(text, text);
create or replace function ops.audit_judgement(concluded text, says text,
    speaks boolean)
returns text
language sql immutable parallel safe as $$
	select case
	    when says = 'silent' then 'silent'
	    when concluded = 'missing' then 'open'
	    when concluded = says then 'right'
	    when says = 'gone' then case
	        when concluded in ('live', 'reserved') then 'moved'
	        when concluded = 'hidden' or not speaks then 'silent'
	        when concluded = 'deleted' then 'right'
	        else 'wrong' end
	    when concluded = 'live' then
	        case says when 'sold' then 'open' else 'moved' end
	    when concluded = 'reserved' and says = 'sold' then 'moved'
	    else 'wrong'
	end
$$;

-- ln(gamma(x)) for x > 0: Stirling's series from 15 on, whose first term left out
-- is below 1e-16 of the result; below 15 by gamma(x + 1) = x gamma(x).
create or replace function ops.ln_gamma(x float8)
returns float8
language plpgsql immutable parallel safe as $$
declare
	below float8 := 0;
	s float8;
begin
	while x < 15 loop
		below := below + ln(x);
		x := x + 1;
	end loop;
	s := 1 / (x * x);
	return (x - 0.5) * ln(x) - x + 0.91893853320467274178 - below
	    + (1 / 12.0::float8 - s * (1 / 360.0::float8 - s * (1 / 1260.0::float8
	    - s * (1 / 1680.0::float8 - s * (1 / 1188.0::float8
	    - s * 691 / 360360.0::float8))))) / x;
end
$$;

-- The probability of at least k successes in n trials of probability p, which is the
-- regularized incomplete beta function I_p(k, n - k + 1): its continued fraction,
-- by Lentz's method (Press et al., Numerical Recipes, 6.4).
create or replace function ops.binomial_tail(k bigint, n bigint, p float8)
returns float8
language plpgsql immutable parallel safe as $$
declare
	tiny constant float8 := 1e-290;
	flips boolean;
	a float8 := k;
	b float8 := n - k + 1;
	x float8 := p;
	front float8;
	c float8 := 1;
	d float8;
	f float8;
	step float8;
	num float8;
	m float8 := 0;
begin
	if k <= 0 or p >= 1 then
		return 1;
	elsif k > n or p <= 0 then
		return 0;
	end if;
	-- the fraction converges fast on this side
	flips := x > (a + 1) / (a + b + 2);
	if flips then
		a := n - k + 1;
		b := k;
		x := 1 - p;
	end if;
	front := ops.ln_gamma(a + b) - ops.ln_gamma(a) - ops.ln_gamma(b)
	    + a * ln(x) + b * ln(1 - x) - ln(a);
	if front < -600 then
		return case when flips then 1 else 0 end;
	end if;
	d := 1 - (a + b) * x / (a + 1);
	d := 1 / case when abs(d) < tiny then tiny else d end;
	f := d;
	loop
		m := m + 1;
		num := m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d := 1 + num * d;
		d := 1 / case when abs(d) < tiny then tiny else d end;
		c := 1 + num / c;
		c := case when abs(c) < tiny then tiny else c end;
		f := f * d * c;
		num := -(a + m) * (a + b + m) * x
		    / ((a + 2 * m) * (a + 2 * m + 1));
		d := 1 + num * d;
		d := 1 / case when abs(d) < tiny then tiny else d end;
		c := 1 + num / c;
		c := case when abs(c) < tiny then tiny else c end;
		step := d * c;
		f := f * step;
		exit when abs(step - 1) < 1e-15 or m > 100000;
	end loop;
	f := exp(front) * f;
	return case when flips then 1 - f else f end;
end
$$;

-- The interval of a share of which k in n were seen, by Clopper and Pearson (1934):
-- each bound leaves out half of what the level does.  Nothing seen says nothing.
create or replace function ops.clopper_pearson(k bigint, n bigint,
    level float8 default 0.95, out low float8, out high float8)
language plpgsql immutable parallel safe as $$
declare
	half float8 := (1 - level) / 2;
	below float8;
	above float8;
	p float8;
begin
	low := 0;
	high := 1;
	if k > 0 then
		below := 0;
		above := k / n::float8;
		while above - below > 1e-13 loop
			p := (below + above) / 2;
			exit when p in (below, above);
			if ops.binomial_tail(k, n, p) < half then
				below := p;
			else
				above := p;
			end if;
		end loop;
		low := above;
	end if;
	if k < n then
		below := k / n::float8;
		above := 1;
		while above - below > 1e-13 loop
			p := (below + above) / 2;
			exit when p in (below, above);
			-- at most k of n: the other successes, n - k or more
			if ops.binomial_tail(n - k, n, 1 - p) < half then
				above := p;
			else
				below := p;
			end if;
		end loop;
		high := below;
	end if;
end
$$;

-- A time in a note: null, and no error, where there is none.
create or replace function ops.note_time(note jsonb, path jsonpath)
returns timestamptz
language sql stable parallel safe as $$
	select (jsonb_path_query_first_tz(note, path, '{}', true)
	    #>> '{}')::timestamptz
$$;

create or replace function ops.make_audit_views(staging text, serving text)
returns void
language plpgsql as $$
declare
	parts text;
	columns constant text := 'source text collate "C", site text collate "C", '
	    'item_id text collate "C", observed_at timestamptz, '
	    'run text collate "C", line bigint, again int, state text collate "C", '
	    'rule text collate "C", confidence text collate "C", '
	    'latest timestamptz, says text collate "C", evidence text collate "C", '
	    'speaks boolean';
begin
	select string_agg(format($sql$
select %1$L::text collate "C" as source,
    l.site::text collate "C" as site,
    l.item_id::text collate "C" as item_id,
    l.observed_at,
    l.run::text collate "C" as run,
    l.line::bigint as line,
    case when l.note ->> 'again' ~ '^[0-9]{1,4}$'
        then (l.note ->> 'again')::int end as again,
    (l.note ->> 'state') collate "C" as state,
    (l.note ->> 'rule') collate "C" as rule,
    (l.note ->> 'confidence') collate "C" as confidence,
    ops.note_time(l.note, '$.latest.datetime()') as latest,
    (case when l.verdict = 'gone' then 'gone'
        else coalesce(a.state, 'silent') end) collate "C" as says,
    a.evidence::text collate "C" as evidence,
    l.verdict = 'gone'
        and l.observed_at <= ops.note_time(l.note, '$.until.datetime()')
        and %5$s as speaks
from %2$I.%3$I l
    left join %2$I.%4$I a on a.run = l.run
        and a.line = l.line
where l.kind = 'audit-page'
    and l.verdict in ('ok', 'gone')
    and l.item_id is not null
    and l.note ->> 'state' is not null
$sql$, s.source, staging, s.stream, s.source || '_audit', case
	    when to_regclass(format('%I.%I', staging, s.source || '_snapshot'))
	            is not null
	        and to_regclass(format('%I.%I', staging, s.source
	            || '_seller_snapshot')) is not null
	    then format($sql$not exists (
	-- a page says nothing of its listing while the seller is away, or gone
	select
	from (
		select min(n.user_id collate "C") as user_id
		from %1$I.%2$I n
		where n.item_id = l.item_id collate "C") as h
	where exists (
		select
		from %1$I.%3$I p
		where p.user_id = h.user_id
		    and (p.on_holiday or p.banned)
		    and p.observed_at between l.observed_at - interval '7 days'
		        and l.observed_at + interval '7 days')
	    or exists (
		select
		from %1$I.%4$I g
		where g.user_id collate "C" = h.user_id
		    and g.kind = 'user'
		    and g.verdict = 'gone'
		    and g.observed_at between l.observed_at - interval '7 days'
		        and l.observed_at + interval '7 days'))
$sql$, staging, s.source || '_snapshot', s.source || '_seller_snapshot',
	        s.stream)
	    else 'true' end), ' union all ' order by s.stream)
	into parts
	from ops.streams_of(staging, 'look') s
	where to_regclass(format('%I.%I', staging, s.source || '_audit'))
	        is not null
	    and exists (
		select
		from ops.table_columns(staging, s.stream)
		where name = 'note');
	if parts is null then
		select 'select ' || string_agg(format('null::%s as %s',
		    regexp_replace(c, '^\S+ ', ''), split_part(c, ' ', 1)), ', '
		    order by place) || ' where false'
		into parts
		from regexp_split_to_table(columns, ', ') with ordinality
		    as t(c, place);
	end if;
	perform ops.replace_view(serving, 'audit', format($sql$
select a.*,
    (case when a.state = 'live' and a.says = 'sold' then case
        -- the flow found it, too, or knows that something happened
        when s.state = 'sold' then 'moved'
        when s.state in ('deleted', 'hidden') then 'wrong'
        when s.state in ('live', 'reserved') and s.last_seen > a.observed_at
            then 'wrong'
        else 'open' end
    else ops.audit_judgement(a.state, a.says, a.speaks is true) end) collate "C" as judgement
from (%2$s) as a
    left join %1$I.item_state s on a.state = 'live'
        and a.says = 'sold'
        and s.source = a.source
        and s.item_id = a.item_id
$sql$, serving, parts),
	    'a row is the page of a listing that was drawn to check what was '
	    'concluded of it: the conclusion, what the page says, the judgement; '
	    'vpipe load writes the view, vpipe audit reads it');
	perform ops.replace_view(serving, 'audit_precision', format($sql$
select a.source,
    a.state,
    a.rule,
    a.n as asked,
    a."right",
    a.wrong,
    a.silent,
    a.moved,
    a.open,
    -- called here, so that who does not read a bound does not compute it
    case when a."right" + a.wrong > 0 then round((ops.clopper_pearson(
        a."right", a."right" + a.wrong)).low::numeric, 6) end as low,
    case when a."right" + a.wrong > 0 then round((ops.clopper_pearson(
        a."right", a."right" + a.wrong)).high::numeric, 6) end as high,
    a."right" + a.wrong >= ops.audit_enough() as is_enough
from (
	select source,
	    state,
	    rule,
	    count(*) as n,
	    count(*) filter (where judgement = 'right') as "right",
	    count(*) filter (where judgement = 'wrong') as wrong,
	    count(*) filter (where judgement = 'silent') as silent,
	    count(*) filter (where judgement = 'moved') as moved,
	    count(*) filter (where judgement = 'open') as open
	from %1$I.audit
	where again is null
	group by source, state, rule) as a
$sql$, serving),
	    'a row is a state and the rule that concluded it: how many were '
	    'checked, and the 95 % interval of the share that is right; vpipe '
	    'load writes the view, vpipe audit and the report read it');
	perform ops.replace_view(serving, 'sale_evidence', format($sql$
select s.source::text collate "C" as source,
    coalesce(v.is_verified, false) as is_verified,
    case when v.is_verified
        then format('checked on this site: at least %%s %%%% right',
            round(100 * v.low, 1))
    else 'not yet verified on this site' end as words
from (
	select distinct source
	from ops.stream
	where entity = 'item') as s
    left join (
	select source,
	    bool_and(is_enough) as is_verified,
	    min(case when is_enough then low end) as low
	from %1$I.audit_precision
	where state = 'sold'
	group by source) as v using (source)
$sql$, serving),
	    'a row is a source, and how well its sales are verified on the site: '
	    'enough checks of each rule; vpipe load writes the view, all that '
	    'shows sales reads it');
end
$$;
