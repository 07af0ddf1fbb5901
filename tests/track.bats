# the tracking flow: what is asked, what it comes to, and what is withdrawn again
load helper
load track
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
}

# Sellers of three, one of whom is gone a day later: U1, U2 and U3 of seller U.
# Counters before, and a day after; one more was sold.
sales_of() {
  local user

  kept 2026-09-01T08:00:00Z < <(for user; do echo "user $user 5 8"; done)
  kept 2026-09-01T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}1 ${user}2 ${user}3"
  done)
  kept 2026-09-02T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}2 ${user}3"
  done)
  kept 2026-09-03T10:00:00Z < <(for user; do echo "user $user 6 8"; done)
}

# --- the real series ----------------------------------------------------------

# of DAY: price changes of items that were seen before, by cause
changes_of() {
  sql "select cause, count(*) from serving.event where type = 'repriced'
    and latest::date = '$1' group by cause order by cause"
}

# became STATE DAY: items that were seen before in another state
became() {
  sql "select item_id from serving.event where type = '$1'
    and confidence = 'observed' and latest::date = '$2'
    and earliest is not null order by item_id"
}

@test "the real series: what was sold, and what moved the prices" {
  need_shared "the series of captures is not loaded"
  for day in 2024-02-07 2024-02-18 2024-02-19; do
    "$ROOT/scripts/wrap" -q --source vinted --kind favourites \
      --site www.vinted.cz --at "${day}T12:00:00Z" \
      "$SHARED/captures/vinted/favourites-cz-$day.json" |
      vput -q "$VPIPE_DATA/raw" >/dev/null
  done
  run -0 --separate-stderr load
  same $'4066936231\n4079437682\n4111458915' "$(became sold 2024-02-19)"
  same '' "$(became reserved 2024-02-19)"
  same $'rate|155\nseller|4' "$(changes_of 2024-02-19)"
  same 3985788791 "$(became sold 2024-02-18)"
  same 4021454175 "$(became reserved 2024-02-18)"
  same $'rate|121\nseller|14' "$(changes_of 2024-02-18)"
  same '225|195' "$(sql "select count(*) filter (where f and g),
    count(*) filter (where e and f) from (select
    bool_or(observed_at::date = '2024-02-07') as e,
    bool_or(observed_at::date = '2024-02-18') as f,
    bool_or(observed_at::date = '2024-02-19') as g
    from staging.vinted_snapshot group by item_id) as s")"
}

# --- a sale, and its end ------------------------------------------------------

@test "the counters tell a sale; a late page before them takes it back everywhere" {
  sales_of 300
  load
  same $'listed observed -\nsold inferred counters' "$(happened 3001)"
  same 'sold inferred counters' "$(state 3001)"
  same 'counters|2026-09-01 09:00:00+00|2026-09-02 09:00:00+00' "$(sql "
    select rule, earliest, latest from staging.vinted_event
    where item_id = '3001' and type = 'sold'")"
  same $'1 add 3001 listed observed\n2 add 3002 listed observed
3 add 3003 listed observed\n4 add 3001 sold inferred' "$(feed)"
  feed_is_true
  loaded 2026-09-02T20:00:00Z <<<'page 3001 live'
  same $'listed observed -\nvanished unknown came-back\nreturned observed -' \
    "$(happened 3001)"
  same 'live observed -' "$(state 3001)"
  same 0 "$(sql "select count(*) from staging.vinted_event where type = 'sold'")"
  same $'5 withdraw 3001 sold inferred\n6 add 3001 vanished unknown
7 add 3001 returned observed' "$(feed --since 4)"
  feed_is_true
}

@test "what comes late: sweeps, counters, pages, and what is no observation" {
  sales_of 310 320 330 340 350
  kept 2026-09-01T11:00:00Z <<<$'user 360 1 3\nwardrobe 360 3601 3602'
  kept 2026-09-02T10:00:00Z <<<'wardrobe 360 3602'
  kept 2026-09-03T09:59:59Z <<<'user 360 2 3'
  load
  for user in 310 320 330 340 350; do
    same 'sold inferred counters' "$(state "${user}1")"
  done
  # counters of less than a day after tell nothing
  same 'missing unknown lag' "$(state 3601)"
  before=$(sql 'select max(n) from ops.change')

  # a sweep that still has the item; it is gone again, which no counter tells
  kept 2026-09-02T21:00:00Z <<<'wardrobe 310 3101 3102 3103'
  kept 2026-09-03T12:00:00Z <<<'wardrobe 310 3102 3103'
  # counters: the sales had risen before; they fell in between
  kept 2026-09-01T08:30:00Z <<<'user 320 6 8'
  kept 2026-09-02T12:00:00Z <<<'user 330 7 9'
  # a page without its product, one that is gone, one that says more
  kept 2026-09-02T12:10:00Z <<<$'page 3402 bare\npage 3403 bare
    page 3502 gone'
  kept 2026-09-02T12:30:00Z <<<'status 3403 sold'
  load
  same 'missing unknown lag' "$(state 3101)"
  same $'listed observed -\nvanished unknown came-back\nreturned observed -
vanished unknown lag' "$(happened 3101)"
  same 'reserved inferred still-counted' "$(state 3201)"
  same 'missing unknown counters-fell' "$(state 3301)"
  same $'listed observed -\nvanished unknown no-product' "$(happened 3402)"
  same $'listed observed -\nsold observed -' "$(happened 3403)"
  same $'listed observed -\ndeleted observed -' "$(happened 3502)"
  same '3101 3201 3301' "$(feed --since "$before" | awk '$2 == "withdraw" &&
    $4 == "sold" { print $3 }' | LC_ALL=C sort | xargs)"
  feed_is_true
}

# U1 and U2 of seller U leave; her counters say how many were sold.
two_left() {
  kept 2026-09-01T08:00:00Z <<<"user $1 5 9"
  kept 2026-09-01T09:00:00Z <<<"wardrobe $1 ${1}1 ${1}2 ${1}3 ${1}4"
  kept 2026-09-02T09:00:00Z <<<"wardrobe $1 ${1}3 ${1}4"
}

