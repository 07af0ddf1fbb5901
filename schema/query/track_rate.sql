-- The rates of exchange that prices show.  Where an answer does not say what the
-- seller asks in her own currency, what is shown moves with the rate; a quotient
-- that many items of one pair of currencies share is the rate, and a quotient of
-- one item alone is its seller's doing.
--
-- Each run of a pair gets an index.  Every item with an earlier price says
-- between which bounds the index must lie, the rounding of both prices
-- considered; the cell that most of them share is taken, if it is most.  Runs
-- that have no items in common with earlier ones begin a component of their
-- own; a run that sees items of several joins them.
create or replace function pg_temp.refresh_rates(staging text, snapshot text,
    track_item text, track_seller text, track_rate text)
returns void
language plpgsql as $$
declare
	late record;
	this record;
	cell record;
	main record;
	anew boolean;
	has_main boolean;
	prices text := format('from %1$I.%2$I s '
	    'join %1$I.%3$I t on t.item_id = s.item_id '
	    'join %1$I.%4$I c on c.user_id = t.user_id '
	    'where s.price >= 2 and c.currency <> s.currency ', staging,
	    snapshot, track_item, track_seller);
	rates text := format('%I.%I', staging, track_rate);
begin
	create temporary table due_pair (site text, pair text, run text,
	    at timestamptz);
	-- made once: a table that was dropped keeps its lock until the end
	create temporary table again (run text collate "C", at timestamptz);
	create temporary table bound (item_id text, lo float8, hi float8,
	    component text collate "C");
	execute $q$
	    insert into due_pair
	    select s.site, c.currency || '>' || s.currency, s.run,
	        min(s.observed_at)
	    $q$ || prices || $q$
	        and s.run in (select run from due_run)
	    group by 1, 2, 3
	    $q$;
	-- a seller whose currency is now known, or is no longer: all anew
	execute format($q$
	    insert into due_pair
	    select distinct s.site, x.currency || '>' || s.currency, null::text,
	        '-infinity'::timestamptz
	    from recoined r
	        cross join lateral (values (r.was), (r.currency)) as x(currency)
	        join %1$I.%3$I t using (user_id)
	        join %1$I.%2$I s using (item_id)
	    where s.price >= 2
	        and x.currency <> s.currency
	    $q$, staging, snapshot, track_item);
	-- an item whose seller is another now: all anew
	execute format($q$
	    insert into due_pair
	    select distinct s.site, c.currency || '>' || s.currency, null::text,
	        '-infinity'::timestamptz
	    from was_item w
	        join %1$I.%3$I t using (item_id)
	        join %1$I.%4$I c on c.user_id in (w.user_id, t.user_id)
	        join %1$I.%2$I s using (item_id)
	    where w.user_id <> t.user_id
	        and s.price >= 2
	        and c.currency <> s.currency
	    $q$, staging, snapshot, track_item, track_seller);

	for late in
		select site, pair, min(at) as since
		from due_pair
		group by site, pair
		order by site, pair
	loop
		truncate again;
		insert into again
		select run, at
		from due_pair
		where site = late.site and pair = late.pair and run is not null;
		-- what comes before others makes those anew
		execute format($q$
		    select $3 = '-infinity' or exists (
			select
			from %s
			where site = $1 and pair = $2 and at >= $3)
		    $q$, rates)
		into anew using late.site, late.pair, late.since;
		if anew then
			delete from again;
			execute format($q$
			    delete from %s where site = $1 and pair = $2
			    $q$, rates) using late.site, late.pair;
			execute $q$
			    insert into again
			    select s.run, min(s.observed_at)
			    $q$ || prices || $q$
			        and s.site = $1
			        and c.currency || '>' || s.currency = $2
			    group by s.run
			    $q$ using late.site, late.pair;
		end if;

		for this in
			select run, at
			from again
			order by at, run
		loop
			truncate bound;
			execute $q$
			    insert into bound
			    select n.item_id,
			        b.rate * (n.price - 0.005) / (b.price + 0.005),
			        b.rate * (n.price + 0.005) / (b.price - 0.005),
			        b.component
			    from (
				select distinct on (s.item_id) s.item_id, s.price,
				    s.currency, s.observed_at
				$q$ || prices || $q$
				    and s.run = $1
				    and s.site = $2
				    and c.currency || '>' || s.currency = $3
				order by s.item_id, s.observed_at, s.line, s.index
			    ) as n
			    $q$ || format($q$
			    left join lateral (
				-- of the runs that come before: those after it
				-- have no index yet
				select s.price, p.rate, p.component
				from %1$I.%2$I s
				    join %3$s p on p.site = $2
				        and p.pair = $3
				        and p.run = s.run
				where s.item_id = n.item_id
				    and s.observed_at < n.observed_at
				    and s.run <> $1
				    and s.site = $2
				    and s.price >= 2
				    and s.currency = n.currency
				order by s.observed_at desc,
				    s.run collate "C" desc, s.line desc,
				    s.index desc
				limit 1) as b on b.rate is not null
			    $q$, staging, snapshot, rates)
			using this.run, late.site, late.pair;

			has_main := false;
			for cell in
				with
				edge as (
					select component, lo as x, 1 as step
					from bound
					where component is not null
					union all
					select component, hi, -1
					from bound
					where component is not null
				),
				run as (
					select component,
					    x as lo,
					    lead(x) over w as hi,
					    sum(step) over (w rows between
					        unbounded preceding
					        and current row) as agree
					from edge
					window w as (partition by component
					    order by x, step desc)
				),
				best as (
					select distinct on (component) *
					from run
					order by component, agree desc, lo
				)
				select b.*, c.items
				from best b
				    join (
					select component, count(*) as items
					from bound
					group by component) as c using (component)
				where b.agree >= 3
				    and b.agree * 2 >= c.items
				order by c.items desc, component
			loop
				if has_main then
					execute format($q$
					    update %s
					    set rate = rate * $1, component = $2
					    where site = $3
					        and pair = $4
					        and component = $5
					    $q$, rates)
					using (main.lo + main.hi) /
					    (cell.lo + cell.hi), main.component,
					    late.site, late.pair, cell.component;
					continue;
				end if;
				execute format($q$
				    insert into %1$s
				    select $1, $2, $3, $4,
				        (select count(*) from bound), $5, $6,
				        coalesce(max(err), 0) + 2e-5 + $7, $8
				    from %1$s
				    where site = $1
				        and pair = $2
				        and component = $8
				    $q$, rates)
				using late.site, late.pair, this.run, this.at,
				    cell.agree, (cell.lo + cell.hi) / 2,
				    (cell.hi - cell.lo) / (cell.hi + cell.lo),
				    cell.component;
				main := cell;
				has_main := true;
			end loop;
			if not has_main then
				-- nothing earlier to compare with, or no agreement
				execute format($q$
				    insert into %s
				    select $1, $2, $3, $4, count(*), 0,
				        case when count(component) = 0 then 1 end,
				        case when count(component) = 0 then 0 end,
				        $3
				    from bound
				    $q$, rates)
				using late.site, late.pair, this.run, this.at;
			end if;
		end loop;
	end loop;
	drop table due_pair, again, bound;
end
$$;

-- what was, to see what changed
create temporary table rate_was as
with
main as (
	select distinct on (site, pair) site, pair, component
	from :"staging".:"track_rate"
	where rate is not null
	group by site, pair, component
	order by site, pair, sum(items) desc, component
)
select r.*, m.component is not null as is_main
from :"staging".:"track_rate" r
    left join main m using (site, pair, component);

select pg_temp.refresh_rates(:'staging', :'snapshot', :'track_item',
    :'track_seller', :'track_rate') \g /dev/null

create temporary table rate_is as
with
main as (
	select distinct on (site, pair) site, pair, component
	from :"staging".:"track_rate"
	where rate is not null
	group by site, pair, component
	order by site, pair, sum(items) desc, component
)
select r.*, m.component is not null as is_main
from :"staging".:"track_rate" r
    left join main m using (site, pair, component);

create temporary table rerated as
select coalesce(n.site, w.site) as site, coalesce(n.run, w.run) as run
from rate_is n
    full join rate_was w using (site, pair, run)
where (n.rate, n.err, n.component, n.is_main) is distinct from
    (w.rate, w.err, w.component, w.is_main);
