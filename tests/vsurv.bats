# vsurv(1): grouped intervals to curves of the time to sale
load helper

# row LEFT RIGHT EXIT N [ENTRY] [CELL]: a line; "-" for null
row() {
  local right=${2/#-/null} exit=\"$3\"

  printf '{"cell":%s,"entry":%s,"left":%s,"right":%s,"exit":%s,"n":%s}\n' \
    "${6:-1}" "${5:-null}" "$1" "$right" "${exit/#\"-\"/null}" "$4"
}

# figures ROWS MEMBERS [OPTION]...: some of the answer, without intervals
figures() {
  local rows=$1 members=$2

  shift 2
  vsurv -q --resamples 0 "$@" <<<"$rows" | jq -c "$members"
}

# market [NAME=VALUE]...: rows of a simulated market
market() {
  awk "${@/#/-v}" -f "$ROOT/tests/survival/market.awk" | grep -v '^#'
}

# --- the estimate ---------------------------------------------------------------

@test "exact ages and listings still there: Kaplan and Meier's, of the 6-MP trial" {
  rows=$(for age in 6 6 6 7 10 13 16 22 23; do row $age $age sold 1; done
    for age in 6 9 10 11 17 19 20 25 32 32 34 35; do row $age - - 1; done)
  same '[[5.9,1],[6,0.857143],[7,0.806723],[10,0.752941],[13,0.690196],[16,0.627451],[22,0.537815],[23,0.448179],[35,0.448179],[35.1,null]]' \
    "$(figures "$rows" .curve --days 5.9,6,7,10,13,16,22,23,35,35.1)"
  same '[23,null,35,35]' "$(figures "$rows" '[.median, .p90, .p90_more_than, .window]')"
}

@test "intervals: the published estimate of the breast cosmesis data" {
  rows=$(for r in 25:37 6:10 0:5 0:7 26:40 27:34 7:16 36:44 5:11 19:35 7:14 36:48 \
      17:25 37:44 0:8 4:11 17:25 19:26 11:15 11:18 5:12; do
      row "${r%:*}" "${r#*:}" sold 1
    done
    for age in 45 37 46 18 46 46 24 46 36 17 46 37 24 40 32 33 15 46 37 22 38 34 \
      46 36 46; do row $age - - 1; done)
  # masses 0.0463 (4,5], 0.0334 (6,7], 0.0887 (7,8], 0.0708 (11,12], 0.0926
  # (24,25], 0.0818 (33,34], 0.1209 (38,40], 0.4656 (46,48]
  same '[[4,1],[5,0.9537],[6,0.9537],[7,0.9203],[8,0.8316],[11,0.8316],[12,0.7609],[24,0.7609],[25,0.6682],[33,0.6682],[34,0.5864],[38,0.5864],[40,0.4656],[46,0.4656],[48,0]]' \
    "$(figures "$rows" '.curve | map([.[0], (.[1] * 10000 | round / 10000)])' \
      --days 4,5,6,7,8,11,12,24,25,33,34,38,40,46,48)"
}

@test "a listing says nothing of ages before it was seen" {
  rows=$(row 2 2 sold 1; row 5 5 sold 1 3; row 4 - - 1 1; row 4 4 sold 1)
  same '[[2,0.666667],[4,0.444444],[5,0]]' "$(figures "$rows" .curve --days 2,4,5)"
  same '[[2,0.75],[4,0.5],[5,0]]' \
    "$(figures "${rows/\"entry\":3/\"entry\":null}" .curve --days 2,4,5)"
}

@test "an entry ends an intersection, as Frydman found" {
  # of the sale in (1,5] all mass is in (1,4]: who was first seen at 4 says that
  # from there to 6 nothing was sold
  rows=$(row 1 5 sold 1; row 7 - - 1; row 6 - - 1 4)
  same '[[1,1],[2.5,0.75],[4,0.5],[7,0.5]]' "$(figures "$rows" .curve --days 1,2.5,4,7)"
}

@test "all who were at risk sold before others were seen: the curve ends at 0, of the others nothing breaks" {
  rows=$(row 1 2 sold 3; row 5 6 sold 4 4; row 8 - - 2 4)
  same '[[1,1],[2,0],[6,0]]' "$(figures "$rows" .curve --days 1,2,6)"
}

@test "one interval: its sales are spread over it; nothing is rounded" {
  rows=$(row 3.25 7.25 sold 5)
  same '[5.25,6.85,7.25,[[3.25,1],[4.25,0.75],[7.25,0]]]' \
    "$(figures "$rows" '[.median, .p90, .window, .curve]' --days 3.25,4.25,7.25)"
}

@test "nothing sold: nothing is known but that it takes longer" {
  same '[null,3.5,null,3.5,[[0,1],[1,1],[2,1],[3,1]]]' "$(figures "$(row 3.5 - - 5)" \
    '[.median, .median_more_than, .p90, .p90_more_than, .curve]')"
  same '[null,2,[[0,1],[1,1],[2,1]]]' "$(figures "$(row 2 - - 5; row 1 2 other 1 1)" \
    '[.median, .median_more_than, .curve]')"
}

@test "no listings, or seen once only: no figure, no failure" {
  same '[0,null,null,null,[]]' "$(figures "$(row 3 4 sold 0)" '[.n, .window, .median, .median_more_than, .curve]')"
  same '[2,9,null,9]' "$(figures "$(row 9 - - 2 9)" '[.n, .window, .median, .median_more_than]')"
}

@test "seen once only, and not sold: it changes no other's curve" {
  rows=$(row 8 10 sold 1; row 12 - - 1)
  same "$(figures "$rows" .curve)" "$(figures "$rows
$(row 9 - - 1 9; row 8.5 9.5 other 1 8.5)" .curve)"
}

@test "an entry later than left counts as left" {
  same "$(figures "$(row 5 7 sold 1 5; row 9 - - 1)" .curve --step 2)" \
    "$(figures "$(row 3 7 sold 1 5; row 9 - - 1)" .curve --step 2)"
}

# --- unknown exits --------------------------------------------------------------

@test "unknown exits are split as the known ones of their age; none and all bound them" {
  rows=$(row 5 5 sold 3; row 4 6 other 1; row 5 5 unknown 4; row 10 - - 2)
  # at 5: 3 + 3 of 4 are sold, of 9 at risk
  same '[[5,0.333333]]' "$(figures "$rows" .curve --days 5)"
  same '[0.333333,0.777778,0.666667]' \
    "$(figures "$rows" '[.none.within, .all.within, .within.share]' --within 5)"
  same '[10,3,1,4,2,0.5,0]' \
    "$(figures "$rows" '[.n, .sold, .other, .unknown, .live, .share_known, .unknown_all_ages]')"
}

@test "an age without known exits takes the share of all ages, and says so" {
  rows=$(row 5 5 sold 3; row 4 6 other 1; row 45 45 unknown 4; row 50 - - 2)
  # at 5: 3 of 9 at risk; at 45: 3 of 4 are sold, of 6
  same '[4,[[5,0.666667],[45,0.333333]]]' \
    "$(figures "$rows" '[.unknown_all_ages, .curve]' --days 5,45)"
}

@test "bands begin at 0, 1, 3, 7, 14, 30, 60 and 90 days" {
  for age in 1 3 7 14 30 60 90; do
    # beside it only sales, in its own band only a withdrawal
    rows=$(row "$(jq -n "$age - 0.5")" "$(jq -n "$age - 0.5")" sold 1
      row "$age" "$age" other 1; row "$age" "$age" unknown 1)
    same "[0,[[$age,0.666667]]]" "$(figures "$rows" '[.unknown_all_ages, .curve]' --days "$age")"
    rows=$(row "$age" "$age" sold 1; row "$age" - - 2
      row "$(jq -n "$age - 0.01")" - other 1
      row "$(jq -n "$age - 0.01")" "$(jq -n "$age - 0.01")" unknown 1)
    same "[[$age,0.666667]]" "$(figures "$rows" .curve --days "$age")"
  done
}

@test "unknown exits only: no figure, but those of none and all" {
  rows=$(row 3 5 unknown 2)
  same '[null,null,null,null,[],3,null,4]' "$(figures "$rows" \
    '[.median, .median_more_than, .window, .unknown_all_ages, .curve, .none.window, .none.median, .all.median]')"
}

# --- what must not count ----------------------------------------------------------

@test "order, grouping and other cells change no byte" {
  market listings=400 step=0.5 seed=5 >"$tmp/rows"
  vsurv -q --within 7 <"$tmp/rows" >"$tmp/want"
  LC_ALL=C sort -r "$tmp/rows" | vsurv -q --within 7 | cmp - "$tmp/want"
  jq -c 'if .n > 1 then (.n = 1), (.n -= 1) else . end' "$tmp/rows" |
    vsurv -q --within 7 | cmp - "$tmp/want"
  { row 1 2 sold 3 null '"a"'; cat "$tmp/rows"; row 1 2 sold 3 null '"b"'; } |
    vsurv -q --within 7 | sed -n 2p | cmp - "$tmp/want"
}

@test "sixteen times as many of each: the same curve, narrower intervals" {
  market listings=400 step=0.5 seed=6 >"$tmp/rows"
  jq -c '.n *= 16' "$tmp/rows" >"$tmp/more"
  for file in rows more; do
    vsurv -q --resamples 0 <"$tmp/$file" |
      jq -c 'del(.n, .sold, .other, .unknown, .live, .unknown_all_ages)' >"$tmp/$file.out"
    vsurv -q <"$tmp/$file" | jq '.median_high - .median_low' >"$tmp/$file.width"
  done
  cmp "$tmp/rows.out" "$tmp/more.out"
  jq -e -n --argjson a "$(cat "$tmp/rows.width")" --argjson b "$(cat "$tmp/more.width")" \
    '$b < 0.5 * $a and $b > 0.1 * $a'
}

@test "numbers may be written in any way, cells are echoed as they come" {
  printf '%s\n' '{"n":2e0,"exit":"sold","right":7.0,"left":0.03e2,"cell":{"b": 9007199254740993,"a":1.10}}' |
    vsurv -q --resamples 0 --days 7 >"$tmp/out"
  grep -qF '{"cell":{"b": 9007199254740993,"a":1.10},"n":2,"sold":2,' "$tmp/out"
  same 5 "$(jq .median "$tmp/out")"
}

# --- intervals ------------------------------------------------------------------

@test "intervals hold their figure, are the same for the same seed, and others for another" {
  market listings=400 step=1 seed=7 >"$tmp/rows"
  vsurv -q --within 7 <"$tmp/rows" >"$tmp/out"
  jq -e '.median_low < .median and .median < .median_high and .p90_low < .p90
    and (.within | .low < .share and .share < .high and .low > 0)
    and ([.curve[] | select(.[2] > .[1] or .[3] < .[1])] == [])' "$tmp/out"
  vsurv -q --within 7 <"$tmp/rows" | cmp - "$tmp/out"
  run ! cmp <(vsurv -q --within 7 --seed 2 <"$tmp/rows") "$tmp/out"
}

@test "intervals leave out 2.5 % at either end" {
  # half of 200 are sold: 0.5, give or take 1.96 * 0.0354
  vsurv -q --resamples 2000 --days 1 <<<"$(row 1 1 sold 100; row 2 - - 100)" |
    jq -e '.curve[0] | .[1] == 0.5 and .[2] > 0.42 and .[2] < 0.44 and .[3] > 0.56 and .[3] < 0.58'
}

@test "--resamples 0: no intervals, and no members for them" {
  same '["all","cell","curve","live","median","n","none","other","p90","share_known","sold","unknown","unknown_all_ages","window"]' \
    "$(figures "$(row 1 2 sold 3)" keys)"
  same '[[0,1],[1,1],[2,0]]' "$(figures "$(row 1 2 sold 3)" .curve)"
}

@test "an end that lies beyond the window is null" {
  rows=$(row 1 2 sold 5; row 9 - - 5)
  same '[2,null,9]' "$(vsurv -q <<<"$rows" | jq -c '[.median, .median_high, .window]')"
}

# --- days -----------------------------------------------------------------------

@test "the curve has all days, each so many, or those that are listed" {
  rows=$(row 1 2 sold 3; row 30 - - 3)
  same 31 "$(figures "$rows" '.curve | length')"
  same '[0,10,20,30]' "$(figures "$rows" '.curve | map(.[0])' --step 10)"
  same '[0,7,14,21,28]' "$(figures "$rows" '.curve | map(.[0])' --weekly)"
  same '[30,0.5,31]' "$(figures "$rows" '.curve | map(.[0])' --days 30,0.5,31)"
  same '[[1000,999]]' "$(figures "$(row 1500 - - 1)" '[.curve | [length, .[-1][0]]]')"
}

@test "--within: the share sold by then, null where nobody was seen" {
  rows=$(row 2 4 sold 1; row 9 - - 1)
  same '[{"days":3,"share":0.25},0.25]' "$(figures "$rows" '[.within, .none.within]' --within 3)"
  same '{"days":9.5,"share":null}' "$(figures "$rows" .within --within 9.5)"
  same '{"days":99,"share":1}' "$(figures "$(row 2 4 sold 1)" .within --within 99)"
}

@test "--round: to the nearest multiple; an interval keeps one at least" {
  rows=$(row 2.6 3.4 sold 2 0.4; row 2.6 2.6 sold 1; row 2.7 2.7 sold 1 2.6; row 5.5 - - 3 1.5)
  want=$(row 3 4 sold 2 0; row 3 3 sold 1; row 3 4 sold 1 3; row 6 - - 3 2)
  same "$(figures "$want" .)" "$(figures "$rows" . --round 1)"
  same '[1.25,1.5]' "$(figures "$(row 1.3 1.4 sold 1)" '[.median * 2 - 1.5, .window]' --round 0.25)"
}

@test "--round keeps small cells with entries from falling to nothing" {
  for i in {1..20}; do market listings=50 seed=$((i * 7919)) cell="$i"; done >"$tmp/rows"
  low='map(select(.median < 4)) | length'
  [ "$(vsurv -q --resamples 0 "$tmp/rows" | jq -s "$low")" -gt 0 ]
  same 0 "$(vsurv -q --resamples 0 --round 1 "$tmp/rows" | jq -s "$low")"
}

# --- lines ----------------------------------------------------------------------

@test "each bad line is said in a sentence, and costs itself only" {
  {
    row 3 2 sold 1
    row 3 - sold 1
    row 3 4 - 1
    row 3 4 sold 1 4
    row 4 4 sold 1 4
    row 3 4 lost 1
    row -1 4 sold 1
    row 3 1e6 sold 1
    row 3 4 sold -1
    row 3 4 sold 1e400
    row 3 4 sold '"1"'
    row '"3"' 4 sold 1
    row 3 4 sold 1 true
    printf '%s\n' '{"left":3,"right":4,"exit":"sold","n":1}' '[]' '{' '' \
      '{"cell":1,"right":4,"exit":"sold","n":1}' '{"cell":1,"left":3,"right":4,"exit":"sold"}' \
      '{"cell":"\ud800","left":3,"n":1}'
    printf '{"cell":"\xff","left":3,"n":1}\n'
    printf '{"cell":"\0","left":3,"n":1}\n'
    row 3 4 sold 7
  } >"$tmp/in"
  run -65 --separate-stderr vsurv --rejects "$tmp/rejects" --resamples 0 <"$tmp/in"
  same '[7,3.5]' "$(jq -c '[.n, .median]' <<<"$output")"
  [[ $stderr == *'23 lines = 1 used + 22 rejected'*'22 of 23 lines were rejected'* ]]
  same "1 right 'right' is less than 'left'
2 right an exit needs its 'right'
3 right 'right' without an 'exit'
4 right 'right' is not later than 'entry'
5 right 'right' is not later than 'entry'
6 exit 'exit' is sold, other, unknown or null
7 left an age is from 0 to 100000 days
8 right an age is from 0 to 100000 days
9 n 'n' is a number from 0 to 1e12
10 n 'n' is a number from 0 to 1e12
11 n 'n' is a number from 0 to 1e12
12 left an age is from 0 to 100000 days
13 entry an age is from 0 to 100000 days
14 cell 'cell' is missing
15 null the line is no JSON object" \
    "$(jq -r '"\(.line) \(.property) \(.reason)"' "$tmp/rejects" | head -n 15)"
  same 'interval 3 2' "$(jq -r '"\(.stream) \(.index // 3) \(.value)"' "$tmp/rejects" | head -n 1)"
}

@test "without --rejects they are said, with their line" {
  run -65 --separate-stderr vsurv --resamples 0 <<<"$(row 3 2 sold 1)"
  [ "${stderr_lines[0]}" = "vsurv: line 1: interval: 'right' is less than 'left'" ]
}

@test "cells come in their order; lines of one stand together" {
  same '1 "b" 1' "$({ row 1 2 sold 1; row 1 2 sold 1 null '"b"'; row 1 2 sold 1; } |
    vsurv -q --resamples 0 | jq -c .cell | xargs -d '\n')"
}

@test "empty input, no newline at the end, files, a line too long" {
  run -0 --separate-stderr vsurv </dev/null
  [ -z "$output" ]
  same 'vsurv: 0 lines = 0 used + 0 rejected
vsurv: curve: 0 cells = 0 with median + 0 median beyond window + 0 without, 0 unsettled' "$stderr"
  row 1 2 sold 1 >"$tmp/a"
  printf %s "$(row 1 2 sold 1)" >"$tmp/b"
  same 2 "$(vsurv -q --resamples 0 "$tmp/a" "$tmp/b" | jq .n)"
  { row 1 2 sold 1 null "\"$(printf %200s)\""; row 1 2 sold 1; } >"$tmp/long"
  run -0 --separate-stderr vsurv --threshold 1 --resamples 0 --max-line 150 <"$tmp/long"
  same 'vsurv: line 1: interval: longer than 150 bytes' "${stderr_lines[0]}"
  [ "${#lines[@]}" -eq 1 ]
}

@test "a cell of more than 200,000 lines is an error that names the line; those before it are answered" {
  row 1 2 sold 1 null '"small"' >"$tmp/in"
  awk 'BEGIN { for (i = 0; i < 200001; i++) print "{\"cell\":2,\"left\":1,\"n\":1}" }' >>"$tmp/in"
  run -65 --separate-stderr vsurv --resamples 0 <"$tmp/in"
  same 'vsurv: line 200002: more than 200000 lines of one cell' "$stderr"
  same '"small"' "$(jq -c .cell <<<"$output")"
  run -0 --separate-stderr vsurv -q --resamples 0 <<<"$(sed '$d' "$tmp/in")"
  same 200000 "$(jq .n <<<"${lines[1]}")"
}

# bats test_tags=size
@test "memory knows no number of cells" {
  market listings=100 seed=8 >"$tmp/cell"
  peak() {
    awk -v n="$1" '{ line[NR] = $0 } END { for (i = 0; i < n; i++)
      for (k = 1; k <= NR; k++) { s = line[k]; sub(/"cell":1/, "\"cell\":" i, s); print s } }' \
      "$tmp/cell" | command time -f %M -o "$tmp/peak" vsurv -q --resamples 0 --days 7 >/dev/null
    cat "$tmp/peak"
  }
  [ "$(peak 1000)" -lt $(($(peak 20) + 2048)) ]
}

