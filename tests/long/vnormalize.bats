# vnormalize(1), the seeded runs
load ../helper

@test "both engines write the same bytes for values that nobody expects, many times" {
  mkdir -p "$VPIPE_DATA"
  printf 'a key for tests, of no worth\n' >"$VPIPE_DATA/key"
  chmod 600 "$VPIPE_DATA/key"
  for seed in {100..139}; do
    run -0 "$ROOT/tests/fuzz/engines" $seed 100 "$tmp"
  done
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
