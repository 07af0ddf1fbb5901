# vnormalize(1), the seeded runs and the longest captures
# bats file_tags=long
load ../helper
load ../vnormalize

# bats test_tags=soak
@test "both engines write the same bytes for values that nobody expects, many times" {
  for seed in $(seq 100 "$(size 100 139)"); do
    run -0 "$ROOT/tests/fuzz/engines" $seed 100 "$tmp"
  done
}

# bats test_tags=soak
@test "mangled pages, many times: both engines write the same bytes, and nobody dies" {
  for seed in $(seq 100 "$(size 100 119)"); do
    run -0 "$ROOT/tests/fuzz/pages" $seed 100 "$tmp"
  done
}

@test "both engines agree on the favourites of February 2024" {
  need_shared
  for name in 2024-02-19 $(size '' '2024-02-07 2024-02-18'); do
    wrapped "$SHARED/captures/vinted/favourites-cz-$name.json" www.vinted.cz favourites
  done >"$tmp/raw"
  both
  [ "$(grep -c '"stream":"vinted_item",' "$tmp/out")" -gt 200 ]
}

@test "memory of pages is one page's, however many there are" {
  need_shared
  jq -Rsc '{v: 1, source: "vinted", site: "www.vinted.fr", flow: "old", kind: "item-page", run: "r", line: 1,
    attempt: 1, fetched_at: "2025-06-22T10:00:00Z", request: {item_id: "6554254787"}, status: 200,
    headers: {"content-type": "text/html"}, body_text: .}' "$SHARED/captures/vinted/item-page-fr-2025-06-22.html" >"$tmp/raw"
  awk '{ for (i = 0; i < 12; i++) print }' "$tmp/raw" >"$tmp/long"
  for input in raw long; do
    command time -f %M -o "$tmp/peak.$input" vnormalize -q --no-key --threshold 0 <"$tmp/$input" >/dev/null
  done
  [[ $BIN == *asan* ]] || [ "$(cat "$tmp/peak.long")" -le $(($(cat "$tmp/peak.raw") + 8192)) ]
}

@test "memory stays flat, whatever the length of the input" {
  "$ROOT/tests/bench/answers" 20 >"$tmp/raw"
  for _ in {1..20}; do cat "$tmp/raw"; done >"$tmp/long"
  peak() {
    command time -f %M -o "$tmp/peak" vnormalize -q --no-key <"$1" >/dev/null
    cat "$tmp/peak"
  }
  [[ $BIN == *asan* ]] || [ "$(peak "$tmp/long")" -le 32768 ]
}
