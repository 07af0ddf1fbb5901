# vpipe track and audit: pages asked in a simulated market, whose truth is known
# bats file_tags=long
load ../helper
load ../track
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

# days N: as many looks, a day apart
days() {
  local n

  for ((n = 0; n < $1; n++)); do
    forward 93600
    catalog "$women" >/dev/null 2>&1
    track "${@:2}" >"$tmp/table" 2>"$tmp/words" || { cat "$tmp/words"; return 1; }
  done
}

@test "after all that is due, a share of the budget goes to pages that check what was concluded" {
  export VPIPE_SAMPLE_FRAC=1 VPIPE_AUDIT_SHARE=0.05
  calm_market
  catalog "$women" >/dev/null 2>&1
  days 4 --budget 400
  # question, due, asked, answered, put off
  same 'audit 20 20' "$(grep '^audit' "$tmp/table" | xargs | cut -d ' ' -f 1-3)"
  sql "select options -> 'notes' ->> 'round', (ledger ->> 'attempts')::int from ops.run
    where flow = 'track' and options -> 'notes' ->> 'round' = 'audit'" >"$tmp/runs"
  [ "$(wc -l <"$tmp/runs")" -ge 3 ]
  awk -F '|' '$2 > 20 { exit 1 }' "$tmp/runs"
  # nothing is left for it
  forward 93600
  track --budget 5 >"$tmp/table" 2>&1
  run ! grep '^audit' "$tmp/table"
  [ "$(sql "select count(*) from serving.audit where judgement = 'wrong'")" = 0 ]
  [ "$(sql "select count(*) from serving.audit where judgement = 'right'")" -ge 20 ]
  [ "$(sql "select count(*) from (select from serving.audit where again is null group by item_id having count(*) > 1) as a")" = 0 ]
}

# truth STATE: the listings that the market has so
truth() {
  command jq -rs --arg state "$1" 'map(select(.what == "event")) | group_by(.id)[]
    | (map(select(.type == "sold" or .type == "cancelled" or .type == "deleted")) | last) as $last
    | select($last.type == $state) | $last.id' "$TRUTH" | LC_ALL=C sort -u
}

# of_run SEED: a market, tracked for some days and then audited: for each rule by
# which listings are sold or deleted, whether the interval holds the share that is
# right of all that it concluded
of_run() {
  local state rule low high n right

  rm -rf "${VPIPE_DATA:?}"
  calm_market ".seed = $1 | .items = 300 | .wardrobe_p50 = 8 | .wardrobe_p90 = 15 | .arrival_rate = 20
    | .sold_per_1000_item_days = 60 | .deleted_per_1000_item_days = 30 | .flash_rate = 10"
  catalog "$women" >/dev/null 2>&1
  VPIPE_AUDIT_SHARE=0 days 6 --budget 1000 || return
  sql "select state, coalesce(rule, '-'), item_id from serving.item_state
    where state in ('sold', 'deleted')" | tr '|' ' ' >"$tmp/concluded"
  forward 3600
  VPIPE_AUDIT_SHARE=0.1 track --budget 1000 >/dev/null 2>&1 || return
  sql "select state, coalesce(rule, '-'), low, high from serving.audit_precision
    where low is not null and state in ('sold', 'deleted')" | tr '|' ' ' >"$tmp/told"
  while read -r state rule low high; do
    awk -v state="$state" -v rule="$rule" '$1 == state && $2 == rule { print $3 }' "$tmp/concluded" |
      LC_ALL=C sort -u >"$tmp/of_rule"
    n=$(wc -l <"$tmp/of_rule")
    right=$(truth "$state" | LC_ALL=C comm -12 - "$tmp/of_rule" | wc -l)
    awk -v r="$right" -v n="$n" -v low="$low" -v high="$high" -v name="$state:$rule" 'BEGIN {
      print (r / n >= low - 1e-6 && r / n <= high + 1e-6) ? "holds" : "misses", name, r, n, low, high }'
  done <"$tmp/told"
  market_stop
}

# bats test_tags=soak
@test "the interval holds the truth in nine of ten simulated markets" {
  export VPIPE_SAMPLE_FRAC=1
  base=$PGDATABASE
  for ((seed = 1; seed <= 100; seed++)); do
    export PGDATABASE=${base}_$seed
    psql -X -q -d postgres -c "create database $PGDATABASE template $base"
    of_run "$seed" >>"$tmp/runs"
    psql -X -q -d postgres -c "drop database $PGDATABASE"
  done
  echo "# intervals of rules that hold the truth: $(grep -c ^holds "$tmp/runs") of $(wc -l <"$tmp/runs")" >&3
  awk '{ n++; holds += $1 == "holds" } END { exit !(n > 0 && holds >= 0.9 * n - (n < 20)) }' "$tmp/runs"
}