@test "a page without a product is a sale only where the counters rose by as many" {
  for user in 300 310 320 330; do two_left "$user"; done
  # 300: one was deleted; 310: both may be sold, one was; 320: the other is
  # reserved until after the counters; 330: nothing was sold
  kept 2026-09-02T10:00:00Z <<<$'page 3001 gone\npage 3002 bare\npage 3101 bare
    page 3102 bare\nstatus 3201 reserved\npage 3202 bare\npage 3301 bare\npage 3302 bare'
  load
  for item in 3002 3101 3102 3202 3301; do
    same 'missing unknown lag' "$(state $item)"
  done
  kept 2026-09-03T10:00:00Z <<<$'user 300 6 8\nuser 310 6 9\nuser 320 6 9\nuser 330 5 7'
  load
  same 'deleted observed -' "$(state 3001)"
  same 'sold inferred no-product' "$(state 3002)"
  same '2026-09-01 09:00:00+00|2026-09-02 09:00:00+00|no ld+json' "$(sql "
    select earliest, latest, evidence from serving.event
    where item_id = '3002' and type = 'sold'")"
  same 'missing unknown unbalanced' "$(state 3101)"
  same 'missing unknown unbalanced' "$(state 3102)"
  # it may have been sold and counted since
  same 'missing unknown unbalanced' "$(state 3202)"
  same 'missing unknown not-sold' "$(state 3301)"
  loaded 2026-09-03T11:00:00Z <<<$'status 3201 reserved'
  same 'sold inferred no-product' "$(state 3202)"
  # seen again, it was none
  loaded 2026-09-04T11:00:00Z <<<$'page 3002 live'
  same 'live observed -' "$(state 3002)"
  same $'listed observed -\nvanished unknown came-back\nreturned observed -' "$(happened 3002)"
  feed_is_true
}

@test "a theme of buyer_item_status but SUCCESS concludes nothing, and is counted by name" {
  two_left 300
  kept 2026-09-02T10:00:00Z <<<$'page 3001 theme SUCCESS\npage 3002 theme WARNING'
  kept 2026-09-03T10:00:00Z <<<'user 300 7 9'
  kept 2026-09-03T11:00:00Z <<<$'page 3002 theme WARNING\npage 3003 theme INFO'
  load
  same 'sold observed -' "$(state 3001)"
  same buyer_item_status:SUCCESS "$(sql "select evidence from serving.item_state where item_id = '3001'")"
  same 'sold inferred counters' "$(state 3002)"	# the counters say it, not the page
  same 'live observed -' "$(state 3003)"
  same $'buyer_item_status:INFO|1\nbuyer_item_status:SUCCESS|1\nbuyer_item_status:WARNING|2' "$(sql "
    select evidence, count(*) from staging.vinted_snapshot
    where evidence like 'buyer_item_status:%' group by 1 order by 1")"
  same $'3001|SUCCESS\n3002|WARNING\n3003|INFO' "$(sql "
    select item_id, buyer_status from staging.vinted_item where buyer_status is not null order by 1")"
}

@test "a 404 says nothing while the seller is banned or away, whenever that is told" {
  for user in 300 310 320 330; do
    kept 2026-09-01T08:00:00Z <<<"user $user 5 7"
    kept 2026-09-01T09:00:00Z <<<"wardrobe $user ${user}1 ${user}2"
  done
  kept 2026-09-01T20:00:00Z <<<'user 320 5 5 {"account_status":8,"is_account_ban_permanent":true}'
  kept 2026-09-02T09:00:00Z <<<$'page 3001 gone\npage 3101 gone\npage 3201 gone\npage 3301 gone'
  load
  for item in 3001 3101 3301; do same 'deleted observed -' "$(state $item)"; done
  same 'missing unknown banned' "$(state 3201)"
  # told later, or answered since as if nothing had been
  kept 2026-09-02T20:00:00Z <<<'user 300 5 5 {"account_status":8,"is_account_ban_permanent":true}'
  kept 2026-09-02T20:00:00Z <<<'user 310 5 5 {"is_on_holiday":true}'
  kept 2026-09-02T20:00:00Z <<<'user 330 5 6'
  kept 2026-09-03T20:00:00Z <<<'user 330 5 6 {"is_on_holiday":true}'
  load
  same 'missing unknown banned' "$(state 3001)"
  same 'missing unknown holiday' "$(state 3101)"
  same 'deleted observed -' "$(state 3301)"
  feed_is_true
}

@test "an account that vanishes leaves nothing live, and its pages say nothing" {
  for user in 300 310 320; do
    kept 2026-09-01T08:00:00Z <<<"user $user 5 7"
    kept 2026-09-01T09:00:00Z <<<"wardrobe $user ${user}1 ${user}2"
  done
  kept 2026-09-02T08:00:00Z <<<$'vanished user 300\nvanished user 310\nvanished wardrobe 320'
  load
  for item in 3001 3101 3201; do same 'live observed -' "$(state $item)"; done
  # one of the two is no proof, nor are both with an answer between
  kept 2026-09-02T09:00:00Z <<<$'vanished wardrobe 300\npage 3002 gone\nuser 320 5 7'
  kept 2026-09-02T10:00:00Z <<<'vanished user 320'
  load
  same 'missing unknown seller-gone' "$(state 3001)"
  same 'missing unknown seller-gone' "$(state 3002)"
  same '404 of the seller|2026-09-01 09:00:01+00|2026-09-02 09:00:00+00' "$(sql "
    select evidence, earliest, latest from serving.event where item_id = '3001' and type = 'vanished'" | sed 's/:00:00+00|/:00:01+00|/')"
  same 'live observed -' "$(state 3101)"
  same 'live observed -' "$(state 3201)"
  # she is back
  loaded 2026-09-05T09:00:00Z <<<$'user 300 5 7\nwardrobe 300 3001 3002'
  same $'listed observed -\nvanished unknown came-back\nreturned observed -' "$(happened 3001)"
  feed_is_true
}