@test "--metrics writes the ledger" {
  { row 1 2 sold 1; row 1 - - 1 null 2; row 1 2 unknown 1 null 3; } |
    vsurv --resamples 0 --metrics "$tmp/metrics" 2>/dev/null >"$tmp/out"
  grep -qx 'vpipe_vsurv_lines_total 3' "$tmp/metrics"
  grep -qx 'vpipe_vsurv_with_median_total{stream="curve"} 1' "$tmp/metrics"
  grep -qx 'vpipe_vsurv_median_beyond_window_total{stream="curve"} 1' "$tmp/metrics"
  grep -qx 'vpipe_vsurv_without_total{stream="curve"} 1' "$tmp/metrics"
}

# --- ends -----------------------------------------------------------------------

@test "what is asked wrongly is refused with 64" {
  fails 64 "--days, --step and --weekly exclude each other" vsurv --days 1 --weekly
  fails 64 "--days, --step and --weekly exclude each other" vsurv --step 1 --weekly
  fails 64 "--days: an age is from 0 to 100000 days, not ''" vsurv --days 1,,2
  fails 64 "--days: an age is from 0 to 100000 days, not '2x'" vsurv --days 1,2x,3
  fails 64 "--days lists 1000 days at most" vsurv --days "$(seq -s , 1001)"
  fails 64 "--within: an age is from 0 to 100000 days, not '-1'" vsurv --within -1
  fails 64 "--round: an age is from 0 to 100000 days, not '.5'" vsurv --round .5
  fails 64 "--step is from 1 to 100000" vsurv --step 0
  fails 64 "--resamples is from 0 to 2000" vsurv --resamples 2001
  fails 64 "--max-line is from 1 to 512M" vsurv --max-line 1G
  fails 64 "a share is from 0 to 1" vsurv --threshold 2
  fails 74 "cannot open 'file'" vsurv file
}

