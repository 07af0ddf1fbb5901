# vsurv held against R, and against markets whose truth is known; long
# bats file_tags=long
load ../helper

oracle() {
  command -v Rscript >/dev/null || skip "no Rscript here: R is not asked"
  Rscript -e 'library(survival)' 2>/dev/null ||
    skip "R has no survival (Debian: r-cran-survival): it is not asked"
  run -0 "$ROOT/tests/survival/oracle" "$@"
  echo "# $output" >&3
}

@test "random data sets: within 1e-4 of R's survfit" {
  oracle interval "$(size 10 200)" 1
}

@test "random data sets with truncation: within 1e-4 of a plain EM" {
  oracle truncated "$(size 10 200)" 2
}

# market LISTINGS SEED UNKNOWN: what vsurv finds, and how far from the truth
market() {
  awk -v listings="$1" -v seed="$2" -v unknown="$3" \
    -f "$ROOT/tests/survival/market.awk" >"$tmp/market"
  grep -v '^#' "$tmp/market" | vsurv -q --round 1 --resamples 0 --days 7 |
    jq -c --arg said "$(tail -n 1 "$tmp/market")" \
      '{median, p90, none: .none.median, all: .all.median,
        exits: (.sold + .other + .unknown),
        off: ([(.median / 18.974 - 1 | fabs), (.p90 / 85.092 - 1 | fabs)] | max),
        said: $said}'
}

@test "50,000 exits, 10 % of looks lost, 10 and 30 % of exits unknown: median and p90 within 2 %" {
  for unknown in 0.1 0.3; do
    market 72000 "$(size 12 77)" "$unknown" >"$tmp/found"
    jq -r --arg unknown "$unknown" '"# \($unknown) unknown: median \(.median) of 18.97 (none sold \(.none), all \(.all)), p90 \(.p90) of 85.09; \(.said[2:])"' \
      "$tmp/found" >&3
    jq -e '.exits > 50000 and .off < 0.02' "$tmp/found"
  done
}

@test "95 % intervals hold the truth about as often as they say" {
  n=$(size 50 500)
  seq "$n" | while read -r i; do
    awk -v listings=200 -v seed=$((i * 7919)) -v cell="$i" \
      -f "$ROOT/tests/survival/market.awk" | grep -v '^#'
  done | vsurv -q --round 1 --within 7 --resamples 200 --days 0 >"$tmp/out"
  median=$(jq -s 'map(select(.median_low < 18.974 and 18.974 < (.median_high // 1e9))) | length' "$tmp/out")
  share=$(jq -s 'map(select(.within.low < 0.2682 and 0.2682 < .within.high)) | length' "$tmp/out")
  echo "# of $n markets: the median in $median, the share sold within 7 days in $share" >&3
  ((median * 100 >= 88 * n && share * 100 >= 88 * n))
}