# Sellers of four: U1 is reserved, and still is after the counters; a day later
# U2 is gone as well, and one was sold.
reserved_before() {
  local user

  kept 2026-09-01T08:00:00Z < <(for user; do echo "user $user 5 9"; done)
  kept 2026-09-01T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}1 ${user}2 ${user}3 ${user}4"
  done)
  kept 2026-09-02T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}2 ${user}3 ${user}4"
  done)
  kept 2026-09-03T10:00:00Z < <(for user; do echo "user $user 5 9"; done)
  one_more_is_gone "$@"
}

one_more_is_gone() {
  local user

  kept 2026-09-03T11:00:00Z < <(for user; do
    echo "wardrobe $user ${user}2 ${user}3 ${user}4"
  done)
  kept 2026-09-04T11:00:00Z < <(for user; do
    echo "wardrobe $user ${user}3 ${user}4"
  done)
  kept 2026-09-05T12:00:00Z < <(for user; do echo "user $user 6 9"; done)
}

@test "a database of a version before judges on, with the columns that it lacks" {
  sales_of 300
  load
  sql 'alter table staging.vinted_track_interval drop column pending;
    alter table staging.vinted_track_rate drop column joined_at,
        drop column low;
    create index vinted_look_user on staging.vinted_look (user_id, observed_at)'
  loaded 2026-09-03T11:00:00Z <<<'user 300 6 8'
  same 'sold inferred counters' "$(state 3001)"
  same 1 "$(sql 'select count(pending) from staging.vinted_track_interval')"
  # an index of looks is one that ids can use, as they collate
  same 0 "$(sql "select count(*) from pg_class where relname = 'vinted_look_user'")"
  [[ $(sql 'set enable_seqscan = off; explain select from staging.vinted_look
    where user_id = (select min(user_id) from staging.vinted_track_item)') == \
    *vinted_look_user_c*'Index Cond: (user_id = '* ]]
  replays
}

@test "a busy episode is not judged anew with each sweep" {
  local day items rows

  for day in 1 2 3 4 5; do
    items=$(seq -f 30%02g "$day" 50 | xargs)
    kept "2026-09-0${day}T09:00:00Z" <<<"user 300 $((4 + day)) $((51 - day))"
    kept "2026-09-0${day}T10:00:00Z" <<<"wardrobe 300 $items"
  done
  load
  same 'missing unknown lag' "$(state 3004)"
  rows="select xmin, run, item_days, g from staging.vinted_track_interval
    where end_at < '2026-09-04' and prev_run is not null order by run"
  same '41 - | 41 -' "$(sql "$rows" | awk -F '|' '{ printf "%s%s %s", sep,
    $3, $4 == "" ? "-" : $4; sep = " | " }')"
  same 'missing unknown busy' "$(state 3001)"
  before=$(sql "$rows")
  loaded 2026-09-06T09:00:00Z <<<'user 300 10 45'
  loaded 2026-09-06T10:00:00Z <<<"wardrobe 300 $(seq -f 30%02g 6 50 | xargs)"
  same "$before" "$(sql "$rows")"
  same 'missing unknown busy' "$(state 3003)"
  replays
}

@test "what was reserved before may be what was sold: no counter tells, a page does" {
  reserved_before 300 310 320
  load
  for user in 300 310 320; do
    same 'reserved inferred still-counted' "$(state "${user}1")"
    same 'missing unknown reserved-before' "$(state "${user}2")"
  done
  # it was sold since the counters, so that it may be the one they count
  kept 2026-09-05T13:00:00Z <<<'status 3101 sold'
  # it was not, nor could it be sold while it is hidden
  kept 2026-09-05T13:30:00Z <<<$'status 3001 reserved\nstatus 3201 hidden'
  load
  same 'missing unknown reserved-before' "$(state 3102)"
  same 'sold inferred counters' "$(state 3002)"
  same 'sold inferred counters' "$(state 3202)"
  # then its own page
  loaded 2026-09-05T14:00:00Z <<<'status 3102 reserved'
  same 'reserved observed -' "$(state 3102)"
  feed_is_true
}

@test "before the first sweep she counts one more than it finds: it may be what was sold" {
  kept 2026-09-01T08:00:00Z <<<$'user 300 5 9\nuser 310 5 8'
  kept 2026-09-01T09:00:00Z <<<$'wardrobe 300 3001 3002 3003
    wardrobe 310 3101 3102 3103'
  kept 2026-09-02T09:00:00Z <<<$'wardrobe 300 3002 3003\nwardrobe 310 3102 3103'
  kept 2026-09-03T10:00:00Z <<<$'user 300 6 9\nuser 310 6 8'
  load
  same 'missing unknown reserved-before' "$(state 3001)"
  same 'sold inferred counters' "$(state 3101)"
}

@test "what left before and was settled makes no sale doubtful" {
  # no counters yet: the first left by nobody knows what
  for day in 1 2; do
    for user in 300 310 320 330; do
      echo "wardrobe $user $([ "$day" = 2 ] || echo "${user}1") ${user}2 ${user}3 ${user}4"
    done | kept "2026-09-0${day}T09:00:00Z"
  done
  kept 2026-09-02T09:30:00Z <<<$'status 3101 sold\npage 3201 gone
    status 3301 hidden'
  kept 2026-09-03T10:00:00Z < <(for user in 300 310 320 330; do
    echo "user $user 5 9"
  done)
  one_more_is_gone 300 310 320 330
  # one whose first was sold by the counters, one whose first left the total,
  # one whose first was doubtful in its turn, one whose first is long ago
  kept 2026-08-01T08:00:00Z <<<'user 430 5 9'
  kept 2026-08-01T09:00:00Z <<<'wardrobe 430 4301 4302 4303 4304'
  kept 2026-08-19T09:00:00Z <<<'wardrobe 430 4302 4303 4304'
  kept 2026-08-20T10:00:00Z <<<'user 430 5 9'
  kept 2026-08-21T08:00:00Z <<<$'user 400 5 9\nuser 410 5 10\nuser 420 5 9'
  kept 2026-08-21T09:00:00Z <<<$'wardrobe 400 4001 4002 4003 4004
    wardrobe 410 4101 4102 4103 4104\nwardrobe 420 4200 4201 4202 4203 4204'
  kept 2026-08-22T09:00:00Z <<<$'wardrobe 400 4002 4003 4004
    wardrobe 410 4102 4103 4104\nwardrobe 420 4201 4202 4203 4204'
  kept 2026-08-23T10:00:00Z <<<$'user 400 6 9\nuser 410 5 9\nuser 420 5 9'
  kept 2026-08-23T11:00:00Z <<<'wardrobe 420 4201 4202 4203 4204'
  kept 2026-08-24T11:00:00Z <<<'wardrobe 420 4202 4203 4204'
  kept 2026-08-25T12:00:00Z <<<'user 420 6 9'
  kept 2026-08-25T13:00:00Z < <(for user in 400 410 420 430; do
    echo "wardrobe $user ${user}2 ${user}3 ${user}4"
  done)
  kept 2026-08-26T13:00:00Z < <(for user in 400 410 420 430; do
    echo "wardrobe $user ${user}3 ${user}4"
  done)
  kept 2026-08-27T14:00:00Z <<<$'user 400 7 9\nuser 410 6 9\nuser 420 7 9
    user 430 6 9'
  load
  same 'missing unknown reserved-before' "$(state 3002)"
  same 'missing unknown no-baseline' "$(state 3001)"
  for item in 3102 3202 3302 4001 4002 4102 4302; do
    same "$item sold inferred counters" "$item $(state "$item")"
  done
  same 'missing unknown not-sold' "$(state 4101)"
  same 'reserved inferred still-counted' "$(state 4200)"
  same 'missing unknown reserved-before' "$(state 4201)"
  same 'missing unknown reserved-before' "$(state 4202)"
}

# --- rates and cuts -----------------------------------------------------------

# polish USER...: where they live
polish() {
  local user

  for user; do
    echo "user $user 5 8 {\"country_iso_code\":\"PL\"}"
  done
}

@test "one seller's cut is no rate, however many items she has" {
  kept 2026-09-01T08:00:00Z < <(polish 300 301 302 303)
  kept 2026-09-02T09:00:00Z <<<'list 5 1:10.00@300 2:20.00@300 3:30.00@300
    list 6 4:40.00@300 5:50.00@300 6:60.00@300
    list 7 11:50.00@301 12:60.00@302'
  kept 2026-09-03T09:00:00Z <<<'list 5 1:9.00@300 2:18.00@300 3:27.00@300
    list 6 4:36.00@300 5:45.00@300 6:54.00@300
    list 7 11:50.00@301 12:60.00@302'
  load
  # two that did not follow are too few for a rate of their own; but it stood
  same 0 "$(sql 'select count(*) from staging.vinted_track_rate
    where agree > 0')"
  same $'listed observed -\nrepriced inferred seller' "$(happened 5)"
}

@test "a run of one seller shows the rate of its neighbour, if her items fit it" {
  local day

  kept 2026-09-01T08:00:00Z < <(polish 300 301 302 303 304)
  day='list 5 1:%s@300 2:%s@300 3:%s@300 4:%s@301 5:%s@302 6:%s@303
    list 6 7:%s@304 8:%s@304 9:%s@304'
  # shellcheck disable=SC2059	# all days alike
  kept 2026-09-02T09:00:00Z < <(printf "$day" 10.00 20.00 30.00 40.00 50.00 \
    60.00 70.00 80.00 90.00)
  # the rate moved; 300 followed it but for one cut, 304 cut all
  kept 2026-09-03T09:00:00Z <<<'list 5 1:10.20@300 2:20.40@300 3:27.54@300'
  kept 2026-09-03T09:10:00Z <<<'list 6 7:67.90@304 8:77.60@304 9:87.30@304'
  # of two items it is not believed
  kept 2026-09-03T09:20:00Z <<<'list 7 4:40.80@301 5:51.00@302'
  load
  same 'repriced unknown unknown' "$(happened 1 | tail -n 1)"
  # shellcheck disable=SC2059
  kept 2026-09-03T10:00:00Z < <(printf "$day" 10.20 20.40 27.54 40.80 51.00 \
    61.20 69.26 79.15 89.05)
  load
  same '1.020' "$(sql 'select string_agg(round(rate::numeric, 3)::text, $$ $$)
    from staging.vinted_track_rate where agree > 0')"
  same $'listed observed -\nrepriced inferred rate' "$(happened 1)"
  same $'listed observed -\nrepriced inferred rate' "$(happened 2)"
  same $'listed observed -\nrepriced inferred seller' "$(happened 3)"
  same $'listed observed -\nrepriced unknown unknown' "$(happened 4)"
  same 'repriced unknown unknown' "$(happened 7 | sed -n 2p)"
}

@test "three sellers that agree are a rate, and she who cut all is not with them" {
  kept 2026-09-01T08:00:00Z < <(polish 300 301 302 303)
  kept 2026-09-02T09:00:00Z <<<'list 5 1:10.00@300 2:20.00@300 3:30.00@300
    list 6 4:40.00@300 5:50.00@300 6:60.00@300
    list 7 11:50.00@301 12:60.00@302 13:70.00@303'
  kept 2026-09-03T09:00:00Z <<<'list 5 1:9.00@300 2:18.00@300 3:27.00@300
    list 6 4:36.00@300 5:45.00@300 6:54.00@300
    list 7 11:51.00@301 12:61.20@302 13:71.40@303'
  load
  same '3|1.020' "$(sql 'select agree, round(rate::numeric, 3)
    from staging.vinted_track_rate where agree > 0')"
  same 'repriced inferred seller' "$(happened 1 | tail -n 1)"
  same 'repriced inferred rate' "$(happened 13 | tail -n 1)"
}

@test "a wardrobe tells her price, a search does not: like with like" {
  kept 2026-09-01T08:00:00Z < <(polish 300)
  kept 2026-09-02T09:00:00Z <<<'wardrobe 300 1:10.00/43.00 2:20.00/86.00 3:30.00/129.00'
  # the rate moved, and all are cut: a search saw it first
  kept 2026-09-03T09:00:00Z <<<'list 5 1:9.18@300 2:20.40@300'
  load
  same $'listed observed -\nrepriced unknown unknown' "$(happened 1)"
  kept 2026-09-04T09:00:00Z <<<'wardrobe 300 1:9.18/38.70 2:20.40/86.00 3:27.54/116.10'
  load
  same $'listed observed -\nrepriced observed seller' "$(happened 1)"
  same $'listed observed -\nrepriced observed rate' "$(happened 2)"
  same $'listed observed -\nrepriced observed seller' "$(happened 3)"
  # of three that are cut alike, one was seen in between
  kept 2026-09-05T09:00:00Z <<<'list 5 1:8.26@300'
  kept 2026-09-06T09:00:00Z <<<'wardrobe 300 1:8.26/34.83 2:18.36/77.40 3:24.79/104.49'
  load
  for item in 1 2 3; do
    same 'repriced observed wardrobe' "$(happened "$item" | tail -n 1)"
  done
  feed_is_true
}

# --- relistings ---------------------------------------------------------------

# one_photo TIME ITEM OTHER: a run as on stdin, the other with the photo of the one
one_photo() {
  told "$1" | sed "s/photo_$3/photo_$2/g" |
    vput -q "$VPIPE_DATA/raw" >/dev/null
}

@test "two copies that one run saw are two copies; one that comes later repeats" {
  one_photo 2026-09-01T09:00:00Z 11 12 <<<$'list 5 11@300\nlist 6 12@300'
  one_photo 2026-09-01T10:00:00Z 21 22 <<<'list 5 21@400'
  one_photo 2026-09-02T10:00:00Z 21 22 <<<'list 5 22@400'
  load
  same 'listed observed -' "$(happened 12)"
  same $'listed observed -\nrelisted inferred same-photo' "$(happened 22)"
  same '22|21|photo' "$(sql 'select item_id, old_id, by
    from staging.vinted_track_relist')"
}

# relists: of what is known to repeat what, an item a line
relists() {
  sql 'select item_id, old_id, by from staging.vinted_track_relist
    order by item_id' | tr '|' ' '
}

@test "a picture uploaded anew is a relisting: no sale, and the sale that was told is withdrawn" {
  export VPIPE_RAW=$VPIPE_DATA/raw
  sales_of 300
  loaded 2026-09-04T09:00:00Z <<<'list 5 3004@300'
  same 'sold inferred counters' "$(state 3001)"
  same 'listed observed -' "$(happened 3004)"
  before=$(sql 'select max(n) from ops.change')
  # other bytes, a few bits of the hash
  fetched 2026-09-05T09:00:00Z <<<$'photo_3001 stored a1 c3a59966f00f3c5a
photo_3002 stored a2 0123456789abcdef\nphoto_3004 stored a4 c3a59966f00f3c55'
  load
  same $'listed observed -\nrelisted inferred same-picture' "$(happened 3004)"
  same $'listed observed -\ndeleted inferred relisted' "$(happened 3001)"
  same 'deleted inferred relisted' "$(state 3001)"
  same $'add 3001 deleted inferred\nadd 3004 relisted inferred
withdraw 3001 sold inferred' \
    "$(feed --since "$before" | cut -d ' ' -f 2- | LC_ALL=C sort)"
  feed_is_true
}

@test "no relisting: another seller, a far hash, another shape, none, or seen at once" {
  export VPIPE_RAW=$VPIPE_DATA/raw
  kept 2026-09-01T09:00:00Z <<<'list 5 11@300 21@310 31@320 41@330 51@340 61@350'
  kept 2026-09-02T09:00:00Z <<<'list 5 12@301 22@310 32@320 42@330 52@340 62@350'
  kept 2026-09-02T10:00:00Z <<<'list 5 51@340 52@340'
  fetched 2026-09-03T09:00:00Z <<<'photo_11 stored 11 c3a59966f00f3c5a
photo_12 stored 11 c3a59966f00f3c5a
photo_21 stored 21 00ff00ff00ff00ff
photo_22 stored 22 00ff00ff00fff000
photo_31 stored 31 123456789abcdef0 600x800
photo_32 stored 32 123456789abcdef0 800x600
photo_41 stored 41 -
photo_42 stored 42 -
photo_51 stored 51 5555aaaa5555aaaa
photo_52 stored 51 5555aaaa5555aaaa
photo_61 stored 61 -
photo_62 stored 61 -'
  load
  # the same bytes need no hash
  same '62 61 picture' "$(relists)"
}

@test "of several the one seen last; a photo before a picture, a picture before a text" {
  export VPIPE_RAW=$VPIPE_DATA/raw
  kept 2026-09-01T09:00:00Z <<<'list 5 11@300 21@310 31@320'
  kept 2026-09-02T09:00:00Z <<<'list 5 12@300'
  one_photo 2026-09-02T10:00:00Z 22 23 <<<'list 5 22@310'
  kept 2026-09-02T11:00:00Z <<<'list 5 32@320'
  kept 2026-09-04T09:00:00Z <<<'list 5 13@300'
  one_photo 2026-09-04T10:00:00Z 22 23 <<<'list 5 23@310'
  told 2026-09-04T11:00:00Z <<<'list 5 33@320' | sed 's/thing 33/thing 32/' |
    vput -q "$VPIPE_RAW" >/dev/null
  load
  same $'23 22 photo\n33 32 text' "$(relists)"
  fetched 2026-09-05T09:00:00Z <<<$'photo_11 stored a1 c3a59966f00f3c5a
photo_12 stored a2 c3a59966f00f3c5b\nphoto_13 stored a3 c3a59966f00f3c5a
photo_21 stored b1 00ff00ff00ff00ff\nphoto_22 stored b1 00ff00ff00ff00ff
photo_31 stored 31 123456789abcdef0\nphoto_33 stored 31 123456789abcdef0'
  load
  same $'12 11 picture\n13 12 picture\n22 21 picture\n23 22 photo\n33 31 picture' \
    "$(relists)"
  # the first one is there again, and then the last one was not the second
  loaded 2026-09-03T09:00:00Z <<<'list 5 11@300'
  same '13 11 picture' "$(relists | grep '^1')"
  # the photo shows something else now
  fetched 2026-09-06T09:00:00Z <<<'photo_13 stored c3 0f0f0f0f0f0f0f0f'
  load
  same '' "$(relists | grep '^1')"
  same 'listed observed -' "$(happened 13)"
  # what was got before it, and what came of the bytes by another photo
  fetched 2026-09-05T20:00:00Z <<<'photo_13 stored a1 c3a59966f00f3c5a'
  fetched 2026-09-07T09:00:00Z <<<'photo_99 stored c3 c3a59966f00f3c5a'
  load
  same '13 11 picture' "$(relists | grep '^1')"
  feed_is_true
  replays
}

@test "pictures before, between, after and twice: the same context, events and rows" {
  export VPIPE_RAW=$VPIPE_DATA/raw
  sales_of 300 310
  kept 2026-09-04T09:00:00Z <<<'list 5 3004@300 3104@310'
  kept 2026-09-05T09:00:00Z <<<$'wardrobe 300 3002 3003 3004
    wardrobe 310 3102 3103 3104'
  fetched 2026-09-02T12:00:00Z <<<$'photo_3001 stored a1 c3a59966f00f3c5a
photo_3101 failed timeout 2026-09-02T13:00:00Z'
  fetched 2026-09-06T12:00:00Z <<<$'photo_3004 stored a4 c3a59966f00f3c55
photo_3101 stored b1 00ff00ff00ff00ff\nphoto_3104 stored b1 00ff00ff00ff00ff'
  load
  same $'3004 3001 picture\n3104 3101 picture' "$(relists)"
  want=$("$ROOT/scripts/db" digest)
  pictures=$(parts | grep -e -image-)
  seen=$(parts | grep -v -e -image-)
  same 2 "$(wc -l <<<"$pictures")"
  # shellcheck disable=SC2086	# paths without blanks
  {
    same "$want" "$(replayed before one_by_one $pictures $seen)"
    [[ -z ${SOAK:-} ]] || same "$want" "$(replayed after one_by_one $seen $pictures)"
    same "$want" "$(replayed last_first one_by_one $seen $(tac <<<"$pictures"))"
    [[ -z ${SOAK:-} ]] || same "$want" "$(replayed between one_by_one $(head -n 4 <<<"$seen") \
      $pictures $(tail -n +5 <<<"$seen") $pictures)"
    same "$want" "$(replayed among one_by_one ${seen%%$'\n'*} \
      ${pictures#*$'\n'} $(tail -n +2 <<<"$seen") $pictures)"
  }
  replays
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
}

@test "a sweep cut short, a refusal and a challenge are no observation of anything" {
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8'
  kept 2026-09-01T09:00:00Z <<<'wardrobe 300 3001 3002 3003'
  kept 2026-09-02T09:00:00Z <<<'cut 300 3 3002 3003'
  kept 2026-09-02T10:00:00Z <<<$'challenge wardrobe 300
    challenge item-page 3001\nrefused user 300'
  kept 2026-09-03T12:00:00Z <<<$'refused wardrobe 300\nuser 300 6 8
    refused item-page 3002'
  load
  same 'listed|3' "$(sql 'select type, count(*) from serving.event group by 1')"
  same 'live observed -' "$(state 3001)"
  same 'f|3
t|1' "$(sql 'select complete, count(*) from staging.vinted_track_sweep
    group by 1 order by 1')"
}

# --- what changes the past of items that are in no new record -----------------

@test "a late sweep and a late holiday, for items that are in neither" {
  kept 2026-08-01T08:00:00Z <<<'user 310 1 2'
  kept 2026-09-01T08:00:00Z <<<'wardrobe 310 3102 3103'
  kept 2026-09-01T10:00:00Z <<<'list 5 3101@310 3102@310'
  kept 2026-09-02T08:00:00Z <<<'wardrobe 310 3102'
  kept 2026-09-03T08:00:00Z <<<$'wardrobe 310 3101 3102\nlist 5 3001@300 3002@300'
  load
  # narrows when 3001 was listed, which it lacks; hid what a search had seen
  kept 2026-09-02T08:00:00Z <<<'wardrobe 300 3002'
  kept 2026-09-02T09:00:00Z <<<'user 310 1 2 {"is_on_holiday":true}'
  load
  same '2026-09-02 08:00:00+00' "$(sql "select earliest from serving.event
    where item_id = '3001' and type = 'listed'")"
  same $'listed observed -\nhidden inferred holiday\nreturned observed -' \
    "$(happened 3101)"
}

# cut_at COMMAND: loads, and is killed with all its children when the events
# step runs that program
cut_at() {
  local program

  mkdir -p "$tmp/cut"
  for program in "$BIN"/*; do
    ln -sf "$program" "$tmp/cut/"
  done
  rm "$tmp/cut/$1"
  cat >"$tmp/cut/$1" <<-end
	#!/bin/sh
	case "\$*" in
	*events* | *-q*staging*) kill -9 0 ;;
	esac
	exec "$BIN/$1" "\$@"
	end
  chmod +x "$tmp/cut/$1"
  VPIPE_BIN=$tmp/cut setsid -w "$ROOT/scripts/load" 2>/dev/null && return 1
  # the server notices a little later
  until_true 60 no_backend
}

no_backend() {
  [ "$(sql "select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()")" = 0 ]
}

@test "killed between the context and the events: the next load judges what vanished" {
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8'
  loaded 2026-09-01T09:00:00Z <<<'wardrobe 300 3001 3002 3003'
  kept 2026-09-02T09:00:00Z <<<'wardrobe 300 3002 3003'
  cut_at vsnapshot
  run -0 load
  same 'missing unknown lag' "$(state 3001)"
  feed_is_true
}

# --- the change feed ----------------------------------------------------------

@test "changes: since, limit, source; bad arguments; a reader that leaves" {
  sql "insert into ops.change (n, source, op, item_id, event)
    select n, case when n % 2 = 0 then 'bazar' else 'vinted' end, 'add',
        n::text, '{\"type\":\"listed\"}'
    from generate_series(1, 30000) as n"
  changes=$ROOT/scripts/changes
  same '2 3' "$("$changes" --since 1 --limit=2 | jq .n | xargs)"
  same '10 12' "$("$changes" --since=8 --source bazar --limit 2 | jq .n | xargs)"
  same 15000 "$("$changes" --source=vinted | wc -l)"
  same '' "$("$changes" --since 30000; "$changes" --limit 0
    "$changes" --source elsewhere; "$changes" --source "ba'zar")"
  for arguments in '--since x' '--since -1' '--since=' '--limit 1.5' \
    '--since 99999999999999999999'; do
    # shellcheck disable=SC2086	# words
    fails 64 'is no number' "$changes" $arguments
  done
  for arguments in --dog=1 dog --since; do
    fails 64 'usage: changes' "$changes" "$arguments"
  done
  run -0 bash -c "{ '$changes' 2>'$tmp/words'; echo \$? >'$tmp/left'; } |
    head -n 1"
  same '{"n":1,"op":"add","source":"vinted","event":{"type": "listed"}}' "$output"
  same 141 "$(cat "$tmp/left")"
  same '' "$(cat "$tmp/words")"
}

# --- whom it names ------------------------------------------------------------

@test "no view and no line of the feed has a seller's number or pseudonym" {
  kept 2026-09-01T08:00:00Z <<<'user 300123456 5 8'
  kept 2026-09-01T09:00:00Z \
    <<<$'wardrobe 300123456 11 12 13\nlist 5 11@300123456\npage 12 live
      challenge user 300123456'
  loaded 2026-09-02T09:00:00Z <<<'wardrobe 300123456 12 13'
  key=$(sql "select distinct user_id from staging.vinted_snapshot
    where user_id is not null")
  [ -n "$key" ]
  hash=$(sql "select distinct seller_key from staging.vinted_snapshot
    where seller_key is not null")
  for view in $(sql "select relname from pg_class
    where relnamespace = 'serving'::regnamespace and relkind in ('r', 'v')"); do
    [ "$view" = item ] || psql -X -q -A -t -c "select to_jsonb(t) from serving.$view t" \
      >"$tmp/view.$view"
  done
  psql -X -q -A -t -c "select to_jsonb(t) - 'seller_key' from serving.item t" \
    >"$tmp/view.item"
  "$ROOT/scripts/changes" >"$tmp/view.feed"
  [ -s "$tmp/view.look" ] && [ -s "$tmp/view.event" ] && [ -s "$tmp/view.feed" ]
  run -1 grep -l -e 300123456 -e "$key" -e "$hash" "$tmp"/view.*
  same '2|0' "$(sql "select count(*), count(subject) + count(query)
    from serving.look where kind = 'wardrobe'")"
  same '2|0' "$(sql "select count(*), count(subject) + count(query)
    from serving.look where kind = 'user'")"
  same 0 "$(sql "select count(*) from serving.sweep
    where query is null or query ~ 'wardrobe|user'")"
}

# --- what is wrong ------------------------------------------------------------

@test "a negative price is rejected, and its sweep is no whole one" {
  kept 2026-09-01T09:00:00Z <<<'wardrobe 300 3001 3002 3003'
  kept 2026-09-02T09:00:00Z <<<'wardrobe 300 3002 3003:-1.00'
  fails 65 "were rejected" load
  same "price|'price' is negative" "$(sql 'select property, reason
    from ops.reject')"
  same 3 "$(sql "select count(*) from staging.vinted_snapshot")"
  run -0 load --force
  same 0 "$(sql 'select count(*) from staging.vinted_snapshot where price < 0')"
  same $'live observed -\nlive observed -' "$(state 3001; state 3003)"
}

@test "a look of the future is rejected, also when the rest is taken" {
  kept 2026-09-02T23:00:00Z <<<'wardrobe 300 3001'
  kept 2026-09-04T00:00:01Z <<<'wardrobe 300 3002'
  VPIPE_NOW=2026-09-03T00:00:00Z VPIPE_REJECTS=1 run -0 load
  same 3001 "$(sql 'select distinct item_id from staging.vinted_snapshot')"
  same 3001 "$(sql "select distinct item_id from serving.event")"
  same 1 "$(sql 'select count(*) from ops.reject')"
}

@test "settings and arguments that are wrong: a status and a sentence" {
  for fraction in '1904=2' abc -0.1 '1904=' '1904 = 0.2' nan '*' '=0.5' \
    '1904=0.2=0.3' '0.05,5=1'; do
    VPIPE_SAMPLE_FRAC=$fraction fails 78 'VPIPE_SAMPLE_FRAC' track
  done
  for fraction in 0 1 .5 1e-2 '0.05 1904=0.2' '1904=0.2' ' 0.1  5=0 '; do
    VPIPE_SAMPLE_FRAC=$fraction run -0 track --dry-run
  done
  fails 64 '--budget takes a number' track --budget x
  fails 64 'usage: track' track --budget
  fails 64 'usage: track' track dog
  VPIPE_TRACK_BUDGET=x fails 78 VPIPE_TRACK_BUDGET track
  VPIPE_LOOK_HOURS=x fails 78 VPIPE_LOOK_HOURS track
  VPIPE_ITEM_QUESTION=item fails 78 "VPIPE_ITEM_QUESTION is item-page or item-status, not 'item'" track
}

# --- the flow -----------------------------------------------------------------

# What happens by itself is nothing, but for favourites and rates.
still='.items = 60 | .wardrobe_p50 = 10 | .wardrobe_p90 = 20 |
  .arrival_rate = 0 | .new_per_hour = 0 | .sold_per_1000_item_days = 0 |
  .deleted_per_1000_item_days = 0 | .hidden_per_1000_item_days = 0 |
  .reserved_per_1000_item_days = 0 | .relist_rate = 0 | .flash_rate = 0 |
  .holiday_rate = 0 | .ban_rate = 0'

@test "due, asked, put off; no wardrobe again while the counters stand still" {
  export VPIPE_SAMPLE_FRAC=1
  calm_market "$still"
  catalog "$women" >/dev/null 2>&1
  sellers=$(sql 'select count(distinct user_id) from staging.vinted_track_item')

  # a dry run asks nothing
  asked=$(requests)
  run -0 --separate-stderr track --dry-run
  same "$sellers" "${#lines[@]}"
  same '["kind","params","site"] user' "$(jq -r '"\(keys | tojson) \(.kind)"' \
    <<<"$output" | sort -u)"
  same "$asked" "$(requests)"

  # counters, and then the wardrobes
  run -0 --separate-stderr track
  [[ ${lines[0]} == question*due*asked*answered*'put off' ]]
  same "$sellers user
$sellers wardrobe" "$(asked | cut -d ' ' -f 1 | uniq -c | sed 's/^ *//')"
  same "{\"due\": \"$sellers\", \"round\": \"user\", \"sample_frac\": \"1\"}" \
    "$(sql "select options -> 'notes' from ops.run
    where options -> 'notes' ->> 'round' = 'user'")"

  # so soon nothing is due
  forward 3600
  run -0 --separate-stderr track
  [[ $stderr == *'nothing is due'* ]]

  # a budget: a third of it is for counters, of which the session takes one
  forward 93600
  run -0 --separate-stderr track --budget 7
  same "user $sellers 3 3 $((sellers - 2))" "$(grep '^user' <<<"$output" | xargs)"
  same "$((2 * sellers + 2))" "$(asked | wc -l)"

  # the rest: counters that say what they said
  run -0 --separate-stderr track
  same "$((3 * sellers)) user" "$(asked | wc -l) $(asked | tail -n 1 |
    cut -d ' ' -f 1)"
  [ "$(sql "select count(distinct type) from serving.event
    where type <> 'repriced'")" = 1 ]
}

@test "who gives no counters is asked less and less often" {
  export VPIPE_SAMPLE_FRAC=1
  calm_market "$still"
  catalog "$women" >/dev/null 2>&1
  sellers=$(sql 'select count(distinct user_id) from staging.vinted_track_item')
  curl -sS -f -X POST "$MARKET/_market/faults?kind=5xx&status=520&path=user" \
    >/dev/null
  # a fifth of 25 hours, two fifths, four
  for times in 1 2 3; do
    run -69 track
    same "$((times * sellers))" "$(asked | wc -l)"
    run -0 --separate-stderr track
    [[ $stderr == *'nothing is due'* ]]
    forward $((times * 18000 - 600))
    run -0 track
    same "$((times * sellers))" "$(asked | wc -l)"
    forward 700
  done
}

@test "where counters give no answer, the wardrobe is asked of those who are active, less and less often" {
  export VPIPE_SAMPLE_FRAC=1
  calm_market "$still"
  catalog "$women" >/dev/null 2>&1
  sellers=$(sql 'select count(distinct user_id) from staging.vinted_track_item')
  run -0 track
  before=$(asked | wc -l)
  curl -sS -f -X POST "$MARKET/_market/faults?kind=5xx&status=520&path=user" \
    >/dev/null
  # new listings make them active for a week: the next day, and two days later
  forward 93600
  run -69 track
  same "$((2 * sellers))" "$(($(asked | wc -l) - before))"
  same "$sellers user
$sellers wardrobe" "$(asked | tail -n +$((before + 1)) | cut -d ' ' -f 1 | uniq -c |
    sed 's/^ *//')"
  forward 93600
  run -69 track
  same "$((3 * sellers))" "$(($(asked | wc -l) - before))"
  forward 93600
  run -69 track
  same "$((5 * sellers))" "$(($(asked | wc -l) - before))"
}

@test "what a refused run left is asked before anything new; where it is refused twice, the next begins as always" {
  # kinds KIND...: of the questions since the last call, in their order
  kinds() {
    local since=$before

    before=$(asked | wc -l)
    same "$*" "$(asked | tail -n +$((since + 1)) | cut -d ' ' -f 1 | uniq |
      xargs)"
  }
  refuse() {
    curl -sS -f -X POST "$MARKET/_market/faults?kind=429&retry_after=1&path=$1" \
      >/dev/null
  }
  export VPIPE_SAMPLE_FRAC=1
  calm_market "$still | .deleted_per_1000_item_days = 100"
  catalog "$women" >/dev/null 2>&1
  run -0 track
  forward 93600			# what left now waits for the counters
  run -0 track
  before=$(asked | wc -l)
  refuse item-page
  forward 93600
  run -75 track
  kinds user wardrobe item
  # again refused, in what was left, and once more
  forward 46800
  run -75 track
  kinds item
  forward 46800
  run -75 track
  kinds item
  forward 93600
  run -75 track
  kinds user wardrobe item

  # answered, in a run that is refused later: no page and no wardrobe twice
  curl -sS -f -X DELETE "$MARKET/_market/faults" >/dev/null
  refuse user
  forward 93600
  run -75 track
  kinds item user
  [ "$(sql "select count(*) > 0 and bool_and(n = 1) from (
    select count(*) as n from staging.vinted_look
    where kind = 'item-page' and verdict in ('ok', 'gone')
    group by item_id) as a")" = t ]
  curl -sS -f -X DELETE "$MARKET/_market/faults" >/dev/null
  forward 93600
  run -0 track
  before=$(asked | wc -l)
  refuse wardrobe
  forward 93600
  run -75 track
  kinds user wardrobe
  curl -sS -f -X DELETE "$MARKET/_market/faults" >/dev/null
  forward 93600
  run -0 track
  kinds item wardrobe item
  [[ $output == *'left: item '*'left: wardrobe '*'left: item '* ]]
  same 0 "$(sql "select count(*) from (
    select count(*) as n from staging.vinted_track_sweep
    where complete and first_at > timestamptz '${VPIPE_NOW%+}' - interval '1 hour'
    group by user_id) as a where n > 1")"
}

@test "a load until a step leaves the steps behind it to the next" {
  steps() {
    sql 'select step, count(*) from ops.load group by step order by step' |
      tr '\n' ' '
  }
  sales_of 300
  load --until upsert
  same 'upsert|4 ' "$(steps)"
  same 0 "$(sql "select count(*) from pg_class where relname = 'vinted_event'")"
  load --until events
  same 'events|4 upsert|4 ' "$(steps)"
  load
  same 'events|4 mart|4 upsert|4 ' "$(steps)"
  same 4 "$(sql 'select count(*) from serving.event')"
  fails 64 "--until takes upsert, events or mart, not 'x'" load --until x
  fails 64 'usage: load' load --until
}

@test "two at once: the second says so" {
  mkdir -p "$VPIPE_DATA/lock"
  exec 9>"$VPIPE_DATA/lock/track"
  flock 9
  fails 75 "another 'track' is running" track
}
