# tracking by chance, held against an oracle: histories of items, and small
# worlds through the whole chain; long
# bats file_tags=long
load ../helper
load ../tracking/tracking
load ../tracking/world

setup_file() {
  world_build
  pg_start
  pg_migrated
  world_source
  export worlds=$BATS_FILE_TMPDIR/worlds
}

setup() {
  export VPIPE_NOW=2026-10-01T00:00:00Z
}

teardown_file() {
  pg_stop
}

@test "random histories" {
  agree 11 "$(size 10000 60000)"
  agree 12 "$(size 1000 60000)"
}

# every_way SEED: events as the oracle has them, and the same rows in all ways
every_way() {
  world_made "$1"
  world_published "$1" whole
  want=$(world_in "once_$1" at_once)
  events_are_true "$1" "once_$1"
  same "$want" "$(world_in "days_$1" day_by_day)"
  if [[ -n ${SOAK:-} ]]; then
    same "$want" "$(world_in "late_$1" late_dump)"
    same "$want" "$(world_in "mixed_$1" shuffled_with_repeats "$1")"
    same "$want" "$(world_in "heaps_$1" in_heaps "$1")"
  fi
  world_published "$1" split --part-size "$(size 4K 1K)"
  [ "$(wc -l <"$tmp/split.parts")" -gt "$(wc -l <"$tmp/whole.parts")" ]
  same "$want" "$(world_in "split_$1" shuffled_with_repeats "$1")"
}

@test "a small world, loaded in every way" {
  local seed
  for seed in $(seq 4 "$(size 4 7)"); do
    every_way "$seed"
  done
}

# bats test_tags=soak
@test "many small worlds, loaded once" {
  local seed
  for seed in $(seq 101 "$(size 102 130)"); do
    world_made "$seed"
    world_published "$seed" "raw_$seed"
    world_in "$seed" at_once >/dev/null
    events_are_true "$seed" "$seed"
    psql -X -q -d postgres -c "drop database ${PGDATABASE}_$seed"
  done
}
