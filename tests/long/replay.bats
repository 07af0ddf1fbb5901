# the replay law: more seeds, more of everything; long
# bats file_tags=long
load ../helper
load ../replay

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  replay_contracts 2
}

# all_ways SEED
all_ways() {
  export VPIPE_RAW=$tmp/raw
  replay_dumps "$1" "$(size 5 24)" 6 30 400
  want=$(replay_in "reference_$1" in_order)
  is_the_same shuffled_twice "$1"
  is_the_same in_small_batches "$1"
  is_the_same two_loaders "$1"
  is_the_same contract_changes_half_way "$1"
  is_the_same killed_before_the_marts
  # shellcheck disable=SC2046	# words
  is_the_same killed $(size "0.7 1.9" "0.3 0.7 1.1 1.9 2.3 2.9")
}

is_the_same() {
  same "$want" "$(replay_in "$1_$BATS_TEST_NUMBER" "$@")"
}

# bats test_tags=soak
@test "every way" {
  for seed in $(size 11 '11 12'); do
    all_ways "$seed"
  done
}
