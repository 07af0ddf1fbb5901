# trends: what is new and sold by day and week, mended load by load; vpipe trends
load helper
load track
load trends
load flow		# the last: its load is that of scripts

setup_file() {
  # each refresh of the one transaction locks its temporary tables to its end
  pg_start max_locks_per_transaction=512
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
}

# made_up DAYS SEED: the site of tests/trends.sql; prints what differs from the
# same made anew, and what checks found
made_up() {
  cd "$ROOT"
  psql -X -v ON_ERROR_STOP=1 -q -A -t -v days="$1" -v seed="$2" 2>&1 <<'SQL'
set client_min_messages = warning;
\o /dev/null
begin;
\i tests/trends.sql
commit;
begin;
\i tests/prices.sql
rollback;
\o
select 'bins', t.cell, t.day
from serving.trend_flow t
    left join lateral (
	select sum(b.n) filter (where b.flow = 'new') as asked,
	    sum(b.n) filter (where b.flow = 'sold') as sold
	from serving.trend_bin b
	where b.cell = t.cell
	    and b.day between t.day
	        and t.day + case t.span when 'week' then 6 else 0 end) as b on true
where (t.asked_n, t.sold_n)
    is distinct from (coalesce(b.asked, 0), coalesce(b.sold, 0));
select count(distinct blank) > 4, count(index) > 20,
    count(distinct index_base) > 1
from serving.trends_weekly;
SQL
}

# bats test_tags=long
@test "weeks mended load by load are those made anew, and those of an oracle: late looks, withdrawn sales, gaps" {
  for seed in $(seq "$(size 1 20)"); do
    sql "set client_min_messages = warning; drop schema if exists staging cascade; delete from ops.stream;
      delete from ops.contract; delete from ops.run"
    same 't|t|t' "$(made_up "$(size 49 90)" "$seed")"
    trends_are_true 100 one
  done
}

# --- by hand --------------------------------------------------------------------

# flows: of serving.trends, of the whole site
flows() {
  sql "select day, new, ended, sold, live, coalesce(blank, '-')
    from serving.trends where \"by\" = 'all' order by day"
}

# searched TIME [WALKED]: hits of a search of catalog 5 on stdin, published; its
# walk came to the end, or was cut short
searched() {
  told "$1" | jq -c --argjson walked "${2:-true}" 'if .kind == "run" then
    .body.queries = [{query: "www.vinted.it/search?catalog=5", site: "www.vinted.it",
        catalog_id: 5, asked: 1, answered: 1, walked: $walked, stop: "end"}]
    else . end' | vput -q "$VPIPE_DATA/raw" >>"$tmp/published"
}

# bats test_tags=long
@test "a sale that late data retract leaves its own day, and no other row; a day without a sweep is a hole" {
  searched 2026-09-01T07:00:00Z <<<'list 5 3001:10@300 3002:10@300 3003:10@300'
  for day in 02 03 05 06; do
    searched "2026-09-${day}T07:00:00Z" <<<'list 5 3002:10@300 3003:10@300'
  done
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8'
  kept 2026-09-01T18:00:00Z <<<'wardrobe 300 3001 3002 3003'
  kept 2026-09-02T18:00:00Z <<<'wardrobe 300 3002 3003'
  kept 2026-09-03T20:00:00Z <<<'user 300 6 8'
  load
  same 'sold inferred counters' "$(state 3001)"
  same '2026-09-01||0|0|3|first, few asked, few sold
2026-09-02|0|1|1|2|few asked, few sold
2026-09-03|0|0|0|2|few asked, few sold
2026-09-04|||||no sweep
2026-09-05|0|0|0|2|few asked, few sold' "$(flows)"
  sql "select * from serving.trend_flow where day <> '2026-09-02' and span = 'day'
    order by cell, day" >"$tmp/others"
  loaded 2026-09-03T09:00:00Z <<<'page 3001 live'
  same 'live observed -' "$(state 3001)"
  same '2026-09-02|0|0|0|3|few asked, few sold' "$(flows | grep '^2026-09-02')"
  sql "select * from serving.trend_flow where day <> '2026-09-02' and span = 'day'
    order by cell, day" | diff "$tmp/others" -
  same "$("$ROOT/scripts/db" digest)" "$(replayed backwards backwards)"
  trends_are_true 0
}

@test "a walk that was cut short asked one page more than came; a retry of a page counts once" {
  searched 2026-09-01T07:00:00Z false <<<'list 5 3001:10@300'
  searched 2026-09-02T07:00:00Z <<<'list 5 3001:10@300'
  searched 2026-09-02T08:00:00Z <<<'list 5 3001:10@300'
  searched 2026-09-03T08:00:00Z <<<'list 5 3001:10@300'
  load
  same '2026-09-01|1|2|1|0.5000|coverage
2026-09-02|2|2|2|1.0000|first, few asked, few sold' "$(sql "select day, sweeps, pages_asked,
    pages_got, coverage, blank from serving.trends where \"by\" = 'catalog' order by day")"
}

@test "a listing that was not seen for seven days ended on the seventh" {
  searched 2026-09-01T07:00:00Z <<<'list 5 3001:10@300 3002:10@300'
  for day in 04 08; do
    searched "2026-09-${day}T07:00:00Z" <<<'list 5 3002:10@300'
  done
  load
  same 0 "$(sql 'select sum(ended) from serving.trend_flow')"
  searched 2026-09-09T07:00:00Z <<<'list 5 3002:10@300'
  load
  same '2026-09-08|1|1' "$(flows | cut -d '|' -f 1,3,5 | grep '^2026-09-08')"
  searched 2026-09-10T07:00:00Z <<<'list 5 3001:10@300'
  load
  same '2026-09-08|0|2
2026-09-09|0|2' "$(flows | cut -d '|' -f 1,3,5 | grep '^2026-09-0[89]')"
}

