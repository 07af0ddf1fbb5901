# trends of a simulated market in two currencies, tracked for days, against an
# oracle that has the typed records alone; replayed in other orders
# bats file_tags=long
load ../helper
load ../track
load ../trends
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
  export VPIPE_SAMPLE_FRAC=1
}

# a catalog and a track run each day; on one day nothing, on another a refusal
some_days() {
  local step

  for step in $(seq "$1"); do
    [ "$step" != 4 ] || fault challenge
    if [ "$step" != 6 ]; then
      catalog "$women" 'https://www.vinted.pl/catalog/5-men?order=newest_first' \
        >"$tmp/report" 2>&1 || :
      VPIPE_NOW=${VPIPE_NOW%+} vfetch resume vinted >"$tmp/report" 2>&1 || :
      track --budget 400 >"$tmp/report" 2>&1
    fi
    forward 82800
  done
}

@test "days in two currencies, sales withdrawn, a refusal, a hole: day and week as the oracle has them, in any order of loading" {
  calm_market '.items = 400 | .sold_per_1000_item_days = 60 | .cancel_share = 0.2 |
    .favourite_rate = 0.02 | .arrival_rate = 60'
  some_days "$(size 7 24)"
  trends_are_true "$(size 300 1000)"
  [ "$(sql "select count(distinct currency) = 2 and count(*) filter (where blank = 'coverage') > 0
      and count(*) filter (where blank = 'no sweep') > 0 and sum(sold) > $(size 5 50)
      and sum(favourites) > 100 from serving.trends where \"by\" = 'all'")" = t ]
  # late parts withdraw sales that were told
  want=$("$ROOT/scripts/db" digest)
  marts=yes same "$want" "$(marts=yes replayed batches in_batches 3 "$(size 7 2)")"
  PGDATABASE=${PGDATABASE}_batches
  [ "$(sql "select count(*) > 0 from ops.change where op = 'withdraw'
      and event ->> 'type' = 'sold'")" = t ]
  trends_are_true "$(size 300 1000)"
}
