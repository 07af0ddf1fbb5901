# scripts/track: what is asked, when, and of whom; what a refusal leaves
# bats file_tags=long
load ../helper
load ../track
load ../images
load ../flow		# the last: its load is that of scripts

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

# What happens by itself is nothing, but for favourites and rates.  All have more
# than forty listings: their counters are asked daily.
still='.items = 250 | .wardrobe_p50 = 50 | .wardrobe_p90 = 51 |
  .single_share = 0 | .arrival_rate = 0 | .new_per_hour = 0 | .sold_per_1000_item_days = 0 |
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
    forward $((times * 18000 - 600))
    run -0 --separate-stderr track
    [[ $stderr == *'nothing is due'* ]]
    same "$((times * sellers))" "$(asked | wc -l)"
    forward 700
  done
}

@test "where counters give no answer, the wardrobe is asked, less and less often" {
  export VPIPE_SAMPLE_FRAC=1
  calm_market "$still"
  catalog "$women" >/dev/null 2>&1
  sellers=$(sql 'select count(distinct user_id) from staging.vinted_track_item')
  run -0 track
  before=$(asked | wc -l)
  curl -sS -f -X POST "$MARKET/_market/faults?kind=5xx&status=520&path=user" \
    >/dev/null
  # the next day, and two days later
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
  calm_market "$still | .items = 360 | .wardrobe_p50 = 90 | .wardrobe_p90 = 92 |
    .deleted_per_1000_item_days = 60"
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
  forward 46800
  run -0 track
  kinds wardrobe item
  [[ $output == *'left: wardrobe '*'left: item '* ]]
  same 0 "$(sql "select count(*) from (
    select count(*) as n from staging.vinted_seller_sweep
    where complete and first_at > timestamptz '${VPIPE_NOW%+}' - interval '1 hour'
    group by owner) as a where n > 1")"
}

# --- what is wrong ------------------------------------------------------------

@test "settings and arguments that are wrong: a status and a sentence" {
  for fraction in '1904=2' abc -0.1 '1904=' '1904 = 0.2' nan '*' '=0.5' \
    '1904=0.2=0.3' '0.05,5=1'; do
    VPIPE_SAMPLE_FRAC=$fraction fails 78 'VPIPE_SAMPLE_FRAC' track
  done
  for fraction in 0 1 .5 1e-2 '0.05 1904=0.2' '1904=0.2' ' 0.1  5=0 '; do
    VPIPE_SAMPLE_FRAC=$fraction run -0 track --dry-run
  done
  fails 64 '--budget takes a number' track --budget x
  fails 64 "track: '--budget' needs an argument; see --help" track --budget
  fails 64 "track: it takes no 'dog'; see --help" track dog
  VPIPE_TRACK_BUDGET=x fails 78 VPIPE_TRACK_BUDGET track
  VPIPE_LOOK_HOURS=x fails 78 VPIPE_LOOK_HOURS track
  VPIPE_AUDIT_SHARE=2 fails 78 "VPIPE_AUDIT_SHARE takes a share from 0 to 1, not '2'" track
  VPIPE_ITEM_QUESTION=item fails 78 "VPIPE_ITEM_QUESTION takes item-page or item-status, not 'item'" track
}

@test "two at once: the second says so" {
  mkdir -p "$VPIPE_DATA/lock"
  exec 9>"$VPIPE_DATA/lock/track"
  flock 9
  fails 75 "another 'track' is running" track
}
