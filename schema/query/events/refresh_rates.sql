-- The rates of exchange that prices show.  Where an answer does not say what the
-- seller asks in her own currency, what is shown moves with the rate; a quotient
-- that many items of one pair of currencies share is the rate, and a quotient of
-- one item alone is its seller's doing.
--
-- Each run of a pair gets an index.  Every item with an earlier price says
-- between which bounds the index must lie, the rounding of both prices
-- considered.  Each seller has one vote, which her items share: the cell with
-- the most is taken, if it has more than half of them and items of three
-- sellers, for one that cuts all her prices alike is no rate.  Two are enough with
-- three items each that agree to 0.05 %, within 3 % of the rates before: no two
-- sellers cut so little alike to a hair.  Runs that have no
-- items in common with earlier ones begin a component of their own; a run that
-- sees items of several joins them.
--
-- A run of fewer sellers cannot vote.  It keeps the bounds that their items
-- leave (low, high), and shows the rate of the rated run before or after it,
-- whichever is nearer in time, if that lies between them (rate_shown).
--
-- What comes before runs that have an index makes those anew, and all of them
-- when one of those joined components.
create or replace function pg_temp.refresh_rates(staging text, snapshot text,
    track_item text, track_seller text, track_rate text)
returns void
language plpgsql as $$
declare
	late record;
	this record;
	cell record;
	main record;
	since timestamptz;
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
	create temporary table bound (user_id text, base float8, lo float8,
	    hi float8, component text collate "C");
	execute $q$
	    insert into due_pair
	    select s.site, c.currency || '>' || s.currency, s.run,
	        min(s.observed_at)
	    $q$ || prices || $q$
	        and s.run in (select run from due_run)
	    group by 1, 2, 3
	    $q$;
	execute format($q$
	    insert into due_pair
	    select site, pair, null::text, at
	    from %s
	    where run in (select run from due_run)
	    $q$, rates);
	-- a seller whose currency is now known, or is no longer, and items whose
	-- seller is another now: the runs that saw them
	execute format($q$
	    insert into due_pair
	    select s.site, m.currency || '>' || s.currency, null::text,
	        least(min(s.observed_at), min(k.at))
	    from (
		select t.item_id, x.currency
		from recoined r
		    cross join lateral (values (r.was), (r.currency))
		        as x(currency)
		    join %1$I.%3$I t using (user_id)
		union
		select w.item_id, c.currency
		from was_item w
		    join %1$I.%3$I t using (item_id)
		    join %1$I.%4$I c on c.user_id in (w.user_id, t.user_id)
		where w.user_id is distinct from t.user_id
	    ) as m
	        join %1$I.%2$I s using (item_id)
	        left join %5$s k on k.site = s.site
	            and k.pair = m.currency || '>' || s.currency
	            and k.run = s.run
	    where s.price >= 2
	        and m.currency <> s.currency
	    group by 1, 2
	    $q$, staging, snapshot, track_item, track_seller, rates);

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
		since := late.since;
		execute format($q$
		    select exists (
			select
			from due_pair
			where site = $1 and pair = $2 and run is null)
		    or exists (
			select
			from %s
			where site = $1 and pair = $2 and at >= $3)
		    $q$, rates)
		into anew using late.site, late.pair, since;
		if anew then
			execute format($q$
			    select case when exists (
				select
				from %s
				where site = $1 and pair = $2 and at < $3
				    and joined_at >= $3)
			    then '-infinity' else $3 end
			    $q$, rates)
			into since using late.site, late.pair, since;
			delete from again;
			execute format($q$
			    delete from %s
			    where site = $1 and pair = $2 and at >= $3
			    $q$, rates) using late.site, late.pair, since;
			execute format($q$
			    insert into again
			    select s.run, min(s.observed_at)
			    $q$ || prices || $q$
			        and s.site = $1
			        and c.currency || '>' || s.currency = $2
			        and s.observed_at >= $3
			        and s.run not in (
				select run
				from %s
				where site = $1 and pair = $2)
			    group by s.run
			    $q$, rates)
			using late.site, late.pair, since;
		end if;

		for this in
			select run, at
			from again
			order by at, run
		loop
			truncate bound;
			execute $q$
			    insert into bound
			    select n.user_id,
			        b.rate,
			        b.rate * (n.price - 0.005) / (b.price + 0.005),
			        b.rate * (n.price + 0.005) / (b.price - 0.005),
			        b.component
			    from (
				select distinct on (s.item_id) s.item_id,
				    t.user_id, s.price, s.currency,
				    s.observed_at
				$q$ || format($q$
				-- one after another: of a run that is new
				-- the planner thinks that it is small
				from %1$I.%2$I s
				    cross join lateral (
					select t.user_id
					from %1$I.%3$I t
					where t.item_id = s.item_id
					offset 0) as t
				    cross join lateral (
					select c.currency
					from %1$I.%4$I c
					where c.user_id = t.user_id
					offset 0) as c
				where s.run = $1
				    and s.site = $2
				    and s.price >= 2
				    and c.currency <> s.currency
				    and c.currency || '>' || s.currency = $3
				order by s.item_id, s.observed_at, s.line, s.index
			    ) as n
			    $q$, staging, snapshot, track_item, track_seller)
			    || format($q$
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
				    and p.rate is not null
				order by s.observed_at desc,
				    s.run collate "C" desc, s.line desc,
				    s.index desc
				limit 1) as b on true
			    $q$, staging, snapshot, rates)
			using this.run, late.site, late.pair;

			has_main := false;
			for cell in
				with
				vote as (
					select component, lo, hi, user_id, base,
					    1.0 / count(*) over (partition by
					        component, user_id) as share
					from bound
					where component is not null
				),
				edge as (
					select component, lo as x, 1 as step,
					    share
					from vote
					union all
					select component, hi, -1, -share
					from vote
				),
				run as (
					select component,
					    x as lo,
					    lead(x) over w as hi,
					    sum(share) over (w rows between
					        unbounded preceding
					        and current row) as votes
					from edge
					window w as (partition by component
					    order by x, step desc)
				),
				best as (
					select distinct on (component) *
					from run
					order by component, votes desc, lo
				)
				select b.*, c.items, c.agree,
				    c.agree >= 3 or (c.agree = 2
				        and b.hi - b.lo <= 0.0005 * b.lo
				        and (b.lo + b.hi) / 2 between 0.97 * c.base_most
				            and 1.03 * c.base_least
				        and (
					select min(n)
					from (
						select count(*) as n
						from vote v
						where v.component = b.component
						    and v.lo <= b.lo
						    and v.hi >= b.hi
						group by v.user_id) as each) >= 3)
				        as is_rate
				from best b
				    cross join lateral (
					select count(*) as items,
					    min(v.base) as base_least,
					    max(v.base) as base_most,
					    count(distinct v.user_id)
					        as sellers,
					    count(distinct v.user_id) filter (
					        where v.lo <= b.lo
					        and v.hi >= b.hi) as agree
					from vote v
					where v.component = b.component) as c
				where b.votes * 2 > c.sellers
				order by is_rate desc, c.items desc,
				    component
			loop
				if not cell.is_rate then
					if not has_main then
						execute format($q$
						    insert into %s
						    select $1, $2, $3, $4, $5, 0,
						        null, null, $6, null, $7, $8
						    $q$, rates)
						using late.site, late.pair,
						    this.run, this.at, cell.items,
						    cell.component, cell.lo, cell.hi;
						has_main := true;
					end if;
					exit;
				end if;
				if has_main then
					-- so far apart that every step between
					-- two runs is in their difference
					execute format($q$
					    update %1$s
					    set rate = rate * $1,
					        low = low * $1,
					        high = high * $1,
					        err = err - (
						select max(m.err)
						    - 2 * least(min(m.err), 0)
						from %1$s m
						where m.site = $3
						    and m.pair = $4
						    and m.component = $2) - (
						select max(m.err) + 2e-5 + $6
						from %1$s m
						where m.site = $3
						    and m.pair = $4
						    and m.component = $5),
					        component = $2,
					        joined_at = $7
					    where site = $3
					        and pair = $4
					        and component = $5
					    $q$, rates)
					using (main.lo + main.hi) /
					    (cell.lo + cell.hi), main.component,
					    late.site, late.pair, cell.component,
					    (cell.hi - cell.lo) /
					    (cell.hi + cell.lo), this.at;
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
select * from rate_shown;

select pg_temp.refresh_rates(:'staging', :'snapshot', :'track_item',
    :'track_seller', :'track_rate') \g /dev/null

create temporary table rate_is as
select * from rate_shown;

create temporary table rerated as
select site, run
from (
	(select * from rate_is except select * from rate_was)
	union
	(select * from rate_was except select * from rate_is)) as r
group by site, run;
