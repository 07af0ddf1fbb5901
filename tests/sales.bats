# sales: vpipe sales, what is told of listings whose first day is known
load helper

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<SQL
set client_min_messages = warning;
drop schema if exists staging cascade;
\\i $ROOT/tests/staging.sql
create table staging.one_event (
	item_id text collate "C", type text, number int, site text,
	earliest timestamptz, latest timestamptz,
	primary key (item_id, type, number)
);
create table staging.one_item_state (
	item_id text collate "C" primary key, site text, state text,
	earliest timestamptz, latest timestamptz, last_seen timestamptz
);
insert into ops.stream (stream, source, entity, key, x_order)
values ('one_event', 'one', 'event', '{item_id}', '{}'),
    ('one_item_state', 'one', 'item_state', '{item_id}', '{}');
-- born(ITEM, BRAND, STATE, LAST DAY, GONE DAY): listed between day 0 and day 1
create function pg_temp.born(item bigint, brand text, state text, last_day int,
    gone_day int) returns void language sql as \$\$
	select pg_temp.one(item, 'list', 1, 10, brand, 'M');
	insert into staging.one_event
	values (item, 'listed', 1, 'a.test', '2026-09-01T00:00:00Z',
	    '2026-09-02T00:00:00Z');
	insert into staging.one_item_state
	values (item, 'a.test', state,
	    case when gone_day is not null then '2026-09-01T12:00:00Z'::timestamptz
	        + make_interval(days => last_day) end,
	    '2026-09-01T12:00:00Z'::timestamptz + make_interval(days => gone_day),
	    '2026-09-01T12:00:00Z'::timestamptz + make_interval(days => last_day));
\$\$;
-- thirty are sold, two a day; ten are deleted, five vanish, five are there
select pg_temp.born(n, 'Nike', 'sold', (n / 2)::int, (n / 2 + 1)::int)
from generate_series(0, 29) as n;
select pg_temp.born(n, 'Zara', 'deleted', 3, 4) from generate_series(30, 39) as n;
select pg_temp.born(n, 'Zara', 'missing', 5, 6) from generate_series(40, 44) as n;
select pg_temp.born(n, null, 'live', 20, null) from generate_series(45, 49) as n;
select pg_temp.member(n, '5') from generate_series(0, 9) as n;
-- listed before anybody looked: no age
select pg_temp.one(99, 'list', 1, 10, 'Nike', 'M');
insert into staging.one_event
values (99, 'listed', 1, 'a.test', null, '2026-09-02T00:00:00Z');
insert into staging.one_item_state
values (99, 'a.test', 'sold', now(), now(), now());
insert into staging.one_look (source, site, run, line, observed_at, verdict)
values ('one', 'a.test', 'r', 1, '2026-09-21T00:00:00Z', 'ok');
select ops.make_views('staging', 'serving');
select ops.refresh_facts('staging', 'serving', null);
SQL
}

sales() {
  "$ROOT/scripts/sales" "$@"
}

@test "of the listings whose first day is known: sold, withdrawn, vanished, still there" {
  run -0 --separate-stderr sales --json
  same '[50,30,10,5,5]' "$(jq -c '[.n, .sold, .other, .unknown, .live]' <<<"$output")"
  # by hand, Kaplan and Meier with 2.2 of the 5 that vanished: 0.55 are left on
  # day 8, 0.49 on day 9
  [ "$(jq '.median > 8 and .median < 9 and .none.median > .all.median' <<<"$output")" = true ]
  same 7 "$(jq .within.days <<<"$output")"
}