# --- vpipe trends -----------------------------------------------------------------

# Four weeks of a site: prices that rise by a tenth in logarithms, then a week of
# which two days are missing, then one of few listings.
four_weeks() {
  psql -X -v ON_ERROR_STOP=1 -q <<'SQL'
insert into serving.mart_window values ('one', 'a.test', '2026-09-28T05:00Z', 0);
insert into serving.trend_cell values
    (1, 'one', 'a.test', 'EUR', 'all', null, null, null),
    (2, 'one', 'a.test', 'EUR', 'brand', null, 'Nike', null),
    (3, 'one', 'a.test', 'GBP', 'brand', null, 'NIKE', null);
insert into serving.trend_flow
select cell, 'week', week, new, 10, sold, 7, new, sold, asked, sold_median
from (values (1), (2)) as c(cell)
    cross join (values ('2026-08-31'::date, 40, 20, 10.00, 9.5),
        ('2026-09-07', 50, 22, 11.00, 9.5), ('2026-09-14', 60, 30, 12, 10),
        ('2026-09-21', 15, 3, null, null)) as w(week, new, sold, asked, sold_median);
insert into serving.trend_flow
select cell, 'day', '2026-09-27', 3, 1, 0, -2, 3, 0, null, null
from (values (1), (2), (3)) as c(cell);
insert into serving.trend_link
select 1, week, 50, 30, 25, 30 * 0.1, 25 * 0.1
from unnest('{2026-09-07,2026-09-14,2026-09-21}'::date[]) as week
union all
select 1, '2026-08-31', 50, 0, 0, 0, 0;
insert into serving.trend_coverage
select 'one', 'a.test', d, '5', 1, 0, 2, 2, 0, 0, 192, 19, 1
from generate_series('2026-08-24', '2026-09-27', interval '1 day') as d
where d not in ('2026-09-15', '2026-09-16');
SQL
}

trends_command() {
  "$ROOT/scripts/trends" "$@"
}

@test "vpipe trends prints weeks in 80 columns; what is blank has its reason below" {
  four_weeks
  run -0 --separate-stderr trends_command
  same "all
on a.test, in EUR, as of 2026-09-28 05:00

week           new     live   sold     asked   change   sold at   index  covered
2026-08-31      40       30     20     10.00               9.50   100.0    100 %
2026-09-07      50       70     22     11.00  +10.0 %      9.50   110.5    100 %
2026-09-14                                                                  71 %
2026-09-21      15      125      3                                         100 %

blank is:
less than 80 % of pages came     2026-09-14
asked: fewer than 20 prices      2026-09-21
sold at: fewer than 20 prices    2026-09-21

asked: the median first price of what is new, and what changed in a week; sold
at: that of last prices.  covered: the share of pages that came.
index: of first prices, the same mix in each week, 100 in 2026-08-31.
Sales are what vpipe track concludes; not yet verified on this site." "$output"
  run -0 --separate-stderr trends_command --brand nike --weeks 1
  same '2026-09-21 15 125 3 100 %' "$(grep ^2026 <<<"$output" | xargs)"
  [[ $output == "Nike
on a.test, in EUR,"* ]]
  run -0 --separate-stderr trends_command --brand nike --currency GBP
  [[ $output == *'no week is over yet since the first one was seen: --days 7 prints days' ]]
  run -0 --separate-stderr trends_command --days=3
  [[ $output == *'
day            new     live   sold     asked   change   sold at  covered
2026-09-27       3        2      0                                 100 %
'* ]]
}

@test "vpipe trends --json has all that the view says" {
  four_weeks
  run -0 --separate-stderr trends_command --json --weeks 3
  same '{"as_of":"2026-09-28T05:00:00+00:00","brand":null,"by":"all","catalog_id":null,"condition_id":null,"currency":"EUR","site":"a.test","source":"one"}
["2026-09-07",50,70,110.52,"2026-08-31",null,0.25,0.1,0.099]
["2026-09-14",null,null,null,null,"coverage",null,null,0.099]
["2026-09-21",15,125,null,null,"few asked, few sold",null,null,0.099]' \
    "$(jq -c '.wanted, (.weeks[] | [.week, .new, .live, .index, .index_base, .blank,
      .new_change, .asked_median_change, .promoted_share])' <<<"$output")"
  run -0 --separate-stderr trends_command --json --days 3
  same '[["2026-09-27",3,-2,false]]' \
    "$(jq -c '[.days[] | [.day, .new, .favourites, has("index")]]' <<<"$output")"
}

@test "vpipe trends: bad options and what is not known get one sentence" {
  fails 64 'days or weeks, not both' trends_command --days 3 --weeks 2
  fails 64 "--days takes a number, not 'x'" trends_command --days x
  fails 64 'trends are kept by catalog, brand, condition' trends_command --brand x --condition 2
  fails 64 'no listing like that is known' trends_command --brand "No such' \"brand"
  fails 64 "no catalog is called 'Hats'" trends_command --catalog Hats
  fails 64 "no condition is called 'so so'" trends_command --condition 'so so'
  fails 64 "no such option '--week'" trends_command --week 3
  fails 64 "'--brand' needs an argument" trends_command --brand
}
