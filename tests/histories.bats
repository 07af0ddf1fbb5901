# vevents: the rules, by histories by hand and by chance, held against an oracle
# (tests/long/tracking_property.bats has more of them)
load helper
load tracking/tracking

setup_file() {
  tracking_build
}

# each_case JUDGE: every file of tests/tracking/cases is judged as it says
each_case() {
  local file n=0 bad=0
  for file in "$ROOT"/tests/tracking/cases/*.ndjson; do
    made_case "$file" >"$tmp/want"
    "$1" <"$tmp/history" >"$tmp/have"
    n=$((n + 1))
    diff "$tmp/want" "$tmp/have" >"$tmp/diff" || {
      printf '== %s\n' "${file##*/}"
      cat "$tmp/diff"
      bad=1
    }
  done
  [ "$n" -ge 45 ]
  return "$bad"
}

@test "the oracle itself: histories whose events were written by hand" {
  each_case wanted
}

@test "histories whose events were written by hand" {
  each_case had
}

@test "5,000 random histories, by the oracle" {
  agree 1 5000
}

@test "2,000 random histories, judged by other numbers" {
  judging=(--item-days 12 --sold-page-hours 24)
  agree 2 2000
}

@test "what differs shows" {
  agree 3 50
  sed '0,/"state":"reserved"/s//"state":"sold"/' "$tmp/history" >"$tmp/other"
  had <"$tmp/other" >"$tmp/have"
  ! cmp -s "$tmp/want" "$tmp/have"
}