@test "a line for each brand, the largest first; of few exits the counts alone; 80 columns" {
  run -0 --separate-stderr sales --by brand
  [ "$(wc -L <<<"$output")" -le 80 ]
  [[ ${lines[1]} =~ ^Nike\ +30\ +30\ +[0-9] ]]
  [[ ${lines[2]} =~ ^Zara\ +15\ +0\ +few ]]
  [[ ${lines[3]} =~ ^\(none\)\ +5\ +0\ +few ]]
  run -0 --separate-stderr sales --by brand --most 1
  [[ $output != *Zara* ]]
  run -0 --separate-stderr sales --by=catalog,brand
  [[ $output == *'5 (no dictiona'* ]]
  run -0 --separate-stderr sales --by brand,catalog --json
  same '["5","Nike"]' "$(jq -c 'select(.cell.catalog == "5") | [.cell.catalog, .cell.brand]' <<<"$output")"
  run -0 --separate-stderr sales --brand zara --json
  same '[15,5]' "$(jq -c '[.n, .unknown]' <<<"$output")"
  run -0 --separate-stderr sales --catalog 5 --json --within 3
  same '[10,10,3]' "$(jq -c '[.n, .sold, .within.days]' <<<"$output")"
}

@test "bad options and an empty answer get one sentence" {
  fails 64 "--by takes catalog, brand, condition or size, not 'colour'" sales --by brand,colour
  fails 64 "--most takes a number" sales --most many
  fails 64 'no such listing has a known first day' sales --brand "Nobody's"
  fails 64 "no such option '--bye'" sales --bye
}

@test "vpipe price tells the price for which half are sold in a week, or why it cannot" {
  price() { "$ROOT/scripts/price" "$@"; }
  cd "$ROOT"
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<'SQL'
set client_min_messages = warning;
alter table staging.one_item_state add listed_price numeric, add currency text;
insert into staging.one_item
select site, 200 + n, variant, title, 7, currency, 'Geox', 2, 'L', 77, 'k'
from staging.one_item
    cross join generate_series(1, 20) as n
where item_id = 1;
insert into staging.one_item_seen
select site, 200 + n, variant, observed_at, run, line, index, contract, first_seen,
    last_seen
from staging.one_item_seen
    cross join generate_series(1, 20) as n
where item_id = 1;
select ops.make_views('staging', 'serving');
select ops.refresh_facts('staging', 'serving', null);
SQL
  run -0 --separate-stderr price --brand Geox
  [[ $output == *"week : what sells in 7 days is not known yet: vpipe track tells after a week"* ]]
  # the cheaper, the faster: three in four at 5, half at 10, a quarter at 20
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<'SQL'
set client_min_messages = warning;
insert into staging.one_item
select site, 1000 + 100 * p + n, variant, title, p, currency, 'Puma', 2, 'M', 77, 'k'
from staging.one_item
    cross join unnest(array[5, 10, 20]) as p
    cross join generate_series(1, 100) as n
where item_id = 1;
insert into staging.one_item_seen
select site, 1000 + 100 * p + n, variant, observed_at, run, line, index, contract,
    first_seen, last_seen
from staging.one_item_seen
    cross join unnest(array[5, 10, 20]) as p
    cross join generate_series(1, 100) as n
where item_id = 1;
insert into staging.one_event
select 1000 + 100 * p + n, type, number, site, earliest, latest
from staging.one_event
    cross join unnest(array[5, 10, 20]) as p
    cross join generate_series(1, 100) as n
where item_id = '1';
insert into staging.one_item_state
select 1000 + 100 * p + n, 'a.test',
    case when n <= sold then 'sold' else 'live' end,
    '2026-09-03T12:00:00Z', '2026-09-04T12:00:00Z', '2026-09-20T12:00:00Z', p, 'EUR'
from (values (5, 75), (10, 50), (20, 25)) as p(p, sold)
    cross join generate_series(1, 100) as n;
select ops.refresh_facts('staging', 'serving', null);
SQL
  run -0 --separate-stderr price --brand puma
  [[ $output == *"sold in 7 days             3 of 4 at               half at             1 of 4 at
                    5.00 (3.87–6.46)    10.00 (8.55–11.69)   20.00 (15.49–25.82)"* ]]
  same '150|15.00|150|7.50|0.5000' "$(sql "select asked, asked_median, sold, sold_median, ratio
      from serving.asked_and_sold where \"by\" = 'brand' and brand = 'Puma'")"
  same '20|7.00|0||' "$(sql "select asked, asked_median, sold, sold_median, ratio
      from serving.asked_and_sold
      where \"by\" = 'size' and size = 'L'")"
  [[ $output == *"week : of the same brand; 300 whose first day is known, 150 sold"* ]]
  [ "$(wc -L <<<"$output")" -le 80 ]
  run -0 --separate-stderr price --brand Puma --size M --json
  same '[0.75,5,0.5,10,0.25,20]' "$(jq -c '[.sold_within_7_days.prices[] | .share, .price]' <<<"$output")"
  # of another brand: of the narrowest group of which it can be told
  run -0 --separate-stderr price --brand Nike --size M --json
  same size "$(jq -r .sold_within_7_days.by <<<"$output")"
}