@test "a full disk, a closed output and a closed input are said, with 74" {
  row 1 2 sold 1 >"$tmp/in"
  fails 74 "cannot write standard output" bash -c 'vsurv -q <"$1" >/dev/full' _ "$tmp/in"
  fails 74 "cannot write standard output" bash -c 'vsurv -q <"$1" >&-' _ "$tmp/in"
  fails 74 "cannot read" bash -c 'vsurv -q <&-'
  fails 74 "cannot write /dev/full: No space" bash -c 'echo x | vsurv -q --threshold 1 --rejects /dev/full'
}

@test "a reader that leaves ends it without a word" {
  run -141 --separate-stderr bash -o pipefail -c \
    'awk "BEGIN { for (;;) print \"{\\\"cell\\\":\" ++i \",\\\"left\\\":1,\\\"n\\\":1}\" }" 2>/dev/null | vsurv | head -n 1 >/dev/null'
  [ -z "$stderr" ]
}

@test "SIGTERM ends it by that signal; a cell that was not read to its end gives nothing" {
  mkfifo "$tmp/in"
  vsurv <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  exec 7>"$tmp/in"
  { row 1 2 sold 1; row 1 2 sold 1 null 2; } >&7
  until_true 60 grep -q '"cell":1' "$tmp/out"
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  exec 7>&-
  [ "$status" -eq 143 ]
  same 1 "$(jq .cell "$tmp/out")"
  grep -q '2 lines = 2 used' "$tmp/err"
}

# --- accuracy -------------------------------------------------------------------

@test "a market with 10 % of looks lost and 30 % of exits unknown: median within 5 %, p90 within 8 %" {
  awk -v listings=6000 -v seed=21 -f "$ROOT/tests/survival/market.awk" >"$tmp/market"
  grep -v '^#' "$tmp/market" | vsurv -q --round 1 --resamples 0 --days 7 >"$tmp/out"
  echo "# true median 18.97, p90 85.09; found $(jq -r '"\(.median), \(.p90)"' "$tmp/out");$(tail -n 1 "$tmp/market" | tr -d '#')"
  jq -e '(.median / 18.974 - 1 | fabs) < 0.05 and (.p90 / 85.087 - 1 | fabs) < 0.08
    and .none.median > 18.974 * 1.2 and .all.median < 18.974' "$tmp/out"
}
