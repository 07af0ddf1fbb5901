# the tracking flow: what left a wardrobe, whether it was sold, and what takes
# that back.  One series of runs has all sellers; a test reads of its own what
# was known after the first load, the second and the third.
load helper
load track
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
  world
  first_load
  second_load
  third_load
}

teardown_file() {
  pg_stop
}

# --- the series ---------------------------------------------------------------

# Most sellers: counters, a day with all their items, a day with fewer, and
# counters a day later.  Two sweeps at the first second of their runs: 300 on
# 09-01, 360 on 09-02.
first_load() {
  local busy

  # who was swept long ago
  kept 2026-08-12T08:00:00Z <<<$'user 770 5 9\nuser 810 1 2'
  swept 1234 770 | kept 2026-08-12T09:00:00Z
  swept 234 770 | kept 2026-08-30T09:00:00Z
  counted '5 9' 770 | kept 2026-08-31T10:00:00Z

  {
    counted '5 8' 300 310 320 330 340 350 650 800 300123456
    counted '1 3' 360
    counted '5 9' 400 410 420 430 440 610 620 630 640 740 760
    counted '5 7' 500 510 520 530 540 550 560
    counted '5 50' 600
    counted '5 10' 750
  } | kept 2026-09-01T08:00:00Z
  busy=$(seq -f 60%02g 50 | xargs)
  {
    swept 123 300 310 320 330 340 350 640 650 800
    swept 12 360 500 510 520 530 540 550 560
    swept 1234 400 410 420 430 440 610 620 630 700 710 720 730 740 750
    swept 01234 760
    echo 'wardrobe 810 8102 8103
      wardrobe 300123456 11 12 13
      list 5 11@300123456
      page 12 live
      challenge user 300123456'
    echo "wardrobe 600 $busy"
  } | kept 2026-09-01T09:00:00Z
  kept 2026-09-01T10:00:00Z <<<'list 5 8101@810 8102@810'
  kept 2026-09-01T20:00:00Z \
    <<<'user 520 5 5 {"account_status":8,"is_account_ban_permanent":true}'
  {
    swept 2 360
    counted '6 49' 600
    echo "wardrobe 600 ${busy#* }"
    swept 23 300 310 320 330 340 350 640 650
    swept 34 400 410 420 430 440
    swept 234 610 620 630 700 710 720 730 740 750
    swept 1234 760
    echo 'page 5001 gone
      page 5101 gone
      page 5201 gone
      page 5301 gone
      vanished user 540
      vanished user 550
      vanished wardrobe 560
      wardrobe 810 8102
      wardrobe 300123456 12 13
      cut 800 3 8002 8003'
  } | kept 2026-09-02T09:00:00Z
  # 400: one was deleted; 410: both may be sold, one was; 420: the other is
  # reserved until after the counters; 430: nothing was sold
  kept 2026-09-02T10:00:00Z <<<'page 4001 gone
    page 4002 bare
    page 4101 bare
    page 4102 bare
    status 4201 reserved
    page 4202 bare
    page 4301 bare
    page 4302 bare
    page 4401 theme SUCCESS
    page 4402 theme WARNING
    challenge wardrobe 800
    challenge item-page 8001
    refused user 800
    status 7101 sold
    page 7201 gone
    status 7301 hidden'
  # counters of 360 come a second less than a day after
  kept 2026-09-03T08:59:59Z <<<"user 360 2 3
    user 600 7 48
    wardrobe 600 ${busy#* * }"
  {
    echo 'refused wardrobe 800
      refused item-page 8002'
    counted '6 8' 300 310 320 330 340 350 650 800
    counted '7 9' 440
    counted '5 9' 610 620 630 700 710 720 730 750 760
    counted '6 9' 640 740
  } | kept 2026-09-03T10:00:00Z
  {
    swept 234 610 620 630 700 710 720 730
    swept 1234 760
    echo 'page 4402 theme WARNING
      page 4403 theme INFO
      wardrobe 810 8101 8102
      list 5 8201@820 8202@820'
  } | kept 2026-09-03T11:00:00Z
  kept 2026-09-04T08:59:58Z <<<"user 600 8 47
    wardrobe 600 ${busy#* * * }"
  {
    swept 34 610 620 630 700 710 720 730
    swept 234 760
  } | kept 2026-09-04T11:00:00Z
  kept 2026-09-05T08:59:57Z <<<"user 600 9 46
    wardrobe 600 ${busy#* * * * }"
  counted '6 9' 610 620 630 700 710 720 730 760 | kept 2026-09-05T12:00:00Z
  swept 234 740 750 760 770 | kept 2026-09-05T13:00:00Z
  swept 34 740 750 760 770 | kept 2026-09-06T13:00:00Z
  {
    counted '7 9' 740 760
    counted '6 9' 750 770
  } | kept 2026-09-07T14:00:00Z
  load
  phase 1
}

# What comes late, and what comes after.
second_load() {
  # counters: the sales of 320 had risen before, those of 330 fell in between
  counted '6 8' 320 | kept 2026-09-01T08:30:00Z
  # pages: without their product, gone, one that says more, one that is there;
  # a sweep that narrows when 8201 was listed, which it lacks; a holiday that
  # hid what a search had seen
  kept 2026-09-02T12:00:00Z <<<'user 330 7 8
    page 3402 bare
    page 3403 bare
    page 3502 gone
    status 3403 sold
    page 3001 live
    vanished wardrobe 540
    page 5402 gone
    user 560 5 7
    wardrobe 820 8202
    user 810 1 2 {"is_on_holiday":true}'
  # a sweep that still has the item; it is gone again, which no counter tells
  kept 2026-09-02T21:00:00Z <<<'wardrobe 310 3101 3102 3103
    vanished user 560
    user 500 5 5 {"account_status":8,"is_account_ban_permanent":true}
    user 510 5 5 {"is_on_holiday":true}
    user 530 5 6'
  kept 2026-09-03T12:00:00Z <<<'wardrobe 310 3102 3103
    vanished user 540
    user 400 6 8
    user 410 6 9
    user 420 6 9
    user 430 5 7
    user 530 5 6 {"is_on_holiday":true}'
  # 620: it was sold since the counters, so that it may be the one they count;
  # 610: it was not; 630: nor could it be sold while it is hidden
  kept 2026-09-05T13:30:00Z <<<'status 6201 sold
    status 6101 reserved
    status 6301 hidden'
  kept 2026-09-06T09:00:00Z <<<"user 600 10 45
    wardrobe 600 $(seq -f 60%02g 6 50 | xargs)"
  load
  phase 2
}

third_load() {
  loaded 2026-09-05T14:00:00Z <<<'status 4201 reserved
    page 4002 live
    status 6202 reserved
    user 540 5 7
    wardrobe 540 5401 5402'
  phase 3
}

# --- a sale, and its end ------------------------------------------------------

@test "R3: the counters tell a sale; a late page before them takes it back everywhere" {
  as_of 1
  same $'listed observed -\nsold inferred counters' "$(happened 3001)"
  same 'sold inferred counters' "$(state 3001)"
  same 'counters|2026-09-01 09:00:00+00|2026-09-03 10:00:02+00' "$(sql "
    select rule, earliest, latest from staging.vinted_event
    where item_id = '3001' and type = 'sold'")"
  same $'add 3001 listed observed\nadd 3001 sold inferred
add 3002 listed observed\nadd 3003 listed observed' \
    "$(feed | cut -d ' ' -f 2- | grep ' 300[123] ' | LC_ALL=C sort)"
  before=$(sql 'select max(n) from ops.change')
  as_of 2
  same $'listed observed -\nvanished unknown came-back\nreturned observed -' \
    "$(happened 3001)"
  same 'live observed -' "$(state 3001)"
  same 0 "$(sql "select count(*) from staging.vinted_event
    where item_id = '3001' and type = 'sold'")"
  same $'withdraw 3001 sold inferred\nadd 3001 vanished unknown
add 3001 returned observed' \
    "$(feed --since "$before" | cut -d ' ' -f 2- | grep ' 300[123] ')"
}

@test "what comes late: sweeps, counters, pages, and what is no observation" {
  as_of 1
  # counters of less than a day after tell nothing
  same '3101 sold inferred counters
3201 sold inferred counters
3301 sold inferred counters
3401 sold inferred counters
3501 sold inferred counters
3601 missing unknown lag' "$(states 3101 3201 3301 3401 3501 3601)"
  before=$(sql 'select max(n) from ops.change')
  as_of 2
  same '3101 missing unknown lag
3201 reserved inferred still-counted
3301 missing unknown counters-fell
3401 sold inferred counters
3501 sold inferred counters' "$(states 3101 3201 3301 3401 3501)"
  same $'listed observed -\nvanished unknown came-back\nreturned observed -
vanished unknown lag' "$(happened 3101)"
  same $'listed observed -\nvanished unknown no-product' "$(happened 3402)"
  same $'listed observed -\nsold observed -' "$(happened 3403)"
  same $'listed observed -\ndeleted observed -' "$(happened 3502)"
  same '3101 3201 3301' "$(feed --since "$before" | awk '$2 == "withdraw" &&
    $4 == "sold" && $3 ~ /^3[1-6]/ { print $3 }' | LC_ALL=C sort | xargs)"
}

@test "R8: a page without a product is a sale only where the counters rose by as many" {
  as_of 1
  same '4002 missing unknown lag
4101 missing unknown lag
4102 missing unknown lag
4202 missing unknown lag
4301 missing unknown lag' "$(states 4002 4101 4102 4202 4301)"
  as_of 2
  # of 4202: the other may have been sold and counted since
  same '4001 deleted observed -
4002 sold inferred no-product
4101 missing unknown unbalanced
4102 missing unknown unbalanced
4202 missing unknown unbalanced
4301 missing unknown not-sold' "$(states 4001 4002 4101 4102 4202 4301)"
  same '2026-09-01 09:00:17+00|2026-09-03 12:00:02+00|no ld+json' "$(sql "
    select earliest, latest, evidence from serving.event
    where item_id = '4002' and type = 'sold'")"
  as_of 3
  # seen again, 4002 was no sale
  same '4202 sold inferred no-product
4002 live observed -' "$(states 4202 4002)"
  same $'listed observed -\nvanished unknown came-back\nreturned observed -' "$(happened 4002)"
}

@test "R2: a theme of buyer_item_status but SUCCESS concludes nothing, and is counted by name" {
  as_of 1
  # of 4402 the counters say it, not the page
  same '4401 sold observed -
4402 sold inferred counters
4403 live observed -' "$(states 4401 4402 4403)"
  same buyer_item_status:SUCCESS "$(sql "select evidence from serving.item_state where item_id = '4401'")"
  same $'buyer_item_status:INFO|1\nbuyer_item_status:SUCCESS|1\nbuyer_item_status:WARNING|2' "$(sql "
    select evidence, count(*) from staging.vinted_snapshot
    where evidence like 'buyer_item_status:%' group by 1 order by 1")"
  same $'4401|SUCCESS\n4402|WARNING\n4403|INFO' "$(sql "
    select item_id, buyer_status from staging.vinted_item where buyer_status is not null order by 1")"
}

@test "R13: a 404 says nothing while the seller is banned or away, whenever that is told" {
  as_of 1
  same '5001 deleted observed -
5101 deleted observed -
5301 deleted observed -
5201 missing unknown banned' "$(states 5001 5101 5301 5201)"
  # told later, or answered since as if nothing had been
  as_of 2
  same '5001 missing unknown banned
5101 missing unknown holiday
5301 deleted observed -' "$(states 5001 5101 5301)"
}

@test "R12: an account that vanishes leaves nothing live, and its pages say nothing" {
  as_of 1
  same '5401 live observed -
5501 live observed -
5601 live observed -' "$(states 5401 5501 5601)"
  # one of the two is no proof, nor are both with an answer between
  as_of 2
  same '5401 missing unknown account-gone
5402 missing unknown account-gone
5501 live observed -
5601 live observed -' "$(states 5401 5402 5501 5601)"
  same '404 of the seller|2026-09-01 09:00:14+00|2026-09-02 12:00:06+00' "$(sql "
    select evidence, earliest, latest from serving.event where item_id = '5401' and type = 'vanished'")"
  # she is back
  as_of 3
  same $'listed observed -\nvanished unknown came-back\nreturned observed -' "$(happened 5401)"
}

@test "R8: a busy episode is not judged anew with each sweep" {
  as_of 1
  rows="select xmin, run, item_days, episode_sold from staging.vinted_seller_interval
    where owner = 'user:600' and last_at < '2026-09-04' and prev_run is not null order by run"
  before=$(sql "$rows")
  same '41 - | 41 -' "$(awk -F '|' '{ printf "%s%s %s", sep,
    $3, $4 == "" ? "-" : $4; sep = " | " }' <<<"$before")"
  same '6004 missing unknown lag
6001 missing unknown busy' "$(states 6004 6001)"
  as_of 2
  same "$before" "$(sql "$rows")"
  same 'missing unknown busy' "$(state 6003)"
}

@test "R9: what was reserved before may be what was sold: no counter tells, a page does" {
  as_of 1
  same '6101 reserved inferred still-counted
6102 missing unknown reserved-before
6201 reserved inferred still-counted
6202 missing unknown reserved-before
6301 reserved inferred still-counted
6302 missing unknown reserved-before' "$(states 6101 6102 6201 6202 6301 6302)"
  as_of 2
  same '6202 missing unknown reserved-before
6102 sold inferred counters
6302 sold inferred counters' "$(states 6202 6102 6302)"
  # then its own page
  as_of 3
  same 'reserved observed -' "$(state 6202)"
}

@test "R9: before the first sweep she counts one more than it finds: it may be what was sold" {
  as_of 1
  same '6401 missing unknown reserved-before
6501 sold inferred counters' "$(states 6401 6501)"
}

@test "R9: what left before and was settled makes no sale doubtful" {
  as_of 1
  # no counters yet: the first left by nobody knows what
  same '7002 missing unknown reserved-before
7001 missing unknown no-baseline' "$(states 7002 7001)"
  # one whose first was sold by the counters, one whose first left the total,
  # one whose first was doubtful in its turn, one whose first is long ago
  same '7102 sold inferred counters
7202 sold inferred counters
7302 sold inferred counters
7401 sold inferred counters
7402 sold inferred counters
7502 sold inferred counters
7702 sold inferred counters' "$(states 7102 7202 7302 7401 7402 7502 7702)"
  same '7501 missing unknown not-sold
7600 reserved inferred still-counted
7601 missing unknown reserved-before
7602 missing unknown reserved-before' "$(states 7501 7600 7601 7602)"
}

@test "R6: a sweep cut short, a refusal and a challenge are no observation of anything" {
  as_of 1
  same 'listed|3' "$(sql "select type, count(*) from serving.event
    where item_id like '800%' group by 1")"
  same 'live observed -' "$(state 8001)"
  same 'f|3
t|1' "$(sql "select complete, count(*) from staging.vinted_seller_sweep
    where owner = 'user:800' group by 1 order by 1")"
}

# --- what changes the past of items that are in no new record -----------------

@test "a late sweep and a late holiday, for items that are in neither" {
  as_of 2
  same '2026-09-02 12:00:09+00' "$(sql "select earliest from serving.event
    where item_id = '8201' and type = 'listed'")"
  same $'listed observed -\nhidden inferred holiday\nreturned observed -' \
    "$(happened 8101)"
}

# --- of all of it -------------------------------------------------------------

@test "what stands by the feed is what the events are, after each load" {
  for when in 1 2 3; do
    as_of "$when"
    feed_is_true
  done
}

# bats test_tags=long,soak
@test "all of it in another order, in other batches, a third twice: the same rows" {
  as_of 3
  marts_are_true
  replays 1 7
}

# --- whom it names ------------------------------------------------------------

@test "no line of the feed has a seller's number or pseudonym, no view but as seller_key" {
  as_of 3
  keys=$(sql "select distinct unnest(array[user_id, seller_key])
    from staging.vinted_snapshot where user_id = '300123456'")
  same 2 "$(wc -l <<<"$keys")"
  sql "select distinct seller_key from staging.vinted_snapshot
    where seller_key is not null" >"$tmp/names"
  [ "$(wc -l <"$tmp/names")" -gt 30 ]
  printf '%s\n' 300123456 "$keys" >>"$tmp/names"
  for view in $(sql "select relname from pg_class
    where relnamespace = 'serving'::regnamespace and relkind in ('r', 'v')"); do
    printf "select to_jsonb(t) - 'seller_key' from serving.%s t;\n" "$view"
  done | psql -X -q -A -t >"$tmp/views"
  [ "$(sql 'select (select count(*) > 0 from serving.look) and
    (select count(*) > 0 from serving.event)')" = t ]
  "$ROOT/scripts/changes" >"$tmp/feed"
  [ -s "$tmp/views" ] && [ -s "$tmp/feed" ]
  run -1 grep -F -f "$tmp/names" "$tmp/views" "$tmp/feed"
  same $'user|t|0\nwardrobe|t|0' "$(sql "select kind, count(*) > 40,
    count(subject) + count(query) from serving.look
    where kind in ('user', 'wardrobe') group by kind order by kind")"
  same 0 "$(sql "select count(*) from serving.sweep
    where query is null or query ~ 'wardrobe|user'")"
}