@test "sell-through by age, with its band; cuts before the sale; sellers' weeks" {
  # of 50 within 7 days: 14 sold, 10 deleted, 5 vanished of which 14/24 count; low
  # and high are Wilson's of 14 in 35 and 19 in 40.  None was followed for 30 days:
  # of those on sale still nothing is known, and the sold ones alone are no share
  same '7|50|14|10|5|0|0.4462|0.2555|0.6250
30|0|0|0|0|50|||' "$(sql "select age, listings, sold, other, unknown, too_young, share, low, high
      from serving.sell_through
      where \"by\" = 'all' and born_week is null and age in (7, 30) order by 1")"
  same '2026-08-31|50|30|10|5|5' "$(sql "select born_week, sum(a.n), sum(a.n) filter (where exit = 'sold'),
          sum(a.n) filter (where exit = 'other'), sum(a.n) filter (where exit = 'unknown'),
          sum(a.n) filter (where exit = 'on')
      from serving.sale_age a join serving.sale_cell c using (cell)
      where \"by\" = 'all' group by 1")"
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<'SQL'
set client_min_messages = warning;
alter table staging.one_event add old numeric, add new numeric, add cause text;
-- twice by a tenth; a rate that moved is no cut; what was deleted is no sale
insert into staging.one_event (item_id, type, number, old, new, cause)
select n, 'repriced', 1, 10, 9, 'seller' from generate_series(0, 17) as n
union all
select n, 'repriced', 2, 9, 8.1, 'wardrobe' from generate_series(0, 17) as n
union all
select n, 'repriced', 1, 10, 5, 'rate' from generate_series(18, 29) as n
union all
select n, 'repriced', 1, 10, 5, 'seller' from generate_series(30, 39) as n;
create table staging.one_seller_snapshot (
	observed_at timestamptz, run text, line bigint, index bigint, user_id text,
	seller_key text, given_count bigint, item_count bigint, country text
);
-- Monday is the 31st of August; the third week has no counter
insert into staging.one_seller_snapshot values
    ('2026-09-01T00:00:00Z', 'r', 1, 0, '7', 'k7', 10, 5, 'pt'),
    ('2026-09-06T23:59:59Z', 'r', 2, 0, '7', 'k7', 12, 6, 'pt'),
    ('2026-09-07T00:00:00Z', 'r', 3, 0, '7', 'k7', 17, 4, null),
    ('2026-09-15T00:00:00Z', 'r', 4, 0, '7', 'k7', null, 4, 'pl'),
    ('2026-09-22T00:00:00Z', 'r', 5, 0, '7', 'k7', 16, null, null),
    ('2026-09-22T00:00:00Z', 'r', 6, 0, '8', 'k8', 3, 1, 'pt');
insert into ops.stream (stream, source, entity, key, x_order)
values ('one_seller_snapshot', 'one', 'seller_snapshot', '{}', '{}');
select ops.make_views('staging', 'serving');
select ops.refresh_facts('staging', 'serving', null);
SQL
  same '30|0.6000|0|19|19' "$(sql "select sold, cut_share, q1, median, q3
      from serving.discounts where \"by\" = 'all'")"
  same 'k7|2026-08-31|pt|2|6
k7|2026-09-07||5|4
k7|2026-09-14|pl||4
k7|2026-09-21||-1|
k8|2026-09-21|pt||1' "$(sql "select seller_key, week, country, sold, item_count
      from serving.seller_week order by 1, 2")"
  same 'k7|pl|6|4|2.00
k8|pt||1|' "$(sql "select seller_key, country, sold, item_count, sold_a_week
      from serving.seller order by 1")"
}

