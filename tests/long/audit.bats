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
