# tests/bench/tracking: the figures of a small market
# bats file_tags=long
load ../helper

# bats test_tags=soak
@test "the bench says each figure of a market, and ends with what misses its goal" {
  jq '.items = 150 | .faults = [] | .catalogs = [{"id": 1904, "name": "women"}] | .wardrobe_max = 12 | .wardrobe_p50 = 8 |
    .wardrobe_p90 = 12 | .sites |= [.[0]]' "$ROOT/fixtures/market/scenarios/measured.json" >"$tmp/few.json"
  mkdir "$tmp/kept"
  "$ROOT/tests/bench/tracking" --days 4 --jobs 1 --keep "$tmp/kept" "$tmp/few.json" >"$tmp/said" 2>"$tmp/words" ||
    [[ $? -eq 1 ]] || { cat "$tmp/words"; return 1; }
  grep -q '^# few-1 .* called [0-9]* sold right [0-9.]* % in time [0-9.]* % unknown [0-9.]* % rates labelled [0-9.]* % observed wrong 0 requests [0-9]*, by naive [0-9.]*$' \
    "$tmp/said"
  # wardrobes of at most twelve have goals of their own
  for goal in 'sold_right_worst [0-9.]* percent goal >= 99' 'sold_in_time_worst [0-9.]* percent goal >= 93' \
    'requests_vs_naive [0-9.]* ratio goal <= 0.5'; do
    grep -q "^bench tracking_small_$goal " "$tmp/said"
  done
  grep -q '^few-1 exit:sold:' "$tmp/kept/few-1.figures"
  [[ -f $tmp/kept/few-1.wrong ]]
}

@test "a market that does not start ends the bench" {
  printf '{"items": -1}' >"$tmp/wrong.json"
  run -123 "$ROOT/tests/bench/tracking" --jobs 1 "$tmp/wrong.json"
}