@test "prices in one currency, at the rates that the sites show; or that none is known" {
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<'SQL'
set client_min_messages = warning;
create table staging.one_snapshot (
	run text, observed_at timestamptz, item_id text, price numeric, currency text,
	seller_price numeric, seller_currency text
);
insert into staging.one_snapshot values
    ('r', '2026-09-18T00:00:00Z', '1', 4.5, 'EUR', 20, 'PLN'),
    ('r', '2026-09-20T00:00:00Z', '2', 2.2, 'EUR', 10, 'PLN'),
    ('r', '2026-09-20T00:00:00Z', '3', 21.8, 'EUR', 90, 'PLN'),
    ('r', '2026-09-20T00:00:00Z', '4', 7, 'EUR', 7, 'EUR'),
    ('r', '2026-09-20T00:00:00Z', '5', 0, 'EUR', 7, 'GBP'),
    ('q', '2026-09-20T00:00:00Z', '6', null, 'EUR', 7, 'GBP'),
    ('q', '2026-09-22T00:00:00Z', '7', 50, 'EUR', 100, 'PLN');
insert into ops.stream (stream, source, entity, key, x_order)
values ('one_snapshot', 'one', 'snapshot', '{}', '{}');
insert into staging.one_item
select site, 200 + n, variant, title, 7, currency, 'Geox', 2, 'L', 77, 'k'
from staging.one_item
    cross join generate_series(1, 20) as n
where item_id = 1;
insert into staging.one_item_seen
select site, 200 + n, variant, observed_at, run, line, index, contract, first_seen,
    last_seen
from staging.one_item_seen
    cross join generate_series(1, 20) as n
where item_id = 1;
select ops.make_views('staging', 'serving');
select ops.refresh_facts('staging', 'serving', null);
SQL
  same 'PLN|EUR|2026-09-18|1|0.225000
PLN|EUR|2026-09-20|2|0.240000
PLN|EUR|2026-09-22|1|0.500000' "$(sql 'select from_currency, to_currency, day, n, rate
      from serving.exchange_rate order by day')"
  same '1|0.225000|2026-09-18
2|4.166667|2026-09-20
3|1|2026-01-01
4||' "$(sql "select n, rate, day
      from (values (1, 'PLN', 'EUR', '2026-09-19'::date), (2, 'EUR', 'PLN', '2026-09-21'),
          (3, 'EUR', 'EUR', '2026-01-01'), (4, 'PLN', 'EUR', '2026-09-17')) as v(n, f, t, at)
          left join lateral serving.rate('one', f, t, at) on true order by 1")"
  export VPIPE_CURRENCY=PLN
  run -0 --separate-stderr "$ROOT/scripts/price" --brand Geox
  [[ $output == *"asked          20      7.00      7.00      7.00      7.00      7.00"* ]]
  [[ $output == *"asked PLN      20     29.17     29.17     29.17     29.17     29.17"* ]]
  [[ $output == *"PLN  : at 4.166667, as the source's sites showed it on 2026-09-20"* ]]
  run -0 --separate-stderr "$ROOT/scripts/price" --brand Geox --json
  same '["PLN",4.166667,"2026-09-20"]' "$(jq -c '.exchange | [.currency, .rate, .day]' <<<"$output")"
  export VPIPE_CURRENCY=GBP
  run -0 --separate-stderr "$ROOT/scripts/price" --brand Geox
  [[ $output == *"GBP  : no rate is known"* ]]
  same '20|29.17|4.166667' "$(sql "select n, median, rate from serving.prices_in('PLN')
      where \"by\" = 'brand' and brand = 'Geox' and kind = 'asked'")"
  same 't' "$(sql "select bool_and(rate is null and median is null and n > 0)
      from serving.prices_in('GBP')")"
  # a run that says it no longer takes its part out
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<'SQL'
set client_min_messages = warning;
delete from staging.one_snapshot where run = 'q';
select ops.refresh_facts('staging', 'serving', '{q}');
SQL
  same 2 "$(sql 'select count(*) from serving.exchange_rate')"
}
